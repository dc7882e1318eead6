"""The export form."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Button, Input, Select, Static

from klagg_tui.screens.export import ExportScreen
from klagg_tui.view.exports import ExportPreset
from klagg_tui.view.preferences import Preferences
from tests.made_market import MadeMarket
from tests.made_venues import made_venues
from tests.pilot import opened


async def test_an_export_says_what_it_will_be_writes_it_and_says_where(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    async with opened(preferences=Preferences(period="1m", filter="btcusdt"), feed=MadeMarket(5)) as seen:
        await seen.press("e")
        await seen.work_done()
        assert "31 bars, about" in seen.text
        seen.app.screen.query_one("#target", Input).value = str(target)
        await seen.press("ctrl+s")
        await seen.work_done()
        assert "bars in" in seen.text
        assert len(target.read_text(encoding="utf-8").splitlines()) >= 30
        await seen.press("escape")
        assert seen.app.screen.id == "market"


async def test_the_file_of_a_symbol_is_one_file_whatever_signs_its_name_has() -> None:
    async with opened(feed=made_venues(), preferences=Preferences(period="5m", filter="kraken:BTC/USD")) as seen:
        await seen.press("enter", "e")
        target = Path(seen.app.screen.query_one("#target", Input).value)
        assert target == Path.home() / "kraken-BTC%2FUSD-5m.csv"


async def test_the_symbols_of_the_exchange_on_view_can_be_exported() -> None:
    async with opened(feed=made_venues(), preferences=Preferences(shown_venue="kraken")) as seen:
        await seen.press("e")
        await seen.pilot.pause()
        assert "The symbols of the table (12)" in seen.text


async def test_a_file_that_an_export_would_replace_is_named_before(tmp_path: Path) -> None:
    there = tmp_path / "there.csv"
    there.write_text("precious", encoding="utf-8")
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press("e")
        target = seen.app.screen.query_one("#target", Input)
        for path, is_told in ((there, True), (tmp_path / "new.csv", False)):
            target.value = str(path)
            await seen.pilot.pause()
            await seen.work_done()
            assert ("replaces the file that is there" in seen.text) == is_told


async def test_bars_are_counted_once_the_fingers_rest() -> None:
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press("e", "tab")
        await seen.burst(*"51315111", "backspace", "backspace")
        await seen.app.workers.wait_for_complete()
        assert seen.feed.estimates <= 2


async def test_a_form_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press("e")
        screen = seen.app.screen
        assert isinstance(screen, ExportScreen)
        for field, text, said in (
            ("periods", "7m", "no period"),
            ("periods", "", "at least one period"),
            ("from", "soon", "is no time"),
        ):
            screen.query_one("#periods", Input).value = "1m"
            screen.query_one(f"#{field}", Input).value = text
            await seen.pilot.pause()
            await seen.work_done()
            assert said in seen.text
        screen.query_one("#from", Input).value = ""
        screen.query_one("#target", Input).value = str(tmp_path / "missing" / "deep" / "out.csv")
        screen.query_one("#format", Select).value = screen.query_one("#format", Select).value
        screen.query_one("#start", Button).press()
        await seen.pilot.pause()
        await seen.work_done()
        screen.query_one("#leave", Button).press()
        await seen.pilot.pause()
        assert seen.app.screen.id == "market"


async def test_an_export_form_that_goes_while_its_bars_are_counted_harms_nothing() -> None:
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press("e")
        screen = seen.app.screen
        assert isinstance(screen, ExportScreen)
        screen.estimate()
        await seen.pilot.pause()
        await screen.query_one("#form").remove()
        await seen.work_done()
        assert seen.feed.estimates > 0


async def test_all_periods_can_be_named_by_one_word() -> None:
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press("e")
        seen.app.screen.query_one("#periods", Input).value = "all"
        await seen.pilot.pause()
        await seen.work_done()
        assert seen.feed.estimated is not None
        assert seen.feed.estimated.periods == seen.feed.periods


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_file_that_is_there_is_replaced_only_when_asked_twice(tmp_path: Path, size: tuple[int, int]) -> None:
    there = tmp_path / "there.csv"
    there.write_text("precious", encoding="utf-8")
    async with opened(size, feed=MadeMarket(5)) as seen:
        await seen.press("e")
        target = seen.app.screen.query_one("#target", Input)
        target.value = str(there)
        await seen.press("ctrl+s")
        await seen.work_done()
        await seen.pilot.pause()
        assert "export once more to replace it" in " ".join(seen.text.split())
        assert there.read_text(encoding="utf-8") == "precious"
        await seen.press("ctrl+s")
        await seen.work_done()
        assert "bars in" in " ".join(seen.text.split())
        assert there.read_text(encoding="utf-8") != "precious"
        await seen.press("ctrl+s")
        await seen.pilot.pause()
        assert "export once more to replace it" in " ".join(seen.text.split()), "asked anew for the next one"


@pytest.mark.parametrize(("states", "unfinished"), [("all", 1), ("whole", 0)])
async def test_states_can_be_chosen_and_what_is_unfinished_is_told(
    tmp_path: Path, states: str, unfinished: int
) -> None:
    target = tmp_path / "out.csv"
    async with opened((120, 40), preferences=Preferences(period="1m", filter="btcusdt"), feed=MadeMarket(5)) as seen:
        await seen.press("e")
        seen.app.screen.query_one("#states", Select).value = states
        seen.app.screen.query_one("#target", Input).value = str(target)
        await seen.pilot.pause()
        await seen.work_done()
        assert ("at most 31 bars" in seen.text) == (not unfinished)
        await seen.press("ctrl+s")
        await seen.work_done()
        assert len(target.read_text(encoding="utf-8").splitlines()) == 31 + unfinished
        assert ("of these 1 unfinished" in " ".join(seen.text.split())) == bool(unfinished)


async def test_a_preset_fills_the_form_and_none_leaves_it() -> None:
    async with opened((120, 40), feed=MadeMarket(5)) as seen:
        await seen.press("e")
        screen = seen.app.screen
        preset = screen.query_one("#preset", Select)
        for name, texts, states in (
            ("last-month", ("1h", "-30d"), "all"),
            ("whole", ("all", ""), "whole"),
            ("", ("all", ""), "whole"),
        ):
            preset.value = name
            await seen.pilot.pause()
            assert tuple(screen.query_one(f"#{field}", Input).value for field in ("periods", "from")) == texts
            assert screen.query_one("#states", Select).value == states


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_form_is_saved_as_a_preset_chosen_renamed_and_deleted(size: tuple[int, int]) -> None:
    lists = (("Majors", ("BTCUSDT", "ETHUSDT")),)
    async with opened(size, feed=MadeMarket(5), preferences=Preferences(watchlists=lists)) as seen:
        await seen.press("e")
        screen = seen.app.screen

        def kept() -> tuple[ExportPreset, ...]:
            return seen.app.state.preferences.export_presets

        field = {name: screen.query_one(f"#{name}", Input) for name in ("periods", "from", "to")}
        choice = {name: screen.query_one(f"#{name}", Select) for name in ("symbols", "states", "format", "preset")}
        majors = next(number for number, (name, _) in enumerate(screen._choices) if name == "★ Majors")  # type: ignore[attr-defined]
        choice["symbols"].value, choice["states"].value = majors, "confirmed"
        field["periods"].value, field["from"].value, field["to"].value = "1m 1h", "-2d", "yesterday"
        await seen.pilot.pause()
        await seen.press("ctrl+o", "s")
        await seen.type("two days")
        assert "Letters, digits, - and _ only." in seen.text
        await seen.press("ctrl+u")
        await seen.type("two-days")
        await seen.press("enter")
        saved = ExportPreset("two-days", "1m 1h", "-2d", "yesterday", "confirmed", "★ Majors", "csv")
        assert kept() == (saved,)
        assert choice["preset"].value == "two-days"
        choice["preset"].value = "whole"
        await seen.pilot.pause()
        assert field["periods"].value == "all"
        await seen.press("ctrl+o", "1")
        assert (field["periods"].value, field["from"].value, field["to"].value) == ("1m 1h", "-2d", "yesterday")
        assert (choice["symbols"].value, choice["states"].value, choice["preset"].value) == (
            majors,
            "confirmed",
            "two-days",
        )
        await seen.press("ctrl+o", "r", "ctrl+u")
        await seen.type("pair")
        await seen.press("enter")
        assert kept() == (replace(saved, name="pair"),)
        assert choice["preset"].value == "pair"
        await seen.press("ctrl+o", "d")
        assert kept() == ()
        assert choice["preset"].value == ""
        assert field["periods"].value == "1m 1h", "the form stays as it is"
        await seen.press("ctrl+o", "escape", "escape")
        assert seen.app.screen.id == "market"


async def test_a_preset_of_symbols_that_are_not_here_says_so() -> None:
    gone = Preferences(export_presets=(ExportPreset("mine", "5m", symbols="★ Gone"),))
    async with opened((120, 40), feed=MadeMarket(5), preferences=gone) as seen:
        await seen.press("e")
        seen.app.screen.query_one("#preset", Select).value = "mine"
        await seen.pilot.pause()
        assert "★ Gone cannot be exported here" in seen.text
        assert seen.app.screen.query_one("#periods", Input).value == "5m"


async def test_a_folder_that_is_not_there_is_named_and_an_old_error_goes_with_what_it_was_about(tmp_path: Path) -> None:
    async with opened((80, 24), feed=MadeMarket(3)) as seen:
        await seen.press("e")
        await seen.work_done()
        assert "bars, about" in seen.text, "also in 24 lines"
        target = seen.app.screen.query_one("#target", Input)
        target.value = str(tmp_path / "none" / "x.csv")
        await seen.press("ctrl+s")
        await seen.work_done()
        assert "There is no folder" in seen.text
        assert not (tmp_path / "none").exists()
        target.value = str(tmp_path / "x.csv")
        await seen.pilot.pause()
        await seen.work_done()
        assert "There is no folder" not in seen.text


async def test_an_end_before_the_beginning_is_told() -> None:
    async with opened(feed=MadeMarket(3)) as seen:
        await seen.press("e")
        seen.app.screen.query_one("#from", Input).value = "-1d"
        seen.app.screen.query_one("#to", Input).value = "-2d"
        await seen.pilot.pause()
        await seen.work_done()
        assert "Nothing lies between From -1d and To -2d" in seen.text


async def test_escape_closes_an_open_list_before_the_form() -> None:
    async with opened(feed=MadeMarket(3)) as seen:
        await seen.press("e")
        select = seen.app.screen.query_one("#format", Select)
        select.focus()
        await seen.press("enter")
        opened_by_enter = select.expanded
        await seen.press("escape")
        assert (opened_by_enter, select.expanded) == (True, False)
        assert seen.app.screen.id == "export"
        await seen.press("escape")
        assert seen.app.screen.id == "market"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Name a file to export to."),
        ("a\0b", "Name a file to export to."),
        ("/", "/ is a folder: name a file in it."),
        ("~nobody-of-that-name/x.csv", "there is no such home folder."),
        (f"/{'x' * 300}.csv", "… cannot be written (File name too long)."),
        (f"/{'x' * 300}/out.csv", "… cannot be written (File name too long)."),
    ],
    ids=["nothing", "nul", "a folder", "a home", "too long", "a folder too long"],
)
async def test_a_name_that_cannot_be_a_file_is_told_while_it_is_typed_and_when_it_is_used(
    typed: str, told: str
) -> None:
    async with opened(feed=MadeMarket(5)) as seen:
        await seen.press("e")
        seen.app.screen.query_one("#target", Input).value = typed
        await seen.pilot.pause()
        await seen.work_done()
        assert str(seen.app.screen.query_one("#estimate", Static).render()).endswith(told)
        await seen.press("ctrl+s")
        await seen.work_done()
        assert str(seen.app.screen.query_one("#outcome", Static).render()).endswith(told)
