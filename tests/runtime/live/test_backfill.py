"""History: how far back it goes, where it stops, and what comes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, RemoveSymbol
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.errors import Refused, StorageError, Unreachable
from klagg_tui.exchange.binance import VENUE
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.requests import BarsWanted
from klagg_tui.exchange.venue import Priority
from klagg_tui.feed import Progress
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.live import backfill as backfill_module
from klagg_tui.runtime.live.backfill import AT_ONCE, LATER_AT_ONCE, Backfill
from klagg_tui.runtime.live.context import Contract, LiveContext
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Standing, StoredSymbol
from tests.feeds import until
from tests.makers import DAY, HOUR, MINUTE, START, bars

M1, M5, H1 = Period.M1, Period.M5, Period.H1


async def stored(store: Store, period: Period, symbol: str) -> list[Bar]:
    return [bar async for bar in store.bars(symbol, period)]


async def test_history_goes_no_further_back_than_bars_are_kept(tmp_path: Path) -> None:
    async with SimulatedExchange(MarketSpec(symbols=3, seed=11), speed=1) as exchange:
        where = MarketEndpoint(
            venue(), exchange.rest_url, exchange.ws_url, history=60, keep={Period.M5: 30 * MINUTE, Period.D1: 3 * DAY}
        )
        now_ms = exchange.now_ms()
        runtime = Runtime(Plan(lambda: LiveFeed(where), DEFAULT_PERIODS, tmp_path / "run.db", "simulated"))
        runtime.start()
        while runtime.status().connection != "connected" or runtime.status().progress:
            runtime.take_changes()
            await asyncio.sleep(0.05)
        await runtime.stop()
    async with await Store.open(tmp_path / "run.db", read_only=True) as store:
        # What longer bars are made of is there, and shorter ones are rolled up: without the limits it were 5 h and 60 days.
        assert (await stored(store, Period.M5, "BTCUSDT"))[0].open_ms >= now_ms - 3 * HOUR
        assert (await stored(store, Period.D1, "BTCUSDT"))[0].open_ms >= now_ms - 12 * DAY
        assert len(await stored(store, Period.M30, "BTCUSDT")) > 60


class Asked:
    """The part of `MarketData` that is asked: answers wait until they are let go."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, Period]] = []
        self.priorities: list[Priority] = []
        self.starts: list[int] = []
        self.error: Exception | None = None
        self.may_answer = asyncio.Event()
        self.under_way = self.most = 0

    def error_ms(self) -> float:
        return 0.0

    async def bars(
        self, symbol: str, period: Period, start_ms: int, end_ms: int, *, limit: int, priority: Priority
    ) -> list[Bar]:
        self.questions.append((symbol, period))
        self.priorities.append(priority)
        self.starts.append(start_ms)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.may_answer.wait()
        finally:
            self.under_way -= 1
        if self.error:
            raise self.error
        return bars(min(limit, (end_ms + 1 - start_ms) // period.nominal_ms), start_ms, symbol=symbol, period=period)


class Scene:
    """A back-fill of the last `depth` bars of minutes, fives and hours."""

    def __init__(self, store: Store, depth: int = 2, periods: tuple[Period, ...] = (M1, M5, H1)) -> None:
        self.now_ms = START
        self.host = EngineHost(KlineEngine(periods, holds_gaps=True), periods, store, lambda: self.now_ms)
        self.asked = Asked()
        self.context = LiveContext(self.host, store, VENUE, self.asked)  # type: ignore[arg-type]
        self.backfill = Backfill(self.context, depth)

    async def run(self, *, gate: bool = True) -> list[tuple[str, Period]]:
        """Until all is there, answers coming at once."""
        if gate:
            self.asked.may_answer.set()
        working = asyncio.ensure_future(self.backfill.work_forever())
        await until(lambda: self.backfill.progress is None)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return self.asked.questions


@pytest.fixture
async def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(backfill_module, "LOOK_S", 0.001)
    monkeypatch.setattr(backfill_module, "RETRY_S", 0.001)
    async with await Store.open(tmp_path / "run.db", periods=(M1, M5, H1)) as store:
        yield Scene(store)


async def test_short_periods_come_before_long_ones_and_what_came_first_before_what_came_later(scene: Scene) -> None:
    scene.backfill.want(["A", "B"])
    assert scene.backfill.progress == Progress("history", 0, 6)
    assert await scene.run() == [("A", M1), ("B", M1), ("A", M5), ("B", M5), ("A", H1), ("B", H1)]
    assert set(scene.asked.priorities) == {Priority.HISTORY}
    scene.backfill.want(["A"])
    await scene.run()
    assert len(scene.asked.questions) == 6  # all of it is there already


async def test_a_symbol_that_comes_later_waits_for_no_longer_bars_of_the_others(scene: Scene) -> None:
    names = [f"S{number}" for number in range(LATER_AT_ONCE)]
    scene.backfill.want(names)
    working = asyncio.ensure_future(scene.backfill.work_forever())
    await until(lambda: len(scene.asked.questions) == len(names))
    scene.backfill.want(["LATE", names[0]])
    scene.asked.may_answer.set()
    await until(lambda: scene.backfill.progress is None)
    working.cancel()
    assert scene.asked.questions[: len(names) + 1] == [*((name, M1) for name in names), ("LATE", M1)]
    assert len(set(scene.asked.questions)) == 3 * (len(names) + 1)


async def test_a_symbol_that_is_wanted_again_while_its_bars_are_refused_is_asked_for_again(scene: Scene) -> None:
    scene.backfill.want(["A"])
    scene.asked.error = Refused("There is no such symbol.", 0)
    working = asyncio.ensure_future(scene.backfill.work_forever())
    await until(lambda: scene.asked.under_way == 3)
    scene.backfill.want(["A"])
    scene.asked.may_answer.set()
    await until(lambda: scene.asked.under_way == 0)
    scene.asked.error = None
    await until(lambda: scene.backfill.progress is None)
    working.cancel()
    assert len(scene.asked.questions) >= 6


async def test_everything_has_its_newest_page_before_anything_has_an_older_one(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "deep.db", periods=(M1, M5)) as store:
        scene = Scene(store, depth=1_000, periods=(M1, M5))
        scene.backfill.want(["A"])
        assert await scene.run() == [("A", M1), ("A", M5)] * 2 + [("A", M1), ("A", M5)]
        minutes = [
            at for at, (_, period) in zip(scene.asked.starts, scene.asked.questions, strict=True) if period is M1
        ]
        assert minutes == sorted(minutes, reverse=True)
        assert await store.count("A", M1, START - 1_001 * MINUTE, START) == 1_000


async def test_a_page_that_does_not_come_is_passed_over_for_no_older_one_so_that_whoever_is_killed_left_no_hole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill_module, "RETRY_S", 0.001)
    async with await Store.open(tmp_path / "deep.db", periods=(M1,)) as store:
        scene = Scene(store, depth=1_500, periods=(M1,))
        scene.backfill.want(["A"])
        scene.host.look_at(Look(("A",), M1, "A"))
        scene.asked.error = Unreachable("It cannot be reached.")
        scene.asked.may_answer.set()
        working = asyncio.ensure_future(scene.backfill.work_forever())
        await until(lambda: len(scene.asked.starts) > 2)
        assert len(set(scene.asked.starts)) == 1
        scene.asked.error = None
        await until(lambda: len(set(scene.asked.starts)) == 2)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        there = [bar.open_ms for bar in await stored(store, M1, "A")]
        assert there == list(range(there[0], there[-1] + MINUTE, MINUTE))
        await store.put_symbols([StoredSymbol("A", 0, active=True, standing=Standing.FOLLOWED)])
        assert await store.find_owed(there[-1] + MINUTE, (M1,)) == []
        await scene.run()
        assert await store.count("A", M1, 0, START) == 1_500
        assert await store.find_owed(there[-1] + MINUTE, (M1,)) == []


async def test_what_is_still_to_come_is_told_until_its_newest_page_is_there_or_refused(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "deep.db", periods=(M1, M5)) as store:
        scene = Scene(store, depth=1_000, periods=(M1, M5))
        scene.host.handle([AddSymbol("A", 0)])
        scene.backfill.want(["A"])
        assert scene.context.filling == {("A", M1), ("A", M5)}
        working = asyncio.ensure_future(scene.backfill.work_forever())
        await until(lambda: scene.asked.under_way == 2)
        assert scene.context.filling == {("A", M1), ("A", M5)}
        scene.asked.may_answer.set()
        await until(lambda: not scene.context.filling)
        await until(lambda: scene.backfill.progress is None)
        scene.asked.error = Refused("Internal error.", -1001)
        scene.backfill.want(["B"])
        await until(lambda: scene.backfill.progress is None)
        assert scene.context.filling == set()
        working.cancel()


async def test_what_is_looked_at_comes_first(scene: Scene) -> None:
    names = [f"S{number}" for number in range(9)]
    scene.backfill.want(names)
    scene.host.look_at(Look(("S8", "S7"), M5, "S5"))
    asked = await scene.run()
    assert asked[:9] == [
        *(("S5", M5), ("S5", H1), ("S5", M1)),
        *(("S8", M5), ("S7", M5)),
        *(("S8", H1), ("S7", H1)),
        *(("S8", M1), ("S7", M1)),
    ]
    urgent = {
        series for series, priority in zip(asked, scene.asked.priorities, strict=True) if priority is Priority.SEED
    }
    assert urgent == {("S5", M5), ("S8", M5), ("S7", M5)}
    assert len(asked) == len(set(asked)) == 27


async def test_some_pages_are_asked_for_at_once_and_what_is_looked_at_always_finds_room(scene: Scene) -> None:
    names = [f"S{number}" for number in range(20)]
    scene.backfill.want(names)
    working = asyncio.ensure_future(scene.backfill.work_forever())
    await until(lambda: len(scene.asked.questions) == LATER_AT_ONCE)
    await asyncio.sleep(0.02)
    assert len(scene.asked.questions) == LATER_AT_ONCE
    scene.host.look_at(Look(tuple(names[10:]), M1))
    await until(lambda: len(scene.asked.questions) == AT_ONCE)
    assert scene.asked.questions[LATER_AT_ONCE:] == [(name, M1) for name in names[10 : 10 + AT_ONCE - LATER_AT_ONCE]]
    scene.asked.may_answer.set()
    await until(lambda: scene.backfill.progress is None)
    assert scene.asked.most == AT_ONCE
    working.cancel()


async def test_what_is_refused_is_given_up_and_what_fails_is_asked_for_again(scene: Scene) -> None:
    scene.backfill.want(["A"])
    scene.asked.error = Unreachable("It cannot be reached.")
    scene.asked.may_answer.set()
    working = asyncio.ensure_future(scene.backfill.work_forever())
    await until(lambda: len(scene.asked.questions) > 6)
    assert scene.host.notices["history"] == "It cannot be reached. History is fetched later."
    assert scene.backfill.progress == Progress("history", 0, 3)
    scene.asked.error = Refused("There is no such symbol.", 0)
    await until(lambda: scene.backfill.progress is None)
    await until(lambda: "history" not in scene.host.notices)
    scene.asked.error = None
    scene.backfill.want(["B"])
    await until(lambda: scene.backfill.progress is None)
    working.cancel()
    assert await scene.context.store.count("B", M1, START - HOUR, START) > 0


async def test_what_is_refused_is_asked_for_again_ever_later_as_long_as_its_symbol_is_followed(scene: Scene) -> None:
    """As by an exchange whose machines do not all know a new listing yet; before, that history was given up for the whole run."""
    scene.host.handle([AddSymbol("A", 0)])
    scene.backfill.want(["A"])
    scene.asked.error = Refused("Internal error.", -1001)
    scene.asked.may_answer.set()
    working = asyncio.ensure_future(scene.backfill.work_forever())
    await until(lambda: scene.backfill.progress is None)
    for rest in (1, 2, 4):
        scene.now_ms += rest * backfill_module.REST_MS - 1
        asked = len(scene.asked.questions)
        await asyncio.sleep(0.02)  # nothing can be seen to happen
        assert len(scene.asked.questions) == asked
        scene.now_ms += 1
        await until(lambda asked=asked: len(scene.asked.questions) == asked + 3)  # type: ignore[misc]
        await until(lambda: scene.backfill.progress is None)
    scene.asked.error = None
    scene.now_ms += 8 * backfill_module.REST_MS
    await until(lambda: len(scene.asked.questions) == 15 and scene.backfill.progress is None)
    working.cancel()
    for period in (M1, M5, H1):
        assert await scene.context.store.count("A", period, 0, START) >= 2


async def test_what_is_refused_of_a_symbol_that_left_is_asked_for_no_more(scene: Scene) -> None:
    scene.host.handle([AddSymbol("A", 0)])
    scene.backfill.want(["A"])
    scene.asked.error = Refused("There is no such symbol.", 0)
    working = asyncio.ensure_future(scene.backfill.work_forever())
    await until(lambda: scene.asked.under_way == 3)
    scene.host.handle([RemoveSymbol("A")])
    scene.asked.may_answer.set()
    await until(lambda: scene.backfill.progress is None)
    scene.backfill.want(["B"])
    scene.asked.error = None
    scene.now_ms += HOUR
    await until(lambda: scene.backfill.progress is None)
    working.cancel()
    assert [symbol for symbol, _ in scene.asked.questions] == ["A"] * 3 + ["B"] * 3


async def test_a_disk_in_trouble_ends_the_round_and_loses_nothing_of_what_is_wanted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any, **__: Any) -> int:
        raise StorageError("The disk is ill.")

    scene.backfill.want(["A", "B"])
    scene.asked.may_answer.set()
    with monkeypatch.context() as patched:
        patched.setattr(scene.context.store, "count", fail)
        with pytest.raises(StorageError):
            await scene.backfill.work_forever()
    assert scene.backfill.progress == Progress("history", 0, 6)
    assert len(set(await scene.run())) == 6


