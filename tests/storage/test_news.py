"""What is told of history that is written or taken back beside the live engine: every door of the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.period import Period
from klagg_tui.engine.spans import Span
from klagg_tui.errors import StorageError
from klagg_tui.storage.debts import Answer
from klagg_tui.storage.news import MOST_PARTS, HistoryNews, stretches_of
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from klagg_tui.storage.unconfirmed import Unconfirmed
from tests.makers import DAY, MINUTE, START, SYMBOL, bar, bars


@pytest.fixture(autouse=True)
def _collecting(store: Store) -> None:
    store.collect_news()


def _minutes(news: Iterable[StoredStretch], period: Period = Period.M1) -> list[tuple[int, int]]:
    """From and to, in minutes since the start."""
    of = [stretch for stretch in news if stretch.period is period]
    return [((stretch.from_ms - START) // MINUTE, (stretch.to_ms - START) // MINUTE) for stretch in of]


def _flat(number: int, state: State) -> Bar:
    return empty_bar(SYMBOL, Period.M1, START + number * MINUTE, 7, state)


def _run(first: int, last: int) -> Unconfirmed:
    return Unconfirmed(SYMBOL, Period.M1, START + first * MINUTE, START + last * MINUTE, has_partial=False)


async def test_the_exchanges_own_bars_are_told_with_the_larger_ones_over_them_and_once(store: Store) -> None:
    await store.add_confirmed(bars(7))
    news = store.take_news()
    assert _minutes(news) == [(0, 7)]
    assert _minutes(news, Period.M5) == [(0, 10)]
    assert {stretch.symbol for stretch in news} == {SYMBOL}
    assert {stretch.period for stretch in news} == set(store._require_writer().periods)
    assert store.take_news() == ()
    await store.add_confirmed(bars(7))
    assert store.take_news() == ()  # nothing is other than it was


async def test_an_amended_bar_is_told_alone(store: Store) -> None:
    await store.add_confirmed(bars(7))
    store.take_news()
    await store.add_confirmed([bars(7)[3]._replace(trade_count=999)])
    assert _minutes(store.take_news()) == [(3, 4)]


async def test_what_was_owed_is_told(store: Store) -> None:
    await store.settle(Answer(SYMBOL, Period.M1, bars(2), [(START + 5 * MINUTE, START + 9 * MINUTE)], START + DAY))
    assert _minutes(store.take_news()) == [(0, 2)]


async def test_imported_bars_are_told(store: Store) -> None:
    importing = store.importing()
    await importing.add(bars(3), [])
    assert _minutes(store.take_news()) == [(0, 3)]
    await importing.add(bars(5), [])
    assert _minutes(store.take_news()) == [(3, 5)]


async def test_what_the_live_engine_told_as_it_is_written_is_no_news(store: Store) -> None:
    hour = bar(START - 60 * MINUTE, period=Period.H1)
    await store.write(Changes((bar(START + 3 * MINUTE, state=State.FORMING),), (*bars(3), hour)))
    assert store.take_news() == ()


async def test_what_the_live_engine_tells_worse_than_it_is_stored_is_told_as_it_is(store: Store) -> None:
    await store.add_confirmed([*bars(2), bar(period=Period.H1)])
    store.take_news()
    lacking = bars(2)[1]._replace(state=State.PARTIAL, trade_count=1)
    await store.write(Changes(ended=(lacking, bar(period=Period.H1, state=State.PARTIAL))))
    news = store.take_news()
    assert _minutes(news) == [(1, 2)]
    assert _minutes(news, Period.H1) == [(0, 60)]


async def test_minutes_that_a_joint_of_two_runs_shows_to_be_quiet_are_told(store: Store) -> None:
    await store.add([bar(START)], [Span(SYMBOL, 1, 5, START - MINUTE, START + MINUTE)])
    store.take_news()
    later = Span(SYMBOL, 6, 9, START + 3 * MINUTE, START + 4 * MINUTE)
    await store.write(Changes(ended=(bar(START + 3 * MINUTE),), spans=(later,)))
    assert _minutes(store.take_news()) == [(1, 3)]
    assert [each.open_ms async for each in store.bars(SYMBOL, Period.M1)] == [START + n * MINUTE for n in range(4)]


async def test_bars_that_are_taken_back_are_told(store: Store) -> None:
    flat = [_flat(number, State.PARTIAL) for number in range(1, 9)]
    await store.add([bar(START), *flat, bar(START + 9 * MINUTE)], [])
    store.take_news()
    assert await store.discard_unshown(_run(1, 3)) == 3
    assert _minutes(store.take_news()) == [(1, 4)]
    assert await store.discard_between(SYMBOL, START + 4 * MINUTE, START + 6 * MINUTE) == 2
    assert _minutes(store.take_news()) == [(4, 6)]
    assert await store.discard_unshown(_run(1, 3)) == 0
    assert store.take_news() == ()
    await store.add([_flat(number, State.CLOSED) for number in range(10, 12)], [])
    store.take_news()
    assert await store.discard_flat(_run(10, 11)) == 2
    assert _minutes(store.take_news()) == [(10, 12)]


async def test_bars_of_the_future_that_are_taken_back_or_doubted_are_told(store: Store) -> None:
    await store.add_confirmed(bars(10))
    store.take_news()
    await store.remove_future(START + 5 * MINUTE + 1)
    news = store.take_news()
    assert _minutes(news) == [(5, 10)]
    assert _minutes(news, Period.M5) == [(5, 10)]


async def test_three_day_bars_on_other_days_are_told(store: Store) -> None:
    periods = (Period.M1, Period.D1, Period.D3)
    async with await Store.open(store.path.with_name("days.db"), periods=periods) as days:
        days.collect_news()
        await days.add_confirmed(bars(6, period=Period.D1))
        days.take_news()
        before = {each.open_ms async for each in days.bars(SYMBOL, Period.D3)}
        await days.put_symbols([StoredSymbol(SYMBOL, anchor=2)])
        told = [stretch for stretch in days.take_news() if stretch.period is Period.D3]
        after = {each.open_ms async for each in days.bars(SYMBOL, Period.D3)}
        assert before.isdisjoint(after)
        assert all(any(one.from_ms <= at < one.to_ms for one in told) for at in before | after)


async def test_bars_deleted_for_their_age_are_no_news(store: Store) -> None:
    await store.add_confirmed(bars(90))
    store.take_news()
    assert await store.delete_before(Period.M1, START + 60 * MINUTE) > 0
    assert store.take_news() == ()


async def test_what_a_failed_write_would_have_changed_is_not_told(store: Store) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as database:
        database.execute("CREATE TRIGGER ill BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'ill'); END")
    with pytest.raises(StorageError):
        await store.add_confirmed(bars(3))
    assert store.take_news() == ()
    with closing(sqlite3.connect(store.path, isolation_level=None)) as database:
        database.execute("DROP TRIGGER ill")
    await store.add_confirmed(bars(2))
    assert _minutes(store.take_news()) == [(0, 2)]


async def test_what_an_earlier_run_left_as_current_is_told_when_it_becomes_history(store: Store) -> None:
    await store.write(Changes((bar(START),)))
    await store.close()
    async with await Store.open(store.path) as again:
        again.collect_news()
        await again.write(Changes((bar(START + MINUTE, state=State.FORMING),)))
        assert _minutes(again.take_news()) == [(0, 1)]


async def test_nothing_is_collected_where_nobody_asks(store: Store) -> None:
    async with await Store.open(store.path.with_name("other.db")) as other:
        await other.add_confirmed(bars(3))
        assert other.take_news() == ()


def test_bars_that_follow_each_other_are_one_stretch() -> None:
    told = [bar(START + n * MINUTE) for n in (0, 1, 2, 5)] + [bar(START, symbol="ETHUSDT"), bar(period=Period.M5)]
    assert stretches_of(one.key for one in reversed(told)) == [
        StoredStretch(SYMBOL, Period.M1, START, START + 3 * MINUTE),
        StoredStretch(SYMBOL, Period.M1, START + 5 * MINUTE, START + 6 * MINUTE),
        StoredStretch(SYMBOL, Period.M5, START, START + 5 * MINUTE),
        StoredStretch("ETHUSDT", Period.M1, START, START + MINUTE),
    ]
    assert stretches_of([]) == []


def test_stretches_beyond_number_are_told_as_one() -> None:
    news = HistoryNews()
    news.add(StoredStretch(SYMBOL, Period.M1, at, at + 1) for at in range(0, 2 * MOST_PARTS + 2, 2))
    assert news.take() == (StoredStretch(SYMBOL, Period.M1, 0, 2 * MOST_PARTS + 1),)
    news.add(StoredStretch(SYMBOL, Period.M1, at, at + 1) for at in range(2 * MOST_PARTS))
    assert news.take() == (StoredStretch(SYMBOL, Period.M1, 0, 2 * MOST_PARTS),)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 5)), max_size=120))
def test_every_stretch_is_told_and_memory_stays_small(parts: list[tuple[int, int]]) -> None:
    news = HistoryNews()
    wanted: set[int] = set()
    for first, length in parts:
        news.add([StoredStretch(SYMBOL, Period.M1, first, first + length)])
        wanted.update(range(first, first + length))
        assert all(len(kept) <= MOST_PARTS for kept in news._parts.values())
    assert bool(news) is bool(parts)
    told = news.take()
    covered = [at for one in told for at in range(one.from_ms, one.to_ms)]
    assert len(covered) == len(set(covered))
    assert wanted <= set(covered)
    assert news.take() == ()
