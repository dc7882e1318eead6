"""Alerts, what fired, and what people are still to be told of it, in the database of the bars.

These tables have a connection of their own: whoever watches writes them beside the engine, and `klagg alerts` writes them while
another klagg records. So the lock of the bars' one writer is not asked for; SQLite lets one transaction go at a time, each of a
millisecond.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, fields
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, NamedTuple, Self

from klagg_tui.alert import Alert, Firing, Ledger, Repeat
from klagg_tui.storage.connection import Connection, Insert, Row
from klagg_tui.storage.disk_errors import missing
from klagg_tui.storage.opening import has_database, open_beside

MOST_FIRINGS: Final = 10_000
"""So many are kept, the newest ones."""
MOST_WAITING: Final = 1_000
"""So many may wait on one way; of more the oldest are given up."""

_COLUMNS: Final = ", ".join(field.name for field in fields(Alert))
_SET: Final = ", ".join(f"{field.name} = excluded.{field.name}" for field in fields(Alert)[1:])
_PUT: Final = Insert(f"alerts ({_COLUMNS})", f"ON CONFLICT (text) DO UPDATE SET {_SET}")
_QUEUE: Final = Insert("deliveries", "")
_CHANGE: Final = "UPDATE alerts SET count = ?, last_ms = ?, has_ended = ? WHERE text = ?"
_FIRED: Final = "at_ms, symbol, venue, text, name, price, value, number"
_FIRE: Final = f"INSERT INTO firings ({_FIRED}) VALUES ({', '.join('?' * 8)}) RETURNING id"
_TROUBLE: Final = """coalesce((SELECT group_concat(way || ': ' || trouble, '; ') FROM deliveries
    WHERE firing = f.id AND state = 'given up'), '')"""
_NEWEST: Final = f"""SELECT * FROM (SELECT f.id, {_FIRED}, {_TROUBLE} FROM firings AS f ORDER BY f.id DESC LIMIT ?)
    ORDER BY id"""
_NEXT: Final = f"""SELECT d.tries, d.queued_ms, f.id, {_FIRED} FROM deliveries AS d JOIN firings AS f ON f.id = d.firing
    WHERE d.way = ? AND d.state = 'waiting' ORDER BY d.firing LIMIT 1"""
_SETTLE: Final = "UPDATE deliveries SET state = ?, tries = tries + 1, trouble = ? WHERE firing = ? AND way = ?"
_RETRY: Final = (
    """UPDATE deliveries SET state = 'waiting', tries = 0, queued_ms = ? WHERE state = 'given up' RETURNING 1"""
)
_OVERFLOW: Final = """UPDATE deliveries SET state = 'given up', trouble = 'too many wait' WHERE way = ?1 AND state = 'waiting'
    AND firing <= (SELECT firing FROM deliveries WHERE way = ?1 AND state = 'waiting' ORDER BY firing DESC LIMIT 1 OFFSET ?2)
    RETURNING 1"""


class Outcome(StrEnum):
    """What became of telling people of a firing on one way."""

    WAITING = "waiting"
    DONE = "done"
    GIVEN_UP = "given up"


class Delivery(NamedTuple):
    """A firing that people are still to be told of on one way."""

    firing_id: int
    firing: Firing
    tries: int
    """So far."""
    queued_ms: int
    """Since when it waits, by this machine's clock."""


