"""The tickers of 24 hours: asked for once there are symbols, again after a while, told under the names of the run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.errors import Unreachable
from klagg_tui.exchange.binance import VENUE
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.exchange.venue import Priority
from klagg_tui.feed import FeedUpdate
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live import day_before
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.live.day_before import AGAIN_MS, RETRY_MS, DayBefore
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.live.keyed import KeyedMarketData, Naming
from klagg_tui.runtime.several import SeveralMarkets
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from tests.feeds import until
from tests.makers import START, SYMBOL

OTHER = "ETHUSDT"


class Asked:
    """The part of `MarketData` that is asked."""

    def __init__(self) -> None:
        self.questions = 0
        self.priorities: list[Priority] = []
        self.is_down = False

    async def tickers(self, priority: Priority) -> Mapping[str, Ticker24h]:
        self.questions += 1
        self.priorities.append(priority)
        if self.is_down:
            raise Unreachable("It cannot be reached.")
        return {name: Ticker24h(START, last=float(self.questions)) for name in (SYMBOL, "NEVERUSDT")}


async def test_followed_symbols_are_told_once_they_are_there_and_again_every_few_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_before, "LOOK_S", 0.0)
    now_ms = START
    host = EngineHost(KlineEngine((Period.M1,), holds_gaps=True), (Period.M1,), None, lambda: now_ms)
    asked = Asked()
    async with await Store.open(tmp_path / "klagg.db") as store:
        work = DayBefore(LiveContext(host, store, VENUE, asked))  # type: ignore[arg-type]
        working = asyncio.ensure_future(work.work_forever())
        await asyncio.sleep(0.01)
        assert asked.questions == 0
        host.handle([AddSymbol(SYMBOL, 0), AddSymbol(OTHER, 0)])
        await until(lambda: asked.questions == 1)
        assert (await host.update()).tickers == {SYMBOL: Ticker24h(START, last=1.0)}
        assert (await host.update()).tickers == {}
        asked.is_down = True
        now_ms += AGAIN_MS
        await until(lambda: asked.questions == 2)
        asked.is_down = False
        now_ms += RETRY_MS
        await until(lambda: asked.questions == 3)
        await asyncio.sleep(0.01)
        assert asked.questions == 3
        assert (await host.update()).tickers == {SYMBOL: Ticker24h(START, last=3.0)}
        assert asked.priorities == [Priority.SEED, Priority.HISTORY, Priority.HISTORY]
        working.cancel()


async def test_an_exchange_among_several_tells_its_symbols_by_its_key() -> None:
    told = await KeyedMarketData(Asked(), Naming("okx-spot")).tickers(Priority.SEED)  # type: ignore[arg-type]
    assert set(told) == {f"okx-spot:{SYMBOL}", "okx-spot:NEVERUSDT"}


async def test_the_screen_is_told_the_day_of_every_symbol_of_several_exchanges(tmp_path: Path) -> None:
    spec = MarketSpec(symbols=3, seed=11)
    async with (
        SimulatedExchange(spec, speed=1) as one,
        SimulatedExchange(spec, venue="kraken", speed=1) as other,
    ):
        keys = {"binance-um": one, "kraken": other}
        plan = Plan(
            lambda: SeveralMarkets(
                {key: LiveFeed(MarketEndpoint(venue(key), ex.rest_url, ex.ws_url, 5)) for key, ex in keys.items()}
            ),
            DEFAULT_PERIODS,
            tmp_path / "run.db",
            "binance-um@simulated",
            others=("kraken@simulated",),
        )
        runtime = Runtime(plan)
        runtime.start()
        told: dict[str, Ticker24h] = {}
        known: set[str] = set()

        def are_all_told() -> bool:
            update = runtime.take_changes() or FeedUpdate()
            told.update(update.tickers)
            known.update(update.symbols_added)
            return {name.partition(":")[0] for name in told} == set(keys)

        try:
            await until(are_all_told, 60.0)
        finally:
            await runtime.stop()
    assert set(told) <= known
    assert all(ticker.last and ticker.volume for ticker in told.values())
