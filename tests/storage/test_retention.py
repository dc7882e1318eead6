"""Old bars go in small steps, and never what larger ones are still to be made of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.auditing.auditor import audit
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.storage.retention import Retention
from klagg_tui.storage.store import Store
from tests.makers import DAY, HOUR, MINUTE, START, SYMBOL, bars

NOW = START + 30 * HOUR


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db", periods=DEFAULT_PERIODS) as opened:
        await opened.add_confirmed([*bars(30 * 60), *bars(30 * 60, symbol="ETHUSDT")])
        yield opened


async def stored(store: Store, period: Period, symbol: str = SYMBOL) -> list[Bar]:
    return [bar async for bar in store.bars(symbol, period)]


async def finish(retention: Retention, now_ms: int = NOW) -> int:
    steps = 0
    while await retention.step(now_ms):
        steps += 1
    return steps


async def test_bars_go_when_their_time_is_over_and_larger_ones_stay(store: Store) -> None:
    before = {period: await stored(store, period) for period in DEFAULT_PERIODS}
    steps = await finish(Retention(store, {Period.M1: 6 * HOUR}))
    after = {period: await stored(store, period) for period in DEFAULT_PERIODS}
    assert after.pop(Period.M1) == [bar for bar in before.pop(Period.M1) if bar.open_ms >= NOW - 6 * HOUR]
    assert after == before
    assert steps == 3, "2,880 bars, a thousand at a time, and none of them twice"


async def test_a_step_deletes_no_more_than_it_may(store: Store) -> None:
    retention = Retention(store, {Period.M1: HOUR})
    assert await retention.step(NOW, at_most=7)
    assert retention.deleted == 7


async def test_shorter_periods_go_first_and_each_after_its_own_time(store: Store) -> None:
    await finish(Retention(store, {Period.M5: 10 * HOUR, Period.M1: 2 * HOUR}))
    assert (await stored(store, Period.M1))[0].open_ms == NOW - 2 * HOUR
    assert (await stored(store, Period.M5))[0].open_ms == NOW - 10 * HOUR
    assert (await stored(store, Period.M30))[0].open_ms == START
    assert [finding async for finding in audit(store.path)] == []


async def test_what_a_larger_bar_is_still_made_of_stays(store: Store) -> None:
    await finish(Retention(store, {Period.M1: 90 * MINUTE + 2 * MINUTE}))
    assert (await stored(store, Period.M1))[0].open_ms == NOW - 95 * MINUTE
    await finish(Retention(store, {Period.H4: MINUTE}), NOW + HOUR)
    assert (await stored(store, Period.H4))[0].open_ms == START + DAY, "the day under way is made of them"
