"""Bars that are owed are asked for until none is: the answers are the simulated exchange's, the time is moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol
from klagg_tui.engine.period import Period
from klagg_tui.errors import ExchangeError, Refused, Unreachable
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import MarketData
from klagg_tui.metrics import Metric
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live import debts
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.live.debts import DebtCollector
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.debts import Answer
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Standing, StoredSymbol
from tests.filed import listed
from tests.makers import HOUR, MINUTE, SYMBOL
from tests.market_run import settled_now

PERIODS = (Period.M1, Period.M5)
GONE = "GONEUSDT"
"""The exchange does not know it."""


class Scene:
    """A store, an engine that follows one symbol, and the exchange."""

    def __init__(self, exchange: SimulatedExchange, store: Store, data: MarketData) -> None:
        self.exchange = exchange
        self.store = store
        self.data = data
        self.now_ms = exchange.now_ms()
        self.to_ms = self.now_ms // (5 * MINUTE) * 5 * MINUTE - 5 * MINUTE
        self.host = EngineHost(KlineEngine(PERIODS, holds_gaps=True), PERIODS, store, lambda: self.now_ms)
        self.host.handle([AddSymbol(SYMBOL, 0)])
        self.context = LiveContext(self.host, store, venue(), data)
        self.collector = DebtCollector(self.context)

    def truth(self, minutes: int, to_ms: int | None = None, period: Period = Period.M1) -> list[Bar]:
        to_ms = self.to_ms if to_ms is None else to_ms
        return list(self.exchange.truth.bars(SYMBOL, period, to_ms - minutes * MINUTE, to_ms))

    async def collect(self, times: int = 1, pause_ms: int = 0) -> None:
        """Until nothing more comes of it, so often."""
        for _ in range(times):
            self.now_ms += pause_ms
            while await self.collector.collect():
                pass

    async def stored(self, to_ms: int | None = None) -> list[Bar]:
        return [bar for bar in await listed(self.store) if bar.open_ms < (self.to_ms if to_ms is None else to_ms)]

    def owed(self) -> tuple[float, float]:
        return self.host.metrics[Metric.OWED_MINUTES], self.host.metrics[Metric.OWED_SYMBOLS]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    spec = MarketSpec(symbols=3, seed=3, activity=0.2)
    async with (
        SimulatedExchange(spec, speed=1) as exchange,
        await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store,
        venue().market_data(exchange.rest_url, settled_now(exchange)) as data,
    ):
        await data.sync()
        await store.put_symbols([StoredSymbol(SYMBOL, standing=Standing.FOLLOWED)])
        yield Scene(exchange, store, data)


async def test_minutes_that_nobody_brought_are_fetched(scene: Scene) -> None:
    truth = scene.truth(20)
    await scene.store.add_confirmed([*truth[:4], *truth[6:15], truth[19]])
    await scene.collect()
    assert await scene.stored() == truth
    assert scene.owed() == (0, 0)
    assert scene.host.metrics[Metric.HOLES] == 2


async def test_a_pause_of_days_is_fetched_whole_whatever_was_stored_behind_it(scene: Scene) -> None:
    truth = scene.truth(3 * 24 * 60)
    await scene.store.add_confirmed([*truth[:30], truth[2_000], *truth[-3:]])
    await scene.collect()
    assert await scene.stored() == truth
    assert scene.owed() == (0, 0)


async def test_a_restart_in_the_middle_forgets_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = scene.truth(3 * 24 * 60)
    await scene.store.add_confirmed([*truth[:30], *truth[-3:]])
    asked, bars = 0, scene.data.bars

    async def failing(*args: object, **names: object) -> list[Bar]:
        nonlocal asked
        asked += 1
        if asked > 2:
            raise Unreachable("The exchange does not answer.")
        return await bars(*args, **names)  # type: ignore[arg-type]

    monkeypatch.setattr(scene.data, "bars", failing)
    await scene.collect()
    assert 30 + 3 < len(await scene.stored()) < len(truth)
    assert scene.owed()[0] > 0
    assert "fetched later" in scene.host.notices["owed"]
    monkeypatch.undo()
    scene.collector = DebtCollector(scene.context)
    await scene.collect()
    assert await scene.stored() == truth
    assert "owed" not in scene.host.notices


async def test_larger_bars_from_before_the_first_minute_are_fetched(scene: Scene) -> None:
    truth = scene.truth(10 * 60, period=Period.M5)
    await scene.store.add_confirmed([*truth[:20], *truth[30:]])
    await scene.store.add_confirmed(scene.truth(3, scene.to_ms + 3 * MINUTE))
    await scene.collect()
    stored = await listed(scene.store, Period.M5)
    assert stored[: len(truth)] == truth


async def test_what_the_exchange_does_not_have_is_noted_once_the_bars_beside_it_came(scene: Scene) -> None:
    """Before the listing of a symbol there is nothing, whatever an older contract of that name left here."""
    listed_ms = next(iter(scene.exchange.truth.bars(SYMBOL, Period.D1, 0, scene.to_ms))).open_ms
    old = [empty_bar(SYMBOL, Period.M1, listed_ms - 3 * HOUR + at * MINUTE, 7, State.CONFIRMED) for at in range(5)]
    await scene.store.add_confirmed(old)
    first = list(scene.exchange.truth.bars(SYMBOL, Period.M1, listed_ms, listed_ms + 9 * MINUTE))
    await scene.store.add_confirmed(first)
    # Without what lies between the first bars and now, which would be as many requests as there are days.
    await scene.store.put_symbols([StoredSymbol(SYMBOL, active=False, standing=Standing.GONE)])
    await scene.collect()
    (lacked,) = [found for found in await scene.store.unavailable() if found.period is Period.M1]
    assert (lacked.from_ms, lacked.to_ms) == (listed_ms - 3 * HOUR + 5 * MINUTE, listed_ms)
    assert scene.owed() == (0, 0)


async def test_an_answer_that_shows_nothing_is_no_proof_until_it_came_again_and_again(scene: Scene) -> None:
    await scene.store.put_symbols([StoredSymbol(GONE, active=False, standing=Standing.GONE)])
    made = [empty_bar(GONE, Period.M1, scene.to_ms - at * MINUTE, 7, State.CONFIRMED) for at in (9, 8, 3, 2)]
    await scene.store.add_confirmed(made)
    await scene.collect(3, pause_ms=MINUTE)
    assert scene.owed() == (4, 1)
    assert await scene.store.unavailable() == []
    await scene.collect(40, pause_ms=5 * MINUTE)
    assert scene.owed() == (0, 0)
    (lacked,) = await scene.store.unavailable()
    assert (lacked.from_ms, lacked.to_ms) == (scene.to_ms - 7 * MINUTE, scene.to_ms - 3 * MINUTE)


async def test_a_refusal_is_no_answer_however_often_it_comes(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a proxy or a mirror that is wrong for an hour: what was refused was noted as not to be had, for good."""
    truth = scene.truth(30)
    await scene.store.add_confirmed([*truth[:10], *truth[20:]])

    async def refuse(*_: object, **__: object) -> list[Bar]:
        raise Refused("The exchange refused: Internal error.", -1001)

    with monkeypatch.context() as patched:
        patched.setattr(scene.data, "bars", refuse)
        await scene.collect(40, pause_ms=5 * MINUTE)
        assert await scene.store.unavailable() == []
        assert scene.owed()[0] >= 10
    await scene.collect(8, pause_ms=5 * MINUTE)
    assert await scene.stored() == truth


