"""Stored history on its way to the figures on view."""

from collections.abc import Collection, Mapping, Sequence

import pytest

from klagg_tui import formatting
from klagg_tui.engine.columns import COLUMN_FIELDS, BarColumns, StoredStretch
from klagg_tui.engine.period import DAY_MS, MINUTE_MS, Period
from klagg_tui.errors import StorageError
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import FeedUpdate, Mode
from klagg_tui.screens import history
from klagg_tui.view.model import Market, Row
from klagg_tui.view.preferences import Preferences
from klagg_tui.view.screener.figure import FigureCall, parsed
from tests.made_market import MadeMarket
from tests.pilot import Seen, opened

TURNOVER = Preferences(sort="symbol", descending=False, columns=("symbol", "turnover(30m)"), period="5m")


class Stored(MadeMarket):
    """Begins with what is stored: the screen gets no ended bars of its own before it asks."""

    def __init__(self, symbols: int = 3) -> None:
        super().__init__(symbols)
        self.asked: list[tuple[tuple[str, ...], Period, int, int | None]] = []
        self.fails = 0
        self.news: tuple[StoredStretch, ...] = ()
        self.tickers: dict[str, Ticker24h] = {}
        self._is_first = True

    def take_changes(self) -> FeedUpdate | None:
        update = super().take_changes() or FeedUpdate()
        if self._is_first:
            self._is_first = False
            update = update._replace(changes=update.changes._replace(ended=()))
        news, self.news = self.news, ()
        tickers, self.tickers = self.tickers, {}
        return update._replace(stored=news, tickers=tickers)

    async def columns(
        self,
        symbols: Sequence[str],
        period: Period,
        from_ms: int,
        fields: Collection[str] = COLUMN_FIELDS,
        *,
        to_ms: int | None = None,
    ) -> Mapping[str, BarColumns]:
        self.asked.append((tuple(symbols), period, from_ms, to_ms))
        if self.fails:
            self.fails -= 1
            raise StorageError("The disk is away.")
        return await super().columns(symbols, period, from_ms, fields, to_ms=to_ms)


def value(seen: Seen, text: str, symbol: str = "BTCUSDT") -> tuple[float | None, float]:
    row, call = _row(seen, symbol), _call(text)
    return row.figure(call), row.coverage(call)


def _row(seen: Seen, symbol: str) -> Row:
    return seen.app.state.live.rows[symbol]


def _call(text: str) -> FigureCall:
    return parsed(text, tuple(Period))


async def read(seen: Seen) -> None:
    """Let what is wanted be read."""
    await seen.beat(history.GATHER_BEATS + 1)
    await seen.work_done()
    await seen.beat()


async def test_figures_are_there_from_the_stored_minutes_once_these_are_read() -> None:
    feed = Stored()
    async with opened(feed=feed, preferences=TURNOVER) as seen:
        await read(seen)
        found, coverage = value(seen, "turnover(30m)")
        assert found
        assert coverage > 0.9
        closed = sum(bar.turnover for bar in feed._closed["BTCUSDT", Period.M1].values())
        assert found * 1e20 >= closed * 0.9
        assert "≈" not in seen.line_with("BTCUSDT")
        asked = len(feed.asked)
        await read(seen)
        assert len(feed.asked) == asked, "once"


async def test_a_figure_that_is_chosen_later_is_read_then() -> None:
    feed = Stored()
    async with opened(feed=feed, preferences=TURNOVER) as seen:
        await read(seen)
        assert value(seen, "high(20m)") == (None, 0.0)
        seen.app.state.choose(columns=("symbol", "high(20m)"))
        await read(seen)
        assert value(seen, "high(20m)")[1] > 0.9


async def test_what_the_store_holds_anew_is_read_again() -> None:
    feed = Stored()
    async with opened(feed=feed, preferences=TURNOVER) as seen:
        await read(seen)
        before, _ = value(seen, "turnover(30m)")
        assert before is not None
        bars = feed._closed["BTCUSDT", Period.M1]
        amended = sorted(bars)[10]
        bars[amended] = bars[amended]._replace(turnover=bars[amended].turnover + 5 * 10**26)
        feed.news = (StoredStretch("BTCUSDT", Period.M1, amended, amended + MINUTE_MS),)
        await read(seen)
        assert feed.asked[-1] == (("BTCUSDT",), Period.M1, amended, amended + MINUTE_MS)
        after, _ = value(seen, "turnover(30m)")
        assert after is not None
        assert after > before


async def test_history_that_cannot_be_read_is_tried_again_later() -> None:
    feed = Stored()
    feed.fails = 1
    async with opened(feed=feed, preferences=TURNOVER) as seen:
        await read(seen)
        assert len(feed.asked) == 1
        assert value(seen, "turnover(30m)")[1] < 0.1
        await seen.beat(history.RETRY_BEATS)
        await read(seen)
        assert value(seen, "turnover(30m)")[1] > 0.9


