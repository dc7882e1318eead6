"""What is told beside trades while klagg runs: equal to what the exchange says, asked for in turns, stored with the bars."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.derivatives import ContractQuote, DerivativeMinute, Liquidation, rate
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.engine.period import Period
from klagg_tui.errors import Refused
from klagg_tui.exchange.messages import BesideTrades
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import Priority
from klagg_tui.metrics import Metric
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live import derivatives
from klagg_tui.runtime.live.context import Contract, LiveContext
from klagg_tui.runtime.live.derivatives import Derivatives
from klagg_tui.runtime.live.keyed import KeyedMarketData, Naming
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.simulator.market.liquidations import liquidations
from klagg_tui.simulator.market.quotes import FUNDED_EVERY_MS, funding_rate, index_at, mark_at
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, SYMBOL
from tests.market_run import plan, until
from tests.patience import WAIT_S

OTHER = "ETHUSDT"


class Answers:
    """Open interest of every contract, and what was asked for."""

    def __init__(self, refused: Sequence[str] = ()) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.clock = venue().market_data("http://127.0.0.1:9", START).clock
        self._refused = refused

    async def quotes(self, symbols: Sequence[str], *, priority: Priority) -> list[ContractQuote]:
        assert priority is max(Priority)
        self.asked.append(tuple(symbols))
        if symbols[0] in self._refused:
            raise Refused("no", 400)
        return [ContractQuote(symbol, START, open_interest=quantity("7")) for symbol in symbols]


class Scene:
    """A store, and an engine that follows two contracts."""

    def __init__(self, store: Store, answers: Answers, **facts: object) -> None:
        self.now_ms = START
        self.answers = answers
        self.host = EngineHost(KlineEngine((Period.M1,), holds_gaps=True), (Period.M1,), store, lambda: self.now_ms)
        self.host.handle([AddSymbol(SYMBOL, 0), AddSymbol(OTHER, 0)])
        self.context = LiveContext(self.host, store, replace(venue(), **facts), answers)  # type: ignore[arg-type]
        self.derivatives = Derivatives(self.context)
        self.derivatives.follow()

    async def work(self, seconds: float = 0.0, *, times: int = 0) -> None:
        """Let it ask for so long, and until it has asked so many times."""
        task = asyncio.create_task(self.derivatives.work_forever())
        await asyncio.sleep(seconds)
        async with asyncio.timeout(WAIT_S):
            while len(self.answers.asked) < times:  # noqa: ASYNC110 - what was asked is polled
                await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as opened:
        yield opened


def quick(**values: object) -> object:
    """Facts of a venue that is asked again at once."""
    facts = venue().derivatives
    assert facts is not None
    return replace(facts, every_ms=1, **values)  # type: ignore[arg-type]


async def test_contracts_are_asked_about_in_turns_and_one_that_is_refused_stops_no_other(store: Store) -> None:
    scene = Scene(store, Answers(refused=[SYMBOL]), derivatives=quick())
    await scene.work(times=5)
    assert scene.answers.asked[:4] == [(SYMBOL,), (OTHER,), (SYMBOL,), (OTHER,)]
    assert [(minute.symbol, minute.open_interest) for minute in scene.host.derivatives.take_news()] == [
        (OTHER, quantity("7"))
    ]
    assert scene.host.metrics[Metric.CONTRACTS_TOLD] == 1


async def test_where_one_answer_tells_of_all_one_question_asks_for_all(store: Store) -> None:
    scene = Scene(store, Answers(), derivatives=quick(at_once=None))
    await scene.work(times=2)
    assert set(scene.answers.asked) == {(SYMBOL, OTHER)}


async def test_a_venue_without_derivatives_is_asked_nothing_and_keeps_nothing(store: Store) -> None:
    scene = Scene(store, Answers(), derivatives=None)
    await scene.work(0.05)
    scene.derivatives.receive(BesideTrades((ContractQuote(SYMBOL, START, price("1")),)))
    assert scene.answers.asked == []
    assert scene.host.derivatives.take_news() == ()


async def test_while_nothing_is_followed_nothing_is_asked(store: Store) -> None:
    scene = Scene(store, Answers(), derivatives=quick())
    scene.host.engine = KlineEngine((Period.M1,), holds_gaps=True)
    await scene.work(0.1)
    assert scene.answers.asked == []


async def test_what_contracts_on_a_coin_are_worth_the_listing_says(store: Store) -> None:
    scene = Scene(store, Answers())
    scene.context.contracts[SYMBOL] = Contract(value=price("100"))
    closed = [Liquidation(symbol, START, True, quantity("3"), 1) for symbol in (SYMBOL, OTHER)]
    scene.derivatives.receive(BesideTrades(tuple(closed)))
    turnovers = {minute.symbol: minute.long_turnover for minute in scene.host.derivatives.take_news()}
    assert turnovers == {SYMBOL: quantity("3") * price("100"), OTHER: 1}


async def test_what_was_told_lately_is_shown_again_at_the_start(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivatives, "_MOST_WAITING", 0)
    minutes = [
        DerivativeMinute(SYMBOL, START - MINUTE, mark_price=1, open_interest=quantity("5")),
        DerivativeMinute(SYMBOL, START - 2 * MINUTE, mark_price=1, long_count=0, short_count=0),
        DerivativeMinute(SYMBOL, START - 3 * MINUTE, mark_price=1, long_count=0, short_count=2),
        DerivativeMinute(SYMBOL, START - 2 * 24 * 60 * MINUTE, open_interest=quantity("5")),
        DerivativeMinute(OTHER, START - MINUTE, long_count=1),
    ]
    await store.write(Changes(), minutes)
    scene = Scene(store, Answers())
    assert scene.host.derivatives.take_news() == ()
    task = asyncio.create_task(scene.derivatives.work_forever())
    shown: list[DerivativeMinute] = []
    while len(shown) < 3:
        await asyncio.sleep(0.01)
        shown += (minute for minute in scene.host.derivatives.take_news() if minute.open_ms < START)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert shown == [minutes[at]._replace(mark_price=None) for at in (2, 0, 4)]


async def test_what_ended_is_written_and_what_is_under_way_at_the_end(store: Store) -> None:
    scene = Scene(store, Answers())
    scene.host.ahead_ms = 10_000
    quotes = [ContractQuote(SYMBOL, START + at_ms, price("5")) for at_ms in (0, MINUTE)]
    scene.derivatives.receive(BesideTrades((quotes[0],)))
    scene.now_ms += MINUTE + 5_000
    scene.derivatives.receive(BesideTrades((quotes[1],)))
    scene.host._tick()
    await scene.host.flush()
    assert [minute.open_ms async for page in store.derivatives(SYMBOL) for minute in page] == [START]
    await scene.host.flush_last()
    assert [minute.open_ms async for page in store.derivatives(SYMBOL) for minute in page] == [START, START + MINUTE]
    assert [minute.open_ms for minute in (await scene.host.update()).derivatives] == []


async def test_names_of_several_exchanges_go_both_ways() -> None:
    answers = Answers()
    keyed = KeyedMarketData(answers, Naming("binance-um"))  # type: ignore[arg-type]
    (found,) = await keyed.quotes(["binance-um:BTCUSDT"], priority=Priority.QUOTES)
    assert (found.symbol, answers.asked) == ("binance-um:BTCUSDT", [("BTCUSDT",)])


@pytest.mark.parametrize("key", ["binance-um", "binance-coinm"])
async def test_a_run_stores_what_the_exchange_told(tmp_path: Path, key: str) -> None:
    spec = MarketSpec(symbols=4, seed=3, activity=0.5)
    async with SimulatedExchange(spec, venue=key, speed=60) as exchange:
        runtime = Runtime(plan(exchange, tmp_path / "klagg.db"))
        runtime.start()
        begun_ms = exchange.now_ms()
        await until(exchange, runtime, begun_ms + 4 * MINUTE)
        await runtime.stop()
        end_ms = exchange.now_ms()
        first, last = begun_ms // MINUTE + 2, begun_ms // MINUTE + 3
        async with await Store.open(tmp_path / "klagg.db", read_only=True) as store:
            checked = 0
            for symbol, life in exchange.face.listed().items():
                listing = life.listing
                name = exchange.face.name(listing)
                found = [minute async for page in store.derivatives(name) for minute in page]
                assert all(begun_ms - MINUTE <= minute.open_ms <= end_ms for minute in found)
                if listing.contract_type != "PERPETUAL":  # it is not followed
                    assert not found
                    continue
                for minute in found:
                    if minute.mark_price is None:
                        continue
                    checked += 1
                    near = [
                        price(f"{of(exchange.market, listing, minute.open_ms + second * 500):.8f}")
                        for of in (mark_at, index_at)
                        for second in range(121)
                    ]
                    assert min(near[:121]) <= minute.mark_price <= max(near[:121])
                    assert minute.index_price is not None
                    assert min(near[121:]) <= minute.index_price <= max(near[121:])
                    assert minute.funding_rate == rate(f"{funding_rate(listing, minute.open_ms):.8f}")
                    assert minute.next_funding_ms == (minute.open_ms // FUNDED_EVERY_MS + 1) * FUNDED_EVERY_MS
                told = sum((minute.long_count or 0) + (minute.short_count or 0) for minute in found)
                whole = [each for at in range(first, last) for each in liquidations(exchange.market, symbol, at)]
                assert told >= len(whole)
            assert checked >= 4


async def test_of_several_exchanges_each_tells_under_its_own_names(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", markets=("binance-um", "hyperliquid")) as store:
        host = EngineHost(KlineEngine((Period.M1,), holds_gaps=True), (Period.M1,), store, lambda: START)
        side = host.venue("binance-um", lambda: START)
        name = f"binance-um:{SYMBOL}"
        side.handle([AddSymbol(name, 0, venue="binance-um")])
        told = Derivatives(LiveContext(side, store, venue(), Answers()))  # type: ignore[arg-type]
        told.follow()
        told.receive(BesideTrades((ContractQuote(SYMBOL, START, price("5")), ContractQuote(OTHER, START, price("6")))))
        assert [minute.symbol for minute in (await host.update()).derivatives] == [name]
        await host.flush_last()
        assert [minute.mark_price async for page in store.derivatives(name) for minute in page] == [price("5")]
