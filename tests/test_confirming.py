"""The exchange's own bars into the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.storage.merging import Added
from klagg_tui.storage.store import Store
from tests.filed import all_of, listed
from tests.makers import MINUTE, START, bar, bars


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as opened:
        yield opened


async def test_bars_are_confirmed_whatever_they_were_called(store: Store) -> None:
    await store.add_confirmed([bar(state=State.CLOSED)])
    assert await listed(store) == [bar(state=State.CONFIRMED)]


async def test_counts_tell_equal_bars_from_amended_ones(store: Store) -> None:
    ours = bars(3)
    await store.add(ours, [])
    theirs = [ours[0], ours[1]._replace(trade_count=99), bar(START + 9 * MINUTE)]
    assert await store.add_confirmed(theirs) == Added(new=1, equal=1, changed=1)
    assert [each.state for each in await listed(store)] == [
        State.CONFIRMED,
        State.CONFIRMED,
        State.CLOSED,
        State.CONFIRMED,
    ]


async def test_confirming_twice_changes_nothing(store: Store) -> None:
    await store.add_confirmed(bars(30))
    before = await all_of(store)
    assert await store.add_confirmed(bars(30)) == Added(equal=30)
    assert await all_of(store) == before


async def test_of_two_rows_for_one_bar_the_later_counts(store: Store) -> None:
    assert await store.add_confirmed([bar(open="1"), bar(open="2")]) == Added(new=1)
    assert await listed(store) == [bar(open="2", state=State.CONFIRMED)]


async def test_periods_may_be_mixed(store: Store) -> None:
    added = await store.add_confirmed([*bars(5), bar(period=Period.D1), *bars(2, symbol="ETHUSDT")])
    assert added == Added(new=8)
    assert [each.state for each in await listed(store, Period.M5)] == [State.CONFIRMED]


async def test_bars_that_are_over_and_not_confirmed_are_told(store: Store) -> None:
    await store.add(bars(10), [])
    await store.add_confirmed(bars(7))
    (minutes, *_) = await store.unconfirmed()
    assert (minutes.period, minutes.first_open_ms, minutes.last_open_ms) == (
        Period.M1,
        START + 7 * MINUTE,
        START + 9 * MINUTE,
    )
    assert await store.count(minutes.symbol, Period.M1, START, START + 5 * MINUTE) == 5
