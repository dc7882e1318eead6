"""Ended bars against the exchange's own: its answers are the simulated one's, the time between two looks is moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol
from klagg_tui.engine.period import Period
from klagg_tui.errors import Refused
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import MarketData
from klagg_tui.metrics import Metric
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live import reconciler
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.live.reconciler import Reconciler, in_turn
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from klagg_tui.storage.unconfirmed import Unconfirmed
from tests.filed import listed
from tests.makers import MINUTE, SYMBOL
from tests.market_run import settled_now

PERIODS = (Period.M1, Period.M5)
GONE = "GONEUSDT"
MINUTES = 20


class Scene:
    """A store, an engine that follows one symbol, and the exchange."""

    def __init__(self, exchange: SimulatedExchange, store: Store, data: MarketData) -> None:
        self.exchange = exchange
        self.store = store
        self.data = data
        self.now_ms = exchange.now_ms()
        self.to_ms = self.now_ms // (5 * MINUTE) * 5 * MINUTE - 5 * MINUTE
        self.truth = exchange.truth.bars(SYMBOL, Period.M1, self.to_ms - MINUTES * MINUTE, self.to_ms)
        self.host = EngineHost(KlineEngine(PERIODS, holds_gaps=True), PERIODS, store, lambda: self.now_ms)
        self.host.handle([AddSymbol(SYMBOL, 0)])
        self.context = LiveContext(self.host, store, venue(), data)
        self._confirmation = Reconciler(self.context)

    async def look(self, times: int = 1, pause_ms: int = 15 * MINUTE) -> None:
        """Look so often; a quarter of an hour is longer than a fruitless question rests."""
        for _ in range(times):
            self.now_ms += pause_ms
            await self._confirmation.look()

    async def look_again(self, times: int = 1) -> None:
        for _ in range(times):
            await self._confirmation.look_again()

    async def minutes(self, symbol: str = SYMBOL) -> list[Bar]:
        return await listed(self.store, symbol=symbol)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    spec = MarketSpec(symbols=3, seed=3, activity=2.0)
    async with (
        SimulatedExchange(spec, speed=1) as exchange,
        await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store,
        venue().market_data(exchange.rest_url, settled_now(exchange)) as data,
    ):
        await data.sync()
        yield Scene(exchange, store, data)


async def test_bars_become_the_exchanges_whether_they_were_equal_or_not(scene: Scene) -> None:
    ours = [bar._replace(state=State.CLOSED) for bar in scene.truth]
    ours[3] = ours[3]._replace(close=1, low=1)
    ours[5] = ours[5]._replace(state=State.PARTIAL, trade_count=0)
    await scene.store.add(ours, [])
    await scene.look()
    assert await scene.minutes() == list(scene.truth)
    assert scene.host.metrics[Metric.BARS_EQUAL] == MINUTES - 2
    assert scene.host.metrics[Metric.BARS_AMENDED] == 1
    assert scene.host.metrics[Metric.BARS_COMPLETED] == 1


async def test_a_minute_that_nobody_may_have_traded_in_waits_for_others_and_one_that_lacks_trades_does_not(
    scene: Scene,
) -> None:
    """Also the larger bars over it: a request for every quiet minute of every thin symbol would be too many."""
    before = scene.data.use().requests
    quiet = scene.truth[-1]
    doubted = [empty_bar(SYMBOL, Period.M1, quiet.open_ms, quiet.open, State.PARTIAL)]
    await scene.store.add([*(bar._replace(state=State.CLOSED) for bar in scene.truth[-3:-1]), *doubted], [])
    scene.now_ms = scene.to_ms
    await scene.look(pause_ms=MINUTE)
    assert scene.data.use().requests == before
    await scene.store.add([doubted[0]._replace(volume=1, trade_count=1)], [])
    await scene.look(pause_ms=15_000)
    assert scene.data.use().requests == before + 1
    assert (await scene.minutes())[-1] == quiet


async def test_flat_bars_of_a_symbol_that_is_not_traded_any_more_are_taken_back_once_it_is_sure(scene: Scene) -> None:
    made = [empty_bar(GONE, Period.M1, scene.to_ms + number * MINUTE, 7, State.CLOSED) for number in range(3)]
    await scene.store.add(made, [])
    await scene.look(6)
    assert len(await scene.minutes(GONE)) == 3
    await scene.look(3)
    assert await scene.minutes(GONE) == []


async def test_flat_bars_that_nothing_proves_are_taken_back_also_of_a_symbol_that_is_followed(scene: Scene) -> None:
    """Its name had another contract before, and between the two the clock made bars."""
    before_ms = scene.exchange.market.lives[SYMBOL].at(0).listing.listed_minute * MINUTE - 3 * MINUTE
    made = [empty_bar(SYMBOL, Period.M1, before_ms + number * MINUTE, 7, State.PARTIAL) for number in range(2)]
    await scene.store.add(made, [])
    await scene.look(9)
    assert not [bar for bar in await scene.minutes() if bar.open_ms < before_ms + 3 * MINUTE]


@pytest.mark.parametrize("state", [State.PARTIAL, State.CLOSED])
async def test_flat_bars_that_the_exchange_passes_over_are_taken_back_though_ids_prove_them(
    scene: Scene, state: State
) -> None:
    """A symbol was not listed for some minutes, and its trades' ids went on where they had stopped."""
    listed_ms = scene.exchange.market.lives[SYMBOL].at(0).listing.listed_minute * MINUTE
    made = [empty_bar(SYMBOL, Period.M1, listed_ms + number * MINUTE, 7, state) for number in (-3, -2, -1)]
    await scene.store.add(made, [])
    await scene.look(6)
    assert (await scene.minutes())[:3] == made
    await scene.look(3)
    assert not [bar for bar in await scene.minutes() if bar.open_ms < listed_ms]


