"""`klagg record --from`: a copy of what another klagg delivers to NATS, which is a real server here."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from klagg_tui.commands.shared.copying import Copying
from klagg_tui.errors import DiskError, StorageError
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.nats import NatsTarget
from klagg_tui.storage.store import Store
from tests.commands.beside import at, exchange, once, signalled, wait_for
from tests.commands.test_push import in_here, made, recording
from tests.makers import bars
from tests.patience import WAIT_S
from tests.ports import free_port
from tests.shell import Klagg
from tests.sinks.test_delivery import deliver, opened
from tests.sinks.test_nats_copy import rows_of

pytestmark = pytest.mark.xdist_group("nats")


def rows(path: Path) -> int:
    """How many there are; none while there is no database."""
    try:
        return len(asyncio.run(rows_of(path)))
    except StorageError:
        return 0


@contextmanager
def copying(folder: Path, stream: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    files = ("--db", "copy.db", "--log-path", "copy.log")
    with (
        (folder / "copied").open("ab") as out,
        subprocess.Popen(
            [sys.executable, "-m", "klagg_tui", "record", "--from", stream, *files],
            stdout=out,
            stderr=out,
            cwd=folder,
            env=environment,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


@in_here
def test_what_was_pushed_is_copied_without_an_exchange(klagg: Klagg, stream: str, tmp_path: Path) -> None:
    made(tmp_path / "a.db")
    assert klagg("push", stream, "--db", "a.db").status == 0
    is_whole = partial(lambda: rows(tmp_path / "copy.db") == rows(tmp_path / "a.db"))
    with once(is_whole, partial(signalled, signal.SIGTERM)):
        said = klagg("record", "--from", stream, "--db", "copy.db", "--log-path", "copy.log")
    assert said.status == 0, said.err
    assert not said.err
    assert said.out.startswith("Copying nats://127.0.0.1:")
    assert "se:cr%t" not in said.out + (tmp_path / "copy.log").read_text()
    assert said.out.endswith("Stopped; the copy is written.\n")
    assert asyncio.run(rows_of(tmp_path / "copy.db")) == asyncio.run(rows_of(tmp_path / "a.db"))


def test_a_database_that_is_no_copy_is_refused_in_one_sentence(klagg: Klagg, stream: str, tmp_path: Path) -> None:
    made(tmp_path / "a.db")
    said = klagg("record", "--from", stream, "--db", "a.db")
    assert said.status == 1
    assert "holds bars that are no copy" in said.err
    wrong = klagg("record", "--from", "kafka://me:secret@127.0.0.1", "--db", "b.db")
    assert wrong.status == 1
    assert "nats://USER:PASSWORD@HOST" in wrong.err
    assert "secret" not in wrong.err


def test_a_server_that_is_not_there_is_told_and_waited_for(tmp_path: Path) -> None:
    with copying(tmp_path, f"nats://me:secret@127.0.0.1:{free_port()}") as process:
        wait_for(lambda: b"no server answers there" in (tmp_path / "copied").read_bytes())
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
    said = (tmp_path / "copied").read_bytes()
    assert b"secret" not in said
    assert b"waits" not in said.rpartition(b"no server answers there")[2]


def test_both_sides_are_killed_again_and_again_and_the_copy_ends_equal(stream: str, tmp_path: Path) -> None:
    there, here = tmp_path / "a.db", tmp_path / "copy.db"
    with exchange(speed=20.0, faults="all") as market:
        for number in range(3):
            with recording(tmp_path, *at(market), "--sink", stream), copying(tmp_path, stream):
                seen = rows(here)
                wait_for(lambda seen=seen: rows(here) > seen)  # type: ignore[misc]
                time.sleep(number * 0.1)
        with recording(tmp_path, *at(market), "--sink", stream) as process, copying(tmp_path, stream):
            seen = rows(here)
            wait_for(lambda: rows(here) > seen)
            process.send_signal(signal.SIGTERM)
            assert process.wait(WAIT_S) == 0, (tmp_path / "out").read_text()
            wait_for(lambda: asyncio.run(rows_of(here)) == asyncio.run(rows_of(there)))


async def test_a_disk_that_takes_nothing_is_told_and_tried_again(
    stream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path / "a.db") as (store, log), await Store.open(tmp_path / "copy.db") as copy:
        await store.add_confirmed(bars(9))
        target = NatsTarget(stream)
        await deliver(Delivery(log, target))
        await target.close()
        copying, write = Copying(copy, stream), copy.mirror

        async def fails(*_: object) -> None:
            raise DiskError("The disk is full.")

        monkeypatch.setattr(copy, "mirror", fails)
        monkeypatch.setattr("klagg_tui.commands.shared.copying._PAUSES_S", (0.01,))
        working = asyncio.create_task(copying.run())
        while not copying.trouble:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert copying.trouble == "Nothing is copied: The disk is full. It is tried again."
        monkeypatch.setattr(copy, "mirror", write)
        while copying.copy.is_behind or copying.trouble:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
    assert await rows_of(tmp_path / "copy.db") == await rows_of(tmp_path / "a.db")
