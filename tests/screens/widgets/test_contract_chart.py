"""Panes of what is told of a contract: read once they are wanted, followed as it goes on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.errors import KlaggError
from klagg_tui.feed import InstrumentFacts
from klagg_tui.screens.widgets.live_chart import LiveChart
from klagg_tui.view.preferences import Preferences
from tests.made_market import BEGIN_MS, MadeMarket
from tests.pilot import Seen, opened

MINUTE = 60_000
BTC = Preferences(period="1m", filter="btcusdt", indicators=())
BOTH = Preferences(period="1m", filter="btcusdt", indicators=("open_interest", "funding"))


def _minute(open_ms: int, interest: int, symbol: str = "BTCUSDT") -> DerivativeMinute:
    return DerivativeMinute(symbol, open_ms, open_interest=interest * 10**8, funding_rate=10**16)


def _market() -> MadeMarket:
    market = MadeMarket(4, minutes=120, per_minute=5)
    for name in market.symbols[:2]:
        market.instruments[name] = InstrumentFacts("made", "Made", name, "BTC", "USDT", tells_derivatives=True)
    market.told = [_minute(BEGIN_MS + place * MINUTE, 700 + place) for place in range(120)]
    return market


async def _chart(seen: Seen) -> LiveChart:
    await seen.press("enter")
    await seen.work_done()
    return seen.app.screen.query_one(LiveChart)


async def test_what_is_stored_is_read_for_the_bars_that_are_loaded_once_a_pane_is_wanted() -> None:
    market = _market()
    async with opened((120, 50), feed=market, preferences=BTC) as seen:
        chart = await _chart(seen)
        assert market.asked_edges == []
        await seen.press("O")
        await seen.work_done()
        assert chart.series is not None
        assert market.asked_edges == [(BEGIN_MS - 60 * MINUTE, chart.series.bars[-1].end_ms)]
        assert " Open interest  819.00 " in seen.text
        await seen.press("F", "left", "left", "left")
        await seen.work_done()
        assert " Funding  +0.0100% " in seen.text
        assert " Open interest  817.00 " in seen.text
        assert len(market.asked_edges) == 1


async def test_what_is_told_is_drawn_as_it_comes() -> None:
    market = _market()
    async with opened((120, 50), feed=market, preferences=BOTH) as seen:
        await _chart(seen)
        market.telling = [_minute(market.now_ms, 950), _minute(market.now_ms, 111, "ETHUSDT")]
        await seen.beat()
        assert " Open interest  950.00 " in seen.text


async def test_of_older_bars_only_what_lacks_is_read() -> None:
    market = _market()
    async with opened((120, 50), feed=market, preferences=BOTH) as seen:
        chart = await _chart(seen)
        assert chart.series is not None
        older = chart.series.bars[0]
        chart.shift(chart.series.take([older._replace(open_ms=older.open_ms - at * MINUTE) for at in (1, 2, 3)]))
        await seen.work_done()
        assert market.asked_edges[1:] == [(BEGIN_MS - 63 * MINUTE, BEGIN_MS)]


async def test_another_symbol_begins_with_nothing_and_one_of_which_nothing_is_told_asks_nothing() -> None:
    market = _market()
    choices = Preferences(period="1m", sort="symbol", descending=False, indicators=BOTH.indicators)
    async with opened((120, 50), feed=market, preferences=choices) as seen:
        await _chart(seen)
        assert " Open interest  819.00 " in seen.text
        await seen.press("n")
        await seen.work_done()
        assert "ETHUSDT" in seen.lines[0]
        assert " Open interest  – " in seen.text
        asked = len(market.asked_edges)
        await seen.press("n")
        await seen.work_done()
        assert "SOLUSDT" in seen.lines[0] or "XRPUSDT" in seen.lines[0]
        assert "Open interest" not in seen.text
        assert len(market.asked_edges) == asked


async def test_where_it_cannot_be_read_that_is_told_once_and_the_chart_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    market = _market()

    async def refused(_symbol: str, _edges_ms: Sequence[int]) -> tuple[DerivativeMinute, ...]:
        raise KlaggError("The disk is gone.")

    monkeypatch.setattr(market, "derivatives", refused)
    async with opened((120, 50), feed=market, preferences=BOTH) as seen:
        await _chart(seen)
        await seen.press("left", "left")
        told = [one.message for one in seen.app._notifications]
        assert told == ["Open interest and funding cannot be read: The disk is gone."]
        assert "┃" in seen.text
