"""A push server over real sockets, and readers of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.feed import Mode, Status
from klagg_tui.serve.access import AccessPolicy
from klagg_tui.serve.hub import HubUpdate
from klagg_tui.serve.server import PushServer
from tests.makers import MINUTE, START, SYMBOL, bar
from tests.patience import WAIT_S

OTHER = "ETHUSDT"


LOCAL = AccessPolicy("127.0.0.1", 0)


def status() -> Status:
    return Status("made market", Mode.DEMO, START + 10 * MINUTE, connection="connected")


def current(close: str, open_ms: int = START, symbol: str = SYMBOL, period: Period = Period.M1) -> Bar:
    return bar(open_ms, close=close, symbol=symbol, period=period, state=State.FORMING)


@asynccontextmanager
async def serving(access: AccessPolicy = LOCAL, database: Path | None = None) -> AsyncIterator[PushServer]:
    server = PushServer(access, database, status)
    await asyncio.to_thread(server.start)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


MALFORMED = (
    (),
    ("Host:",),
    ("Host: [",),
    ("Host: [::1",),
    ("Host: [::zz]",),
    ("Host: [127.0.0.1]",),
    ("Host: 127.0.0.1:port",),
    ("Host: 127.0.0.1:1:2",),
    ("Host: a b",),
    ("Host: 127.0.0.1/x",),
    ("Host: me@127.0.0.1",),
    ("Host: 127.0.0.1", "Host: 127.0.0.1"),
    ("Host: 127.0.0.1", "Origin: ["),
    ("Host: 127.0.0.1", "Origin: http://["),
    ("Host: 127.0.0.1", "Origin: http://[::1"),
    ("Host: 127.0.0.1", "Origin: http://127.0.0.1/path"),
    ("Host: 127.0.0.1", "Origin: 127.0.0.1"),
    ("Host: 127.0.0.1", "Origin:"),
    ("Host: 127.0.0.1", "Origin: http://127.0.0.1", "Origin: http://127.0.0.1"),
)
"""Headers that say nothing about whom a request asks, or where it comes from."""


async def raw_answer(port: int, request: str, headers: tuple[str, ...]) -> str:
    """The head of an answer to a request with exactly these headers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write("\r\n".join([request, *headers, "Connection: close", "", ""]).encode())
    async with asyncio.timeout(WAIT_S):
        head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return head.decode()


async def raw_status(port: int, path: str, headers: tuple[str, ...]) -> int:
    """The status of an answer to a request with exactly these headers."""
    return int((await raw_answer(port, f"GET /{path} HTTP/1.1", headers)).split()[1])


class Reader:
    """A websocket reader."""

    def __init__(self, opened: aiohttp.ClientWebSocketResponse) -> None:
        self.opened = opened

    async def ask(self, **subscription: Any) -> dict[str, Any]:
        await self.opened.send_json(subscription)
        return await self.receive()

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S):
            received: dict[str, Any] = await self.opened.receive_json()
        return received

    async def bars(self) -> dict[tuple[str, str, int], dict[str, Any]]:
        received = await self.receive()
        assert received["type"] == "bars"
        return {(sent["symbol"], sent["period"], sent["open_time"]): sent for sent in received["bars"]}


@asynccontextmanager
async def reading(server: PushServer, **options: Any) -> AsyncIterator[Reader]:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{server.url}ws", **options) as opened:
        yield Reader(opened)


async def put(
    server: PushServer, *current_bars: Bar, ended: tuple[Bar, ...] = (), symbols: tuple[str, ...] | None = None
) -> None:
    """Give an update as the engine's beat does: when the last ones are taken."""
    assert await asyncio.to_thread(server._is_ready.wait, WAIT_S)
    server.put(HubUpdate(Changes(current_bars, ended), symbols))
    assert await asyncio.to_thread(server._is_ready.wait, WAIT_S)


async def get(server: PushServer, path: str, **options: Any) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(server.url + path, **options) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if answer.content_type == "application/json" else text
