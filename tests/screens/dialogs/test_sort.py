"""Which column to sort by."""

from klagg_tui.screens.dialogs.sort import sort_menu
from klagg_tui.view.preferences import Preferences
from klagg_tui.view.screener.figure import parsed
from tests.pilot import opened


async def test_s_and_a_letter_sort_by_a_column_and_again_the_other_way() -> None:
    async with opened((200, 60)) as seen:
        await seen.press("s")
        assert "Sort by" in seen.text
        await seen.press("l")
        assert seen.app.state.preferences.sorting.key == "last"
        prices = [row.last or 0 for row in seen.table.rows]
        assert prices == sorted(prices, reverse=True)
        assert "▼Last" in seen.lines[2]
        await seen.press("s", "l")
        assert "▲Last" in seen.lines[2]
        await seen.press("s", "escape")
        assert "▲Last" in seen.lines[2]


async def test_figures_and_own_names_can_be_sorted_by_without_being_columns() -> None:
    preferences = Preferences(sort="symbol", names=(("hot", "chg(30m)*2"),))
    async with opened((120, 60), preferences=preferences) as seen:
        menu = [choice.value for choice in sort_menu(seen.app.state)._choices]
        assert {"hot", "natr(5m)", "bb(1h)", "open"} <= set(menu)
        assert len(menu) == len(set(menu))
        seen.app.screen.action_sort_by("hot")  # type: ignore[attr-defined]
        await seen.pilot.pause()
        assert "▼ hot" in seen.lines[1]
        found = [row.figure(parsed("chg(30m)", ())) or 0 for row in seen.table.rows]
        assert found == sorted(found, reverse=True)
        assert found[0] > 0


async def test_the_list_is_searched_for_words_and_enter_takes_the_first_that_has_them() -> None:
    async with opened((80, 24)) as seen:
        await seen.press("s")
        assert "/ searches" in seen.text
        await seen.press("slash")
        await seen.type("rsi")
        assert "NATR" not in seen.text
        await seen.press("enter")
        assert seen.app.state.preferences.sort == "rsi(1h)"
        await seen.press("s", "slash")
        await seen.type("no such words")
        await seen.press("enter", "escape")
        assert "Sort by" in seen.text, "escape leaves the search first"
        await seen.press("escape")
        assert "Sort by" not in seen.text


async def test_the_letters_stay_whatever_columns_are_shown() -> None:
    async def letters(*columns: str) -> dict[str, str]:
        async with opened((120, 36), preferences=Preferences(columns=columns)) as seen:
            return {one.value: one.letter for one in sort_menu(seen.app.state)._choices if one.letter}

    usual = await letters(*Preferences().columns)
    changed = await letters("symbol", "age", "natr(15m)", "rsi(4h,7)", "last")
    assert usual["last"] == "l"
    assert {key: letter for key, letter in changed.items() if key in usual} == usual
