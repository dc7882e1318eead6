"""One connection to a file."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from klagg_tui.errors import DiskError
from klagg_tui.storage.connection import ROWS_A_STATEMENT, Connection, Insert
from tests.slow_sqlite import SlowSqlite


async def use(path: Path) -> None:
    """Open a connection, write, and close it."""
    connection = await Connection.open(path, "rwc")
    try:
        async with connection.transaction():
            await connection.rows("CREATE TABLE kept (id)")
    finally:
        await connection.close()


@pytest.mark.parametrize("times", [0, 1, 3], ids=["the loop ends", "told once", "told again and again"])
@pytest.mark.parametrize("at", ["open", "CREATE TABLE kept (id)", "COMMIT", "close"])
def test_whoever_is_told_to_stop_leaves_no_connection_open_and_no_thread_to_answer_a_loop_that_is_gone(
    at: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told_to_stop() -> None:
        used = asyncio.create_task(use(tmp_path / "klagg.db"))
        await asyncio.to_thread(slow.reached.wait)
        for _ in range(times):
            used.cancel()
            await asyncio.sleep(0)
        slow.go_on_soon()
        if times:
            with pytest.raises(asyncio.CancelledError):
                await used

    slow = SlowSqlite(monkeypatch, at)
    asyncio.run(told_to_stop())
    slow.assert_is_over()


async def test_a_snapshot_that_was_broken_off_while_it_began_is_over(tmp_path: Path) -> None:
    async def look() -> None:
        async with connection.snapshot():
            await connection.rows("SELECT 1")

    connection = await Connection.open(tmp_path / "klagg.db", "rwc")
    try:
        looking = asyncio.create_task(look())
        await asyncio.sleep(0)  # its beginning is handed to the thread
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
        await look()
    finally:
        await connection.close()


async def test_a_file_that_is_not_there_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="cannot be opened"):
        await Connection.open(tmp_path / "nothing.db", "ro")


async def test_many_rows_are_written_and_read_back_whole(tmp_path: Path) -> None:
    rows = [(number, str(number)) for number in range(1_103)]
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


async def test_few_prepared_statements_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    connect = sqlite3.connect

    def connected(*arguments: Any, cached_statements: int = 128, **named: Any) -> sqlite3.Connection:
        kept.append(cached_statements)
        opened: sqlite3.Connection = connect(*arguments, cached_statements=cached_statements, **named)
        return opened

    monkeypatch.setattr(sqlite3, "connect", connected)
    connection = await Connection.open(tmp_path / "klagg.db", "rwc")
    await connection.close()
    assert max(kept) <= 32


async def test_any_number_of_rows_is_written_by_statements_of_few_lengths(tmp_path: Path) -> None:
    lengths: list[int] = []

    def told(text: str) -> None:
        if text.startswith("INSERT"):
            lengths.append(text.count("),(") + 1)

    connection = await Connection.open(tmp_path / "klagg.db", "rwc")
    try:
        await connection.rows("CREATE TABLE kept (id INTEGER, number INTEGER)")
        await connection._connection.set_trace_callback(told)
        for count in (1, 3, 100, 500, 777):
            await connection.insert(Insert("kept", ""), [(number, number) for number in range(count)])
    finally:
        await connection.close()
    assert sum(lengths) == 1 + 3 + 100 + 500 + 777
    assert set(lengths) <= set(ROWS_A_STATEMENT)
