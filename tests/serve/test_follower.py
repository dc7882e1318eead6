"""What changes in the database beside the live engine reaches the readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from klagg_tui.engine.bar import State, empty_bar
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.serve import follower
from klagg_tui.serve.server import PushServer
from klagg_tui.storage.delivery_log import delivered
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from klagg_tui.storage.unconfirmed import Unconfirmed
from tests.makers import MINUTE, START, SYMBOL, bar, bars
from tests.patience import WAIT_S
from tests.serve.serving import OTHER, Reader, current, get, put, reading, serving

PERIODS = (Period.M1, Period.M5)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as opened:
        yield opened


async def followed(store: Store) -> None:
    """Until the server follows the log."""
    async with asyncio.timeout(WAIT_S), await SinkLog.open(store.path) as log:
        while await delivered(log._writer) is None:  # noqa: ASYNC110 - another thread's
            await asyncio.sleep(0.01)


async def subscribed(server: PushServer, reader: Reader, **wanted: Any) -> None:
    await put(server, current("1", START + 9 * MINUTE), current("1", symbol=OTHER), symbols=(SYMBOL, OTHER))
    assert (await reader.ask(**wanted))["type"] == "snapshot"


async def test_history_and_larger_bars_made_again_are_told(store: Store) -> None:
    async with serving(database=store.path) as server, reading(server) as reader:
        await followed(store)
        await subscribed(server, reader, subscribe=SYMBOL)
        await store.add_confirmed(bars(3, START - 100 * MINUTE))
        told = await reader.bars()
        assert {key[1:] for key in told} == {
            *(("1m", START - n * MINUTE) for n in (100, 99, 98)),
            ("5m", START - 100 * MINUTE),
        }
        assert {one["state"] for one in told.values()} == {"confirmed", "partial"}
        assert all(one["is_final"] for one in told.values())


async def test_a_late_confirmation_is_told_to_who_wants_it_alone(store: Store) -> None:
    long_ago = [one._replace(state=State.CLOSED) for one in bars(1, START - 1000 * MINUTE)]
    await store.write(Changes(ended=tuple(long_ago)))
    async with serving(database=store.path) as server, reading(server) as reader, reading(server) as other:
        await followed(store)
        await subscribed(server, reader, subscribe=SYMBOL, periods="1m")
        await other.ask(subscribe=OTHER)
        await store.add_confirmed(long_ago)
        assert [one["state"] for one in (await reader.bars()).values()] == ["confirmed"]
        await store.add_confirmed(bars(1, symbol=OTHER))
        assert {key[0] for key in await other.bars()} == {OTHER}


async def test_what_the_engine_tells_itself_is_told_once(store: Store) -> None:
    async with serving(database=store.path) as server, reading(server) as reader:
        await followed(store)
        await subscribed(server, reader, subscribe=SYMBOL, periods="1m")
        await store.write(Changes(ended=(bar(START - 2 * MINUTE),)))
        await store.add_confirmed([bar(START - 9 * MINUTE)])
        assert [key[2] for key in await reader.bars()] == [START - 9 * MINUTE]


async def test_where_many_bars_changed_or_some_were_taken_back_the_stretch_is_named(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "MOST_TOLD", 10)
    flat = [empty_bar(SYMBOL, Period.M1, START + n * MINUTE, 7, State.PARTIAL) for n in range(1, 4)]
    await store.add([bar(START), *flat], [])
    async with serving(database=store.path) as server, reading(server) as reader:
        await followed(store)
        await subscribed(server, reader, subscribe=SYMBOL, periods="1m")
        await put(server, ended=(flat[-1],))
        assert len(await reader.bars()) == 1
        await store.discard_unshown(Unconfirmed(SYMBOL, Period.M1, START + MINUTE, START + 3 * MINUTE, False))
        told = await reader.receive()
        assert told["stretches"] == [
            {"symbol": SYMBOL, "period": "1m", "from": START + MINUTE, "to": START + 4 * MINUTE}
        ]
        _, stored = await get(server, f"api/bars?symbol={SYMBOL}&from={START}")
        assert [one["open_time"] for one in stored if one["is_final"]] == [START]
        await store.add_confirmed(bars(11, START - 100 * MINUTE))
        later = await reader.receive()
        assert later["type"] == "changed"
        assert later["number"] > told["number"]
        assert later["stretches"] == [
            {"symbol": SYMBOL, "period": "1m", "from": START - 100 * MINUTE, "to": START - 89 * MINUTE}
        ]


async def test_nobody_is_logged_for_when_the_server_has_ended(store: Store) -> None:
    async with serving(database=store.path):
        await followed(store)
    async with await SinkLog.open(store.path) as log:
        assert await delivered(log._writer) is None


async def test_a_reader_of_a_klagg_that_was_killed_is_forgotten_at_the_next_start(store: Store) -> None:
    async with await SinkLog.open(store.path) as log:
        await log.register("live:serve 1", "live")
        await log.register("kept", "a")
    await store.add_confirmed(bars(1))
    await store.close()
    async with await Store.open(store.path) as again, await SinkLog.open(again.path) as log:
        assert await log.registration("live:serve 1") is None
        assert await log.names() == ["kept"]
