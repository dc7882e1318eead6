"""Connections that ask for nothing: closed after a while, bounded in number, and never the end of anything."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import pytest

from klagg_tui.serve import server as server_module
from klagg_tui.serve.connections import most_connections
from klagg_tui.serve.server import PushServer
from tests.patience import WAIT_S
from tests.serve.serving import current, get, put, reading, serving


@asynccontextmanager
async def connected(server: PushServer, count: int) -> AsyncIterator[list[asyncio.StreamReader]]:
    """So many connections that say nothing."""
    opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(count)]
    try:
        yield [reader for reader, _ in opened]
    finally:
        for _, writer in opened:
            writer.close()


async def closed(readers: list[asyncio.StreamReader]) -> int:
    """How many of them end within seconds."""
    ends = await asyncio.gather(
        *(asyncio.wait_for(reader.read(), WAIT_S) for reader in readers), return_exceptions=True
    )
    return sum(not isinstance(end, TimeoutError) for end in ends)


async def test_a_connection_that_asks_for_nothing_is_closed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "IDLE_S", 0.2)
    async with serving() as server, connected(server, 5) as readers:
        assert await closed(readers) == 5


async def test_a_request_that_is_never_whole_is_closed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "IDLE_S", 0.2)
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /api/symbols HTTP/1.1\r\nHost: ")
        assert await closed([reader]) == 1
        writer.close()


async def test_a_reader_is_not_idle_however_long_it_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "IDLE_S", 0.1)
    async with serving() as server, reading(server) as reader, connected(server, 1) as readers:
        await reader.ask(subscribe="*")
        assert await closed(readers) == 1
        await put(server, current("7"))
        assert len(await reader.bars()) == 1


async def test_where_there_are_too_many_the_one_idle_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MOST_SOCKETS", 10)
    async with serving() as server, connected(server, 10) as readers:
        assert (await get(server, "api/symbols"))[0] == 200
        assert await closed(readers[:1]) == 1


async def test_where_all_are_readers_a_new_one_is_refused_and_the_readers_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MOST_SOCKETS", 2)
    async with serving() as server, reading(server) as one, reading(server) as other:
        await one.ask(subscribe="*")
        async with connected(server, 3) as readers:
            assert await closed(readers) == 3
        assert (await other.ask(subscribe="*"))["type"] == "snapshot"


@contextmanager
def files_at_most(count: int) -> Iterator[None]:
    """As few file descriptors for the process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_connections_leave_half_of_the_files_to_others() -> None:
    with files_at_most(256):
        assert (most_connections(1_100), most_connections(9)) == (128, 9)


async def test_running_out_of_file_descriptors_ends_no_server() -> None:
    async with serving() as server, reading(server) as reader:
        await reader.ask(subscribe="*")
        with files_at_most(256), ExitStack() as stack:
            with pytest.raises(OSError, match="Too many open files"):
                while True:
                    stack.enter_context(open("/dev/null"))  # noqa: ASYNC230, PTH123
            await put(server, current("7"))
            assert len(await reader.bars()) == 1
        assert (await get(server, "api/symbols"))[0] == 200
