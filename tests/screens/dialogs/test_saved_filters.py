"""Saved filters: used, saved, deleted."""

from klagg_tui.view.preferences import Preferences
from tests.pilot import opened


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
        assert "None is saved yet" in next(iter(seen.app._notifications)).message
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
