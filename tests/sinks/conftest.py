"""What the tests of the sinks share."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import asyncpg
import pytest

from tests.sinks.server import BINARIES, Server, serving

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    if BINARIES is None:
        pytest.skip("there is no PostgreSQL server; Debian's package postgresql has it")
    with serving() as found:
        yield found


@pytest.fixture
def address(server: Server) -> str:
    """Of a database of its own."""
    name = f"test_{next(_NUMBERS)}"

    async def make() -> None:
        connection = await asyncpg.connect(server.address())
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    asyncio.run(make())
    return server.address(name)


@pytest.fixture
def own() -> Iterator[Server]:
    """A server that may be killed."""
    if BINARIES is None:
        pytest.skip("there is no PostgreSQL server; Debian's package postgresql has it")
    with serving() as found:
        yield found
