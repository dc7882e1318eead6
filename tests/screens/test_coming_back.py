"""Bars that end while a screen is frozen, or lies under another one, are there afterwards: on every screen that shows bars."""

from __future__ import annotations

import pytest
from textual.screen import Screen

from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.feed import InstrumentFacts
from klagg_tui.screens.coin import CoinScreen
from klagg_tui.screens.widgets.live_chart import LiveChart
from klagg_tui.view.preferences import Preferences
from tests.made_market import MadeMarket
from tests.made_venues import made_venues, prices_of
from tests.pilot import Seen, opened

BTC = "BTCUSDT"
WENT_BY = 5
WAYS = {
    "market frozen": ("table", (), ("space",), ("space",)),
    "market under a symbol": ("table", (), ("enter",), ("escape",)),
    "market under health": ("table", (), ("h",), ("escape",)),
    "split frozen": ("split", (), ("space",), ("space",)),
    "split under a symbol": ("split", (), ("enter",), ("escape",)),
    "split under the wall": ("split", (), ("W",), ("escape",)),
    "wall frozen": ("table", ("W",), ("space",), ("space",)),
    "wall under a symbol": ("table", ("W",), ("enter",), ("escape",)),
    "wall under the export": ("table", ("W",), ("e",), ("escape",)),
    "symbol under the export": ("table", ("enter",), ("e",), ("escape",)),
    "symbol of a frozen market": ("table", ("space", "enter"), (), ("escape", "space", "enter")),
}


def _charts(screen: Screen[object]) -> list[LiveChart]:
    return [chart for chart in screen.query(LiveChart) if chart.symbol == BTC and chart.display]


async def _settled(seen: Seen) -> None:
    for _ in range(3):
        await seen.beat(6)
        await seen.work_done()


@pytest.mark.parametrize("way", WAYS)
async def test_what_ended_meanwhile_is_in_chart_table_sparkline_and_figures(way: str) -> None:
    layout, to_screen, away, back = WAYS[way]
    chosen = Preferences(period="1m", filter="btcusdt", layout=layout, columns=("symbol", "last", "chg(5m)", "spark"))
    async with opened((180, 50), feed=MadeMarket(4, minutes=20), preferences=chosen) as seen:
        await seen.press(*to_screen)
        await _settled(seen)
        await seen.press(*away)
        for _ in range(WENT_BY):
            seen.feed.play(12, MINUTE_MS)
            await seen.beat(3)
        await seen.press(*back)
        await _settled(seen)
        row = seen.app.state.live.rows[BTC]
        now_ms = seen.feed.now_ms
        for chart in _charts(seen.app.screen):
            assert chart.series is not None
            opens = [bar.open_ms for bar in chart.series.bars]
            assert opens == list(range(opens[0], now_ms + 1, MINUTE_MS)), "not one is missing"
            assert len(opens) >= 20 + WENT_BY
            stored = {bar.open_ms: bar for bar in await seen.feed.history(BTC, chart.series.period, None, 500)}
            assert chart.series.bars[:-1] == [stored[open_ms] for open_ms in opens[:-1]]
            assert chart.series.bars[-1] == row.bar(chart.series.period)
        if way.partition(" ")[0] in ("split", "wall", "symbol"):
            assert _charts(seen.app.screen)
        else:
            line, bar, context = seen.line_with(BTC), row.bar(seen.app.state.period), seen.app.state.render_context
            for column, _, width, _ in seen.table.placed[1:]:
                drawn = (
                    column.parts(row, bar, context, width) if column.parts else [column.draw(row, bar, context, width)]
                )
                assert "".join(text for text, _ in drawn).strip() in line


async def test_what_is_told_of_a_contract_meanwhile_is_below_the_candles() -> None:
    feed = MadeMarket(2, minutes=20)
    feed.instruments[BTC] = InstrumentFacts("made", "Made", BTC, "BTC", "USDT", tells_derivatives=True)
    chosen = Preferences(period="1m", filter="btcusdt", indicators=("open_interest",))
    async with opened((120, 50), feed=feed, preferences=chosen) as seen:
        await seen.press("enter")
        await _settled(seen)
        await seen.press("e")
        for place in range(WENT_BY):
            told = DerivativeMinute(BTC, feed.now_ms, open_interest=(700 + place) * 10**8)
            feed.told.append(told)
            feed.telling = [told]
            feed.play(6, MINUTE_MS)
            await seen.beat(3)
        await seen.press("escape")
        await _settled(seen)
        [chart] = _charts(seen.app.screen)
        assert chart.series is not None
        assert chart.contract is not None
        assert chart.contract.interest(chart.series.bars)[-WENT_BY - 1 : -1] == [
            700 + place for place in range(WENT_BY)
        ]


async def test_who_was_first_is_not_judged_by_prices_that_nobody_looked_at() -> None:
    feed = made_venues()
    chosen = Preferences(sort="symbol", descending=False, period="1m")
    async with opened((120, 40), feed=feed, preferences=chosen) as seen:
        await seen.press("slash")
        await seen.type("base:btc quote:usd")
        await seen.press("enter", "b")
        prices_of(feed, "BTC", {"okx-swap": "64000", "kraken": "64000", "binance-um": "64000"})
        await seen.beat(2)
        await seen.press("e")
        feed.now_ms += 30_000
        await seen.beat(3)
        feed.now_ms += 30_000
        await seen.press("escape")
        await seen.beat(1)
        assert isinstance(seen.app.screen, CoinScreen)
        assert "in the 0 s since this view was opened" in " ".join(seen.text.split())
