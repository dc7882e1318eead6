"""The chart of a symbol that goes on: what is loaded of it."""

import asyncio

import pytest

from klagg_tui.edge import Edge, OlderBars
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.period import Period
from klagg_tui.errors import KlaggError, StorageError
from klagg_tui.feed import Mode
from klagg_tui.screens.widgets import chart as chart_of
from klagg_tui.screens.widgets import live_chart
from klagg_tui.screens.widgets.live_chart import LiveChart
from klagg_tui.view.preferences import Preferences
from tests.made_market import BEGIN_MS, MadeMarket
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


async def _at_edge(seen: Seen) -> LiveChart:
    """The chart of BTCUSDT, before somebody moved it."""
    await seen.press("enter")
    await seen.work_done()
    chart = seen.app.screen.query_one(LiveChart)
    assert chart.series is not None
    return chart


def _older(seen: Seen, chart: LiveChart, count: int = 40) -> None:
    """The exchange has so many bars from before those that are stored."""
    assert chart.series is not None
    first = chart.series.bars[0]
    seen.feed.older["BTCUSDT", Period.M1] = [
        first._replace(open_ms=first.open_ms - at * 60_000) for at in range(1, count + 1)
    ]


async def test_who_only_looks_has_nothing_fetched_and_who_moves_to_the_edge_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with opened(preferences=BTC) as seen:
        chart = await _at_edge(seen)
        assert chart.series is not None
        begun_ms, stored = chart.series.bars[0].open_ms, len(chart.series.bars)
        _older(seen, chart)
        await seen.beat(3)
        assert seen.feed.asked_older == []
        seen.feed.may_answer.clear()
        await seen.press("left")
        assert "◂ fetching older bars…" in seen.text
        seen.feed.may_answer.set()
        await seen.work_done()
        assert seen.feed.asked_older[0] == ("BTCUSDT", Period.M1, begun_ms)
        assert len(chart.series.bars) == stored + 40
        # The crosshair stays on its bar, and there is nothing more to be had.
        assert chart.cross == stored - 2 + 40
        await seen.press("home")
        await seen.work_done()
        assert "◂ the exchange has no older bars" in seen.text
        asked = len(seen.feed.asked_older)
        await seen.press("home", "left", "home")
        await seen.work_done()
        assert len(seen.feed.asked_older) == asked
        assert begun_ms - chart.series.bars[0].open_ms == 40 * 60_000


async def test_why_there_are_no_older_bars_is_said_at_the_edge_alone() -> None:
    async with opened((80, 24), feed=MadeMarket(2, minutes=LONG, per_minute=5), preferences=BTC) as seen:
        chart = await _at_edge(seen)
        seen.feed.edge = OlderBars(Edge.LISTED, BEGIN_MS)
        await seen.press("left")
        await seen.work_done()
        assert chart.picture.first > 0
        assert "listed" not in seen.text
        await seen.press("home")
        assert "◂ the exchange has no older bars (listed 2024-08-08)" in seen.text
        await seen.press("end")
        assert "listed" not in seen.text


async def test_an_exchange_that_could_not_be_asked_is_asked_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_chart, "RETRY_BEATS", 10_000)
    async with opened(preferences=BTC) as seen:
        await _at_edge(seen)
        seen.feed.edge = OlderBars(Edge.UNREACHABLE)
        await seen.press("left")
        await seen.work_done()
        assert "◂ older bars cannot be fetched now: the exchange is not reachable" in seen.text
        await seen.press("left")
        await seen.work_done()
        assert len(seen.feed.asked_older) == 1
        monkeypatch.setattr(live_chart, "RETRY_BEATS", 0)
        await seen.press("left")
        await seen.work_done()
        assert len(seen.feed.asked_older) == 2


async def test_a_failure_to_ask_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(preferences=BTC) as seen:
        await _at_edge(seen)

        async def failed(symbol: str, period: Period, before_ms: int) -> OlderBars:
            raise KlaggError("The engine has stopped; start klagg again.")

        monkeypatch.setattr(seen.feed, "fetch_older", failed)
        await seen.press("left")
        await seen.work_done()
        assert "cannot be fetched now" in seen.text


async def test_history_that_cannot_be_read_is_told_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(preferences=BTC) as seen:

        async def failed(symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
            raise StorageError("The database cannot be read.")

        monkeypatch.setattr(seen.feed, "history", failed)
        await seen.press("enter")
        await seen.work_done()
        assert any("cannot be read" in told.message for told in seen.app._notifications)
        assert seen.app.screen.query_one(LiveChart).symbol == "BTCUSDT"


async def test_an_answer_for_a_chart_that_shows_another_symbol_by_then_is_left() -> None:
    async with opened((100, 30), preferences=Preferences(period="1m", sort="symbol", descending=False)) as seen:
        chart = await _at_edge(seen)
        before = chart.series
        seen.feed.may_answer.clear()
        await seen.press("left")
        await seen.press("n")
        seen.feed.may_answer.set()
        await seen.work_done()
        assert chart.series is not before
        assert chart.edge_told == ""
        assert "fetching" not in seen.text


async def test_nobody_is_asked_while_recorded_trades_are_played() -> None:
    feed = MadeMarket(2)
    feed.mode = Mode.REPLAY
    async with opened((100, 30), feed=feed, preferences=BTC) as seen:
        chart = await _at_edge(seen)
        await seen.press("left", "home")
        await seen.work_done()
        assert seen.feed.asked_older == []
        chart.jump(0)
        await seen.work_done()
        assert any("no older bar is kept" in told.message for told in seen.app._notifications)


async def test_a_jump_has_fetched_what_is_not_stored() -> None:
    async with opened(preferences=BTC) as seen:
        chart = await _at_edge(seen)
        assert chart.series is not None
        wanted_ms = chart.series.bars[0].open_ms - 30 * 60_000
        _older(seen, chart)
        chart.jump(wanted_ms)
        await seen.work_done()
        assert chart.current_bar is not None
        assert chart.current_bar.open_ms == wanted_ms


async def test_bars_that_the_database_holds_by_now_are_read_again_and_the_view_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with opened((80, 24), feed=MadeMarket(2, minutes=LONG, per_minute=5), preferences=BTC) as seen:
        chart = await _at_edge(seen)
        assert chart.series is not None
        await seen.press("left", "left")
        before = chart.current_bar
        assert before is not None
        gone = [chart.series.bars.pop(60) for _ in range(3)]
        chart.cross = chart.series.bars.index(before)
        seen.feed.tell_stored(StoredStretch("BTCUSDT", Period.M1, gone[0].open_ms, gone[-1].end_ms))
        await seen.beat(2)
        await seen.work_done()
        assert chart.series.bars[60:63] == gone
        assert chart.current_bar == before


async def test_older_bars_that_come_to_the_database_are_there_for_who_goes_back() -> None:
    async with opened((80, 24), feed=MadeMarket(2, minutes=LONG, per_minute=5), preferences=BTC) as seen:
        chart = await _at_edge(seen)
        assert chart.series is not None
        first = chart.series.bars[0]
        assert not chart.series.reaches_back
        seen.feed.tell_stored(StoredStretch("BTCUSDT", Period.M1, first.open_ms - 60_000, first.open_ms))
        await seen.beat(2)
        await seen.work_done()
        assert seen.feed.asked_older == []
        assert not chart.series.reaches_back  # it was looked, and there is none


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
