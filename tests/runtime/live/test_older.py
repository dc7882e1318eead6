"""Bars from before the stored ones, asked for from a chart's edge: against simulated exchanges, and where there are none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from klagg_tui.edge import Edge, OlderBars
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.period import Period
from klagg_tui.errors import Refused, Unreachable
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import Priority
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live.context import Contract, LiveContext
from klagg_tui.runtime.live.older import OlderPages
from klagg_tui.runtime.questions import fetch_older
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import SimulatedExchange
from klagg_tui.storage.store import Store
from tests.makers import HOUR, MINUTE, START, SYMBOL, bars
from tests.market_run import plan, simulated

HISTORY = 30


@asynccontextmanager
async def filled(exchange: SimulatedExchange, database: Path) -> AsyncIterator[tuple[Runtime, str]]:
    """klagg on an exchange, and a symbol of which it has as much history as it keeps by itself."""
    runtime = Runtime(plan(exchange, database, HISTORY))
    runtime.start()
    try:
        symbols: list[str] = []
        while not symbols or runtime.status().progress or len(await _stored(runtime, symbols[0], Period.H1)) < HISTORY:
            update = runtime.take_changes()
            symbols += update.symbols_added if update else ()
            await asyncio.sleep(0.02)
        yield runtime, symbols[0]
    finally:
        await runtime.stop()


async def _stored(runtime: Runtime, symbol: str, period: Period) -> tuple[Bar, ...]:
    return await runtime.history(symbol, period, None, 10_000)


@pytest.mark.parametrize("key", ["binance-um", "okx-swap", "kraken"])
async def test_a_page_from_before_the_stored_ones_is_stored_as_the_exchange_has_it(key: str, tmp_path: Path) -> None:
    async with (
        simulated([key], symbols=2, seed=11, activity=0.2, speed=1, faults="none") as (exchange,),
        filled(exchange, tmp_path / "run.db") as (runtime, symbol),
    ):
        for period in (Period.M1, Period.H1):
            oldest = (await _stored(runtime, symbol, period))[0]
            told = await runtime.fetch_older(symbol, period, oldest.open_ms)
            assert told.edge is Edge.OPEN, (period, told)
            older = await runtime.history(symbol, period, oldest.open_ms, 10_000)
            assert len(older) >= 100
            assert older[-1].end_ms == oldest.open_ms
            assert {bar.state for bar in older} == {State.CONFIRMED}
            truth = exchange.bars(symbol, period, older[0].open_ms, oldest.open_ms)
            assert [bar[2:8] for bar in older] == [bar[2:8] for bar in truth]


class Asked:
    """The part of `MarketData` that is asked: it has bars from `first_ms` on."""

    def __init__(self) -> None:
        self.questions: list[tuple[Period, int, int, int]] = []
        self.priorities: set[Priority] = set()
        self.first_ms = 0
        self.error: Exception | None = None

    def error_ms(self) -> float:
        return 0.0

    async def bars(
        self, symbol: str, period: Period, start_ms: int, end_ms: int, *, limit: int, priority: Priority
    ) -> list[Bar]:
        self.questions.append((period, start_ms, end_ms, limit))
        self.priorities.add(priority)
        if self.error:
            raise self.error
        from_ms = max(start_ms, self.first_ms)
        return bars(min(limit, period.count(from_ms, end_ms + 1)), from_ms, symbol=symbol, period=period)


class Scene:
    """Where one exchange is asked for older bars of BTCUSDT; it is `START` there."""

    def __init__(self, store: Store, key: str, periods: tuple[Period, ...], keep: dict[Period, int]) -> None:
        host = EngineHost(KlineEngine(periods, holds_gaps=True), periods, store, lambda: START)
        self.asked = Asked()
        self.context = LiveContext(host, store, venue(key), self.asked)  # type: ignore[arg-type]
        self.holes = 0
        self.older = OlderPages(self.context, keep, self._note_hole)

    def _note_hole(self) -> None:
        self.holes += 1

    async def fetch(self, period: Period, before_ms: int) -> OlderBars:
        return await self.older.fetch(SYMBOL, period, before_ms)


@asynccontextmanager
async def scene(
    tmp_path: Path,
    key: str = "binance-um",
    periods: tuple[Period, ...] = (Period.M1, Period.H1),
    keep: dict[Period, int] | None = None,
) -> AsyncIterator[Scene]:
    async with await Store.open(tmp_path / "run.db", periods=periods) as store:
        yield Scene(store, key, periods, keep or {})


async def test_one_page_is_asked_for_behind_everything_that_is_more_urgent(tmp_path: Path) -> None:
    async with scene(tmp_path) as seen:
        before_ms = START - 10 * HOUR
        assert await seen.fetch(Period.H1, before_ms) == OlderBars(Edge.OPEN)
        assert seen.asked.questions == [(Period.H1, before_ms - 499 * HOUR, before_ms - 1, 499)]
        assert seen.asked.priorities == {Priority.HISTORY}
        assert await seen.context.store.count(SYMBOL, Period.H1, 0, before_ms) == 499
        assert not seen.holes


async def test_nothing_is_asked_for_where_trading_began_and_that_is_told(tmp_path: Path) -> None:
    async with scene(tmp_path) as seen:
        listed_ms = START - 20 * HOUR + 5 * MINUTE
        seen.context.contracts[SYMBOL] = Contract(listed_ms)
        assert await seen.fetch(Period.H1, START - 10 * HOUR) == OlderBars(Edge.OPEN)
        assert [(at, limit) for _, at, _, limit in seen.asked.questions] == [(START - 20 * HOUR, 10)]
        assert await seen.fetch(Period.H1, START - 20 * HOUR) == OlderBars(Edge.LISTED, listed_ms)
        assert len(seen.asked.questions) == 1


async def test_what_would_be_deleted_for_its_age_is_not_fetched(tmp_path: Path) -> None:
    async with scene(tmp_path, keep={Period.H1: 30 * HOUR}) as seen:
        assert await seen.fetch(Period.H1, START - 31 * HOUR) == OlderBars(Edge.KEPT)
        assert seen.asked.questions == []


async def test_no_more_is_asked_for_than_the_exchange_gives(tmp_path: Path) -> None:
    async with scene(tmp_path, "hyperliquid") as seen:
        assert await seen.fetch(Period.H1, START - 5_000 * HOUR) == OlderBars(Edge.REACHED, most_bars=5_000)
        assert (await seen.fetch(Period.H1, START - 4_000 * HOUR)).edge is Edge.OPEN
        assert [limit for *_, limit in seen.asked.questions] == [600]


async def test_an_exchange_that_has_nothing_or_knows_no_such_symbol_is_told_from_one_that_cannot_be_asked(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path) as seen:
        seen.asked.first_ms = START
        assert await seen.fetch(Period.H1, START) == OlderBars(Edge.NONE)
        seen.asked.error = Refused("It has no such symbol.", -1121)
        assert await seen.fetch(Period.H1, START) == OlderBars(Edge.NONE)
        seen.asked.error = Unreachable("It cannot be reached.")
        assert await seen.fetch(Period.H1, START) == OlderBars(Edge.UNREACHABLE)


async def test_a_period_that_the_exchange_has_no_bars_of_is_made_of_the_longest_that_fill_it(tmp_path: Path) -> None:
    periods = (Period.M1, Period.H4, Period.H8)
    async with scene(tmp_path, "okx-swap", periods) as seen:
        before_ms = START - 16 * HOUR
        assert await seen.fetch(Period.H8, before_ms) == OlderBars(Edge.OPEN)
        assert {period for period, *_ in seen.asked.questions} == {Period.H4}
        made = [bar async for bar in seen.context.store.bars(SYMBOL, Period.H8, None, before_ms)]
        assert len(made) == 150
        assert {bar.state for bar in made} == {State.CONFIRMED}


async def test_a_bar_that_no_page_of_smaller_ones_holds_takes_several(tmp_path: Path) -> None:
    async with scene(tmp_path, "okx-swap", (Period.M1, Period.H8)) as seen:
        assert await seen.fetch(Period.H8, START - 8 * HOUR) == OlderBars(Edge.OPEN)
        assert [limit for *_, limit in seen.asked.questions] == [300, 180]
        (made,) = [bar async for bar in seen.context.store.bars(SYMBOL, Period.H8, None, START - 8 * HOUR)]
        assert (made.open_ms, made.state) == (START - 16 * HOUR, State.CONFIRMED)


async def test_where_fewer_came_than_were_asked_for_a_hole_is_looked_for(tmp_path: Path) -> None:
    async with scene(tmp_path) as seen:
        seen.asked.first_ms = START - 40 * HOUR
        assert (await seen.fetch(Period.H1, START - 10 * HOUR)).edge is Edge.OPEN
        assert seen.holes == 1


async def test_nobody_can_be_asked_before_the_exchange_has_answered(tmp_path: Path) -> None:
    async with scene(tmp_path) as seen:
        host = seen.context.host
        assert isinstance(host, EngineHost)
        assert await fetch_older(host, SYMBOL, Period.H1, START) == OlderBars(Edge.UNREACHABLE)
        host.fetch_older = seen.older.fetch
        assert await fetch_older(host, SYMBOL, Period.H1, START) == OlderBars(Edge.OPEN)


async def test_of_several_exchanges_the_one_is_asked_that_the_symbol_is_of(tmp_path: Path) -> None:
    async with scene(tmp_path) as seen:
        host = seen.context.host
        assert isinstance(host, EngineHost)
        host.venue("okx-swap", lambda: START)
        other = host.venue("kraken", lambda: START)

        async def told(symbol: str, _: Period, before_ms: int) -> OlderBars:
            return OlderBars(Edge.LISTED, before_ms + len(symbol))

        other.fetch_older = told
        assert await fetch_older(host, "kraken:BTC/USD", Period.H1, 1) == OlderBars(Edge.LISTED, 15)
        assert await fetch_older(host, "okx-swap:BTC-USDT-SWAP", Period.H1, 1) == OlderBars(Edge.UNREACHABLE)
