"""`klagg` and `klagg demo` where there is no terminal to draw on."""

from __future__ import annotations

import pytest

from tests.shell import Klagg


@pytest.mark.parametrize("args", [[], ["demo"], ["demo", "--count", "5", "--faults", "none"]])
def test_without_a_terminal_one_sentence_says_what_to_do(klagg: Klagg, args: list[str]) -> None:
    said = klagg(*args)
    assert (said.status, said.out) == (1, "")
    (line,) = said.err.splitlines()
    assert "klagg needs a terminal to draw on; `klagg record` records the market without one." in line
