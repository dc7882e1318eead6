"""The line in which a filter is typed."""

import pytest

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
