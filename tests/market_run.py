"""A run of klagg against the simulated exchange, and the comparison of all that it stored with the truth."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.exchange.registry import venue
from klagg_tui.feed import Mode, Status
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import SimulatedExchange
from klagg_tui.storage.store import Store


def plan(exchange: SimulatedExchange, database: Path, history: int = 30, market: str = "simulated") -> Plan:
    """klagg on that exchange."""
    where = MarketEndpoint(
        venue(), exchange.rest_url, exchange.ws_url, history=history, mode=Mode.DEMO, start_ms=exchange.now_ms()
    )
    return Plan(lambda: LiveFeed(where), DEFAULT_PERIODS, database, market, flush_s=0.5)


MINUTE_MS = 60_000
SETTLE_MINUTES = 9
"""For the last bars of a run to be confirmed: they gather for five minutes."""
PATIENCE_MINUTES = 60
"""As long may bans and other faults keep them on top of that."""


class Recorded(NamedTuple):
    """A run that is over."""

    status: Status
    to_ms: int
    """Bars that ended by then had the time to settle."""


async def recorded(
    exchange: SimulatedExchange, database: Path, minutes: float, history: int = 30, market: str = "simulated"
) -> Recorded:
    """Let klagg record that exchange for so long, and for the last bars to settle; then it is stopped as a person would."""
    runtime = Runtime(plan(exchange, database, history, market))
    runtime.start()
    await until(exchange, runtime, exchange.now_ms() + int(minutes * MINUTE_MS))
    to_ms = exchange.now_ms() // MINUTE_MS * MINUTE_MS
    await until(exchange, runtime, to_ms + SETTLE_MINUTES * MINUTE_MS)
    while exchange.now_ms() < to_ms + PATIENCE_MINUTES * MINUTE_MS:
        # On a busy machine what is owed comes late, and history last.
        is_filled = not runtime.status().owed and runtime.status().progress is None
        if is_filled and not await _unsettled(database, to_ms):
            break
        await until(exchange, runtime, exchange.now_ms() + MINUTE_MS)
    # Faults go on, so some symbol nearly always waits for trades: the status is taken in a moment in which none does.
    status = runtime.status()
    while not _are_gaps_closed(status) and exchange.now_ms() < to_ms + PATIENCE_MINUTES * MINUTE_MS:
        await until(exchange, runtime, exchange.now_ms() + 1)
        status = runtime.status()
    await runtime.stop()
    return Recorded(status, to_ms)


def _are_gaps_closed(status: Status) -> bool:
    return status.counters.gaps == status.counters.gaps_filled + status.counters.gaps_abandoned


async def _unsettled(database: Path, to_ms: int) -> bool:
    async with await Store.open(database, read_only=True) as store:
        if await store.owed(to_ms):
            return True
        return any(run.period.end_ms(run.first_open_ms) <= to_ms for run in await store.unconfirmed())


async def until(exchange: SimulatedExchange, runtime: Runtime, end_ms: int) -> None:
    """Let it run until the exchange's clock says so, looking at it as a screen does."""
    while exchange.now_ms() < end_ms:
        runtime.take_changes()
        assert not runtime.has_ended, runtime.error
        await asyncio.sleep(0.2)


async def differences(
    exchange: SimulatedExchange, database: Path, *, from_ms: int, to_ms: int
) -> tuple[Counter[str], list[str]]:
    """How many ended bars between two times are equal to the truth, in state and in all fields, and what is not."""
    found: Counter[str] = Counter()
    told: list[str] = []
    async with await Store.open(database, read_only=True) as store:
        for symbol in [known.symbol for known in await store.symbols()]:
            for period in DEFAULT_PERIODS:
                truth = {
                    bar.open_ms: bar
                    for bar in exchange.truth.bars(symbol, period, from_ms, to_ms)
                    if bar.end_ms <= to_ms
                }
                ours = {
                    bar.open_ms: bar
                    async for bar in store.bars(symbol, period, from_ms, to_ms, states=set(State) - {State.FORMING})
                    if bar.end_ms <= to_ms
                }
                _compare(truth, ours, found, told, f"{symbol} {period}")
    return found, told


def _compare(truth: dict[int, Bar], ours: dict[int, Bar], found: Counter[str], told: list[str], name: str) -> None:
    for open_ms, bar in truth.items():
        mine = ours.get(open_ms)
        if mine is None:
            found["missing"] += 1
            told.append(f"{name} {open_ms} is missing")
        elif not mine.same_values(bar):
            found["different"] += 1
            told.append(f"{name} {open_ms}\n  ours {mine}\n truth {bar}")
        else:
            found["equal"] += 1
        if mine is not None:
            found[mine.state.name] += 1
            if mine.state is not State.CONFIRMED:
                told.append(f"{name} {open_ms} is {mine.state.label}: {mine}")
    for open_ms in sorted(ours.keys() - truth.keys()):
        found["surplus"] += 1
        told.append(f"{name} {open_ms} is not in the truth: {ours[open_ms]}")
