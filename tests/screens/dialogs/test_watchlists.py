"""Watchlists: shown, made, deleted."""

from klagg_tui.view.preferences import Preferences
from tests.pilot import opened


async def test_marks_fill_a_watchlist_with_a_tab_of_its_own() -> None:
    async with opened() as seen:
        first = seen.current
        await seen.press("m", "m")
        assert "Watchlist 2" in seen.lines[1]
        assert "★" in seen.lines[3]
        await seen.press("tab")
        assert len(seen.symbols()) == 2
        await seen.press("home", "m")
        assert len(seen.symbols()) == 1
        assert first not in seen.symbols()
        await seen.press("m")
        assert "is empty" in seen.text
        await seen.press("shift+tab")
        assert len(seen.symbols()) > 2


async def test_lists_are_made_and_deleted() -> None:
    async with opened() as seen:
        await seen.press("w", "n")
        await seen.type("Mine")
        await seen.press("enter")
        assert seen.app.state.preferences.shown_list == "Mine"
        assert "★ Mine 0" in seen.lines[1]
        await seen.press("w", "d")
        assert "Mine" not in seen.text
        await seen.press("w", "z")
        assert seen.app.state.preferences.shown_list == "Mine"
        await seen.press("w", "d")
        await seen.press("w", "1")
        assert seen.app.state.preferences.shown_list == "Watchlist"
        await seen.press("w", "0")
        assert seen.app.state.preferences.shown_list == ""


async def test_what_a_list_lacks_is_told_where_it_is_chosen_and_when_it_is_shown() -> None:
    lists = (("Mine", ("BTCUSDT", "GONEUSDT", "NOUSDT")), ("Whole", ("BTCUSDT",)))
    async with opened(preferences=Preferences(watchlists=lists)) as seen:
        await seen.press("w")
        assert "3 symbols, 2 not in this market" in seen.text
        assert seen.text.count("not in this market") == 1
        await seen.press("1")
        told = [notice.message for notice in seen.app._notifications]
        assert told == ["2 symbols of Mine are not in this market: GONEUSDT, NOUSDT."]
        await seen.press("tab")
        assert seen.app.state.preferences.shown_list == "Whole"
        assert len(seen.app._notifications) == 1
