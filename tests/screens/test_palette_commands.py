"""The command palette."""

from textual.command import CommandPalette, Hit

from klagg_tui.screens.palette_commands import KlaggCommands
from klagg_tui.view.preferences import Preferences
from tests.pilot import opened


async def test_the_palette_finds_actions_symbols_themes_and_saved_filters() -> None:
    async with opened(preferences=Preferences(saved_filters=(("mine", "btc"),))) as seen:
        provider = KlaggCommands(seen.app.screen)
        shown = [str(hit.text) async for hit in provider.discover()]
        assert "Freeze the picture, or go on" in shown
        for query, found in (
            ("ethusdt", "ETHUSDT"),
            ("nord", "Theme: nord"),
            ("mine", "Filter: @mine"),
            ("health", "Health"),
        ):
            hits = [str(hit.text) async for hit in provider.search(query)]
            assert any(found in hit for hit in hits)


async def test_a_command_of_the_palette_does_what_it_says() -> None:
    async with opened(preferences=Preferences(saved_filters=(("mine", "btc"),))) as seen:
        await seen.press("colon")
        assert isinstance(seen.app.screen, CommandPalette)
        await seen.type("solusdt")
        await seen.work_done()
        await seen.press("escape")
        await seen.app.open_symbol("SOLUSDT")
        await seen.pilot.pause()
        assert "SOLUSDT" in seen.lines[0]
        await seen.app.open_symbol("ETHUSDT")
        assert "ETHUSDT" in seen.lines[0] or seen.app.screen.id == "symbol"
        await seen.press("escape")
        seen.app.use_saved_filter("mine")
        await seen.pilot.pause()
        assert "2 of 40" in seen.lines[0]


async def test_the_palette_shows_a_period_by_its_name_and_nothing_of_textual_but_the_screenshot() -> None:
    async with opened() as seen:
        (hit,) = [hit async for hit in KlaggCommands(seen.app.screen).search("period: 1h")]
        assert isinstance(hit, Hit)
        await hit.command()
        assert seen.app.state.preferences.period == "1h"
        assert [one.title for one in seen.app.get_system_commands(seen.app.screen)] == ["Screenshot"]


async def test_the_list_that_nothing_was_typed_for_has_one_order() -> None:
    async with opened() as seen:
        assert {KlaggCommands} == seen.app.COMMANDS, "of several providers Textual takes the hits as they come"
        shown = [str(hit.text) async for hit in KlaggCommands(seen.app.screen).discover()]
        assert shown[-1].startswith("Screenshot") or "picture" in shown[-1].lower()
        assert shown == [str(hit.text) async for hit in KlaggCommands(seen.app.screen).discover()]
