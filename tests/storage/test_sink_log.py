"""What a sink asks of the database, beside whoever writes bars."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from klagg_tui.errors import DatabaseLocked
from klagg_tui.storage.connection import Parameters, Row
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SinkLog]:
    async with await Store.open(tmp_path / "klagg.db"), await SinkLog.open(tmp_path / "klagg.db") as found:
        await found.register("one", "a")
        # As if each try had lasted five seconds.
        await found._writer.rows("PRAGMA busy_timeout = 0")
        yield found


async def test_a_transaction_that_outlasts_sqlites_own_patience_is_waited_for(
    log: SinkLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, rows = 0, log._writer.rows
    with closing(sqlite3.connect(log._writer.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        async def tried(sql: str, parameters: Parameters = ()) -> list[Row]:
            nonlocal tries
            if sql.startswith("BEGIN") and (tries := tries + 1) == 4:
                other.execute("COMMIT")
            return await rows(sql, parameters)

        monkeypatch.setattr(log._writer, "rows", tried)
        assert await log.acknowledge("one", 7, "a")
    assert tries == 4
    kept = await log.registration("one")
    assert kept is not None
    assert kept.delivered == 7


async def test_one_that_does_not_end_is_told(log: SinkLog) -> None:
    log._writer.patience_s = 0
    with closing(sqlite3.connect(log._writer.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseLocked):
            await log.acknowledge("one", 7, "a")
