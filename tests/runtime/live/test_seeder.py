"""Where stored and fetched bars end and live trades begin, beside a simulated exchange."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade, HoldSymbol
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import MarketData, Priority
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live.context import Contract, LiveContext
from klagg_tui.runtime.live.seeder import Seeder
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from tests.filed import listed
from tests.makers import DAY, HOUR, MINUTE, SYMBOL, trade

PERIODS = (Period.M1, Period.H1)


class Scene:
    """A followed symbol whose trades are held back since some minutes."""

    def __init__(self, exchange: SimulatedExchange, store: Store, data: MarketData) -> None:
        self.exchange, self.store, self.data = exchange, store, data
        self.host = EngineHost(KlineEngine(PERIODS, holds_gaps=True), PERIODS, store, data.now_ms)
        self.host.handle([AddSymbol(SYMBOL, 0), HoldSymbol(SYMBOL)])
        self.too_long: list[str] = []
        self.context = LiveContext(self.host, store, venue(), data)
        self.seeder = Seeder(self.context, self.too_long.extend)
        self.minute_ms = self.context.settled_ms() // MINUTE * MINUTE

    async def trades(self, minutes: int) -> list[AggTrade]:
        """Those from so many minutes ago on."""
        first_id = self.exchange.market.first_id(SYMBOL, self.minute_ms // MINUTE - minutes)
        return await self.data.trades(SYMBOL, first_id, limit=1_000, priority=Priority.GAP)

    async def current(self, period: Period) -> Bar:
        changes = (await self.host.update()).changes
        return next(bar for bar in changes.current if bar.period is period)

    def true_bars(self, from_ms: int, period: Period = Period.M1) -> list[Bar]:
        return [
            bar._replace(state=State.CONFIRMED)
            for bar in self.exchange.truth.bars(SYMBOL, period, from_ms, self.minute_ms)
            if bar.end_ms <= self.minute_ms
        ]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with (
        SimulatedExchange(MarketSpec(symbols=3, seed=3, activity=20.0), speed=1) as exchange,
        await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store,
        venue().market_data(exchange.rest_url, exchange.now_ms()) as data,
    ):
        await data.sync()
        yield Scene(exchange, store, data)


async def test_trades_held_since_before_the_minute_make_it_whole(scene: Scene) -> None:
    held = await scene.trades(2)
    scene.host.receive(held)
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    assert scene.host.engine.waiting() == ()
    minute = await scene.current(Period.M1)
    fills = sum(each.last_trade_id - each.first_trade_id + 1 for each in held if each.traded_ms >= minute.open_ms)
    assert (minute.state, minute.trade_count) == (State.FORMING, fills)


async def test_trades_held_since_the_middle_of_the_minute_leave_it_partial(scene: Scene) -> None:
    scene.host.receive([trade(500, scene.minute_ms + 9), trade(501, scene.minute_ms + 10)])
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    minute = await scene.current(Period.M1)
    assert (minute.open_ms, minute.state, minute.trade_count) == (scene.minute_ms, State.PARTIAL, 2)


async def test_where_no_held_trade_is_of_the_minute_it_begins_empty(scene: Scene) -> None:
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    assert scene.host.engine.waiting() == ()
    hour = await scene.current(Period.H1)
    assert hour.trade_count == sum(bar.trade_count for bar in scene.true_bars(scene.minute_ms // HOUR * HOUR))


async def test_what_the_store_has_is_not_fetched_again(scene: Scene) -> None:
    bars = scene.true_bars(scene.minute_ms - 3 * HOUR)
    await scene.store.add_confirmed(bars[:-7])
    before = scene.data.use().requests
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    assert scene.data.use().requests == before + 1
    assert [bar.open_ms for bar in await listed(scene.store)] == [bar.open_ms for bar in bars]


async def test_what_is_stored_and_the_exchanges_bars_do_not_say_is_known_of_the_larger_bars_too(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = scene.data.bars

    async def without_count(*asked: Any, **wanted: Any) -> list[Bar]:
        return [bar._replace(trade_count=0, evidence=Evidence.NO_COUNT) for bar in await ask(*asked, **wanted)]

    monkeypatch.setattr(scene.data, "bars", without_count)
    bars = scene.true_bars(scene.minute_ms - 3 * HOUR)
    await scene.store.add([bars[-5]._replace(state=State.PARTIAL)], [])
    await scene.store.add_confirmed([*bars[:-5], *bars[-4:]])
    before = scene.data.use().requests
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    assert scene.data.use().requests == before + 1
    hour = await scene.current(Period.H1)
    of_hour = [bar for bar in bars if bar.open_ms >= scene.minute_ms // HOUR * HOUR]
    assert hour.trade_count == sum(bar.trade_count for bar in of_hour)
    assert not hour.evidence & Evidence.NO_COUNT


async def test_a_store_that_is_up_to_date_needs_no_question(scene: Scene) -> None:
    await scene.store.add_confirmed(scene.true_bars(scene.minute_ms - 3 * HOUR))
    before = scene.data.use().requests
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    assert scene.data.use().requests == before


async def test_a_pause_longer_than_one_request_brings_is_left_to_the_back_fill(scene: Scene) -> None:
    old_ms = scene.minute_ms - 2 * DAY
    old = scene.exchange.truth.bars(SYMBOL, Period.M1, old_ms, old_ms + MINUTE)
    await scene.store.add_confirmed(list(old))
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    assert scene.too_long == [SYMBOL]
    assert scene.host.engine.waiting() == ()


async def test_a_symbol_that_waits_no_more_is_not_begun_again(scene: Scene) -> None:
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    scene.host.receive([trade(5, scene.minute_ms)])
    count = scene.host.engine.counters.trades
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    assert scene.host.engine.counters.trades == count


async def test_minutes_of_an_earlier_run_that_were_not_proved_to_be_quiet_cost_one_request(scene: Scene) -> None:
    truth = scene.true_bars(scene.minute_ms - 90 * MINUTE)
    await scene.store.add_confirmed(truth[:-3])
    await scene.store.add([bar._replace(state=State.PARTIAL, trade_count=1) for bar in truth[-3:]], [])
    before = scene.data.use().requests
    scene.host.receive(await scene.trades(1))
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    assert scene.data.use().requests == before + 2
    assert await listed(scene.store) == truth


async def test_a_contract_is_not_begun_before_its_listing_however_young_it_is(scene: Scene) -> None:
    """The minutes before belong to another contract of that name, whose close is no price of this one."""
    listed_ms = scene.data.now_ms() // MINUTE * MINUTE
    await scene.store.add_confirmed(scene.true_bars(scene.minute_ms - 5 * MINUTE))
    scene.context.contracts[SYMBOL] = Contract(listed_ms)
    scene.minute_ms = listed_ms
    scene.host.receive([one for one in await scene.trades(0) if one.traded_ms >= listed_ms])
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    assert (await scene.current(Period.M1)).open_ms == listed_ms
    assert [bar for bar in (await scene.host.update()).changes.ended if bar.period is Period.M1] == []


async def test_a_listing_that_names_a_time_to_come_is_no_reason_to_begin_later(scene: Scene) -> None:
    scene.context.contracts[SYMBOL] = Contract(scene.data.now_ms() + DAY)
    scene.host.receive(await scene.trades(2))
    await scene.seeder.seed(SYMBOL, Priority.SEED)
    assert SYMBOL not in scene.host.engine.waiting()
    assert (await scene.current(Period.M1)).open_ms <= scene.data.now_ms() // MINUTE * MINUTE