class AlertStore:
    """The alerts of a database. Every method may raise `DiskError`; a failed write changes nothing."""

    def __init__(self, connection: Connection) -> None:
        """Use `open`."""
        self._connection = connection
        self._turn = asyncio.Lock()
        """Several write here, each in its turn: a connection has one transaction at a time."""

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open the alerts of the database at `path`, which must be there and of this version.

        Raises:
            StorageError: it is not, or cannot be used.
        """
        if not has_database(path):
            raise missing(path)
        return cls(await open_beside(path))

    async def close(self) -> None:
        """Close the file."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def alerts(self) -> tuple[Alert, ...]:
        """All of them, in the order they were made."""
        return tuple(map(_alert, await self._connection.rows(f"SELECT {_COLUMNS} FROM alerts ORDER BY made_ms, rowid")))

    async def firings(self, count: int) -> tuple[Firing, ...]:
        """The newest ones, oldest first."""
        return tuple(Firing(*row[1:]) for row in await self._connection.rows(_NEWEST, (count,)))

    async def ledger(self, count: int) -> Ledger:
        """All alerts, and so many firings."""
        async with self._turn:
            last = await self._connection.rows("SELECT text, symbol, max(at_ms) FROM firings GROUP BY text, symbol")
            rested = {(text, symbol): at_ms for text, symbol, at_ms in last}
            return Ledger(await self.alerts(), await self.firings(count), rested)

    async def put(self, alert: Alert) -> None:
        """Keep this one, in the place of one of the same text."""
        async with self._turn, self._connection.transaction():
            await self._connection.insert(_PUT, [astuple(alert)])

    async def remove(self, text: str) -> bool:
        """Keep the one of this text no longer; whether there was one. What fired stays."""
        async with self._turn, self._connection.transaction():
            return bool(await self._connection.rows("DELETE FROM alerts WHERE text = ? RETURNING 1", (text,)))

    async def note(
        self,
        changed: Sequence[Alert],
        firings: Sequence[Firing] = (),
        ways: Mapping[str, int | None] = MappingProxyType({}),
        now_ms: int = 0,
    ) -> dict[str, int]:
        """How these alerts stand now, what fired, and that people wait to be told of it.

        An alert that was removed meanwhile stays removed.

        Args:
            changed: the alerts.
            firings: what fired.
            ways: on which ways people are to be told, and of how many of these firings at most.
            now_ms: this machine's clock.

        Returns:
            How many firings are given up, by way, because too many wait.
        """
        async with self._turn, self._connection.transaction():
            for alert in changed:
                standing = (alert.count, alert.last_ms, int(alert.has_ended), alert.text)
                await self._connection.rows(_CHANGE, standing)
            for place, firing in enumerate(firings):
                number = await self._connection.value(_FIRE, firing[:8])
                meant = [way for way, most in ways.items() if most is None or place < most]
                waiting = [(number, way, Outcome.WAITING.value, 0, now_ms, "") for way in meant]
                await self._connection.insert(_QUEUE, waiting)
            return await self._trim(ways) if firings else {}

    async def _trim(self, ways: Iterable[str]) -> dict[str, int]:
        """Neither what fired nor what waits may grow without end."""
        rows = self._connection.rows
        given_up: dict[str, int] = {}
        for way in ways:
            gone = len(await rows(_OVERFLOW, (way, MOST_WAITING)))
            given_up |= {way: gone} if gone else {}
        oldest = "SELECT max(id) - ? FROM firings"
        await rows(f"DELETE FROM deliveries WHERE firing <= ({oldest})", (MOST_FIRINGS,))
        await rows(f"DELETE FROM firings WHERE id <= ({oldest})", (MOST_FIRINGS,))
        return given_up

    async def next_delivery(self, way: str) -> Delivery | None:
        """The oldest firing that people are still to be told of on this way."""
        found = await self._connection.rows(_NEXT, (way,))
        return Delivery(found[0][2], Firing(*found[0][3:]), *found[0][:2]) if found else None

    async def settle(self, firing_id: int, way: str, outcome: Outcome, trouble: str = "") -> None:
        """One try more was made, and this came of it."""
        async with self._turn, self._connection.transaction():
            await self._connection.rows(_SETTLE, (outcome.value, trouble, firing_id, way))

    async def retry(self, now_ms: int) -> int:
        """Have what was given up wait again; returns how many that are."""
        async with self._turn, self._connection.transaction():
            return len(await self._connection.rows(_RETRY, (now_ms,)))

    async def counts(self) -> dict[tuple[str, str], int]:
        """How many deliveries there are, by way and outcome."""
        found = await self._connection.rows("SELECT way, state, count(*) FROM deliveries GROUP BY way, state")
        return {(way, state): count for way, state, count in found}


def _alert(row: Row) -> Alert:
    known = dict(zip((field.name for field in fields(Alert)), row, strict=True))
    return Alert(**{**known, "repeat": Repeat(known["repeat"]), "has_ended": bool(known["has_ended"])})
