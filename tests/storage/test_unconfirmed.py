"""Stored bars that the exchange's own are still wanted for, and minutes that are missing."""

from __future__ import annotations

from klagg_tui.engine.period import Period
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from klagg_tui.storage.unconfirmed import Unconfirmed
from tests.makers import MINUTE, START, SYMBOL, bar, bars


async def test_bars_that_are_over_and_not_confirmed_are_listed(store: Store) -> None:
    await store.add(bars(10), [])
    await store.add_confirmed(bars(7))
    (minutes, *_) = await store.unconfirmed()
    assert (minutes.period, minutes.first_open_ms, minutes.last_open_ms) == (
        Period.M1,
        START + 7 * MINUTE,
        START + 9 * MINUTE,
    )
    assert await store.count(minutes.symbol, Period.M1, START, START + 5 * MINUTE) == 5


async def test_minutes_missing_between_stored_ones_are_found(store: Store) -> None:
    whole = bars(10)
    await store.add_confirmed([*whole[:3], whole[5], *whole[8:], *bars(2, symbol="ETHUSDT")])
    holes = await store.holes(START)
    assert [(hole.symbol, hole.first_open_ms, hole.last_open_ms) for hole in holes] == [
        (whole[0].symbol, START + 3 * MINUTE, START + 4 * MINUTE),
        (whole[0].symbol, START + 6 * MINUTE, START + 7 * MINUTE),
    ]
    assert await store.holes(START, [holes[0][:3]]) == holes[1:]
    assert await store.holes(START + 5 * MINUTE) == holes[1:]


async def test_minutes_missing_behind_a_listing_are_found(store: Store) -> None:
    await store.put_symbols([StoredSymbol(bar().symbol, START)])
    await store.add_confirmed(bars(3, START + 2 * MINUTE))
    assert [hole[2:4] for hole in await store.holes(START)] == [(START, START + MINUTE)]
    assert await store.holes(START + MINUTE) == []


async def test_bars_that_were_asked_for_without_success_are_left_out(store: Store) -> None:
    await store.add(bars(3), [])
    first, *_ = await store.unconfirmed()
    (second, *_) = await store.unconfirmed([first.key])
    assert (second.first_open_ms, second.last_open_ms) == (START + MINUTE, START + 2 * MINUTE)


def test_stretches_overlap_where_they_have_a_bar_in_common() -> None:
    one = Unconfirmed(SYMBOL, Period.M1, START, START + 3 * MINUTE, has_partial=False)
    assert one.overlaps(one._replace(first_open_ms=START + 3 * MINUTE, last_open_ms=START + 9 * MINUTE))
    assert not one.overlaps(one._replace(first_open_ms=START + 4 * MINUTE, last_open_ms=START + 9 * MINUTE))
    assert not one.overlaps(one._replace(symbol="ETHUSDT"))
    assert not one.overlaps(one._replace(period=Period.M5))
