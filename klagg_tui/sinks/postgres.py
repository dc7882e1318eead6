"""Bars into PostgreSQL, by asyncpg. Needs the extra `postgres`.

What is given goes into a table of the session by COPY, and from there in two or three statements to its place, the position first:
whoever delivers in the name of the same recorder waits for that row. A connection that is silent is given up by the server too, for what it
holds would keep the next one waiting.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

from klagg_tui.errors import SinkError
from klagg_tui.extras import missing
from klagg_tui.sinks import postgres_layout as layout
from klagg_tui.sinks.position import Position
from klagg_tui.sinks.postgres_rows import lines, moment
from klagg_tui.storage.sink_log import Part, Portion
from klagg_tui.unreached import reason_of

if TYPE_CHECKING:
    import asyncpg

T = TypeVar("T")

CONNECT_S: Final = 10.0
PORTION_S: Final = 120.0
"""A portion takes a second; a server that takes so long is given up, and asked anew."""
_END_S: Final = 2.0
"""So long is waited for what was broken off."""
_SERVER_SETTINGS: Final = {
    "application_name": "klagg",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "60s",
}


class PostgresTarget:
    """One connection to one database; see `Target`."""

    pause_s = 0.0
    needs_from_ms = None
    remark = ""

    def __init__(self, address: str, portion_s: float = PORTION_S) -> None:
        """`address`: as libpq has it, `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=require`.

        Raises:
            SinkError: asyncpg is not installed.
        """
        try:
            import asyncpg  # noqa: F401 - whether it is there
        except ImportError as error:
            raise SinkError(missing("PostgreSQL", "asyncpg", "postgres")) from error
        self._address = address
        self._portion_s = portion_s
        self._connection: asyncpg.Connection | None = None
        self._recorder = 0
        self.name = public_name(address)

    async def open(self, recorder: str) -> Position | None:
        """See `Target`."""
        await self.close()
        return await self._within(CONNECT_S, self._open(recorder))

    async def put(self, portion: Portion, position: Position, before: str | None) -> bool:
        """See `Target`."""
        if self._connection is None:
            raise SinkError(f"{self.name}: there is no connection.")
        return await self._within(self._portion_s, self._put(self._connection, portion, position, before))

    async def close(self) -> None:
        """See `Target`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _open(self, recorder: str) -> Position | None:
        import asyncpg

        connection = await asyncpg.connect(self._address, timeout=CONNECT_S, server_settings=_SERVER_SETTINGS)
        self._connection = connection
        await _bring_up_to_date(connection, self.name)
        await connection.execute(layout.NEW)
        await connection.execute(layout.NEW_KEY)
        await connection.execute(layout.ADD_RECORDER, recorder)
        self._recorder, token, number, place = await connection.fetchrow(layout.RECORDER, recorder)
        return None if token is None else Position(token, number, None if place is None else tuple(json.loads(place)))

    async def _put(
        self, connection: asyncpg.Connection, portion: Portion, position: Position, before: str | None
    ) -> bool:
        token, number, place = position
        where = None if place is None else json.dumps(place)
        async with connection.transaction():
            if not await connection.fetchval(layout.MOVE, self._recorder, token, number, where, before):
                return False
            text = lines((*portion.parts, *(portion.forming or ())))
            if text:
                await connection.copy_to_table("klagg_new", source=BytesIO(text), columns=layout.FIELDS)
            await self._sweep(connection, portion)
            if text:
                await connection.execute(layout.UPSERT, self._recorder)
        return True

    async def _sweep(self, connection: asyncpg.Connection, portion: Portion) -> None:
        if portion.series is not None:
            columns = [list(column) for column in zip(*portion.series, strict=True)] or [[], [], []]
            columns[2] = [period.value for period in columns[2]]
            await connection.execute(layout.SWEEP_SERIES, self._recorder, *columns)
        if swept := [part for part in portion.parts if part.is_swept]:
            await connection.execute(layout.SWEEP, self._recorder, *_columns(swept))
        if portion.forming is not None:
            await connection.execute(layout.SWEEP_FORMING, self._recorder)

    async def _within(self, patience_s: float, work: Coroutine[Any, Any, T]) -> T:
        """Wait so long; what goes wrong comes out as ours, and the connection is let go of.

        asyncpg would ask the server to give up what it is at, and wait for that: a line that is cut answers nothing, so it is closed first.
        """
        import asyncpg

        working = asyncio.ensure_future(work)
        try:
            await asyncio.wait((working,), timeout=patience_s)
            if not working.done():
                raise SinkError(f"{self.name} does not answer.")
            return working.result()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            await self.close()
            if isinstance(error, TimeoutError):
                raise SinkError(f"{self.name} does not answer.") from error
            raise SinkError(f"{self.name}: {reason_of(error)}.") from error
        except BaseException:
            await self.close()
            raise
        finally:
            if not working.done():
                working.cancel()
                await asyncio.wait((working,), timeout=_END_S)
                working.add_done_callback(_forget)


def _forget(ended: asyncio.Future[Any]) -> None:
    """What was broken off may end in whatever way."""
    if not ended.cancelled():
        ended.exception()


def public_name(address: str) -> str:
    """An address without its password and options: for people, and the same whatever these are."""
    parts = urlsplit(address)
    login, at, host = parts.netloc.rpartition("@")
    host = host or ",".join(parse_qs(parts.query).get("host", ()))
    return f"postgresql://{login.partition(':')[0]}{at}{host}/{parts.path.lstrip('/')}"


def _columns(parts: list[Part]) -> tuple[list[Any], ...]:
    return (
        [part.venue for part in parts],
        [part.symbol for part in parts],
        [part.period.value for part in parts],
        [moment(part.from_ms) for part in parts],
        [moment(part.to_ms) for part in parts],
    )


async def _bring_up_to_date(connection: asyncpg.Connection, name: str) -> None:
    """Make the tables, or bring them to the newest version; whoever else does so waits.

    Raises:
        SinkError: a newer klagg made them.
    """
    newest = len(layout.MIGRATIONS)
    async with connection.transaction():
        await connection.execute(layout.LOCK_LAYOUT)
        is_there = await connection.fetchval(layout.HAS_VERSION)
        version = await connection.fetchval(layout.VERSION) if is_there else 0
        if version > newest:
            raise SinkError(
                f"The tables in {name} were made by a newer klagg (layout {version}, this one knows {newest}): nothing was "
                "changed; update klagg, or name another database.",
            )
        if not is_there:
            await connection.execute(layout.MAKE_VERSION)
            await connection.execute("INSERT INTO klagg_layout VALUES (0)")
        for step in layout.MIGRATIONS[version:]:
            for statement in step:
                await connection.execute(statement)
        if version < newest:
            await connection.execute("UPDATE klagg_layout SET version = $1", newest)
