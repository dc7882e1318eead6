"""One connection to a file."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from klagg_tui.errors import DiskError
from klagg_tui.storage.connection import ROWS_A_STATEMENT, Connection, Insert


def test_a_connection_given_up_while_it_opens_leaves_its_thread_no_loop_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, slowly = threading.Event(), threading.Event()
    connect = sqlite3.connect

    def open_slowly(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(threading.current_thread())
        begun.set()
        slowly.wait(5)
        made: sqlite3.Connection = connect(*args, **options)
        return made

    async def given_up() -> None:
        opening = asyncio.create_task(Connection.open(tmp_path / "klagg.db", "rwc"))
        await asyncio.to_thread(begun.wait)
        opening.cancel()
        threading.Timer(0.1, slowly.set).start()
        with pytest.raises(asyncio.CancelledError):
            await opening

    opened: list[threading.Thread] = []
    failed: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr("klagg_tui.storage.connection.sqlite3.connect", open_slowly)
    monkeypatch.setattr(threading, "excepthook", failed.append)
    asyncio.run(given_up())
    for thread in opened:
        thread.join(5)
    assert failed == []


async def test_a_file_that_is_not_there_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="cannot be opened"):
        await Connection.open(tmp_path / "nothing.db", "ro")


async def test_many_rows_are_written_and_read_back_whole(tmp_path: Path) -> None:
    rows = [(number, str(number)) for number in range(2 * ROWS_A_STATEMENT + 1)]
    connection = await Connection.open(tmp_path / "rows.db", "rwc")
    try:
        await connection.rows("CREATE TABLE kept (id INTEGER PRIMARY KEY, text)")
        insert = Insert("kept", "ON CONFLICT (id) DO UPDATE SET text = excluded.text")
        for written in (rows, [(0, "newer")], []):
            await connection.insert(insert, written)
        found = await connection.json_rows("SELECT json_group_array(json_array(id, text)) FROM kept")
        assert sorted(map(tuple, found)) == [(0, "newer"), *rows[1:]]
        assert await connection.value("SELECT text FROM kept WHERE id = -1") is None
    finally:
        await connection.close()


async def test_a_transaction_that_fails_changes_nothing(tmp_path: Path) -> None:
    connection = await Connection.open(tmp_path / "rows.db", "rwc")
    try:
        await connection.rows("CREATE TABLE kept (id INTEGER PRIMARY KEY)")
        with pytest.raises(ZeroDivisionError):
            async with connection.transaction():
                await connection.rows("INSERT INTO kept VALUES (1)")
                raise ZeroDivisionError
        assert await connection.rows("SELECT * FROM kept") == []
    finally:
        await connection.close()
