"""A running klagg deletes old bars beside everything else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.errors import StorageError
from klagg_tui.metrics import Metric
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.retention import deleting_old_bars
from klagg_tui.storage.maintenance import Retention
from klagg_tui.storage.store import Store
from tests.filed import listed
from tests.makers import HOUR, START, bars
from tests.patience import WAIT_S

NOW = START + 30 * HOUR


def host_on(store: Store | None) -> EngineHost:
    return EngineHost(KlineEngine(DEFAULT_PERIODS, holds_gaps=True), DEFAULT_PERIODS, store, lambda: NOW)


async def test_a_running_klagg_deletes_old_bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("klagg_tui.runtime.retention.STEP_S", 0)
    async with await Store.open(tmp_path / "klagg.db", periods=DEFAULT_PERIODS) as store:
        await store.add_confirmed([*bars(30 * 60), *bars(30 * 60, symbol="ETHUSDT")])
        host = host_on(store)
        deleting = asyncio.ensure_future(deleting_old_bars({Period.M1: 6 * HOUR})(host))
        async with asyncio.timeout(WAIT_S):
            while host.metrics[Metric.ROWS_DELETED] != 2 * 24 * 60:  # noqa: ASYNC110 - metrics are polled
                await asyncio.sleep(0.01)
        deleting.cancel()
        assert len(await listed(store)) == 6 * 60


async def test_bars_grow_old_by_the_clock_of_their_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("klagg_tui.runtime.retention.STEP_S", 0)
    symbols = ("one:BTCUSDT", "two:BTCUSDT", "left:BTCUSDT")
    async with await Store.open(tmp_path / "klagg.db", markets=("one", "two", "left")) as store:
        for symbol in symbols:
            await store.add_confirmed(bars(30 * 60, symbol=symbol))
        host = host_on(store)
        host.venue("one", lambda: NOW - 20 * HOUR)
        host.venue("two", lambda: NOW - HOUR)
        deleting = asyncio.ensure_future(deleting_old_bars({Period.M1: 6 * HOUR})(host))
        async with asyncio.timeout(WAIT_S):
            while host.metrics[Metric.ROWS_DELETED] != (4 + 23 + 24) * 60:  # noqa: ASYNC110 - metrics are polled
                await asyncio.sleep(0.01)
        deleting.cancel()
        assert [len(await listed(store, symbol=symbol)) for symbol in symbols] == [26 * 60, 7 * 60, 6 * 60]


async def test_where_the_disk_fails_old_bars_are_kept_and_a_notice_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klagg_tui.runtime.retention.LOOK_S", 0.01)
    steps = 0

    async def step(_: Retention, __: int, **___: object) -> bool:
        nonlocal steps
        steps += 1
        if steps == 1:
            raise StorageError("The disk failed.")
        return False

    monkeypatch.setattr(Retention, "step", step)
    async with await Store.open(tmp_path / "klagg.db") as store:
        host = host_on(store)
        deleting = asyncio.ensure_future(deleting_old_bars({Period.M1: HOUR})(host))
        async with asyncio.timeout(WAIT_S):
            while not host.notices:  # noqa: ASYNC110 - notices are polled
                await asyncio.sleep(0)
            assert host.notices == {"retention": "The disk failed. Old bars are kept until then."}
            while host.notices:  # noqa: ASYNC110 - notices are polled
                await asyncio.sleep(0.001)
        deleting.cancel()


async def test_without_a_store_there_is_nothing_to_delete() -> None:
    host = host_on(None)
    await deleting_old_bars({Period.M1: HOUR})(host)
    assert not host.metrics.snapshot()
