"""A sink ends equal to the store, whatever changed in between and wherever it broke off."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.errors import SinkError
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.position import Position
from klagg_tui.storage import rows
from klagg_tui.storage.schema import COLUMNS
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Symbols
from klagg_tui.storage.unconfirmed import Unconfirmed
from klagg_tui.storage.venues import Naming
from tests.makers import MINUTE, START, SYMBOL, bar, bars
from tests.sinks.memory import Key, MemoryTarget, Shared
from tests.storage.test_series import series_of

OTHER = "ETHUSDT"
PERIODS = (Period.M1, Period.M5, Period.M15)


async def stored(store: Store, *, has_forming: bool = False) -> dict[Key, Bar]:
    """Every bar of the history, and those under way of which none is there."""
    names = (await Symbols.read(store._reader, Naming())).names
    found: dict[Key, Bar] = {}
    for table in ("forming", "history") if has_forming else ("history",):
        made = rows.bars(await store._reader.rows(f"SELECT {', '.join(COLUMNS)} FROM {table}"), names)
        found.update((("", one.symbol, one.period, one.open_ms), one) for one in made)
    return found


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[tuple[Store, SinkLog]]:
    async with await Store.open(path, periods=PERIODS) as store, await SinkLog.open(path) as log:
        yield store, log


async def deliver(delivery: Delivery, *, is_forming_due: bool = False) -> None:
    """All that waits."""
    await delivery.begin()
    while await delivery.step(is_forming_due=is_forming_due):
        pass


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[tuple[Store, SinkLog]]:
    async with opened(tmp_path / "klagg.db") as found:
        yield found


async def test_what_was_stored_before_and_what_came_since_is_there(both: tuple[Store, SinkLog]) -> None:
    store, log = both
    await store.add_confirmed(bars(50))
    shared = Shared()
    delivery = Delivery(log, MemoryTarget(shared), at_once=7)
    await deliver(delivery)
    assert shared.told() == await stored(store)
    assert delivery.is_complete
    await store.add_confirmed([bars(50)[3]._replace(trade_count=999), *bars(9, symbol=OTHER)])
    while await delivery.step():
        pass
    assert shared.told() == await stored(store)


async def test_nothing_is_logged_where_nobody_is_to_be_told(both: tuple[Store, SinkLog]) -> None:
    store, log = both
    await store.add_confirmed(bars(50))
    assert await log.last_number() == 0
    await deliver(Delivery(log, MemoryTarget(Shared())))
    await store.add_confirmed(bars(60))
    assert await log.last_number() > 0
    assert await log.forget("memory")
    assert await log._writer.value("SELECT count(*) FROM delivery_log") == 0
    number = await log.last_number()
    await store.add_confirmed(bars(70))
    assert await log.last_number() == number
    assert not await log.forget("memory")


async def test_each_change_is_logged_once_and_in_order(both: tuple[Store, SinkLog]) -> None:
    store, log = both
    await log.register("one", "a")
    await store.write(Changes(ended=(*bars(2), bar(period=Period.M5))))
    await store.add_confirmed(bars(3))
    entries = await log._writer.rows("SELECT * FROM delivery_log ORDER BY number")
    first = START // MINUTE
    assert [entry[2:5] for entry in entries] == [
        (0, first, first + 1),
        (0, first + 1, first + 2),
        (Period.M5.ordinal, first, first + 5),
        (0, first, first + 1),
        (0, first + 1, first + 2),
        (0, first + 2, first + 3),
        (Period.M5.ordinal, first, first + 5),
        (Period.M15.ordinal, first, first + 15),
    ]
    assert [entry[0] for entry in entries] == sorted({entry[0] for entry in entries})


async def test_what_fails_is_not_logged(both: tuple[Store, SinkLog]) -> None:
    store, log = both
    await log.register("one", "a")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as database:
        database.execute("CREATE TRIGGER ill BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'ill'); END")
    with pytest.raises(Exception, match="ill"):
        await store.add_confirmed(bars(3))
    assert await log.last_number() == 0


async def test_bars_under_way_are_there_when_asked_for_and_go_with_their_end(both: tuple[Store, SinkLog]) -> None:
    store, log = both
    shared = Shared()
    delivery = Delivery(log, MemoryTarget(shared), has_forming=True)
    await store.write(Changes((bar(state=State.FORMING), bar(symbol=OTHER, state=State.FORMING))))
    await deliver(delivery)
    assert shared.told() == {}
    await delivery.step(is_forming_due=True)
    assert len(shared.told()) == 2
    await store.write(Changes((bar(START + MINUTE, state=State.FORMING),), (bar(),)))
    await delivery.step(is_forming_due=True)
    assert shared.told() == await stored(store, has_forming=True)
    without = Delivery(log, MemoryTarget(shared))
    await deliver(without)
    assert shared.told() == await stored(store)


async def test_a_bar_under_way_that_lacks_trades_goes_with_the_others(both: tuple[Store, SinkLog]) -> None:
    store, log = both
    shared = Shared()
    delivery = Delivery(log, MemoryTarget(shared), has_forming=True)
    await store.write(Changes((bar(state=State.PARTIAL),)))
    await deliver(delivery)
    await delivery.step(is_forming_due=True)
    assert [one.state for one in shared.told().values()] == [State.FORMING]
    await deliver(Delivery(log, MemoryTarget(shared)))
    assert shared.told() == {}


async def test_bars_wait_for_slow_sinks_before_they_go_for_their_age(both: tuple[Store, SinkLog]) -> None:
    store, log = both
    shared = Shared()
    delivery = Delivery(log, MemoryTarget(shared))
    await deliver(delivery)
    await store.add_confirmed(bars(30))
    everything = await stored(store)
    assert await store.delete_before(Period.M1, START + 15 * MINUTE) == 0
    while await delivery.step():
        pass
    assert await store.delete_before(Period.M1, START + 15 * MINUTE) == 15
    while await delivery.step():
        pass
    assert shared.told() == everything  # and what is old enough stays there


async def test_a_sink_that_is_too_far_behind_is_dropped_and_given_everything_anew(
    both: tuple[Store, SinkLog], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, log = both
    shared = Shared()
    await deliver(Delivery(log, MemoryTarget(shared)))
    await log.register("quick", "a")
    monkeypatch.setattr("klagg_tui.storage.delivery_log.append.__defaults__", (600,))
    for number in range(40):
        await store.add_confirmed([bar(START + 2 * number * MINUTE)])
        await log.acknowledge("quick", await log.last_number(), "a")
    kept = await log.registration("memory")
    assert kept is not None
    assert kept.is_dropped
    quick = await log.registration("quick")
    assert quick is not None
    assert not quick.is_dropped
    assert await log._writer.value("SELECT count(*) FROM delivery_log") < 20
    again = Delivery(log, MemoryTarget(shared))
    await deliver(again)
    assert again.anew == "it was too far behind"
    assert shared.told() == await stored(store)


async def test_a_sink_that_lost_everything_is_given_everything_anew(both: tuple[Store, SinkLog]) -> None:
    store, log = both
    await deliver(Delivery(log, MemoryTarget(Shared())))
    await store.add_confirmed(bars(30))
    shared = Shared()
    again = Delivery(log, MemoryTarget(shared))
    await deliver(again)
    assert again.anew
    assert shared.told() == await stored(store)


async def test_a_target_that_went_back_in_time_is_given_everything_anew_by_the_same_recorder(
    both: tuple[Store, SinkLog],
) -> None:
    store, log = both
    shared = Shared()
    delivery = Delivery(log, MemoryTarget(shared))
    await store.add_confirmed(bars(5))
    await deliver(delivery)
    saved = dict(shared.bars), dict(shared.positions)
    for number in range(3):
        await store.add_confirmed(bars(5 * number + 7))
        await deliver(delivery)
    shared.bars, shared.positions = saved
    again = Delivery(log, MemoryTarget(shared))
    await deliver(again)
    assert again.anew
    assert len(shared.positions) == 1
    assert shared.told() == await stored(store)


async def test_a_copy_of_the_file_is_a_recorder_of_its_own(tmp_path: Path) -> None:
    shared, path, copy = Shared(), tmp_path / "klagg.db", tmp_path / "copy.db"
    async with opened(path) as (store, log):
        await store.add_confirmed(bars(10))
        await deliver(Delivery(log, MemoryTarget(shared)))
        await store.backup(copy)
        await store.add_confirmed(bars(20))
        await deliver(Delivery(log, MemoryTarget(shared)))
    async with opened(copy) as (store, log):
        await store.add_confirmed(bars(15))
        await deliver(Delivery(log, MemoryTarget(shared)))
    assert len(shared.positions) == 2
    async with opened(path) as (store, log):
        again = Delivery(log, MemoryTarget(shared))
        await deliver(again)
        assert not again.anew
        assert shared.told() == await stored(store)


async def test_two_deliveries_of_one_file_do_each_others_work(both: tuple[Store, SinkLog]) -> None:
    store, log = both
    shared = Shared()
    one, two = Delivery(log, MemoryTarget(shared)), Delivery(log, MemoryTarget(shared))
    await deliver(one)
    await deliver(two)
    await store.add_confirmed(bars(10))
    await two.step()
    with pytest.raises(SinkError):
        await one.step()
    await deliver(one)
    assert not one.anew
    assert len(shared.positions) == 1
    assert shared.told() == await stored(store)


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_in_any_order_of_changes_and_breaks_the_sink_ends_equal_to_the_store(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_walk(data, Path(folder) / "klagg.db"))


Change = Callable[[Store, int, int], Awaitable[object]]


def _run(first: int, last: int) -> Unconfirmed:
    return Unconfirmed(SYMBOL, Period.M1, START + first * MINUTE, START + last * MINUTE, has_partial=False)


async def _ended(store: Store, first: int, count: int) -> None:
    states = (State.PARTIAL, State.CLOSED)
    ended = [one._replace(state=states[place % 2]) for place, one in enumerate(bars(count, START + first * MINUTE))]
    forming = bar(START + (first + count) * MINUTE, state=State.FORMING)
    await store.write(Changes((forming,), tuple(ended)))


async def _flat(store: Store, first: int, count: int) -> None:
    made = [empty_bar(SYMBOL, Period.M1, START + n * MINUTE, 7, State.PARTIAL) for n in range(first, first + count)]
    await store.add(made, [])


CHANGES: dict[str, Change] = {
    "ended": _ended,
    "confirmed": lambda store, first, count: store.add_confirmed(bars(count, START + first * MINUTE)),
    "amended": lambda store, first, count: store.add_confirmed(
        [one._replace(trade_count=first + 1000) for one in bars(count, START + first * MINUTE)]
    ),
    "other": lambda store, first, count: store.add_confirmed(bars(count, START + first * MINUTE, symbol=OTHER)),
    "series": lambda store, first, count: store.add_series(series_of(bars(count, START + first * MINUTE))),
    "flat": _flat,
    "taken back": lambda store, first, count: store.discard_unshown(_run(first, first + count)),
    "flat taken back": lambda store, first, count: store.discard_flat(_run(first, first + count)),
    "future": lambda store, first, count: store.remove_future(START + (first + count) * MINUTE),
}


async def _walk(data: st.DataObject, path: Path) -> None:
    shared, steps = (
        Shared(),
        st.sampled_from(sorted([*CHANGES, "step", "step", "break", "restart", "wipe", "drop", "save", "back"])),
    )
    store = await Store.open(path, periods=PERIODS)
    log = await SinkLog.open(path)
    target = MemoryTarget(shared)
    delivery: Delivery | None = None
    saved: tuple[dict[Key, tuple[Bar, str]], dict[str, Position]] = {}, {}
    try:
        for _ in range(data.draw(st.integers(1, 14))):
            match data.draw(steps):
                case "step":
                    if delivery is None:
                        delivery = Delivery(log, target, at_once=data.draw(st.integers(1, 9)))
                        await delivery.begin()
                    await delivery.step()
                case "break" if delivery:
                    target.breaks = data.draw(st.sampled_from(("before", "after")))
                    try:
                        await delivery.step()
                    except SinkError:
                        delivery = None
                    target.breaks = ""
                case "restart":
                    delivery = None
                    await log.close()
                    await store.close()
                    store = await Store.open(path, periods=PERIODS)
                    log = await SinkLog.open(path)
                case "wipe":
                    shared.bars.clear()
                    shared.positions.clear()
                    delivery = None
                case "save":
                    saved = dict(shared.bars), dict(shared.positions)
                case "back":
                    shared.bars, shared.positions = dict(saved[0]), dict(saved[1])
                    delivery = None
                case "drop":
                    await log._writer.rows("UPDATE sinks SET is_dropped = 1")
                    await log._writer.rows("DELETE FROM delivery_log")
                    delivery = None
                case str(name):
                    if name == "break":
                        continue
                    await CHANGES[name](store, data.draw(st.integers(0, 30)), data.draw(st.integers(1, 12)))
        last = Delivery(log, target, has_forming=True, at_once=data.draw(st.integers(1, 50)))
        await deliver(last)
        while await last.step(is_forming_due=True):
            pass
        assert shared.told(has_forming=False) == await stored(store)
    finally:
        await log.close()
        await store.close()
