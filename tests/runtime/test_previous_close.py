"""Exchanges whose bars open at the close before instead of at their first trade, as Bybit's do: recorded like any other's.

None of the exchanges that klagg has is one, so the face of another is told to be, and its venue's facts with it: once with ids
that follow each other, and once with ids that prove nothing.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from klagg_tui.engine.bar import SUM_BITS, Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import Ids, Venue
from klagg_tui.feed import Mode
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.several import SeveralMarkets
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.simulator.faults.schedule import Fault
from klagg_tui.storage.store import Store

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("live markets")]

MINUTE_MS = 60_000
SPEED = 30
MINUTES = 10
"""Of which every trade is seen; behind them all connections are cut once."""
BEFORE = 30
AFTER = 5
"""Minutes before and behind them that are looked at too."""
LONGEST_S = 150.0
PERIODS = (Period.M1, Period.M5, Period.H1)
FACE = venue("okx-spot")
OPENS_BEFORE = replace(FACE.candle, opens_at_previous_close=True)
VENUES = {
    "dense": replace(FACE, key="dense", candle=OPENS_BEFORE),
    "none": replace(FACE, key="none", candle=OPENS_BEFORE, ids=Ids.NONE),
}


def endpoint(of: Venue, exchange: SimulatedExchange) -> MarketEndpoint:
    return MarketEndpoint(
        of, exchange.rest_url, exchange.ws_url, 90, market=of.key, mode=Mode.DEMO, start_ms=exchange.now_ms()
    )


async def stored(database: Path, key: str, period: Period, from_ms: int, to_ms: int) -> dict[tuple[str, int], Bar]:
    """An exchange's bars, by its own names."""
    async with await Store.open(database, read_only=True) as store:
        names = [known.symbol for known in await store.symbols(key)]
        return {
            (name.partition(":")[2], bar.open_ms): bar
            for name in names
            async for bar in store.bars(name, period, from_ms, to_ms)
            if bar.end_ms <= to_ms
        }


def are_settled(bars: dict[tuple[str, int], Bar]) -> bool:
    return bool(bars) and all(bar.state is State.CONFIRMED for bar in bars.values())


def is_equal(ours: Bar, theirs: Bar) -> bool:
    """In all that ours says."""
    return ours[3:8] == theirs[3:8] and all(ours.evidence & bit or ours[at] == theirs[at] for at, bit in SUM_BITS)


def true_bars(
    exchange: SimulatedExchange, names: set[str], period: Period, from_ms: int, to_ms: int
) -> dict[tuple[str, int], Bar]:
    return {
        (name, bar.open_ms): bar
        for name in names
        for bar in exchange.bars(name, period, from_ms, to_ms)
        if bar.end_ms <= to_ms
    }


def first_price(exchange: SimulatedExchange, bar: Bar) -> int:
    """Of the trades in it."""
    symbol = exchange.face.symbol_of(bar.symbol)
    assert symbol is not None
    return exchange.truth.bars(symbol, bar.period, bar.open_ms, bar.end_ms)[0].open


async def test_every_bar_ends_as_the_exchange_has_it_with_the_sums_that_only_our_trades_tell(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    spec = MarketSpec(symbols=4, seed=5, activity=4)
    async with AsyncExitStack() as stack:
        exchanges = {
            key: await stack.enter_async_context(
                SimulatedExchange(spec, venue=FACE.key, speed=SPEED, faults="prevclose@0s+99h")
            )
            for key in VENUES
        }
        endpoints = {key: endpoint(VENUES[key], exchange) for key, exchange in exchanges.items()}
        runtime = Runtime(
            Plan(
                lambda: SeveralMarkets({key: LiveFeed(where) for key, where in endpoints.items()}),
                PERIODS,
                database,
                "dense@simulated",
                0.5,
                ("none@simulated",),
                previous_close=tuple(VENUES),
            )
        )
        runtime.start()
        while not all(told.symbols and told.counters.trades for told in runtime.status().venues):
            runtime.take_changes()
            await asyncio.sleep(0.1)
        from_ms = {key: (one.now_ms() // MINUTE_MS // 5 + 1) * 5 * MINUTE_MS for key, one in exchanges.items()}
        to_ms = {key: at_ms + MINUTES * MINUTE_MS for key, at_ms in from_ms.items()}
        span_ms = {key: (from_ms[key] - BEFORE * MINUTE_MS, at_ms + AFTER * MINUTE_MS) for key, at_ms in to_ms.items()}
        for key, exchange in exchanges.items():
            exchange.faults.add(Fault("cut", to_ms[key] + MINUTE_MS))
        last_s = time.monotonic() + LONGEST_S
        bars: dict[tuple[str, Period], dict[tuple[str, int], Bar]] = {}
        while time.monotonic() < last_s:
            runtime.take_changes()
            assert not runtime.has_ended, runtime.error
            await asyncio.sleep(0.5)
            if all(one.now_ms() > span_ms[key][1] + 8 * MINUTE_MS for key, one in exchanges.items()):
                bars = {
                    (key, period): await stored(database, key, period, *span_ms[key])
                    for key in exchanges
                    for period in (Period.M1, Period.M5)
                }
                if all(map(are_settled, bars.values())) and not runtime.status().owed:
                    break
        status = runtime.status()
        await runtime.stop()
        assert {place: are_settled(found) for place, found in bars.items()} == dict.fromkeys(bars, True)
        assert not status.owed
        for (key, period), found in bars.items():
            names = {name for name, _ in found}
            truth = true_bars(exchanges[key], names, period, *span_ms[key])
            assert len(names) >= spec.symbols - 1
            assert found.keys() == truth.keys()
            for place, bar in found.items():
                assert is_equal(bar, truth[place]), (key, period, bar, truth[place])
                evidence = Evidence(bar.evidence)
                if from_ms[key] <= bar.open_ms < to_ms[key]:
                    assert not evidence & ~Evidence.CANDLE_ONLY, (key, period, bar)
                    is_by_candle = key == "none" and bar.volume > 0
                    assert evidence.witness == ("candle" if is_by_candle else "ids"), (key, period, bar)
            assert sum(bar.open != first_price(exchanges[key], bar) for bar in truth.values()) > len(truth) // 4
