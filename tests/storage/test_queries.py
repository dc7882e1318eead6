"""One symbol's bars of one period, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.storage.queries import PAGE
from klagg_tui.storage.store import Store
from tests.filed import listed
from tests.makers import MINUTE, START, SYMBOL, bar, bars


async def opens(found: AsyncIterator[Bar]) -> list[int]:
    """Which minutes, counted from the start."""
    return [(each.open_ms - START) // MINUTE async for each in found]


@pytest.mark.parametrize("count", [PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 7])
async def test_no_bar_is_lost_or_doubled_between_pages(store: Store, count: int) -> None:
    await store.add(bars(count), [])
    await store.write(Changes((bar(START + (count - 1) * MINUTE + MINUTE, state=State.FORMING),)))
    expected = list(range(count + 1))
    assert await opens(store.bars(SYMBOL, Period.M1)) == expected
    assert await opens(store.bars(SYMBOL, Period.M1, newest_first=True)) == expected[::-1]
    assert await opens(store.bars(SYMBOL, Period.M1, limit=PAGE + 1)) == expected[: PAGE + 1]


async def test_the_current_bar_stands_in_its_place_where_newer_ones_are_stored(store: Store) -> None:
    await store.write(Changes((bar(START + 20 * MINUTE, state=State.FORMING),), tuple(bars(10))))
    await store.add(bars(PAGE, START + 30 * MINUTE), [])
    expected = [*range(10), 20, *range(30, 30 + PAGE)]
    assert await opens(store.bars(SYMBOL, Period.M1)) == expected
    assert await opens(store.bars(SYMBOL, Period.M1, newest_first=True)) == expected[::-1]


async def test_a_current_bar_takes_the_place_of_a_partial_one_and_gives_way_to_a_closed_one(store: Store) -> None:
    forming = [bar(START, "5", state=State.FORMING), bar(START, "6", period=Period.M5, state=State.FORMING)]
    await store.write(Changes(tuple(forming)))
    await store.add([bar(START, state=State.PARTIAL)], [])
    assert await listed(store) == [forming[0]]
    await store.add([bar(START, "7", trade_count=5)], [])
    assert [each.state for each in await listed(store)] == [State.CLOSED]
    assert await listed(store, Period.M5) == [forming[1]]
