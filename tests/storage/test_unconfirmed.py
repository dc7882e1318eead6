"""Stored bars that the exchange's own are still wanted for."""

from __future__ import annotations

from klagg_tui.engine.period import Period
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, bars


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


async def test_bars_that_were_asked_for_without_success_are_left_out(store: Store) -> None:
    await store.add(bars(3), [])
    first, *_ = await store.unconfirmed()
    (second, *_) = await store.unconfirmed([first.key])
    assert (second.first_open_ms, second.last_open_ms) == (START + MINUTE, START + 2 * MINUTE)


async def test_bars_that_open_before_what_can_be_had_are_left_out(store: Store) -> None:
    await store.add(bars(10), [])
    since = {Period.M1: START + 4 * MINUTE, Period.M5: START + 5 * MINUTE}
    found = await store.unconfirmed(since=since)
    assert {one.period: one.first_open_ms for one in found if one.period in since} == since
    assert all(one.first_open_ms <= START for one in found if one.period not in since)
    assert len(found) > len(since)
