"""Wherever a dataset breaks off, and in any order of changes, it ends equal to the store."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klagg_tui.errors import SinkError
from klagg_tui.sinks.dataset import DatasetTarget
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.place import Found, Place
from klagg_tui.sinks.place_folder import FolderPlace
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from tests.makers import DAY, MINUTE, START, bar, bars
from tests.sinks.bucket import held, is_equal, rows_of, same, stored
from tests.sinks.test_delivery import CHANGES, PERIODS, deliver

MIDNIGHT = START + DAY
T = TypeVar("T")


class Breaking:
    """A place that breaks off where it is told."""

    def __init__(self, place: Place) -> None:
        self.name = place.name
        self.left = -1
        """So many writes succeed; below 0: all."""
        self.is_late = False
        """Whether the one that fails is there all the same."""
        self._place = place

    async def prepare(self) -> None:
        await self._place.prepare()

    async def get(self, name: str) -> Found | None:
        return await self._place.get(name)

    async def names(self, folder: str = "") -> list[str]:
        return await self._place.names(folder)

    async def put(self, name: str, data: bytes) -> None:
        await self._broken(self._place.put(name, data))

    async def swap(self, name: str, data: bytes, before: Found | None) -> bool:
        return await self._broken(self._place.swap(name, data, before))

    async def empty(self, name: str, nothing: bytes, before: Found) -> bool:
        return await self._broken(self._place.empty(name, nothing, before))

    async def lost(self, *, is_last: bool) -> list[str]:
        return await self._place.lost(is_last=is_last)

    async def _broken(self, writing: Coroutine[Any, Any, T]) -> T:
        if self.left == 0:
            if self.is_late:
                await writing
            writing.close()
            raise SinkError("The line was cut.")
        self.left -= self.left > 0
        return await writing


@pytest.mark.parametrize("is_late", [False, True])
async def test_wherever_it_breaks_off_no_file_is_lacking(tmp_path: Path, *, is_late: bool) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as store, await SinkLog.open(store.path) as log:
        place = Breaking(FolderPlace(tmp_path / "bars"))
        target = DatasetTarget(place, store.path)
        is_broken, left, day = True, 0, 0
        await store.add_confirmed(bars(40, MIDNIGHT - 20 * MINUTE))
        await deliver(Delivery(log, target))
        while is_broken:
            delivery, day = Delivery(log, target), day + 3
            await delivery.begin()
            await store.add_confirmed([bar(START, trade_count=1000 + left), bar(MIDNIGHT - MINUTE, trade_count=left)])
            await store.add_confirmed([bar(MIDNIGHT + number * DAY) for number in range(day, day + 4)])
            place.left, place.is_late, is_broken = left, is_late, False
            try:
                while await delivery.step():
                    pass
            except SinkError:
                is_broken, left = True, left + 1
            place.left = -1
            await deliver(Delivery(log, target))
            assert await is_equal(store, tmp_path / "bars"), left
        await target.close()
    assert left > 8


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_in_any_order_of_changes_and_breaks_the_dataset_ends_equal_to_the_store(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(walk(data, Path(folder) / "klagg.db", FolderPlace(Path(folder) / "bars"), Path(folder) / "bars"))


async def walk(data: st.DataObject, path: Path, place: Place, folder: Path, most: int = 14) -> None:
    """Changes on both sides of three midnights, and breaks in between."""
    steps = st.sampled_from(sorted([*CHANGES, "step", "step", "break", "restart", "drop"]))
    store = await Store.open(path, periods=PERIODS)
    log = await SinkLog.open(path)
    breaking = Breaking(place)
    target = DatasetTarget(breaking, path)
    delivery: Delivery | None = None
    try:
        for _ in range(data.draw(st.integers(1, most))):
            match data.draw(steps):
                case "step":
                    if delivery is None:
                        delivery = Delivery(log, target, at_once=data.draw(st.integers(1, 9)))
                        await delivery.begin()
                    await delivery.step()
                case "break" if delivery:
                    breaking.left = data.draw(st.integers(0, 3))
                    breaking.is_late = data.draw(st.booleans())
                    try:
                        await delivery.step()
                    except SinkError:
                        delivery = None
                    breaking.left = -1
                case "restart":
                    delivery = None
                    await target.close()
                    await log.close()
                    await store.close()
                    store = await Store.open(path, periods=PERIODS)
                    log = await SinkLog.open(path)
                case "drop":
                    await log._writer.rows("UPDATE sinks SET is_dropped = 1")
                    await log._writer.rows("DELETE FROM delivery_log")
                    delivery = None
                case "break":
                    pass
                case name:
                    first = data.draw(st.integers(0, 3)) * 1440 + data.draw(st.integers(0, 30)) - 20
                    await CHANGES[name](store, first, data.draw(st.integers(1, 12)))
        await deliver(Delivery(log, target, at_once=data.draw(st.integers(1, 50))))
        assert same(held(folder), rows_of(await stored(store)))
    finally:
        await target.close()
        await log.close()
        await store.close()
