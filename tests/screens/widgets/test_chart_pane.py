"""The chart beside the table."""

import asyncio

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.errors import StorageError
from klagg_tui.screens.market import MarketScreen
from klagg_tui.screens.widgets.chart_pane import ChartPane
from klagg_tui.view.preferences import Preferences
from tests.feeds import until
from tests.made_market import MadeMarket
from tests.pilot import Seen, opened

SPLIT = Preferences(period="1m", sort="symbol", descending=False, layout="split")
WIDE = (160, 45)


def _pane(seen: Seen) -> ChartPane:
    return seen.app.screen.query_one(ChartPane)


def _screen(seen: Seen) -> MarketScreen:
    assert isinstance(seen.app.screen, MarketScreen)
    return seen.app.screen


async def test_the_key_goes_through_table_split_and_chart_and_the_choice_is_kept() -> None:
    async with opened(WIDE) as seen:
        assert not _pane(seen).display
        widths = []
        for layout in ("split", "chart", "table"):
            await seen.press("x")
            assert seen.app.state.preferences.layout == layout
            assert _pane(seen).display is (layout != "table")
            widths.append(seen.table.size.width)
        assert widths == [80, 44, 160]


async def test_the_chart_follows_the_cursor_and_has_the_history_of_its_symbol() -> None:
    async with opened(WIDE, preferences=SPLIT) as seen:
        for key in ("down", "down", "up", "G", "g"):
            await seen.press(key)
            assert _pane(seen).symbol == seen.current
            assert f"{seen.current} 1m" in _pane(seen).line.text
        await seen.work_done()
        series = _pane(seen).chart.series
        assert series is not None
        assert (series.symbol, len(series.bars)) == (seen.current, 31)
        assert "┃" in seen.text


async def test_the_chart_follows_a_filter_and_goes_with_the_last_row() -> None:
    async with opened(WIDE, preferences=SPLIT) as seen:
        seen.app.state.use_filter("ethusdt")
        await seen.beat(5)
        assert _pane(seen).symbol == "ETHUSDT"
        seen.app.state.use_filter('"nothing"')
        await seen.beat(5)
        assert _screen(seen).charted is None
        assert not _pane(seen).line.text


async def test_the_history_of_the_charted_symbol_comes_first() -> None:
    async with opened(WIDE, preferences=SPLIT) as seen:
        await seen.press("down")
        await seen.beat()
        assert seen.feed.looked_at[2] == seen.current


async def test_a_trade_moves_the_candle_beside_the_table() -> None:
    async with opened(WIDE, preferences=SPLIT) as seen:
        seen.feed.trade_at(seen.current, "71234.5")
        await seen.beat()
        assert "C 71,234.5" in _pane(seen).line.text


@pytest.mark.parametrize("size", [(159, 40), (80, 24)])
async def test_a_narrow_terminal_has_table_or_chart(size: tuple[int, int]) -> None:
    async with opened(size, preferences=SPLIT) as seen:
        assert not _pane(seen).display
        await seen.press("x")
        assert seen.app.state.preferences.layout == "chart"
        assert seen.table.size.width == 44
        await seen.press("x")
        assert not _pane(seen).display


async def test_a_terminal_that_grows_shows_the_split_again() -> None:
    async with opened((120, 30), preferences=SPLIT) as seen:
        await seen.resize(200, 60)
        await until(lambda: _pane(seen).display)
        assert _pane(seen).symbol == seen.current


async def test_the_crosshair_is_moved_from_the_table_and_escape_takes_it_away_before_the_filter() -> None:
    async with opened(WIDE, preferences=SPLIT, feed=MadeMarket(3, minutes=120)) as seen:
        seen.app.state.use_filter("btcusdt")
        await seen.beat(5)
        await seen.work_done()
        await seen.press("left", "left", "right")
        assert _pane(seen).chart.cross == 119
        count = _pane(seen).chart.picture.bars
        await seen.press("plus")
        assert _pane(seen).chart.picture.bars < count
        await seen.press("minus", "escape")
        assert (_pane(seen).chart.cross, seen.app.state.filter.text) == (None, "btcusdt")
        await seen.press("escape")
        assert seen.app.state.filter.text == ""


