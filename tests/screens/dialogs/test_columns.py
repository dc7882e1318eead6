"""Which columns the table has."""

from klagg_tui.view.preferences import Preferences
from tests.made_venues import made_venues
from tests.pilot import opened


async def test_columns_are_chosen_ordered_and_reset() -> None:
    async with opened() as seen:
        await seen.press("c", "down", "space", "enter")
        assert "Last" not in seen.lines[2]
        await seen.press("c", "J", "enter")
        assert seen.lines[2].split()[:3] == ["Chg", "24h", "Symbol▲"]
        await seen.press("c", "d", "enter")
        assert seen.lines[2].split()[1] == "Last"
        await seen.press("c", "space", "K", "k", "j", "escape")
        assert "Symbol" in seen.lines[2]


async def test_the_column_of_exchanges_is_offered_where_several_are_watched_and_otherwise_stays_as_it_is() -> None:
    async with opened() as seen:
        await seen.press("c")
        assert "Exchange" not in seen.text
        await seen.press("d", "enter")
        assert "venue" in seen.app.state.preferences.columns
    async with opened(feed=made_venues()) as seen:
        await seen.press("c", "down", "space", "enter")
        assert "venue" not in seen.app.state.preferences.columns
        assert "Exchange " not in seen.lines[3]


async def test_a_figure_or_any_number_is_added_by_writing_it() -> None:
    async with opened((160, 60), preferences=Preferences(sort="symbol", columns=("last", "hot"))) as seen:
        await seen.press("c", "a")
        await seen.type("chg(8d)")
        await seen.press("enter")
        assert "a window has at most 7d" in seen.text
        await seen.press("ctrl+u")
        await seen.type("chg(5m)*2")
        await seen.press("enter")
        assert "✔  chg(5m)*2" in seen.text
        await seen.press("a", "escape", "a")
        await seen.type("rsi(1m)")
        await seen.press("enter", "enter")
        assert seen.app.state.preferences.columns == ("symbol", "last", "chg(5m)*2", "rsi(1m)")
        assert seen.lines[2].split() == ["Symbol▼", "Last", "chg(5m)*2", "RSI", "1m"]
