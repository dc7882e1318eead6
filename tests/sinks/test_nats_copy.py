"""A copy of a stream is the database that was delivered into it, row by row."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.errors import StorageError
from klagg_tui.evidence import Evidence
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.nats import NatsTarget
from klagg_tui.sinks.nats_copy import Copy
from klagg_tui.storage.sink_log import BEGINNING, SinkLog
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, SYMBOL, bar, bars
from tests.sinks.test_delivery import OTHER, deliver, opened
from tests.sinks.test_nats import connected
from tests.sinks.walk import broken_off, walk

pytestmark = pytest.mark.xdist_group("nats")

Row = tuple[str, Bar]


async def rows_of(path: Path) -> set[Row]:
    """All bars of the history, with everything that is kept of them, and whose they are."""
    async with await SinkLog.open(path) as log:
        found = await log.portion(await log.last_number(), BEGINNING, 10**6)
    assert found.is_last
    return {(part.venue, one) for part in found.parts for one in part.bars}


async def copied(path: Path, address: str) -> Copy:
    """Copy until nothing waits."""
    async with await Store.open(path) as store:
        copy = Copy(store, address)
        working = asyncio.create_task(copy.run())
        while copy.is_behind and not working.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        if not working.done():
            working.cancel()
        with suppress(asyncio.CancelledError):
            await working
    return copy


async def test_a_copy_has_every_row_as_it_is(stream: str, tmp_path: Path) -> None:
    markets = ("binance-um", "made@http://127.0.0.1:1")
    there, here = tmp_path / "klagg.db", tmp_path / "copy.db"
    async with await Store.open(there, markets=markets) as store, await SinkLog.open(there) as log:
        lacking = bar(trade_count=0, symbol="made:A.B")._replace(evidence=int(Evidence.CANDLE_ONLY | Evidence.NO_COUNT))
        exact = bar(START, "0.000000000001", "98765432109876.123456789012", volume="123456789.12345678", trade_count=7)
        await store.add([exact._replace(symbol="binance-um:BTCUSDT")], [])
        await store.add_confirmed([lacking._replace(state=State.CONFIRMED), *bars(700, symbol="binance-um:币安")])
        target = NatsTarget(stream)
        delivery = Delivery(log, target)
        await deliver(delivery)
        await copied(here, stream)
        assert await rows_of(here) == await rows_of(there)
        await store.remove_future(START + 90 * MINUTE)
        await store.add_confirmed([bars(50, symbol="binance-um:币安")[7]._replace(trade_count=999)])
        while await delivery.step():
            pass
        await target.close()
        await copied(here, stream)
        assert await rows_of(here) == await rows_of(there)
        assert {one.state for _, one in await rows_of(here)} >= {State.PARTIAL, State.CLOSED, State.CONFIRMED}


async def test_a_walk_with_copies_that_are_broken_off_ends_equal(stream: str, tmp_path: Path) -> None:
    here = tmp_path / "copy.db"

    async def copy_a_while(chance: random.Random) -> None:
        async with await Store.open(here) as copy:
            await broken_off(Copy(copy, stream).run(), chance.random() * 0.03)

    async with opened(tmp_path / "klagg.db") as (store, log):
        target = NatsTarget(stream)
        await walk(store, log, target, after_change=copy_a_while)
        await target.close()
        await copied(here, stream)
        assert await rows_of(here) == await rows_of(store.path)


async def test_what_a_recorder_does_not_have_any_more_goes_when_it_begins_anew(stream: str, tmp_path: Path) -> None:
    here = tmp_path / "copy.db"
    async with opened(tmp_path / "klagg.db") as (store, log):
        await store.add_confirmed([*bars(9), *bars(9, symbol=OTHER)])
        target = NatsTarget(stream)
        await deliver(Delivery(log, target))
        await copied(here, stream)
        await log.forget(target.name)
        for period in (Period.M1, Period.M5, Period.M15):
            await store._require_writer().connection.rows(
                "DELETE FROM history WHERE period = ? AND symbol = (SELECT id FROM symbols WHERE name = ?)",
                (period.ordinal, OTHER),
            )
        await deliver(Delivery(log, target))
        await target.close()
        await copied(here, stream)
        assert await rows_of(here) == await rows_of(store.path)
        assert {one.symbol for _, one in await rows_of(here)} == {SYMBOL}


async def test_a_message_that_was_overtaken_on_its_way_is_void(stream: str, tmp_path: Path) -> None:
    here = tmp_path / "copy.db"
    async with opened(tmp_path / "klagg.db") as (store, log):
        target = NatsTarget(stream)
        await deliver(Delivery(log, target))
        await store.write(Changes((), tuple(one._replace(state=State.CLOSED) for one in bars(3))))
        await deliver(Delivery(log, target))
        async with connected(stream) as client:
            jetstream = client.jetstream()
            name = stream.rpartition("/")[2].partition("?")[0]
            late = await jetstream.get_last_msg(name, f"{name}.bars.-.{SYMBOL}.1m")
            await store.add_confirmed(bars(3))
            await deliver(Delivery(log, target))
            await jetstream.publish(str(late.subject), late.data or b"")
        await target.close()
        await copied(here, stream)
        assert await rows_of(here) == await rows_of(store.path)


async def test_a_database_that_is_no_copy_is_left_alone(stream: str, tmp_path: Path) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log):
        await store.add_confirmed(bars(9))
        target = NatsTarget(stream)
        await deliver(Delivery(log, target))
        await target.close()
    with pytest.raises(StorageError, match="no copy"):
        await copied(tmp_path / "klagg.db", stream)
    await copied(tmp_path / "copy.db", stream)
    with pytest.raises(StorageError, match="is a copy of the stream"):
        await copied(tmp_path / "copy.db", stream.replace("/test", "/other"))


async def test_what_the_stream_let_go_of_before_it_was_copied_is_told(stream: str, tmp_path: Path) -> None:
    async with opened(tmp_path / "klagg.db") as (store, log):
        target = NatsTarget(stream)
        await store.add_confirmed(bars(9))
        await deliver(Delivery(log, target))
        assert not (await copied(tmp_path / "copy.db", stream)).lacking
        for number in (11, 12):
            await store.add_confirmed(bars(number))
            await deliver(Delivery(log, target))
        async with connected(stream) as client:
            await client.jetstream().purge_stream(stream.rpartition("/")[2].partition("?")[0], keep=1)
        await target.close()
    assert "let go of" in (await copied(tmp_path / "copy.db", stream)).lacking
