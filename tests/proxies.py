"""Small proxies on the loopback address, to see what passes through them; and a line that is slow, and cut."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

Greeting = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[tuple[str, int]]]


@dataclass
class Passage:
    """Where a proxy listens, and where its clients wanted to go."""

    port: int = 0
    targets: list[tuple[str, int]] = field(default_factory=list)


@asynccontextmanager
async def connect_proxy() -> AsyncIterator[Passage]:
    """HTTP with CONNECT."""
    async with _proxy(_greet_http) as passage:
        yield passage


@asynccontextmanager
async def socks_proxy() -> AsyncIterator[Passage]:
    """SOCKS5 without a password."""
    async with _proxy(_greet_socks) as passage:
        yield passage


@asynccontextmanager
async def rude_proxy() -> AsyncIterator[Passage]:
    """Hangs up on everybody."""

    async def hang_up(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> tuple[str, int]:
        raise ConnectionResetError

    async with _proxy(hang_up) as passage:
        yield passage


@dataclass
class Line(Passage):
    """A slow way to one place."""

    bytes_a_second: int = 1_000_000
    passing: set[asyncio.Task[None]] = field(default_factory=set)

    def cut(self) -> None:
        """All that passes is gone; whoever comes afterwards gets through."""
        for task in self.passing:
            task.cancel()


@asynccontextmanager
async def slow_line(port: int, bytes_a_second: int) -> AsyncIterator[Line]:
    """To a port of this machine, so many bytes a second each way."""
    line = Line(bytes_a_second=bytes_a_second)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1_000):
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(len(data) / line.bytes_a_second)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, away = await asyncio.open_connection("127.0.0.1", port)
        ways = [asyncio.ensure_future(way) for way in (pass_on(reader, away), pass_on(there, writer))]
        line.passing.update(ways)
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            line.passing.difference_update(ways)
            for end in (writer, away):
                end.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        line.cut()


@asynccontextmanager
async def _proxy(greet: Greeting) -> AsyncIterator[Passage]:
    passage = Passage()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(_shut, writer)
            with suppress(ConnectionError, asyncio.CancelledError):
                host, port = await greet(reader, writer)
                passage.targets.append((host, port))
                there, away = await asyncio.open_connection(host, port)
                stack.push_async_callback(_shut, away)
                await asyncio.gather(_pump(reader, away), _pump(there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    passage.port = server.sockets[0].getsockname()[1]
    try:
        yield passage
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _shut(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def _greet_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    head = await reader.readuntil(b"\r\n\r\n")
    method, target, _ = head.decode().split(" ", 2)
    assert method == "CONNECT"
    host, port = target.rsplit(":", 1)
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    return host, int(port)


async def _greet_socks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")
    *_, kind = await reader.readexactly(4)
    if kind == 1:
        host = socket.inet_ntoa(await reader.readexactly(4))
    else:
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
    (port,) = struct.unpack("!H", await reader.readexactly(2))
    writer.write(b"\x05\x00\x00\x01" + bytes(6))
    return host, port
