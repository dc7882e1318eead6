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
