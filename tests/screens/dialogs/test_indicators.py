"""Indicators and their lengths, chosen from a list or typed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from klagg_tui.feed import InstrumentFacts
from klagg_tui.view.preferences import Preferences
from tests.made_market import MadeMarket
from tests.pilot import Seen, opened

BTC = Preferences(period="1m", filter="btcusdt", indicators=())


def _market(*, tells: bool = True) -> MadeMarket:
    market = MadeMarket(4, minutes=60, per_minute=9)
    market.instruments["BTCUSDT"] = InstrumentFacts("made", "Made", "BTCUSDT", "BTC", "USDT", tells_derivatives=tells)
    return market


async def _typed(seen: Seen, text: str) -> None:
    await seen.press(*("space" if letter == " " else letter for letter in text))


async def test_a_name_and_lengths_are_typed_drawn_at_once_and_kept() -> None:
    async with opened((120, 50), feed=_market(), preferences=BTC) as seen:
        await seen.press("enter", "i")
        await _typed(seen, "rsi 21")
        await seen.press("enter")
        assert "● RSI 21" in seen.text
        await _typed(seen, "macd 5 35 5")
        await seen.press("enter")
        await _typed(seen, "bb 34 2")
        await seen.press("enter", "escape")
        assert all(word in seen.text for word in (" RSI 21 ", " MACD 5 35 5 ", " Bollinger 34 2 "))
        chosen = seen.app.state.preferences
        assert chosen.entries == ("bollinger 34 2", "rsi 21", "macd 5 35 5")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rsi 1", "from 2 to 500, not 1"),
        ("macd 26 12", "shorter than the slow one"),
        ("atr", "No indicator is called atr"),
    ],
)
async def test_what_cannot_be_is_told_while_it_is_typed_and_not_taken(text: str, told: str) -> None:
    async with opened((120, 50), feed=_market(), preferences=BTC) as seen:
        await seen.press("enter", "i")
        await _typed(seen, text)
        assert told in seen.text
        await seen.press("enter")
        assert told in seen.text
        await seen.press("escape")
        assert seen.app.state.preferences == BTC


async def test_a_beginning_lists_what_it_fits_and_enter_switches_what_the_cursor_is_on() -> None:
    async with opened((120, 50), feed=_market(), preferences=BTC) as seen:
        await seen.press("enter", "i")
        assert "○ averages 7 25 99" in seen.text
        await _typed(seen, "ema")
        assert "○ EMA 20" in seen.text
        assert "○ averages" not in seen.text
        await seen.press("enter")
        assert "● EMA 20" in seen.text
        assert "○ averages" in seen.text
        await seen.press("enter", "down", "enter")
        assert seen.app.state.preferences.indicators == ("vwap",)


async def test_the_entry_under_the_cursor_is_edited() -> None:
    async with opened((120, 50), feed=_market(), preferences=BTC) as seen:
        await seen.press("enter", "i", "tab")
        assert "averages 7 25 99" in seen.line_with("averages")
        await seen.press("backspace", "backspace", "5", "0", "enter", "escape")
        assert seen.app.state.preferences.entries == ("averages 7 25 50",)
        assert " averages 7 25 50  " in seen.text


async def test_what_the_exchange_does_not_tell_is_not_offered_and_said() -> None:
    async with opened((120, 50), feed=_market(tells=False), preferences=BTC) as seen:
        await seen.press("enter", "i")
        assert "○ Open interest" not in seen.text
        assert "Made tells no open interest and no funding" in seen.text
        await _typed(seen, "oi")
        await seen.press("enter", "escape", "O", "F")
        assert seen.app.state.preferences.indicators == ()
        assert any("Made tells no open interest" in told.message for told in seen.app._notifications)
    async with opened((120, 50), feed=_market(), preferences=BTC) as seen:
        await seen.press("enter", "i")
        assert "○ Open interest" in seen.text
        assert "tells no open interest" not in seen.text


async def test_where_contracts_are_counted_there_is_no_vwap() -> None:
    market = _market()
    market.instruments["BTCUSDT"] = market.instruments["BTCUSDT"]._replace(is_inverse=True)
    weighted = replace(BTC, indicators=("vwap", "bollinger"))
    async with opened((120, 50), feed=market, preferences=weighted) as seen:
        await seen.press("enter", "W")
        assert not seen.app.state.anchors
        assert any("counts contracts" in told.message for told in seen.app._notifications)
        seen.app.clear_notifications()
        assert " Bollinger 20 2 " in seen.text
        assert " VWAP  " not in seen.lines[4]
        await seen.press("i")
        assert not any(f"{sign} VWAP" in seen.text for sign in "●○")
        assert "Volume of this symbol counts contracts" in seen.text


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_line_and_what_is_wrong_are_there_on_a_small_terminal(size: tuple[int, int]) -> None:
    async with opened(size, feed=_market(tells=False), preferences=BTC) as seen:
        await seen.press("enter", "i")
        await _typed(seen, "rsi 1")
        assert "RSI: the length is a whole number from 2 to 500" in seen.text
        assert "○ RSI 14" in seen.text
