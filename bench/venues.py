"""One exchange against six at the same load: processor time a trade, in the engine alone and in the whole recorder.

python -m bench.venues [TRADES_A_SECOND [SECONDS]]

The simulated exchanges are processes of their own; what they cost is not in the figures, but a machine of few cores may not bear
many trades a second beside them. The recorder's figure is taken at what came.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from klagg_tui.commands.demo import shares
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, SeedBars, TradeFields
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS
from klagg_tui.exchange.registry import venue
from klagg_tui.feed import Mode
from klagg_tui.names import Name
from klagg_tui.runtime import interpreter
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.several import SeveralMarkets
from klagg_tui.runtime.simulation import Urls, simulated_exchanges
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.storage.venues import mark_of

SIX: Final = ("binance-um", "binance-spot", "coinbase", "okx-swap", "kraken", "hyperliquid")
SYMBOLS: Final = 1_500
RATE: Final = 20_000
"""Trades a second of all exchanges together."""
ENGINE_S: Final = 10
"""Seconds of trades for the engine."""
GULP_S: Final = 0.02
"""Each exchange's trades are taken so often, so that of six exchanges a sixth comes at once."""
LOOKS_S: Final = 0.1
FLUSH_S: Final = 2.0
ROUNDS: Final = 3
START_MS: Final = 1_790_035_200_000


def figures(rate: int = 2_000, seconds: float = 30.0) -> list[tuple[str, str]]:
    """Name and text of each figure; `rate` and `seconds` are the recorder's."""
    engine: dict[int, list[float]] = {1: [], 6: []}
    for _ in range(ROUNDS):  # in turns: a machine's pace changes
        for number, costs in engine.items():
            costs.append(engine_cost(SIX[:number]))
    one, six = (min(costs) * 1e9 for costs in engine.values())
    whole = {number: recorder_cost(SIX[:number], rate, seconds) for number in engine}
    (cost_one, rate_one), (cost_six, rate_six) = whole.values()
    return [
        (f"engine, {SYMBOLS:,} symbols, {RATE:,} trades/s, one exchange", f"{one:,.0f} ns a trade"),
        ("the same, six exchanges", f"{six:,.0f} ns a trade"),
        ("  six against one", f"{six / one:.2f}"),
        (f"recorder, {SYMBOLS:,} symbols, one exchange, {rate_one:,.0f} trades/s", f"{cost_one * 1e6:,.0f} µs a trade"),
        (f"the same, six exchanges, {rate_six:,.0f} trades/s", f"{cost_six * 1e6:,.0f} µs a trade"),
        ("  six against one", f"{cost_six / cost_one:.2f}"),
    ]


def engine_cost(keys: Sequence[str]) -> float:
    """Seconds of the processor a trade: take, tick and what two readers are given."""
    engine = KlineEngine(DEFAULT_PERIODS, holds_gaps=True)
    several = len(keys) > 1
    names = [f"COIN{number:04d}" for number in range(SYMBOLS // len(keys))]
    for key in keys:
        for name in names:
            symbol = str(Name(key, name)) if several else name
            engine.handle(AddSymbol(symbol, 0, venue=key if several else ""))
            engine.handle(SeedBars(symbol, START_MS, (), None, 1))
    screen, store = engine.reader(), engine.reader()
    gulps = list(_gulps(len(keys), names))
    began = time.process_time()
    for number, gulp in enumerate(gulps):
        for key in keys:
            engine.take(gulp, key if several else "")
        if number % round(LOOKS_S / GULP_S) == 0:
            now_ms = START_MS + round(number * GULP_S * 1_000)
            for key in keys:
                engine.tick(now_ms, 100, key if several else "")
            engine.drain(screen)
            if number % round(FLUSH_S / GULP_S) == 0:
                engine.drain(store)
    return (time.process_time() - began) / (sum(map(len, gulps)) * len(keys))


def _gulps(exchanges: int, names: Sequence[str]) -> list[list[TradeFields]]:
    """What one exchange brings at a time; the busiest symbols have most trades, as in a market."""
    made: list[list[TradeFields]] = []
    ids = dict.fromkeys(names, 0)
    count, seed = round(RATE * GULP_S / exchanges), 1
    for number in range(round(ENGINE_S / GULP_S)):
        at_ms = START_MS + round(number * GULP_S * 1_000)
        gulp: list[TradeFields] = []
        for _ in range(count):
            seed = (seed * 1_103_515_245 + 12_345) % 2**31
            share = seed / 2**31
            name = names[int(share**3 * len(names))]
            ids[name] += 1
            price, size = f"{100 + seed % 89}.{seed % 10}", f"0.{1 + seed % 997:03d}"
            gulp.append((name, price, size, at_ms, seed % 2 == 0, ids[name], ids[name], ids[name], at_ms))
        made.append(gulp)
    return made


def recorder_cost(keys: Sequence[str], rate: int, seconds: float) -> tuple[float, float]:
    """Seconds of this process's processor a trade, and how many came a second: from the socket to the disk."""
    options = shares(keys, SYMBOLS, rate, ("--faults", "none", "--history", "2"))
    with tempfile.TemporaryDirectory() as folder, simulated_exchanges(options) as urls:
        runtime = Runtime(_plan(urls, Path(folder) / "klagg.db"))
        runtime.start()
        try:
            return asyncio.run(_measured(runtime, seconds))
        finally:
            runtime.cancel()
            runtime.wait(60)


def _plan(urls: dict[str, Urls], database: Path) -> Plan:
    places = {key: MarketEndpoint(venue(key), *where, history=1, mode=Mode.DEMO) for key, where in urls.items()}
    first, *others = (mark_of(key, "simulated") for key in places)
    if len(places) == 1:
        return Plan(lambda: LiveFeed(next(iter(places.values()))), DEFAULT_PERIODS, database, first)
    return Plan(
        lambda: SeveralMarkets({key: LiveFeed(place) for key, place in places.items()}),
        DEFAULT_PERIODS,
        database,
        first,
        others=tuple(others),
    )


async def _measured(runtime: Runtime, seconds: float) -> tuple[float, float]:
    async with asyncio.timeout(180):
        while runtime.status().connection != "connected":
            runtime.take_changes()
            await asyncio.sleep(LOOKS_S)
    await asyncio.sleep(MINUTE_MS / 4_000)  # what came first waits for bars
    cpu, wall, trades = time.process_time(), time.perf_counter(), runtime.status().counters.trades
    while time.perf_counter() < wall + seconds:
        runtime.take_changes()
        await asyncio.sleep(LOOKS_S)
    trades = runtime.status().counters.trades - trades
    return (time.process_time() - cpu) / trades, trades / (time.perf_counter() - wall)


def main() -> None:
    """Print them."""
    interpreter.tune()
    for name, text in figures(*map(int, sys.argv[1:3])):
        print(f"{name:<70} {text}")


if __name__ == "__main__":
    main()
