"""A websocket server on the loopback address that a test can tell what to say."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.patience import WAIT_S


class Feed:
    """What the exchange says, and what it was told."""

    def __init__(self) -> None:
        self.port = 0
        self.paths: list[str] = []
        self.commands: list[dict[str, object]] = []
        self.clients: list[tuple[ServerConnection, set[str]]] = []
        self.status: HTTPStatus | None = None
        """Refuse handshakes with it."""

    async def send(self, message: object) -> None:
        """To everybody, a text as it is, anything else as JSON."""
        text = message if isinstance(message, str) else json.dumps(message)
        for connection, _ in self.clients:
            await connection.send(text)

    async def trade(self, symbol: str, aggregate_id: int) -> None:
        """To those who subscribed."""
        stream = f"{symbol.lower()}@aggTrade"
        text = json.dumps({"stream": stream, "data": said_trade(symbol, aggregate_id)})
        for connection, streams in list(self.clients):
            if stream in streams:
                with suppress(ConnectionClosed):  # it has just gone
                    await connection.send(text)

    def cut(self) -> None:
        """Cut everybody off without a word."""
        for connection, _ in self.clients:
            connection.transport.abort()

    def refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        self.paths.append(request.path)
        return connection.respond(self.status, "no") if self.status else None

    async def serve_client(self, connection: ServerConnection) -> None:
        client = (connection, set[str]())
        self.clients.append(client)
        try:
            async for text in connection:
                command = json.loads(text)
                self.commands.append(command)
                change = client[1].update if command["method"] == "SUBSCRIBE" else client[1].difference_update
                change(command["params"])
                await connection.send(json.dumps({"result": None, "id": command["id"]}))
        except ConnectionClosed:
            pass
        finally:
            self.clients.remove(client)


def said_trade(symbol: str, aggregate_id: int) -> dict[str, object]:
    return {
        "e": "aggTrade",
        "E": 1_790_000_000_000 + aggregate_id,
        "a": aggregate_id,
        "s": symbol,
        "p": "100.5",
        "q": "0.25",
        "f": aggregate_id,
        "l": aggregate_id,
        "T": 1_790_000_000_000 + aggregate_id,
        "m": False,
    }


@asynccontextmanager
async def feeding(context: ssl.SSLContext | None = None) -> AsyncIterator[Feed]:
    """A feed at a port of its own."""
    feed = Feed()
    server: Server = await serve(
        feed.serve_client, "127.0.0.1", 0, process_request=feed.refuse, ssl=context, compression=None
    )
    feed.port = next(iter(server.sockets)).getsockname()[1]
    try:
        yield feed
    finally:
        server.close()
        await server.wait_closed()


async def until(condition: Callable[[], object], for_s: float = WAIT_S) -> None:
    """Go on as soon as it holds."""
    async with asyncio.timeout(for_s):
        pause_s = 0.002
        while not condition():
            await asyncio.sleep(pause_s)
            # What takes long is not asked for so often: asking can cost more than what is waited for.
            pause_s = min(pause_s * 1.2, 0.03)
