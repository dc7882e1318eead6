"""What is missing, known from the rows alone: whatever made the hole, and at the cost of its newest rows where there is none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.storage.debts import Answer, Debts, Hole
from klagg_tui.storage.opening import copy_of, open_writer
from klagg_tui.storage.schema import MIGRATIONS
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Standing, StoredSymbol
from klagg_tui.storage.unconfirmed import Unconfirmed
from tests.filed import in_new_store, listed
from tests.makers import DAY, HOUR, MINUTE, START, SYMBOL, bar, bars

M1 = (Period.M1,)
ETHER = "ETHUSDT"


async def followed(store: Store, *symbols: StoredSymbol) -> None:
    given = symbols or (StoredSymbol(SYMBOL), StoredSymbol(ETHER))
    await store.put_symbols(symbol._replace(standing=Standing.FOLLOWED) for symbol in given)


async def holes(store: Store, minutes: int, periods: tuple[Period, ...] = M1) -> list[tuple[int, int]]:
    """From which minute to before which bars are missing; both kinds of look say the same."""
    settled_ms = START + minutes * MINUTE
    read = [hole for hole in await store.owed(settled_ms) if hole.period in periods]
    found = await store.find_owed(settled_ms, periods)
    assert found == read
    return [((hole.from_ms - START) // MINUTE, (hole.to_ms - START) // MINUTE) for hole in found]


def frontier(store: Store) -> list[tuple[int, int]]:
    """From and up to which minute each series is known to be whole."""
    with sqlite3.connect(store.path) as connection:
        rows = connection.execute("SELECT first, until FROM frontier ORDER BY symbol, period").fetchall()
    return [(first - START // MINUTE, until - START // MINUTE) for first, until in rows]


async def test_what_is_whole_moves_the_frontier_to_its_end(store: Store) -> None:
    await followed(store)
    await store.add_confirmed(bars(10))
    assert await holes(store, 10) == []
    assert frontier(store) == [(0, 10)]


async def test_holes_are_told_and_the_frontier_stands_before_the_first(store: Store) -> None:
    await followed(store)
    whole = bars(10)
    await store.add_confirmed([*whole[:3], whole[5], *whole[8:]])
    assert await holes(store, 12) == [(3, 5), (6, 8), (10, 12)]
    assert frontier(store) == [(0, 3)]
    await store.add_confirmed(whole[3:5])
    assert await holes(store, 10) == [(6, 8)]
    await store.add_confirmed(whole[6:8])
    assert await holes(store, 10) == []
    assert frontier(store) == [(0, 10)]


async def test_a_pause_stays_owed_however_short_the_session_behind_it(store: Store) -> None:
    await followed(store)
    await store.add_confirmed(bars(5))
    await store.add_confirmed(bars(1, START + 4_000 * MINUTE))
    await store.add_confirmed(bars(9, START + 4_600 * MINUTE))
    assert await holes(store, 4_609) == [(5, 4_000), (4_001, 4_600)]
    assert Debts.of(await store.owed(START + 4_609 * MINUTE)) == Debts(4_594, 1)


async def test_older_bars_that_join_leave_no_hole_before_the_frontier(store: Store) -> None:
    await followed(store)
    whole = bars(20)
    await store.add_confirmed(whole[10:])
    assert await holes(store, 20) == []
    await store.add_confirmed(whole[7:10])
    assert await holes(store, 20) == []
    assert frontier(store) == [(7, 20)]
    await store.add_confirmed(whole[:5])
    assert await holes(store, 20) == [(5, 7)]
    await store.add_confirmed(whole[5:7])
    assert await holes(store, 20) == []


async def test_what_is_deleted_because_of_its_age_is_not_owed(store: Store) -> None:
    await followed(store)
    whole = bars(120)
    await store.add_confirmed(whole)
    assert await holes(store, 120) == []
    while await store.delete_before(Period.M1, START + HOUR, 7):
        pass
    assert (await listed(store))[0].open_ms == START + HOUR
    assert await holes(store, 120) == []
    # Nothing is believed of what was deleted when some of it comes back.
    await store.add_confirmed(whole[10:20])
    assert await holes(store, 120) == [(20, 60)]


async def test_nothing_is_believed_of_bars_that_were_all_deleted(store: Store) -> None:
    await followed(store)
    whole = bars(300)
    await store.add_confirmed(whole)
    assert await holes(store, 300) == []
    while await store.delete_before(Period.M1, START + DAY, 100):
        pass
    left = [(bar.open_ms - START) // MINUTE for bar in await listed(store)]
    await store.add_confirmed([*whole[:10], *whole[50:60]])
    gaps = await holes(store, 300)
    assert (10, 50) in gaps
    assert not left


async def test_flat_bars_that_are_taken_back_lower_the_frontier(store: Store) -> None:
    await followed(store, StoredSymbol(SYMBOL))
    whole = bars(5)
    await store.add([*whole, bar(START + 5 * MINUTE, volume="0", trade_count=0)], [])
    assert await holes(store, 6) == []
    run = Unconfirmed(SYMBOL, Period.M1, START + 5 * MINUTE, START + 5 * MINUTE, has_partial=False)
    assert await store.discard_flat(run) == 1
    assert frontier(store) == [(0, 5)]
    assert await holes(store, 7) == [(5, 7)]


async def test_a_new_symbol_is_wanted_from_its_listing_on_an_old_one_from_its_first_bar(store: Store) -> None:
    await followed(store, StoredSymbol(SYMBOL, START), StoredSymbol(ETHER, START - 400 * DAY))
    await store.add_confirmed([*bars(3, START + 2 * MINUTE), *bars(3, START + 2 * MINUTE, symbol=ETHER)])
    found = await store.find_owed(START + 5 * MINUTE, M1)
    assert found == [Hole(SYMBOL, Period.M1, START, START + 2 * MINUTE, is_tail=False)]


async def test_of_what_nobody_follows_nothing_is_owed(store: Store) -> None:
    await store.add_confirmed([bars(1)[0], *bars(1, START + 9 * MINUTE)])
    assert await holes(store, 20) == []
    await followed(store, StoredSymbol(SYMBOL))
    assert await holes(store, 20) == [(1, 9), (10, 20)]
    await store.put_symbols([StoredSymbol(SYMBOL, active=False, standing=Standing.GONE)])
    assert await holes(store, 20) == [(1, 9)]


async def test_larger_bars_are_owed_before_the_first_minute_only(store: Store) -> None:
    await followed(store, StoredSymbol(SYMBOL))
    larger = bars(12, period=Period.M5)
    await store.add_confirmed([*larger[:2], *larger[4:6]])
    await store.add_confirmed(bars(5, START + 50 * MINUTE))
    found = await store.find_owed(START + 55 * MINUTE)
    assert [(hole.period, (hole.from_ms - START) // MINUTE, (hole.to_ms - START) // MINUTE) for hole in found] == [
        (Period.M5, 10, 20),
        (Period.M5, 30, 50),
    ]


async def test_months_are_counted_by_the_calendar(store: Store) -> None:
    await followed(store, StoredSymbol(SYMBOL))
    opens = [Period.MO1.open_ms(START)]
    while len(opens) < 15:
        opens.append(Period.MO1.end_ms(opens[-1]))
    months = [bar(open_ms, period=Period.MO1) for open_ms in opens]
    await store.add_confirmed([*months[:4], *months[5:]])
    found = await store.find_owed(months[-1].end_ms, (Period.MO1,))
    assert [(hole.from_ms, hole.to_ms) for hole in found] == [(opens[4], opens[5])]
    await store.add_confirmed([months[4]])
    assert await store.find_owed(months[-1].end_ms, (Period.MO1,)) == []


async def test_what_the_exchange_does_not_have_is_noted_and_owed_no_more(store: Store) -> None:
    await followed(store, StoredSymbol(SYMBOL))
    whole = bars(20)
    await store.add_confirmed([*whole[:3], *whole[12:]])
    lacks = [(START + 3 * MINUTE, START + 5 * MINUTE), (START + 6 * MINUTE, START + 12 * MINUTE)]
    await store.settle(Answer(SYMBOL, Period.M1, [whole[5]], lacks, START + DAY))
    assert await holes(store, 20) == []
    assert frontier(store) == [(0, 20)]
    assert [(one.from_ms, one.to_ms, one.asked_ms) for one in await store.unavailable()] == [
        (from_ms, to_ms, START + DAY) for from_ms, to_ms in lacks
    ]


async def test_a_bar_that_comes_after_all_does_not_hide_a_hole(store: Store) -> None:
    await followed(store, StoredSymbol(SYMBOL))
    whole = bars(20)
    await store.add_confirmed([*whole[:3], *whole[5:9], *whole[10:]])
    await store.settle(Answer(SYMBOL, Period.M1, [], [(START + 3 * MINUTE, START + 5 * MINUTE)], START + DAY))
    await store.add_confirmed([whole[3]])  # as many rows as were expected, but not the ones
    assert await holes(store, 20) == [(9, 10)]


@pytest.mark.parametrize(("until", "standing"), [(10, Standing.GONE), (9, Standing.FOLLOWED)])
async def test_a_symbol_is_gone_when_nothing_newer_is_stored_than_what_was_asked_behind(
    store: Store, until: int, standing: Standing
) -> None:
    await followed(store, StoredSymbol(SYMBOL, active=False))
    await store.add_confirmed(bars(10))
    await store.settle(Answer(SYMBOL, Period.M1, [], [], START + DAY, gone_ms=START + until * MINUTE))
    assert [known.standing for known in await store.symbols()] == [standing]


async def test_a_symbol_that_is_traded_again_is_not_gone(store: Store) -> None:
    await followed(store, StoredSymbol(SYMBOL))
    await store.add_confirmed(bars(10))
    await store.settle(Answer(SYMBOL, Period.M1, [], [], START + DAY, gone_ms=START + 10 * MINUTE))
    assert [known.standing for known in await store.symbols()] == [Standing.FOLLOWED]


STEP = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 59), st.integers(1, 12)),
    st.tuples(st.just("lack"), st.integers(0, 59), st.integers(1, 4)),
    st.tuples(st.just("prune"), st.integers(0, 59), st.just(0)),
    st.tuples(st.just("look"), st.integers(0, 70), st.just(0)),
)


@settings(deadline=None)
@example([("add", 2, 1), ("look", 0, 0), ("add", 0, 1), ("look", 0, 0)])
@given(st.lists(STEP, max_size=14))
def test_whatever_happens_owed_is_what_is_not_there(steps: list[tuple[str, int, int]]) -> None:
    whole = bars(60)

    async def walk(store: Store) -> None:
        await followed(store, StoredSymbol(SYMBOL))
        lacked: set[int] = set()
        for what, at, count in [*steps, ("look", 60, 0)]:
            if what == "add":
                await store.add_confirmed(whole[at : at + count])
            elif what == "lack":
                stretch = (START + at * MINUTE, START + (at + count) * MINUTE)
                await store.settle(Answer(SYMBOL, Period.M1, [], [stretch], 0))
                lacked |= set(range(at, at + count))
            elif what == "prune":
                while await store.delete_before(Period.M1, START + at * MINUTE, 5):
                    pass
            else:
                there = {(one.open_ms - START) // MINUTE for one in await listed(store)}
                wanted = set(range(min(there), at)) - there - lacked if there else set[int]()
                owed = {minute for from_, to in await holes(store, at) for minute in range(from_, to)}
                assert owed == wanted

    in_new_store(walk)


async def test_a_file_of_before_keeps_every_bar_and_owes_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    connection = await open_writer(path, MIGRATIONS[:1])
    minute = START // MINUTE
    await connection.rows("INSERT INTO meta VALUES ('market', 'binance-usdm')")
    await connection.rows("INSERT INTO symbols VALUES (1, ?, 0, 1, 0)", (SYMBOL,))
    for place in (0, 1, 4, 5):
        row = (1, 0, minute + place, State.CONFIRMED.value, 0, 5, 5, 5, 5 if place != 4 else 5.5, 1, 5, 1, 0, 0)
        await connection.rows(f"INSERT INTO history VALUES ({','.join('?' * 14)})", row)
    await connection.close()
    (tmp_path / "original.db").write_bytes(path.read_bytes())
    async with await Store.open(path, market="binance-usdm") as store:
        kept = [bar.open_ms for bar in await listed(store)]
        assert kept == [START, START + MINUTE, START + 5 * MINUTE]  # a float is no number
        assert [(known.active, known.standing) for known in await store.symbols()] == [(False, Standing.FOLLOWED)]
        assert await holes(store, 8) == [(2, 5), (6, 8)]
        assert copy_of(path).exists()
        with sqlite3.connect(copy_of(path)) as copied, sqlite3.connect(tmp_path / "original.db") as original:
            assert list(copied.iterdump()) == list(original.iterdump())
    assert not copy_of(path).exists()


async def test_no_float_gets_into_the_file(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db") as store:
        await store.add_confirmed(bars(2))
    with sqlite3.connect(tmp_path / "klagg.db") as connection, pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        connection.execute("UPDATE history SET close = 1.5")


async def test_larger_bars_are_owed_where_minutes_are_not_to_be_had(store: Store) -> None:
    await followed(store, StoredSymbol(SYMBOL))
    minutes = bars(3 * 60)
    await store.add_confirmed([*minutes[:12], *minutes[131:]])
    wide = (Period.M1, Period.H1, Period.M5)
    assert await holes(store, 3 * 60, wide) == [(12, 131)]
    halves = [((START + first * MINUTE, START + until * MINUTE)) for first, until in ((12, 70), (70, 131))]
    await store.settle(Answer(SYMBOL, Period.M1, [], halves, START))
    assert sorted(await holes(store, 3 * 60, wide)) == [(15, 130), (60, 120)]
    assert await holes(store, 3 * 60, M1) == []
    hour = bar(START + HOUR, period=Period.H1, state=State.CONFIRMED)
    await store.settle(Answer(SYMBOL, Period.H1, [hour], [], START))
    await store.settle(Answer(SYMBOL, Period.M5, [], [(START + 15 * MINUTE, START + 130 * MINUTE)], START))
    assert await holes(store, 3 * 60, wide) == []
    assert [one.open_ms - START for one in await listed(store, Period.H1)] == [0, HOUR, 2 * HOUR]