async def test_another_period_is_charted_as_it_is_in_the_table() -> None:
    async with opened(WIDE, preferences=SPLIT) as seen:
        await seen.press("2")
        await seen.work_done()
        series = _pane(seen).chart.series
        assert series is not None
        assert len(series.bars) == 7
        assert " 5m" in _pane(seen).line.text


async def test_a_chart_of_nothing_loads_nothing() -> None:
    async with opened(WIDE) as seen:
        chart = _pane(seen).chart
        chart.load_older()
        await seen.work_done()
        assert chart.series is None or not chart.series.bars


def _is_unbroken(seen: Seen) -> bool:
    """Whether the chart has every minute up to now."""
    series = _pane(seen).chart.series
    assert series is not None
    opens = [bar.open_ms for bar in series.bars]
    return opens == list(range(opens[0], seen.feed.now_ms // 60_000 * 60_000 + 1, 60_000))


async def _pass(seen: Seen, minutes: int = 4) -> None:
    for _ in range(minutes):
        seen.feed.play(400, 60_000)
        await seen.beat()


async def test_what_ended_while_the_market_was_frozen_is_made_up_for() -> None:
    async with opened(WIDE, preferences=SPLIT) as seen:
        await seen.work_done()
        await seen.press("space")
        await _pass(seen)
        assert not _is_unbroken(seen)
        await seen.press("space")
        await seen.beat(2)
        await seen.work_done()
        assert _is_unbroken(seen)


async def test_what_ended_while_another_screen_was_on_view_is_made_up_for() -> None:
    async with opened(WIDE, preferences=SPLIT) as seen:
        await seen.press("down", "down", "enter")
        await seen.work_done()
        await _pass(seen)
        await seen.press("escape")
        await seen.beat(2)
        await seen.work_done()
        assert _is_unbroken(seen)
        await seen.press("up")  # what was at hand is not, by now
        await seen.work_done()
        assert _is_unbroken(seen)


async def test_the_next_symbol_is_charted_at_once_with_what_ended_since_it_was_read() -> None:
    async with opened(WIDE, preferences=SPLIT) as seen:
        await seen.press("down")
        await seen.work_done()
        await _pass(seen, 2)
        history, asked = seen.feed.history, []

        async def noted(symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
            asked.append(symbol)
            return await history(symbol, period, before_ms, count)

        seen.feed.history = noted  # type: ignore[method-assign]
        await seen.press("down")
        assert seen.current not in asked
        assert _is_unbroken(seen)
        await seen.work_done()
        # The one it came from is at hand still, the one behind it was read.
        assert asked == [seen.table.rows[seen.table.index + 1].symbol]
        await seen.press("up")
        assert seen.current not in asked
        assert _is_unbroken(seen)


async def test_a_series_that_cannot_be_read_beforehand_is_read_where_it_is_charted() -> None:
    async with opened(WIDE, preferences=SPLIT) as seen:
        await seen.work_done()
        history, is_ill = seen.feed.history, True

        async def ill(symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
            if is_ill:
                raise StorageError("The disk is ill.")
            return await history(symbol, period, before_ms, count)

        seen.feed.history = ill  # type: ignore[method-assign]
        await seen.press("down")
        await seen.work_done()
        is_ill = False
        await seen.press("down")
        await seen.work_done()
        assert _is_unbroken(seen)


async def test_in_another_period_the_neighbours_are_at_hand_again() -> None:
    async with opened(WIDE, preferences=SPLIT) as seen:
        await seen.press("down")
        await seen.work_done()
        await seen.press("2")
        await seen.work_done()
        await seen.press("down")
        series = _pane(seen).chart.series
        assert series is not None
        assert (series.symbol, series.period, len(series.bars)) == (seen.current, Period.M5, 7)


async def test_a_neighbour_that_is_being_read_already_is_not_read_twice() -> None:
    async with opened(WIDE, preferences=SPLIT) as seen:
        await seen.press("down")
        await seen.work_done()
        history, asked, may_answer = seen.feed.history, [], asyncio.Event()

        async def slow(symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
            asked.append(symbol)
            await may_answer.wait()
            return await history(symbol, period, before_ms, count)

        seen.feed.history = slow  # type: ignore[method-assign]
        await seen.press("down", "down")
        charted = seen.current
        assert asked == [charted]
        await _pass(seen, 2)
        may_answer.set()
        await seen.work_done()
        assert _is_unbroken(seen)
        assert asked.count(charted) == 1
