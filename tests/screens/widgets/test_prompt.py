"""The line in which a filter is typed."""

import pytest

from klagg_tui.screens.widgets import prompt
from klagg_tui.screens.widgets.prompt import FilterPrompt
from klagg_tui.view.preferences import Preferences
from tests.pilot import opened


async def test_the_filter_works_while_it_is_typed_and_a_bad_one_leaves_the_last_good_one() -> None:
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("btc")
        assert sorted(seen.symbols()) == ["BTCUSDC", "BTCUSDT"]
        assert "2 of 40" in seen.lines[0]
        await seen.type(" volx>1")
        assert "There is no column volx" in seen.text
        assert len(seen.symbols()) <= 2
        await seen.press("escape")
        assert len(seen.symbols()) > 2
        assert "volx" not in seen.text


async def test_a_pasted_tab_or_control_sign_does_not_tear_the_line_apart() -> None:
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("btc\t\x1b!usdc")
        assert seen.app.state.filter.text == "btc  !usdc"
        assert seen.symbols() == ["BTCUSDT"]


async def test_filters_of_before_come_back_with_up() -> None:
    async with opened() as seen:
        for text in ("btc", "eth"):
            await seen.press("slash", "ctrl+u")
            await seen.type(text)
            await seen.press("enter")
        await seen.press("slash", "up")
        assert seen.app.state.filter.text == "eth"
        await seen.press("up")
        assert seen.app.state.filter.text == "btc"
        await seen.press("up", "down", "down")
        assert seen.app.state.filter.text == "eth"


async def test_typing_begins_a_new_filter_and_an_arrow_goes_on_with_the_old_one() -> None:
    async with opened(preferences=Preferences(filter="btc")) as seen:
        await seen.press("slash", "e", "t", "h", "enter")
        assert seen.app.state.filter.text == "eth"
        await seen.press("slash", "right", "u", "enter")
        assert seen.app.state.filter.text == "ethu"


@pytest.mark.parametrize("width", [80, 120])
async def test_what_is_wrong_with_a_filter_is_shown_to_its_end(width: int) -> None:
    async with opened((width, 24)) as seen:
        await seen.press("slash")
        assert any(line.endswith(("saves", "clears")) for line in seen.lines)
        await seen.type("x>1")
        assert "state." in seen.text


async def test_what_is_not_finished_leaves_the_last_good_rows_and_the_count_of_matches() -> None:
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("btc")
        assert seen.line_with("2 of 40 match")
        for typed in (" chg", ">"):
            await seen.type(typed)
            assert len(seen.symbols()) == 2
            assert "compared with" not in seen.text
        assert seen.app.state.filter.text == "btc"
        await seen.type("-99")
        assert seen.app.state.filter.text == "btc chg>-99"
        assert seen.line_with("2 of 40 match")


async def test_the_beginning_of_a_column_is_a_name_only_when_it_is_entered() -> None:
    async with opened() as seen:
        await seen.press("slash", "b")
        assert len(seen.symbols()) > 2
        assert seen.app.state.filter.text == ""
        await seen.press("enter")
        assert seen.app.state.filter.text == "b"
        assert all("B" in symbol for symbol in seen.symbols())


async def test_what_cannot_be_read_is_told_when_it_is_entered_or_saved() -> None:
    async with opened() as seen:
        for key in ("enter", "ctrl+s"):
            await seen.press("slash")
            await seen.type("chg>")
            await seen.press(key)
            assert "What is chg compared with?" in seen.text
            assert seen.app.screen.query_one(FilterPrompt).is_open
            await seen.press("escape")
        await seen.press("slash", "ctrl+s")
        assert seen.app.screen.query_one(FilterPrompt).is_open, "nothing is there to be saved"


async def test_what_is_missing_is_told_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt, "PAUSE_S", 0.01)
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("chg>")
        while "What is chg compared with?" not in seen.text:
            await seen.pilot.pause(0.01)
        await seen.press("ctrl+u", "b")
        while "Enter looks for names that hold b." not in seen.text:
            await seen.pilot.pause(0.01)
        line = seen.app.screen.query_one(FilterPrompt)
        assert not line.has_class("error")
        line.show_count(1, 40)
        await seen.pilot.pause()
        assert "Enter looks for" in seen.text, "it stays where the count of matches changes"
        await seen.press("escape", "slash")
        assert "Enter looks for" not in seen.text


async def test_the_names_most_like_the_letters_come_first_until_somebody_sorts() -> None:
    async with opened() as seen:
        await seen.press("slash")
        await seen.type("~usdc")
        assert seen.symbols()[0].endswith("USDC")
        assert seen.line_with("best match")
        await seen.press("enter", "S")
        assert seen.app.state.ranking is None
        assert "best match" not in seen.text
        ranked = seen.symbols()
        assert ranked == sorted(ranked, reverse=True)
        await seen.press("slash")
        await seen.type("~btcu")
        assert seen.symbols()[0].startswith("BTCU")


async def test_an_alert_that_cannot_be_read_any_more_is_told_at_the_start() -> None:
    async with opened(preferences=Preferences(alerts=("chg24h>5",))) as seen:
        told = next(iter(seen.app._notifications))
        assert told.message.startswith("The alert chg24h>5 is not watched: There is no column chg24h")
