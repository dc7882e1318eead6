"""Which names lists and saved filters can have."""

import pytest

from klagg_tui.view.names import MAX_LENGTH, name_error


@pytest.mark.parametrize("name", ["coins", "A-1_b", "币", "x" * MAX_LENGTH])
def test_one_word_of_letters_digits_dashes_is_a_name(name: str) -> None:
    assert name_error(name) is None


@pytest.mark.parametrize(
    ("name", "part"), [("a b", "Letters, digits"), ("@x", "Letters, digits"), ("x" * 31, "at most")]
)
def test_what_is_no_name_is_refused_in_a_sentence(name: str, part: str) -> None:
    assert part in (name_error(name) or "")
