"""Keys one after the other."""

from tests.pilot import opened


async def test_keys_that_come_all_at_once_take_their_turn() -> None:
    async with opened() as seen:
        await seen.burst("slash", *"btc", "enter", "m", "down", "s", "l")
        state = seen.app.state
        assert state.filter.text == "btc"
        assert state.preferences.filter_history == ("btc",)
        assert len(dict(state.preferences.watchlists)["Watchlist"]) == 1
        assert state.preferences.sort == "last"
        assert seen.app.screen.id == "market"
        await seen.burst("escape", "enter", "3", "escape", "w", "n", *"Mine", "enter", "tab")
        assert [name for name, _ in state.preferences.watchlists] == ["Watchlist", "Mine"]
        assert state.preferences.shown_list == ""
        assert state.preferences.period == "30m"