async def test_who_is_stopped_in_the_middle_goes_on_where_it_was(scene: Scene) -> None:
    scene.backfill.want(["A", "B"])
    working = asyncio.ensure_future(scene.backfill.work_forever())
    await until(lambda: len(scene.asked.questions) == LATER_AT_ONCE)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert scene.asked.under_way == 0
    assert len(set(await scene.run())) == 6


async def test_a_symbol_that_is_listed_this_moment_has_no_history(scene: Scene) -> None:
    scene.context.contracts["NEW"] = Contract(listed_ms=START)
    scene.backfill.want(["NEW"])
    assert await scene.run() == []


async def test_progress_counts_pages_and_never_goes_back_while_no_symbol_joins(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Progress | None] = []
    fill_page = Backfill._fill_page

    async def noted(self: Backfill, symbol: str, page: BarsWanted, priority: Priority) -> None:
        await fill_page(self, symbol, page, priority)
        told.append(self.progress)

    monkeypatch.setattr(Backfill, "_fill_page", noted)
    scene.backfill = Backfill(scene.context, 5_000)
    scene.backfill.want(["A"])
    await scene.run()
    done = [one.done for one in told if one is not None]
    assert done == sorted(done)
    assert len({one.total for one in told if one is not None}) == 1
    assert done[-1] > 6, "a series of many pages counts as many"
