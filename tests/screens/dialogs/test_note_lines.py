"""Notes of lists in narrow terminals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from klagg_tui.screens.dialogs.note_lines import NotedLine, NotedList, cut_note, padded, with_note
from tests.pilot import opened

_WORDS = st.lists(st.text("abc≈", min_size=1, max_size=9), min_size=1, max_size=12)


@given(_WORDS, st.integers(3, 30), st.integers(14, 90))
def test_no_note_ends_within_a_word_and_none_is_wider_than_its_list(words: list[str], head: int, width: int) -> None:
    line = NotedLine(Content("x" * head), " ".join(words))
    whole = with_note(line, width).plain
    assert whole.removeprefix(line.head.plain).split() == words
    assert all(len(one) <= max(width, head) for one in whole.split("\n"))
    cut = cut_note(line, width).plain.removeprefix(line.head.plain)
    told = cut.split()
    assert "\n" not in cut
    assert told == words or (told[-1] == "…" and told[:-1] == words[: len(told) - 1])
    assert head + len(cut) <= max(width, head + 1)


def test_labels_have_one_width_whatever_script_they_are_of() -> None:
    assert padded(["a", "币安"], 3) == ["a   ", "币安"]
    assert padded([]) == []


@pytest.mark.parametrize("keys", [("s",), ("c",), ("f",), ("enter", "i")], ids=lambda keys: keys[-1])
async def test_in_eighty_columns_every_note_is_whole_or_cut_between_words_and_that_of_the_cursor_whole(
    keys: tuple[str, ...],
) -> None:
    async with opened((80, 24)) as seen:
        await seen.press(*keys)
        listed = seen.app.screen.query_one(NotedList)
        for _ in range(7):
            for place, line in enumerate(listed._noted()):
                told = listed.get_option_at_index(place).prompt
                assert isinstance(told, Content)
                words, note = told.plain.removeprefix(line.head.plain).split(), line.note.split()
                is_cut = words[-1:] == ["…"]
                assert words == note or (
                    is_cut and place != listed.highlighted and words[:-1] == note[: len(words) - 1]
                )
            await seen.press("down")
        assert listed.virtual_size.width <= listed.size.width


async def test_another_width_breaks_notes_elsewhere() -> None:
    async with opened((80, 24)) as seen:
        await seen.press("s", "down")
        assert "newest price; before any trade was seen ≈ and as the" not in seen.text
        await seen.resize(140, 30)
        await seen.pilot.pause()
        assert "newest price; before any trade was seen ≈ and as the exchange told it" in seen.text


async def test_the_line_of_the_cursor_has_the_colours_of_the_cursor_alone() -> None:
    async with opened((120, 36)) as seen:
        await seen.press("c", "down", "down")
        listed = seen.app.screen.query_one(NotedList)
        prompts = [listed.get_option_at_index(place).prompt for place in range(4)]
        assert [bool(prompt.spans) for prompt in prompts if isinstance(prompt, Content)] == [True, True, False, True]
