"""Exchanges that answer few questions: everything is on screen within seconds, and exact in the end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.runtime.live import gap_repair
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from tests.market_run import MINUTE_MS, differences, now_ms, plan, recorded

pytestmark = pytest.mark.xdist_group("live markets")

SYMBOLS = 40
FEW = 16
FEWEST = 5
"""Each asks several questions for its larger bars, at one a second."""
START_MS = 1_790_035_200_000 + 5 * 60 * MINUTE_MS + 10 * MINUTE_MS
"""A Tuesday, 05:10: hours, the day and the week are under way."""
QUESTIONS_EACH = 2
"""So many, at one a second, would come first if a symbol were seen only once it had been asked about. They are counted and not timed, since
a busy machine is no fault."""


def market(activity: float, symbols: int = SYMBOLS) -> MarketSpec:
    return MarketSpec(symbols=symbols, seed=4, activity=activity, start_ms=START_MS)


@pytest.mark.parametrize("key", ["kraken", "hyperliquid"])
async def test_every_symbol_that_is_traded_is_on_screen_within_seconds(key: str, tmp_path: Path) -> None:
    async with SimulatedExchange(market(900), venue=key, speed=1) as exchange:
        runtime = Runtime(plan(exchange, tmp_path / "run.db", history=1))
        runtime.start()
        shown, listed = set[str](), set[str]()
        while not listed or len(shown) < 0.9 * len(listed):
            if update := runtime.take_changes():
                listed |= set(update.symbols_added)
                shown |= {bar.symbol for bar in update.changes.current}
            assert not runtime.has_ended, runtime.error
            assert exchange.requests.all < QUESTIONS_EACH * SYMBOLS, f"{len(shown)} of {len(listed)}"
            await asyncio.sleep(0.05)
        status = runtime.status()
        await runtime.stop()
        assert not status.counters.held_cut


@pytest.mark.parametrize(
    ("key", "faults"),
    [
        pytest.param("kraken", "none", marks=pytest.mark.soak),
        pytest.param("kraken", "holes@1m+4m", marks=pytest.mark.soak),
        pytest.param("hyperliquid", "cut@2m", marks=pytest.mark.soak),
    ],
)
async def test_what_began_without_a_question_is_exact_in_the_end(
    key: str, faults: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gap_repair, "SEED_MS", 300)
    monkeypatch.setattr(gap_repair, "GAP_MS", 300)
    database = tmp_path / "run.db"
    async with SimulatedExchange(market(3, FEW), venue=key, speed=20, faults=faults) as exchange:
        from_ms = (now_ms(exchange) // MINUTE_MS + 1) * MINUTE_MS
        status, to_ms, _ = await recorded(exchange, database, 5, history=1)
        found, told = await differences(exchange, database, from_ms=from_ms, to_ms=to_ms)
        assert not told, "\n".join(told[:10])
        assert found["equal"] >= FEW * 3
        assert not status.owed
        assert not status.counters.held_cut


async def test_larger_bars_that_were_under_way_become_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gap_repair, "SEED_MS", 300)
    async with SimulatedExchange(market(3, FEWEST), venue="kraken", speed=15) as exchange:
        runtime = Runtime(plan(exchange, tmp_path / "run.db", history=1))
        runtime.start()
        states: dict[tuple[str, Period], State] = {}
        begun_ms, was_partial, is_slow = now_ms(exchange), set[str](), False
        while len(was_partial) <= FEWEST / 2 or State.PARTIAL in states.values():
            if update := runtime.take_changes():
                if update.symbols_added and not is_slow:  # or a busy machine has all answers before the first trades
                    exchange.faults.plan("slow@0s+1m:60", now_ms(exchange))
                    is_slow = True
                states |= {bar.series: bar.state for bar in update.changes.current if bar.period is Period.W1}
            was_partial |= {symbol for (symbol, _), state in states.items() if state is State.PARTIAL}
            assert now_ms(exchange) < begun_ms + 60 * MINUTE_MS, states
            await asyncio.sleep(0.05)
        await runtime.stop()