async def test_proved_flat_bars_of_a_symbol_that_is_followed_stay_where_the_exchange_shows_none(scene: Scene) -> None:
    scene.host.handle([AddSymbol(GONE, 0)])
    made = [empty_bar(GONE, Period.M1, scene.to_ms, 7, State.CLOSED)]
    await scene.store.add(made, [])
    await scene.look(9)
    assert await scene.minutes(GONE) == made


async def test_what_the_exchange_does_not_know_is_asked_for_less_and_less_and_then_no_more(scene: Scene) -> None:
    await scene.store.add([empty_bar(GONE, Period.M1, scene.to_ms - 30 * MINUTE, 7, State.PARTIAL)], [])
    before = scene.data.use().requests
    asked = []
    for _ in range(100):
        await scene.look(pause_ms=15_000)
        asked.append(scene.data.use().requests - before)
    assert asked[2] <= 4  # of a minute and of five minutes
    assert asked[-1] == asked[-20] <= 14


def wrong(bars: list[Bar]) -> list[Bar]:
    """Confirmed as an error of a clock would: while they were under way."""
    return [bar._replace(trade_count=1, close=bar.open, volume=bar.volume // 2) for bar in bars]


async def test_a_confirmed_bar_that_is_not_the_exchanges_is_found_by_a_second_look(scene: Scene) -> None:
    truth = list(scene.truth)
    await scene.store.add_confirmed([*truth[:7], *wrong(truth[7:9]), *truth[9:]])
    await scene.look_again()
    assert await scene.minutes() == truth
    assert scene.host.metrics[Metric.BARS_CORRECTED] == 3  # the larger one over them too


async def test_the_first_second_look_is_at_what_an_earlier_run_left_however_long_ago_it_ended(scene: Scene) -> None:
    truth = list(scene.truth)
    await scene.store.add_confirmed([*truth[:-1], *wrong(truth[-1:])])
    scene.now_ms += 3 * 1440 * MINUTE
    await scene.look_again()
    assert await scene.minutes() == truth


async def test_after_trouble_with_the_clock_all_bars_of_that_stretch_are_looked_at_again_at_once(scene: Scene) -> None:
    symbols = (SYMBOL, "ETHUSDT", "SOLUSDT")
    scene.host.handle([AddSymbol(symbol, 0) for symbol in symbols])
    now_ms, scene.now_ms = scene.now_ms, scene.to_ms - 3 * MINUTE
    await scene.look_again(4)
    scene.now_ms = now_ms + 1440 * MINUTE  # it leaps ahead, is believed, and is set back later
    scene.data.clock.jumps += 1  # type: ignore[misc]
    await scene.look_again(4)
    stretch = scene.to_ms - 2 * MINUTE, scene.to_ms
    truth = {symbol: list(scene.exchange.truth.bars(symbol, Period.M1, *stretch)) for symbol in symbols}
    for bars in truth.values():
        await scene.store.add_confirmed(wrong(bars))
    scene.now_ms = now_ms
    scene.data.clock.jumps += 1  # type: ignore[misc]
    await scene.look_again()
    assert {symbol: await scene.minutes(symbol) for symbol in symbols} == truth
    assert scene.host.metrics[Metric.BARS_CORRECTED] >= 6


async def test_a_larger_bar_that_was_confirmed_while_it_was_under_way_is_found_too(scene: Scene) -> None:
    (truth,) = scene.exchange.truth.bars(SYMBOL, Period.M5, scene.to_ms - 5 * MINUTE, scene.to_ms)
    await scene.store.add_confirmed(scene.truth)
    await scene.store.add_confirmed(wrong([truth]))
    await scene.look_again()
    assert (await listed(scene.store, Period.M5))[-1] == truth


async def test_a_look_asks_no_more_than_its_share_and_first_for_what_waits_longest(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciler, "SHARE", 0.001)
    other = scene.exchange.truth.bars("ETHUSDT", Period.M1, scene.to_ms - 3 * MINUTE, scene.to_ms)
    ours = [bar._replace(state=State.CLOSED) for bar in (*scene.truth[-2:], *other)]
    await scene.store.add(ours, [])
    before = scene.data.use().requests
    await scene.look()
    assert scene.data.use().requests == before + 1
    assert {bar.state for bar in await scene.minutes("ETHUSDT")} == {State.CONFIRMED}
    assert {bar.state for bar in await scene.minutes()} == {State.CLOSED}
    await scene.look()
    assert {bar.state for bar in await scene.minutes()} == {State.CONFIRMED}


async def test_larger_bars_have_their_turn_where_no_look_has_done_with_the_minutes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciler, "SHARE", 0.001)
    old = scene.exchange.truth.bars(SYMBOL, Period.M5, scene.to_ms - 60 * MINUTE, scene.to_ms - 55 * MINUTE)
    other = scene.exchange.truth.bars("ETHUSDT", Period.M1, scene.to_ms - 3 * MINUTE, scene.to_ms)
    ours = [bar._replace(state=State.CLOSED) for bar in (*old, *scene.truth[-2:], *other)]
    await scene.store.add(ours, [])
    await scene.look(pause_ms=0)
    assert (await listed(scene.store, period=Period.M5))[0] == old[0]._replace(state=State.CONFIRMED)
    assert {bar.state for bar in await scene.minutes()} == {State.CLOSED}


def run_of(symbol: str, period: Period, open_ms: int) -> Unconfirmed:
    return Unconfirmed(symbol, period, open_ms, open_ms, has_partial=False)


@pytest.mark.parametrize("most", [1, 2, 4, 300])
@pytest.mark.parametrize("minutes", [1, 2, 6, 400])
def test_neither_larger_bars_nor_minutes_wait_for_ever_however_many_minutes_each_look_brings(
    most: int, minutes: int
) -> None:
    """A look that had done with its minutes left larger bars to the next one, which always had minutes of its own."""
    waiting = [run_of(f"OLD{number}", Period.H1, 0) for number in range(5)]
    waiting += [run_of("STUCK", Period.M1, 59 * MINUTE)]
    wanted = set(waiting)
    for number in range(400):
        now_ms = (120 + number) * MINUTE
        waiting += [run_of(f"S{number}-{place}", Period.M1, now_ms - 6 * MINUTE) for place in range(minutes)]
        asked = in_turn(waiting, most)
        assert len(asked) <= most
        waiting = [run for run in waiting if run not in asked]
        if not wanted & set(waiting):
            return
    raise AssertionError(f"still waiting: {wanted & set(waiting)}")


def test_larger_bars_leave_half_of_a_look_to_minutes_and_wait_for_their_own() -> None:
    minutes = [run_of(f"S{number}", Period.M1, 100 * MINUTE) for number in range(10)]
    larger = [run_of(f"S{number}", Period.H1, 0) for number in range(10)]
    asked = in_turn([*larger, *minutes], 8)
    assert [run.period for run in asked] == [Period.H1] * 4 + [Period.M1] * 4
    over = [run_of(f"S{number}", Period.H1, 60 * MINUTE) for number in range(10)]
    assert in_turn([*over, *minutes], 100) == minutes
    assert in_turn([*over, *minutes[:9]], 100) == [*minutes[:9], over[9]]
    assert in_turn(over, 100) == over


async def test_larger_bars_whose_history_is_still_to_come_are_not_asked_for_besides(scene: Scene) -> None:
    """Of hundreds of symbols at a first start that was a fifth of all that may be asked for."""
    old = scene.exchange.truth.bars(SYMBOL, Period.M5, scene.to_ms - 60 * MINUTE, scene.to_ms - 55 * MINUTE)
    ours = [bar._replace(state=State.PARTIAL) for bar in old]
    await scene.store.add(ours, [])
    scene.context.filling.add((SYMBOL, Period.M5))
    before = scene.data.use().requests
    await scene.look(3)
    assert scene.data.use().requests == before
    scene.context.filling.clear()
    await scene.look()
    assert (await listed(scene.store, Period.M5)) == [bar._replace(state=State.CONFIRMED) for bar in old]


async def test_a_refusal_is_no_answer_by_which_bars_would_be_taken_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> list[Bar]:
        raise Refused("The exchange refused: Internal error.", -1001)

    made = [empty_bar(GONE, Period.M1, scene.to_ms + number * MINUTE, 7, State.CLOSED) for number in range(3)]
    await scene.store.add(made, [])
    monkeypatch.setattr(scene.data, "bars", refuse)
    await scene.look(12)
    assert len(await scene.minutes(GONE)) == 3


async def test_what_the_exchange_did_not_have_for_long_is_asked_for_still(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been wrong for a while, as exchanges are that lack bars of minutes in which something was traded."""
    bars = scene.data.bars

    async def lacking(*args: object, **names: object) -> list[Bar]:
        found = await bars(*args, **names)  # type: ignore[arg-type]
        return [bar for bar in found if bar.open_ms != scene.truth[4].open_ms]

    monkeypatch.setattr(scene.data, "bars", lacking)
    await scene.store.add([bar._replace(state=State.CLOSED) for bar in scene.truth], [])
    await scene.look(12)
    assert [bar for bar in await scene.minutes() if bar.state is not State.CONFIRMED] == [
        scene.truth[4]._replace(state=State.CLOSED)
    ]
    monkeypatch.undo()
    await scene.look(10)
    assert await scene.minutes() == list(scene.truth)


async def test_what_the_clock_made_again_where_it_was_taken_away_is_taken_away_again(scene: Scene) -> None:
    """A symbol left in a minute under way and came back as another contract: that minute was kept and is written once more."""
    before_ms = scene.exchange.market.lives[SYMBOL].at(0).listing.listed_minute * MINUTE - 3 * MINUTE
    made = [empty_bar(SYMBOL, Period.M1, before_ms, 7, State.PARTIAL)]
    for _ in range(2):
        await scene.store.add(made, [])
        await scene.look(20)
        assert not [bar for bar in await scene.minutes() if bar.open_ms == before_ms]
