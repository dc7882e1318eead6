"""Windows on other machines: what they say goes to the recorder's own socket, and what it says comes to them, packed.

A window that does not read holds up its own connection alone: the recorder cuts it off as it does any other, and it comes again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from klagg_tui.attach.link import PATH, LocalDoor
from klagg_tui.errors import Unattached
from klagg_tui.serve.refusals import error_answer

__all__ = ["PATH", "Relay"]

_MOST_BYTES: Final = 1_000_000
"""Of what a window says at once."""
_HEARTBEAT_S: Final = 30.0
_CLOSE_S: Final = 1.0


class Relay:
    """Hands on, for as long as both ends are there."""

    def __init__(self, database: Path | None) -> None:
        """`database`: whose recorder this is; None where nothing is kept."""
        self._door = LocalDoor(database) if database else None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request that the access policy has let pass."""
        opened = web.WebSocketResponse(max_msg_size=_MOST_BYTES, timeout=_CLOSE_S, heartbeat=_HEARTBEAT_S)
        if not opened.can_prepare(request).ok:
            headers = {"Upgrade": "websocket", "Connection": "Upgrade"}  # RFC 9110, 15.5.22
            return error_answer(426, "This path is for windows; `klagg attach` opens one.", headers)
        try:
            if self._door is None:
                raise Unattached("Nothing is kept here, so there is nothing to attach to.")
            recorder = await self._door.connect()
        except Unattached as error:
            return error_answer(503, str(error))
        try:
            await opened.prepare(request)
            await _hand_on(opened, recorder)
        finally:
            await recorder.close()
        with suppress(ConnectionError):
            await opened.close(code=WSCloseCode.GOING_AWAY)
        return opened


async def _hand_on(window: web.WebSocketResponse, recorder: ClientConnection) -> None:
    """Both ways, until one of them ends."""
    ways = [asyncio.ensure_future(way) for way in (_to_window(window, recorder), _to_recorder(window, recorder))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _to_window(window: web.WebSocketResponse, recorder: ClientConnection) -> None:
    with suppress(ConnectionClosed, ConnectionError):
        async for data in recorder:
            await window.send_bytes(data if isinstance(data, bytes) else data.encode())


async def _to_recorder(window: web.WebSocketResponse, recorder: ClientConnection) -> None:
    with suppress(ConnectionClosed, ConnectionError):
        async for said in window:
            if said.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                await recorder.send(said.data)