async def test_the_last_24_hours_are_the_exchanges_word_until_our_minutes_cover_them() -> None:
    feed = Stored()
    preferences = Preferences(sort="symbol", columns=("symbol", "chg(24h)", "turnover(24h)"))
    async with opened(feed=feed, preferences=preferences) as seen:
        feed.tickers = {"BTCUSDT": Ticker24h(feed.now_ms, open=60_000.0, turnover=7.77e9)}
        await seen.beat(2)
        line = seen.line_with("BTCUSDT")
        assert "≈7.77B" in line
        assert "≈" in line.split()[1]


async def test_offline_the_figures_end_with_the_newest_stored_minute() -> None:
    feed = Stored()
    feed.hides_trades, feed.mode = True, Mode.OFFLINE
    feed.now_ms += 3 * DAY_MS
    async with opened(feed=feed, preferences=TURNOVER) as seen:
        await read(seen)
        assert value(seen, "turnover(30m)")[1] > 0.9


async def test_the_feed_is_told_what_is_looked_at() -> None:
    async with opened((120, 20), feed=Stored(40)) as seen:
        await seen.beat(2)
        symbols, period, none = seen.feed.looked_at
        assert symbols == tuple(row.symbol for row in seen.table.rows[: len(symbols)])
        assert (len(symbols), period, none) == (seen.table.size.height, Period.M1, None)
        await seen.press("enter", "2")
        await seen.beat()
        assert seen.feed.looked_at[1:] == (Period.M5, symbols[0])


async def test_a_market_that_takes_the_place_of_another_is_read_for_too() -> None:
    feed = Stored()
    async with opened(feed=feed, preferences=TURNOVER) as seen:
        await read(seen)
        asked = len(feed.asked)
        seen.app.state.watch(Market())
        feed.reopen()
        await read(seen)
        assert len(feed.asked) > asked
        assert value(seen, "turnover(30m)")[1] > 0.9


async def test_a_frozen_picture_keeps_the_values_of_its_figures() -> None:
    feed = Stored()
    async with opened(feed=feed, preferences=TURNOVER) as seen:
        await read(seen)
        await seen.press("space")
        before = seen.line_with("BTCUSDT")
        for _ in range(3):
            feed.play(50, MINUTE_MS)
            await seen.beat()
        assert seen.line_with("BTCUSDT") == before
        await seen.press("space")
        assert seen.line_with("BTCUSDT") != before


def drawn(seen: Seen, symbol: str = "BTCUSDT") -> str:
    return seen.line_with(symbol).split(symbol)[1].split()[0]


async def test_a_column_filter_and_order_that_are_chosen_while_the_picture_is_frozen_are_of_that_moment() -> None:
    feed = Stored()
    async with opened(feed=feed, preferences=TURNOVER) as seen:
        await read(seen)
        state = seen.app.state
        await seen.press("space")
        before = drawn(seen)
        feed.play(500, 5 * MINUTE_MS)
        await read(seen)
        state.choose(columns=("symbol", "turnover(30m)", "turnover(20m)"), sort="chg(10m)")
        state.use_filter("range(15m)>0")
        seen.app.screen.action_turn()  # type: ignore[attr-defined]
        seen.table.redraw()
        await read(seen)
        line = seen.line_with("BTCUSDT").split("BTCUSDT")[1].split()
        assert line[0] == before
        row = state.shown_market.rows["BTCUSDT"]
        minute = row.bars[0]
        assert minute is not None
        bars = {**feed._closed["BTCUSDT", Period.M1]}
        first = minute.open_ms // MINUTE_MS - 19
        closed = sum(bar.turnover for at, bar in bars.items() if first * MINUTE_MS <= at < minute.open_ms)
        turnover = row.figure(_call("turnover(20m)"))
        assert turnover == pytest.approx((closed + minute.turnover) / 1e20)
        assert line[1] == formatting.short(turnover or 0.0)
        changes = [row.figure(_call("chg(10m)")) or 0.0 for row in seen.table.rows]
        assert 0.0 not in changes
        assert changes in (sorted(changes), sorted(changes, reverse=True))
        assert len(changes) == 3
        await seen.press("space")
        await read(seen)
        assert drawn(seen) != before


async def test_that_nothing_is_stored_for_a_frozen_picture_is_said() -> None:
    class Unstored(Stored):
        async def columns(self, *_asked: object, **_how: object) -> Mapping[str, BarColumns]:
            return {}

    async with opened(feed=Unstored(), preferences=TURNOVER) as seen:
        await read(seen)
        await seen.press("space")
        await read(seen)
        assert not list(seen.app._notifications)
        seen.app.state.choose(columns=("symbol", "turnover(20m)"))
        await read(seen)
        told = [notification.message for notification in seen.app._notifications]
        assert told == [history.NOTHING_STORED]


async def test_a_picture_that_goes_on_is_not_read_for_any_more() -> None:
    feed = Stored(40)
    async with opened(feed=feed, preferences=TURNOVER) as seen:
        await read(seen)
        await seen.press("space")
        readers = seen.app._history
        await seen.beat()
        still, live = readers._readers
        assert still.market is seen.app.state.shown_market
        assert live.market is seen.app.state.live
        await seen.press("space")
        await seen.beat()
        assert still.is_over
        assert readers._readers == [live]
        assert not live.is_over
