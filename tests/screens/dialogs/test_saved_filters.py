"""Saved filters: used, saved, deleted."""

from klagg_tui.view.preferences import Preferences
from tests.pilot import Seen, opened


def _told(seen: Seen) -> list[str]:
    return [notification.message for notification in seen.app._notifications]


async def test_a_filter_is_saved_by_name_and_used_by_it() -> None:
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("btc")
        await seen.press("ctrl+s")
        await seen.type("a b")
        await seen.press("enter")
        assert "Letters, digits" in seen.text
        await seen.press("ctrl+u")
        await seen.type("coins")
        await seen.press("enter")
        assert dict(seen.app.state.preferences.saved_filters) == {"coins": "btc"}
        await seen.press("escape", "slash")
        await seen.type("@coins")
        assert len(seen.symbols()) == 2


async def test_saved_filters_are_chosen_from_a_menu_and_deleted_there() -> None:
    async with opened() as seen:
        await seen.press("f")
        assert "@movers" in seen.text
        assert "ctrl+s" in seen.text
        await seen.press("m")
        assert seen.app.state.filter.text == "@movers"
        assert seen.app.state.filter.calls
        assert not dict(seen.app.state.preferences.saved_filters)
        await seen.press("f")
        assert "Delete" not in seen.text, "what is ready is not stored"
    async with opened(preferences=Preferences(saved_filters=(("coins", "btc"), ("usdc", "usdc")))) as seen:
        await seen.press("f")
        assert "@coins" in seen.text
        await seen.press("u")
        assert len(seen.symbols()) == 3
        await seen.press("f", "escape")
        assert len(seen.symbols()) == 3
        await seen.press("f", "d")
        assert seen.app.state.preferences.saved_filters == (("coins", "btc"),)
        assert len(seen.symbols()) > 3


async def test_a_ready_filter_is_changed_by_saving_another_one_by_its_name() -> None:
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("eth")
        await seen.press("ctrl+s")
        await seen.press("enter")
        assert "Nothing is typed yet" in seen.text
        await seen.type("movers")
        await seen.press("enter")
        assert "movers is abs(chg(15m))>2" in seen.text
        await seen.press("n")
        assert not dict(seen.app.state.preferences.saved_filters)
        await seen.press("ctrl+s")
        await seen.type("movers")
        await seen.press("enter", "y", "escape", "f", "m")
        assert dict(seen.app.state.preferences.saved_filters) == {"movers": "eth"}
        assert all("ETH" in symbol for symbol in seen.symbols())
        await seen.press("f", "d")
        assert not dict(seen.app.state.preferences.saved_filters)
        await seen.press("f", "z")
        assert dict(seen.app.state.preferences.saved_filters) == {"movers": "eth"}


async def test_a_number_is_saved_as_a_name_and_used_in_filters() -> None:
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("last*2")
        await seen.press("ctrl+s")
        for name, said in (("last", "means something already"), ("a-b", "A letter, then")):
            await seen.type(name)
            await seen.press("enter")
            assert said in seen.text
            await seen.press("ctrl+u")
        await seen.type("Twice")
        await seen.press("enter")
        assert seen.app.state.preferences.names == (("twice", "last*2"),)
        await seen.press("escape", "f", "t", "u")
        await seen.type("0")
        assert seen.app.state.filter.text == "twice>0"
        assert len(seen.symbols()) > 3
        await seen.press("enter", "f", "t", "d")
        assert not dict(seen.app.state.preferences.names)
        assert seen.app.state.filter.text == ""
        assert _told(seen)[1] == "The filter twice>0 is not used: There is no column twice; did you mean price?"


async def test_a_name_is_left_as_it_is_by_escape() -> None:
    async with opened(preferences=Preferences(names=(("twice", "last*2"),))) as seen:
        await seen.press("f", "t", "escape")
        assert seen.app.state.preferences.names
        assert seen.app.state.filter.text == ""


async def test_a_saved_filter_that_would_hold_itself_is_not_saved() -> None:
    async with opened(preferences=Preferences(saved_filters=(("coins", "btc"), ("bad", "volx>1")))) as seen:
        await seen.press("slash")
        await seen.type("@coins eth")
        await seen.press("ctrl+s")
        await seen.type("coins")
        await seen.press("enter")
        assert "In the saved filter 'coins'" in seen.text
        await seen.press("escape", "escape", "f", "b")
        seen.app.use_saved_filter("bad")
        await seen.pilot.pause()
        assert _told(seen) == ["In the saved filter 'bad': There is no column volx; did you mean vol?"] * 2