async def test_a_symbol_that_left_is_owed_to_its_last_minute_and_only_then_gone(scene: Scene) -> None:
    """Whether klagg was told of it while it ran or only days later."""
    ended_ms = scene.to_ms - 30 * MINUTE
    scene.exchange.market.delist(SYMBOL, ended_ms // MINUTE)
    truth = scene.truth(60, ended_ms)
    await scene.store.add_confirmed(truth[:10])
    await scene.store.put_symbols([StoredSymbol(SYMBOL, active=False, standing=Standing.FOLLOWED)])
    scene.context.left_ms[SYMBOL] = scene.now_ms
    await scene.collect()
    # It could still bring its last minute, so it is not gone yet.
    assert [known.standing for known in await scene.store.symbols()] == [Standing.FOLLOWED]
    await scene.collect(3, pause_ms=5 * MINUTE)
    assert await scene.stored() == truth
    assert [known.standing for known in await scene.store.symbols()] == [Standing.GONE]
    assert scene.owed() == (0, 0)


async def test_the_end_of_a_symbol_is_shown_by_its_last_bar_also_where_the_exchange_lacks_what_follows_it(
    scene: Scene,
) -> None:
    """A minute that the clock had made behind it was taken back and noted as not to be had."""
    ended_ms = scene.to_ms - 30 * MINUTE
    scene.exchange.market.delist(SYMBOL, ended_ms // MINUTE)
    await scene.store.add_confirmed(scene.truth(10, ended_ms))
    await scene.store.settle(Answer(SYMBOL, Period.M1, [], [(ended_ms, ended_ms + MINUTE)], scene.now_ms))
    await scene.store.put_symbols([StoredSymbol(SYMBOL, active=False, standing=Standing.FOLLOWED)])
    scene.context.left_ms[SYMBOL] = scene.now_ms - HOUR
    await scene.collect()
    assert [known.standing for known in await scene.store.symbols()] == [Standing.GONE]
    assert scene.owed() == (0, 0)


async def test_where_more_was_left_than_one_answer_holds_the_last_bar_is_not_gone_back_to(scene: Scene) -> None:
    ended_ms = scene.now_ms // HOUR * HOUR - 48 * HOUR
    scene.exchange.market.delist(SYMBOL, ended_ms // MINUTE)
    await scene.store.add_confirmed(scene.truth(10, ended_ms))
    await scene.store.settle(Answer(SYMBOL, Period.M1, [], [(ended_ms, ended_ms + MINUTE)], scene.now_ms))
    await scene.store.put_symbols([StoredSymbol(SYMBOL, active=False, standing=Standing.FOLLOWED)])
    scene.context.left_ms[SYMBOL] = scene.now_ms - HOUR
    await scene.collect()
    assert [known.standing for known in await scene.store.symbols()] == [Standing.FOLLOWED]


async def test_larger_bars_over_minutes_that_the_exchange_lacks_are_looked_for_at_once(scene: Scene) -> None:
    truth = scene.truth(60)
    market, ended_ms = scene.exchange.market, truth[20].open_ms
    market.delist(SYMBOL, ended_ms // MINUTE)
    market.list_again(SYMBOL, truth[45].open_ms // MINUTE)
    await scene.store.add_confirmed(truth[:20])
    await scene.collect()  # also at all larger bars
    await scene.store.add_confirmed(scene.truth(15))
    await scene.collect()
    lacked = {found.period: (found.from_ms, found.to_ms) for found in await scene.store.unavailable()}
    assert lacked == dict.fromkeys((Period.M1, Period.M5), (ended_ms, truth[45].open_ms))
    assert scene.owed() == (0, 0)


async def test_where_nothing_is_owed_nothing_is_asked(scene: Scene) -> None:
    await scene.store.add_confirmed(scene.truth(60, scene.now_ms // MINUTE * MINUTE))
    before = scene.data.use().requests
    await scene.collect(5)
    assert scene.data.use().requests == before


async def test_trouble_at_the_exchange_leaves_everything_owed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = scene.truth(20)
    await scene.store.add_confirmed([truth[0], truth[-1]])

    async def failing(*_: object, **__: object) -> list[Bar]:
        raise ExchangeError("It is closed.")

    monkeypatch.setattr(scene.data, "bars", failing)
    await scene.collect()
    assert scene.owed()[0] >= 18
    monkeypatch.undo()
    await scene.collect()
    assert await scene.stored() == truth


async def test_a_large_debt_is_counted_down_and_lets_others_in_between(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debts, "PAGES_A_ROUND", 2)
    truth = scene.truth(3 * 24 * 60)
    await scene.store.add_confirmed([truth[0], *scene.truth(5, scene.now_ms // MINUTE * MINUTE)])
    owed: list[float] = []
    while await scene.collector.collect():
        owed.append(scene.owed()[0])
    assert len(owed) > 2
    assert owed == sorted(set(owed), reverse=True)
    assert await scene.stored() == truth


async def test_a_hole_whose_answer_cannot_be_read_holds_up_no_other(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debts, "AT_ONCE", 1)
    truth = scene.truth(60)
    await scene.store.add_confirmed([*truth[:5], *truth[7:20], *truth[50:]])
    bars = scene.data.bars

    async def failing(symbol: str, period: Period, start_ms: int, *args: object, **names: object) -> list[Bar]:
        if start_ms == truth[4].open_ms:
            raise Unreachable("The answer cannot be read.")
        return await bars(symbol, period, start_ms, *args, **names)  # type: ignore[arg-type]

    monkeypatch.setattr(scene.data, "bars", failing)
    await scene.collect(2)
    assert await scene.stored() == [*truth[:5], *truth[7:]]
    assert scene.owed()[0] >= 2


async def test_a_hole_before_a_symbol_that_began_at_once_is_left_to_what_makes_its_larger_bars_whole(
    scene: Scene,
) -> None:
    truth = scene.truth(20)
    await scene.store.add_confirmed([*truth[:5], *truth[9:]])
    scene.context.completing.add(SYMBOL)
    await scene.collect()
    assert await scene.stored() == [*truth[:5], *truth[9:]]
    assert scene.host.metrics[Metric.HOLES] == 0
    assert scene.owed()[1] == 1
    scene.context.completing.clear()
    await scene.collect()
    assert await scene.stored() == truth
