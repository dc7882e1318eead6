"""Exchanges of different languages in one run: every minute ends confirmed, with the witness that its exchange can give."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from klagg_tui.engine.bar import SUM_BITS, Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.registry import venue
from klagg_tui.feed import Mode
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.several import SeveralMarkets
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import FACES, MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("live markets")]

MINUTE_MS = 60_000
SPEED = 15
MINUTES = 2
"""That are looked at."""
LONGEST_S = 150.0


def endpoint(key: str, exchange: SimulatedExchange) -> MarketEndpoint:
    return MarketEndpoint(
        venue(key), exchange.rest_url, exchange.ws_url, 5, market=key, mode=Mode.DEMO, start_ms=exchange.now_ms()
    )


def is_equal(ours: Bar, theirs: Bar) -> bool:
    """In all that either says."""
    unknown = ours.evidence | theirs.evidence
    return ours[3:8] == theirs[3:8] and all(unknown & bit or ours[at] == theirs[at] for at, bit in SUM_BITS)


async def stored(database: Path, key: str, from_ms: int) -> dict[tuple[str, int], Bar]:
    """An exchange's minutes, by its own names."""
    async with await Store.open(database, read_only=True) as store:
        names = [known.symbol for known in await store.symbols(key)]
        return {
            (name.partition(":")[2], bar.open_ms): bar
            for name in names
            async for bar in store.bars(name, Period.M1, from_ms, from_ms + MINUTES * MINUTE_MS)
        }


def are_settled(bars: dict[tuple[str, int], Bar]) -> bool:
    return bool(bars) and all(bar.state is State.CONFIRMED for bar in bars.values())


async def test_exchanges_of_every_language_are_recorded_at_once_and_each_minute_is_its_exchanges(
    tmp_path: Path,
) -> None:
    database = tmp_path / "run.db"
    async with AsyncExitStack() as stack:
        exchanges = {
            key: await stack.enter_async_context(
                SimulatedExchange(MarketSpec(symbols=3, seed=number, activity=3), venue=key, speed=SPEED)
            )
            for number, key in enumerate(FACES)
        }
        endpoints = {key: endpoint(key, exchange) for key, exchange in exchanges.items()}
        first, *others = (f"{key}@simulated" for key in exchanges)
        runtime = Runtime(
            Plan(
                lambda: SeveralMarkets({key: LiveFeed(where) for key, where in endpoints.items()}),
                (Period.M1, Period.M5),
                database,
                first,
                0.5,
                tuple(others),
            )
        )
        runtime.start()
        while not all(told.symbols and told.counters.trades for told in runtime.status().venues):
            runtime.take_changes()
            await asyncio.sleep(0.1)
        from_ms = {key: exchange.now_ms() // MINUTE_MS * MINUTE_MS + MINUTE_MS for key, exchange in exchanges.items()}
        last_s = time.monotonic() + LONGEST_S
        bars: dict[str, dict[tuple[str, int], Bar]] = {}
        while time.monotonic() < last_s:
            runtime.take_changes()
            assert not runtime.has_ended, runtime.error
            await asyncio.sleep(0.5)
            if all(exchanges[key].now_ms() > from_ms[key] + (MINUTES + 6) * MINUTE_MS for key in exchanges):
                bars = {key: await stored(database, key, from_ms[key]) for key in exchanges}
                if all(map(are_settled, bars.values())):
                    break
        status = runtime.status()
        await runtime.stop()
        assert {key: are_settled(of_key) for key, of_key in bars.items()} == dict.fromkeys(exchanges, True)
        assert not status.notices
        for key, exchange in exchanges.items():
            truth = {
                (name, bar.open_ms): bar
                for name in {name for name, _ in bars[key]}
                for bar in exchange._exchange.bars(name, Period.M1, from_ms[key], from_ms[key] + MINUTES * MINUTE_MS)
            }
            assert len(bars[key]) >= 3 * MINUTES, key
            assert all(is_equal(bar, truth[place]) for place, bar in bars[key].items()), key
            witnesses = {Evidence(bar.evidence).witness for bar in bars[key].values()}
            assert witnesses == ({"candle"} if venue(key).ids.name == "NONE" else {"ids"}), key
