"""What a venue's facts change: exchanges whose ids prove nothing, whose bars lack fields, are few, or cost much."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade, SeedBars
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.limits import PageCost, RequestUse
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.requests import covering_requests
from klagg_tui.exchange.venue import CandleFacts, Ids, MarketData, Priority, Venue
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live import backfill as backfill_module
from klagg_tui.runtime.live.backfill import Backfill
from klagg_tui.runtime.live.context import Contract, LiveContext, contract_value
from klagg_tui.runtime.live.debts import DebtCollector
from klagg_tui.runtime.live.gap_repair import GapRepair
from klagg_tui.runtime.live.reconciler import GATHER_MS, Reconciler
from klagg_tui.runtime.live.second_look import SecondLook
from klagg_tui.runtime.live.seeder import Seeder
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Standing, StoredSymbol
from klagg_tui.storage.unconfirmed import Unconfirmed
from tests.feeds import until
from tests.filed import listed
from tests.makers import HOUR, MINUTE, SYMBOL
from tests.market_run import settled_now

PERIODS = (Period.M1, Period.M5, Period.H1)
MINUTES = 10
SUMS_ONLY = Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER


class Scene:
    """A symbol that is followed since ten minutes ago, at an exchange whose facts a test chooses."""

    def __init__(self, exchange: SimulatedExchange, store: Store, data: MarketData, trades: list[AggTrade]) -> None:
        self.exchange, self.store, self.data, self.trades = exchange, store, data, trades
        self.host = EngineHost(KlineEngine(PERIODS, holds_gaps=True), PERIODS, store, data.now_ms)
        self.minute_ms = exchange.now_ms() // MINUTE * MINUTE - MINUTES * MINUTE
        self.asked: list[tuple[int, int, int]] = []
        """From which id on trades were asked for, since when, and how many."""
        self.bars_asked: list[tuple[Period, int]] = []

    def context(self, of: Venue) -> LiveContext:
        context = LiveContext(self.host, self.store, of, self.data, {SYMBOL: Contract()})
        self.host.handle(
            [context.added(SYMBOL), SeedBars(SYMBOL, self.minute_ms, (), None, self.trades[0].aggregate_id)]
        )
        return context

    async def repair(self, context: LiveContext, *silent: str) -> list[str]:
        """Until nothing waits; returns whose connections are to be renewed."""
        renewed: list[str] = []
        repair = GapRepair(context, Seeder(context, lambda _: None), renewed.append)
        for symbol in silent:
            repair.verify_silence(symbol)
        for symbol in self.host.engine.waiting():
            repair.nudge(symbol)
        working = asyncio.ensure_future(repair.work_forever())
        await until(lambda: not self.host.engine.waiting())
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return renewed


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    async with (
        SimulatedExchange(MarketSpec(symbols=3, seed=3, activity=2.0), speed=1) as exchange,
        await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store,
        venue().market_data(exchange.rest_url, settled_now(exchange)) as data,
    ):
        await data.sync()
        first_id = exchange.market.first_id(SYMBOL, exchange.now_ms() // MINUTE - MINUTES)
        found = await data.trades(SYMBOL, first_id, limit=1_000, priority=Priority.GAP)
        scene = Scene(exchange, store, data, found)
        trades, bars = data.trades, data.bars

        async def seen(symbol: str, from_id: int, **how: int) -> list[AggTrade]:
            scene.asked.append((from_id, how["since_ms"], how["limit"]))
            return await trades(symbol, from_id, **how)  # type: ignore[arg-type]

        async def seen_bars(symbol: str, period: Period, *between: int, **how: int) -> list[Bar]:
            scene.bars_asked.append((period, between[0] if between else 0))
            return await bars(symbol, period, *between, **how)  # type: ignore[arg-type]

        monkeypatch.setattr(data, "trades", seen)
        monkeypatch.setattr(data, "bars", seen_bars)
        yield scene


async def test_where_ids_prove_nothing_no_trade_is_asked_for_and_the_minute_waits_for_its_bar(scene: Scene) -> None:
    context = scene.context(replace(venue(), ids=Ids.NONE))
    scene.host.receive([*scene.trades[:5], *scene.trades[8:]])
    await scene.repair(context)
    assert scene.host.engine.counters.trades == len(scene.trades) - 3
    assert not scene.asked
    assert not scene.bars_asked
    scene.host.engine.tick(scene.minute_ms + 5 * MINUTE)
    await scene.host.flush()
    ended = [bar for bar in await listed(scene.store) if bar.state is not State.FORMING]
    assert ended
    assert {bar.state for bar in ended} == {State.PARTIAL}


async def test_where_ids_prove_nothing_a_new_connection_goes_on_at_once(scene: Scene) -> None:
    context = scene.context(replace(venue(), ids=Ids.NONE))
    scene.host.receive(scene.trades[:5])
    await scene.repair(context, SYMBOL)
    scene.host.receive(scene.trades[5:])
    assert scene.host.engine.counters.trades == len(scene.trades)
    assert not scene.asked
    assert not scene.bars_asked


async def test_trades_that_the_stream_leaves_out_as_a_rule_are_waited_for_before_they_are_fetched(scene: Scene) -> None:
    context = scene.context(replace(venue(), ids=Ids.DENSE_IN_REST, repair_after_ms=60_000))
    scene.host.receive([*scene.trades[:5], *scene.trades[8:]])
    repair = asyncio.ensure_future(scene.repair(context))
    await asyncio.sleep(0.2)
    assert scene.host.engine.waiting() == (SYMBOL,)
    scene.host.receive(scene.trades[5:8])
    await repair
    assert scene.asked == []
    assert scene.host.engine.counters.trades == len(scene.trades)


async def test_one_request_brings_what_is_missing_in_many_places(scene: Scene) -> None:
    context = scene.context(replace(venue(), ids=Ids.DENSE_IN_REST, repair_after_ms=50))
    left = [trade for place, trade in enumerate(scene.trades) if place < 4 or place % 4]
    scene.host.receive([*left, scene.trades[-1]])
    await scene.repair(context)
    first, before = scene.trades[4], scene.trades[3]
    assert scene.asked == [(first.aggregate_id, before.traded_ms, scene.trades[-1].aggregate_id - first.aggregate_id)]
    assert scene.host.engine.counters.trades == len(scene.trades)


@pytest.mark.parametrize("missing", [0, 3])
async def test_silence_is_judged_by_the_volume_where_bars_do_not_count_trades(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    bars = scene.data.bars

    async def without_count(symbol: str, period: Period, *between: int, **how: int) -> list[Bar]:
        rows = await bars(symbol, period, *between, **how)  # type: ignore[arg-type]
        return [bar._replace(trade_count=0, evidence=SUMS_ONLY.value) for bar in rows]

    monkeypatch.setattr(scene.data, "bars", without_count)
    context = scene.context(replace(venue(), candle=CandleFacts(lacks=SUMS_ONLY)))
    scene.host.receive(scene.trades[: len(scene.trades) - missing])
    assert await scene.repair(context, SYMBOL) == ([SYMBOL] if missing else [])
    assert scene.host.engine.counters.trades == len(scene.trades)
    assert bool(scene.asked) == bool(missing)


def test_where_there_are_no_bars_of_days_or_hours_shorter_ones_stand_for_them() -> None:
    five_past_five_ms = 1_723_075_200_000 + 5 * HOUR + 5 * MINUTE
    hours = covering_requests((Period.M1, Period.D1), five_past_five_ms, had={Period.M1, Period.H1})
    assert [(one.period, one.limit) for one in hours] == [(Period.H1, 5), (Period.M1, 5)]
    minutes = covering_requests((Period.M1, Period.D1), five_past_five_ms, had={Period.M1})
    assert [(one.period, one.limit) for one in minutes] == [(Period.M1, 305)]


async def test_nothing_is_asked_for_that_lies_behind_the_exchanges_reach_or_is_no_period_of_its(scene: Scene) -> None:
    few = CandleFacts(periods=frozenset({Period.M1, Period.H1}), reach=100)
    context = scene.context(replace(venue(), candle=few))
    backfill = Backfill(context, depth=1_000)
    backfill.want([SYMBOL])
    working = asyncio.ensure_future(backfill.work_forever())
    await until(lambda: backfill.progress is None)
    working.cancel()
    assert {period for period, _ in scene.bars_asked} == {Period.M1, Period.H1}
    now_ms = context.now_ms()
    assert all(from_ms >= now_ms - 100 * period.nominal_ms for period, from_ms in scene.bars_asked)
    seeder = Seeder(context, lambda _: None)
    wanted = list(seeder._covering(SYMBOL, context.settled_ms() // MINUTE * MINUTE))
    assert all(one.period in few.periods and one.limit <= 98 for one in wanted)


async def test_of_minutes_more_may_be_wanted_than_of_longer_bars(scene: Scene) -> None:
    context = scene.context(venue())
    backfill = Backfill(context, depth=10, minutes=700)
    backfill.want([SYMBOL])
    working = asyncio.ensure_future(backfill.work_forever())
    await until(lambda: backfill.progress is None)
    working.cancel()
    now_ms = context.now_ms()
    reached = {period: min(from_ms for one, from_ms in scene.bars_asked if one is period) for period in PERIODS}
    assert now_ms - 702 * MINUTE < reached[Period.M1] < now_ms - 698 * MINUTE
    assert all(at_ms >= now_ms - 12 * period.nominal_ms for period, at_ms in reached.items() if period is not Period.M1)


async def test_minutes_of_a_symbol_that_comes_later_wait_for_no_longer_bars_of_those_before_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, order = scene.context(venue()), list[tuple[str, Period]]()
    backfill, bars = Backfill(context, depth=10), scene.data.bars

    async def seen(symbol: str, period: Period, *between: int, **how: int) -> list[Bar]:
        if not order:
            backfill.want([later])
        order.append((symbol, period))
        return await bars(symbol, period, *between, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(scene.data, "bars", seen)
    monkeypatch.setattr(backfill_module, "LATER_AT_ONCE", 1)
    _, earlier, later, *_ = scene.exchange.market.lives
    backfill.want([SYMBOL, earlier])
    working = asyncio.ensure_future(backfill.work_forever())
    await until(lambda: backfill.progress is None)
    working.cancel()
    assert order == [(symbol, period) for period in PERIODS for symbol in (SYMBOL, earlier, later)]


async def test_a_hole_behind_the_exchanges_reach_is_noted_as_not_to_be_had_and_never_asked_for(scene: Scene) -> None:
    context = scene.context(replace(venue(), candle=CandleFacts(reach=100)))
    to_ms = context.settled_ms() // MINUTE * MINUTE
    truth = list(scene.exchange.truth.bars(SYMBOL, Period.M1, to_ms - 300 * MINUTE, to_ms))
    await scene.store.put_symbols([StoredSymbol(SYMBOL, standing=Standing.FOLLOWED)])
    await scene.store.add_confirmed([*truth[:10], *truth[-3:]])
    collector = DebtCollector(context)
    while await collector.collect():
        pass
    minutes = [from_ms for period, from_ms in scene.bars_asked if period is Period.M1]
    assert minutes
    assert min(minutes) >= to_ms - 101 * MINUTE
    (lost,) = [one for one in await scene.store.unavailable() if one.period is Period.M1]
    assert lost.from_ms == truth[10].open_ms
    assert lost.to_ms >= to_ms - 100 * MINUTE
    assert not [hole for hole in await context.find_owed((Period.M1,)) if hole.from_ms < to_ms]


async def test_behind_its_reach_minutes_can_be_had_that_the_exchanges_trades_make(scene: Scene) -> None:
    facts = CandleFacts(reach=100, makes_older_minutes=True)
    context = scene.context(replace(venue(), candle=facts))
    assert context.reach_ms(Period.M1) == 0
    assert context.reach_ms(Period.M5) > context.now_ms() - 100 * Period.M5.nominal_ms
    to_ms = context.settled_ms() // MINUTE * MINUTE
    truth = list(scene.exchange.truth.bars(SYMBOL, Period.M1, to_ms - 300 * MINUTE, to_ms))
    await scene.store.put_symbols([StoredSymbol(SYMBOL, standing=Standing.FOLLOWED)])
    await scene.store.add_confirmed([*truth[:10], *truth[-3:]])
    collector = DebtCollector(context)
    while await collector.collect():
        pass
    assert await listed(scene.store) == truth
    assert not await scene.store.unavailable()


async def test_bars_behind_the_exchanges_reach_are_not_asked_for_again_and_again(scene: Scene) -> None:
    context = scene.context(replace(venue(), candle=CandleFacts(reach=100)))
    to_ms = context.settled_ms() // MINUTE * MINUTE
    truth = list(scene.exchange.truth.bars(SYMBOL, Period.M1, to_ms - 300 * MINUTE, to_ms))
    await scene.store.add([bar._replace(state=State.PARTIAL) for bar in (*truth[:10], *truth[-9:])], [])
    await Reconciler(context).look()
    assert [(period, from_ms) for period, from_ms in scene.bars_asked if period is Period.M1] == [
        (Period.M1, truth[-9].open_ms)
    ]
    states = [bar.state for bar in await listed(scene.store)]
    assert states == [State.PARTIAL] * 10 + [State.CONFIRMED] * 9


async def test_symbols_of_an_exchange_that_was_watched_once_and_never_brought_a_bar_are_nobodys(
    tmp_path: Path, scene: Scene
) -> None:
    path = tmp_path / "once.db"
    async with await Store.open(path, markets=("one", "two")) as store:
        await store.put_symbols([StoredSymbol("one:A", standing=Standing.FOLLOWED)])
        await store.put_symbols([StoredSymbol("two:B", standing=Standing.FOLLOWED)])
        await store.learn_anchors({"one:A": 2, "two:B": 2})
    async with await Store.open(path, market="three") as store:
        await store.put_symbols([StoredSymbol("A")])
        assert "A" not in await store.anchors()
        context = replace(scene.context(venue()), store=store)
        assert [known.symbol for known in await context.stored_symbols()] == ["A"]
    async with await Store.open(path, market="two") as store:
        context = replace(context, store=store)
        assert [known.symbol for known in await context.stored_symbols()] == ["B"]
        assert (await store.anchors())["B"] == 2


async def test_where_little_may_be_asked_more_bars_gather_for_a_request(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    costly = replace(venue().requests, cost_per_minute=60, bar_pages=(PageCost(300, 20), PageCost(3_000, 60)))
    of = replace(venue(), requests=costly, ids=Ids.NONE)
    context = scene.context(of)
    monkeypatch.setattr(scene.data, "use", lambda: RequestUse(0, 60, 0, 0))
    reconciler = Reconciler(context)
    context.host.handle([AddSymbol(f"COIN{number}USDT", 0) for number in range(2_000)])
    assert reconciler._gather_ms() > GATHER_MS
    assert reconciler._gather_ms() <= 150 * MINUTE, "one request brings them"
    assert SecondLook(context)._samples_at_once == 1
    partial = (await _one_partial(scene))[0]
    assert not reconciler._is_due(partial, partial.first_open_ms + 2 * MINUTE, GATHER_MS)
    assert Reconciler(scene.context(venue()))._is_due(partial, partial.first_open_ms + 2 * MINUTE, GATHER_MS)


async def _one_partial(scene: Scene) -> list[Unconfirmed]:
    truth = list(scene.exchange.truth.bars(SYMBOL, Period.M1, scene.minute_ms, scene.minute_ms + MINUTE))
    await scene.store.add([truth[0]._replace(state=State.PARTIAL)], [])
    return await scene.store.unconfirmed()


async def test_bars_agree_where_they_agree_in_what_the_exchanges_says(scene: Scene) -> None:
    context = scene.context(venue())
    (bar,) = scene.exchange.truth.bars(SYMBOL, Period.M1, scene.minute_ms, scene.minute_ms + MINUTE)
    theirs = bar._replace(trade_count=0, taker_buy_volume=0, taker_buy_turnover=0, evidence=SUMS_ONLY.value)
    assert context.agree(bar, bar)
    assert context.agree(bar, theirs)
    assert not context.agree(bar, theirs._replace(turnover=theirs.turnover + 1))
    assert not context.agree(bar, bar._replace(taker_buy_turnover=bar.taker_buy_turnover + 1))
    shifted = theirs._replace(open=theirs.open + 1, high=theirs.high + 1)
    assert not context.agree(bar, shifted)
    before = replace(context, venue=replace(venue(), candle=CandleFacts(opens_at_previous_close=True)))
    followed = [bar, shifted, bar._replace(period=Period.M5)]
    assert [amended.opens_at for amended in before.amended(followed)] == [bar.open, shifted.open]
    assert [amended.opens_at for amended in context.amended(followed)] == [None, None]


def test_a_contracts_worth_is_read_exactly_and_nothing_is_made_of_damage() -> None:
    assert contract_value("") == contract_value("ten") == 0
    assert contract_value("100") == 10 * contract_value("10") > 0
