"""What a live engine drains, into the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade, MissingTrades, SeedBars
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.engine.spans import Span
from klagg_tui.evidence import Evidence
from klagg_tui.storage.store import Store
from tests.filed import all_of, file_in, listed
from tests.makers import MINUTE, START, SYMBOL, bar, trade, trades


def drained(*closed: Bar, forming: tuple[Bar, ...] = (), spans: tuple[Span, ...] = ()) -> Changes:
    return Changes(forming, closed, spans)


def partial(open_ms: int = START, price: str = "100", *, count: int = 1) -> Bar:
    return bar(open_ms, price, trade_count=count, state=State.PARTIAL)


class Live:
    """A live engine of one symbol and its way to the store."""

    def __init__(self, store: Store, seed: SeedBars) -> None:
        self.engine = KlineEngine(DEFAULT_PERIODS, holds_gaps=True)
        self.engine.handle(AddSymbol(SYMBOL, 0))
        self._reader = self.engine.reader()
        self._store = store
        self.engine.handle(seed)

    async def take(self, given: list[AggTrade], tick_ms: int = 0) -> None:
        for each in given:
            self.engine.handle(each)
        if tick_ms:
            self.engine.tick(tick_ms)
        await self._store.write(self.engine.drain(self._reader))


async def test_a_bar_moves_from_the_current_ones_to_the_history_when_it_closes(store: Store) -> None:
    forming = bar(state=State.FORMING)
    await store.write(drained(forming=(forming,)))
    assert (await store.counts())[:2] == (0, 1)
    assert await store.current() == (forming,)
    await store.write(drained(bar()))
    assert (await store.counts())[:2] == (1, 0)
    assert await listed(store) == [bar()]


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        (State.CONFIRMED, State.CLOSED, "first"),
        (State.CONFIRMED, State.PARTIAL, "first"),
        (State.CLOSED, State.CONFIRMED, "second"),
        (State.PARTIAL, State.CLOSED, "second"),
        (State.CLOSED, State.CLOSED, "second"),
        (State.CONFIRMED, State.CONFIRMED, "second"),
    ],
)
@pytest.mark.parametrize("period", [Period.M1, Period.H1])
async def test_a_bar_never_loses_rank(tmp_path: Path, first: State, second: State, stays: str, period: Period) -> None:
    """The first is of an earlier run: what a run closed itself it may doubt again."""
    older, newer = bar(open="1", period=period, state=first), bar(open="2", trade_count=2, period=period, state=second)
    for given in (older, newer):
        async with await Store.open(tmp_path / "klagg.db") as store:
            await store.write(drained(given))
    async with await Store.open(tmp_path / "klagg.db") as store:
        assert await listed(store, period) == [older if stays == "first" else newer]


@pytest.mark.parametrize("period", [Period.M1, Period.H1])
async def test_what_a_run_closed_it_may_doubt_and_close_again(store: Store, period: Period) -> None:
    for state in (State.CLOSED, State.PARTIAL, State.CLOSED):
        await store.write(drained(bar(period=period, state=state)))
        assert [each.state for each in await listed(store, period)] == [state]


async def test_a_larger_bar_the_run_closed_and_the_exchange_confirmed_stays(store: Store) -> None:
    closed = bar(period=Period.H1)
    await store.write(drained(closed))
    await store.add_confirmed([closed])
    await store.write(drained(closed._replace(state=State.PARTIAL)))
    assert [each.state for each in await listed(store, Period.H1)] == [State.CONFIRMED]


async def test_of_two_partial_larger_bars_the_one_with_more_trades_stays(tmp_path: Path) -> None:
    for count in (5, 3):
        async with await Store.open(tmp_path / "klagg.db") as store:
            await store.write(drained(bar(period=Period.H1, trade_count=count, state=State.PARTIAL)))
            assert [each.trade_count for each in await listed(store, Period.H1)] == [5]


@pytest.mark.parametrize("later", ["3", "7"])
async def test_of_two_partial_larger_bars_the_one_with_more_volume_stays_where_nobody_counted_the_trades(
    tmp_path: Path, later: str
) -> None:
    """Minutes of before were fetched as bars without a count, the run itself had only seen the end of the hour."""
    fetched = bar(period=Period.H1, volume="5", trade_count=0, state=State.PARTIAL)._replace(evidence=Evidence.NO_COUNT)
    seen = bar(period=Period.H1, volume=later, trade_count=3, state=State.PARTIAL)
    for given in (fetched, seen):
        async with await Store.open(tmp_path / "klagg.db") as store:
            await store.write(drained(given))
            stays = max(fetched, given, key=lambda each: each.volume)
            assert await listed(store, Period.H1) == [stays]


async def test_spans_grow_with_the_bars_that_hold_their_trades(store: Store) -> None:
    for last in (4, 9):
        await store.write(
            drained(forming=(bar(state=State.FORMING),), spans=(Span(SYMBOL, 1, last, START, START + last),))
        )
        assert await store.spans(SYMBOL) == (Span(SYMBOL, 1, last, START, START + last),)


async def test_a_run_takes_back_that_nothing_was_traded_since_its_last_trade(store: Store) -> None:
    for to_ms in (START + 5 * MINUTE, START + 10):
        await store.write(drained(spans=(Span(SYMBOL, 1, 4, START, to_ms),)))
    assert await store.spans(SYMBOL) == (Span(SYMBOL, 1, 4, START, START + 10),)


async def test_a_restart_that_goes_on_with_the_next_id_counts_every_trade_once(tmp_path: Path) -> None:
    given = trades(range(START + 5_000, START + 4 * MINUTE, 11_000))
    path = tmp_path / "klagg.db"
    async with await Store.open(path) as store:
        await Live(store, SeedBars(SYMBOL, START, (), None, 1)).take(given[:8])
    async with await Store.open(path) as store:
        (span,) = await store.spans(SYMBOL)
        (minute, *_) = [each for each in await store.current() if each.period is Period.M1]
        seeds = await store.seed(SYMBOL, minute.open_ms)
        live = Live(store, SeedBars(SYMBOL, minute.open_ms, seeds, minute, span.last_id + 1, span.from_ms))
        await live.take([])
        live.engine.handle(MissingTrades(SYMBOL, tuple(given[8:12])))
        await live.take(given[12:], START + 5 * MINUTE)
        resumed = await all_of(store)
    async with await Store.open(tmp_path / "whole.db") as store:
        await Live(store, SeedBars(SYMBOL, START, (), None, 1)).take(given, START + 5 * MINUTE)
        assert resumed == await all_of(store)


async def test_a_restart_without_the_missing_trades_keeps_both_pieces_of_the_minute(tmp_path: Path) -> None:
    given = trades(range(START + 5_000, START + 2 * MINUTE, 5_000))
    path = tmp_path / "klagg.db"
    async with await Store.open(path) as store:
        await Live(store, SeedBars(SYMBOL, START, (), None, 1)).take(given[:4])
    async with await Store.open(path) as store:
        await Live(store, SeedBars(SYMBOL, START, (), None, None)).take(given[7:])
        (first, *_) = await listed(store)
        assert first.state is State.PARTIAL
        counted = [each for each in (*given[:4], *given[7:]) if each.traded_ms < START + MINUTE]
        assert first.volume == sum(parsing.quantity(each.quantity) for each in counted)
        await file_in(store, given[4:7])
        (first, *_) = await listed(store)
        assert first.state is State.CLOSED
        assert first.volume == sum(parsing.quantity(each.quantity) for each in given if each.traded_ms < START + MINUTE)


async def test_what_an_earlier_run_left_current_is_history_at_the_next_batch(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db") as store:
        await Live(store, SeedBars(SYMBOL, START, (), None, 1)).take(trades([START + 1]))
    async with await Store.open(tmp_path / "klagg.db") as store:
        await Live(store, SeedBars(SYMBOL, START + 10 * MINUTE, (), None, None)).take([trade(9, START + 10 * MINUTE)])
        left = [each for each in (await all_of(store))[0] if each.open_ms == START and each.period < Period.M30]
        assert [(each.period, each.state) for each in left] == [
            (Period.M1, State.PARTIAL),
            (Period.M5, State.PARTIAL),
        ]


async def test_a_minute_that_turns_out_whole_makes_its_larger_bars_again(store: Store) -> None:
    for minute in range(1, 5):
        await store.add([bar(START + minute * MINUTE)], [])
    await store.write(drained(partial(), spans=(Span(SYMBOL, 5, 9, START + 20_001, START + MINUTE),)))
    assert [each.state for each in await listed(store, Period.M5)] == [State.PARTIAL]
    await store.add([partial(price="90", count=4)], [Span(SYMBOL, 1, 4, START, START + 20_000)])
    (larger,) = await listed(store, Period.M5)
    assert (larger.state, larger.open, larger.trade_count) == (State.CLOSED, parsing.price("90"), 9)


async def test_what_was_written_is_counted(store: Store) -> None:
    written = await store.write(drained(bar(), forming=(bar(START + MINUTE, state=State.FORMING),)))
    assert written == 2


async def test_no_changes_are_written_as_none(store: Store) -> None:
    assert await store.write(drained()) == 0
