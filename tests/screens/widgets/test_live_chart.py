"""The chart of a symbol that goes on: what is loaded of it."""

import asyncio

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.screens.widgets import chart as chart_of
from klagg_tui.screens.widgets import live_chart
from klagg_tui.screens.widgets.live_chart import LiveChart
from klagg_tui.view.preferences import Preferences
from tests.made_market import MadeMarket
from tests.pilot import Seen, opened

BTC = Preferences(period="1m", filter="btcusdt")
LONG = 120


async def _chart(seen: Seen, monkeypatch: pytest.MonkeyPatch, most: int) -> LiveChart:
    """A chart that has loaded its last twenty bars."""
    monkeypatch.setattr(live_chart, "LOADED_AT_ONCE", 20)
    monkeypatch.setattr(live_chart, "MAX_LOADED", most)
    await seen.press("enter")
    chart = seen.app.screen.query_one(LiveChart)
    monkeypatch.setattr(chart, "load_what_comes_into_view", lambda: None)
    await seen.work_done()
    assert chart.series is not None
    del chart.series.bars[:-20]
    chart.series.reaches_back = True
    chart.redraw()
    return chart


async def test_a_jump_loads_what_is_missing_until_there(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened((80, 24), feed=MadeMarket(2, minutes=LONG, per_minute=5), preferences=BTC) as seen:
        chart = await _chart(seen, monkeypatch, 200)
        assert chart.series is not None
        wanted = chart.series.bars[-1].open_ms - 90 * 60_000
        chart.jump(wanted)
        await seen.work_done()
        assert chart.current_bar is not None
        assert chart.current_bar.open_ms == wanted


async def test_a_jump_beyond_what_a_chart_holds_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened((80, 24), feed=MadeMarket(2, minutes=LONG, per_minute=5), preferences=BTC) as seen:
        chart = await _chart(seen, monkeypatch, 30)
        assert chart.series is not None
        chart.jump(chart.series.bars[-1].open_ms - 110 * 60_000)
        await seen.work_done()
        assert chart.cross == 0
        assert len(chart.series.bars) == 50
        assert any("a longer period does" in told.message for told in seen.app._notifications)


async def test_a_chart_without_bars_jumps_nowhere() -> None:
    async with opened((160, 45)) as seen:
        chart = seen.app.screen.query_one(LiveChart)
        chart.jump(0)
        await seen.work_done()
        assert chart.cross is None


async def test_moving_on_while_older_bars_are_loaded_loads_them_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened((80, 24), feed=MadeMarket(2, minutes=LONG, per_minute=5), preferences=BTC) as seen:
        chart = await _chart(seen, monkeypatch, 200)
        monkeypatch.undo()
        asked = 0
        history, may_answer = seen.feed.history, asyncio.Event()

        async def slow(symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
            nonlocal asked
            asked += 1
            await may_answer.wait()
            return await history(symbol, period, before_ms, count)

        monkeypatch.setattr(seen.feed, "history", slow)
        await seen.press("left", "left", "left")
        may_answer.set()
        await seen.work_done()
        assert asked == 1
        assert chart.series is not None
        assert len(chart.series.bars) == LONG + 1


async def test_prices_have_as_many_decimals_as_the_symbol_has_by_now() -> None:
    async with opened(preferences=BTC) as seen:
        await seen.press("enter")
        chart = seen.app.screen.query_one(LiveChart)
        chart.decimals = 0
        seen.feed.trade_at("BTCUSDT", "71234.5")
        await seen.beat()
        row = seen.app.state.live.rows["BTCUSDT"]
        assert chart.decimals == row.decimals > 0


async def test_a_jump_in_a_chart_that_shows_another_symbol_by_then_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with opened((80, 24), feed=MadeMarket(2, minutes=LONG, per_minute=5), preferences=BTC) as seen:
        chart = await _chart(seen, monkeypatch, 200)
        first = chart.series
        assert first is not None

        async def changed(_symbol: str, _period: Period, _before_ms: int | None, _count: int) -> tuple[Bar, ...]:
            chart.series = None
            return ()

        monkeypatch.setattr(seen.feed, "history", changed)
        chart.jump(first.bars[0].open_ms - 60_000)
        await seen.work_done()
        assert chart.cross is None


@pytest.mark.parametrize("is_long", [False, True], ids=["an anchor", "a length"])
async def test_bars_are_loaded_that_what_is_drawn_is_made_from(
    monkeypatch: pytest.MonkeyPatch, *, is_long: bool
) -> None:
    monkeypatch.setattr(chart_of, "_AHEAD", 0)
    async with opened((80, 24), feed=MadeMarket(2, minutes=LONG, per_minute=5), preferences=BTC) as seen:
        chart = await _chart(seen, monkeypatch, 200)
        monkeypatch.undo()
        monkeypatch.setattr(live_chart, "LOADED_AT_ONCE", 20)
        monkeypatch.setattr(chart_of, "_AHEAD", 0)
        seen.app.state.choose(indicators=())
        assert chart.series is not None
        chart.scroll_bars(0)
        first_ms = chart.series.bars[0].open_ms
        if is_long:
            seen.app.state.choose(indicators=("rsi",), lengths=(("rsi", "90"),))
        else:
            seen.app.state.anchors["BTCUSDT"] = first_ms - 55 * 60_000
        chart.rechosen()
        await seen.work_done()
        loaded = (first_ms - chart.series.bars[0].open_ms) // 60_000
        assert loaded == (LONG - 19 if is_long else 60)  # all of them, or as many as the anchor needs


async def test_no_bars_are_loaded_for_an_anchor_that_is_too_far_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened((80, 24), feed=MadeMarket(2, minutes=LONG, per_minute=5), preferences=BTC) as seen:
        chart = await _chart(seen, monkeypatch, 200)
        seen.app.state.anchors["BTCUSDT"] = 0
        assert chart._lacks_anchor
        monkeypatch.setattr(chart_of, "MOST_FOR_ANCHOR", 20)
        assert not chart._lacks_anchor
