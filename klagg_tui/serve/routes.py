"""The server's paths: `/ws` pushes, `/api/…` and `/metrics` answer, `/` is a page that shows one symbol."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.resources import files
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.typedefs import Handler

from klagg_tui.errors import BadRequest, KlaggError
from klagg_tui.serve.access import AccessPolicy, malformed
from klagg_tui.serve.answers import Answers
from klagg_tui.serve.compression import compress
from klagg_tui.serve.cors import Cors
from klagg_tui.serve.encoding import note
from klagg_tui.serve.exposition import CONTENT_TYPE
from klagg_tui.serve.hub import Hub, Subscriber
from klagg_tui.serve.refusals import error_answer, name_server
from klagg_tui.serve.subscriptions import parse_subscription

log = logging.getLogger(__name__)

MAX_READERS: Final = 1_000
MAX_MESSAGE_BYTES: Final = 256 * 1024
"""Of one message from a reader: room for the names of all symbols."""
SEND_TIMEOUT_S: Final = 120.0
"""A reader that takes nothing for so long is cut off."""
_SEND_BUFFER_BYTES: Final = 128 * 1024
"""What the system may hold for a reader: the more it holds, the older what is read last."""
PAGE_FILES: Final = {
    "/": "page.html",
    "/page.css": "page.css",
    "/page.mjs": "page.mjs",
    "/chart.mjs": "chart.mjs",
    "/values.mjs": "values.mjs",
}
"""Paths of the page, and the file that each is. No script and no style stands in the page itself, so that none put into it would run."""
_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
}
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

_NO_TOKEN: Final = 401

_Answer = Callable[[web.Request], Awaitable[bytes]]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def well_formed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Before anything else is looked at: what does not say whom it asks, and from where, is no request."""
    headers = request.headers
    if refusal := malformed(headers.getall("Host", ()), headers.getall("Origin", ())):
        return error_answer(refusal.status, refusal.reason)
    return await handler(request)


class Routes:
    """Request handlers over one hub."""

    def __init__(self, hub: Hub, answers: Answers, access: AccessPolicy) -> None:
        self._hub = hub
        self._answers = answers
        self._access = access
        self._sockets: set[web.WebSocketResponse] = set()

    @property
    def readers(self) -> int:
        """How many websockets are open."""
        return len(self._sockets)

    def app(self) -> web.Application:
        """All paths."""

        async def health(_: web.Request) -> bytes:
            return self._answers.health()

        async def metrics(_: web.Request) -> bytes:
            return self._answers.metrics()

        cors = Cors(self._access)
        app = web.Application(middlewares=[well_formed, cors.preflight])
        for path, file in PAGE_FILES.items():
            app.router.add_get(path, self._page(file))
        app.router.add_get("/ws", self._socket)
        app.router.add_get("/api/bars", self._answering(lambda request: self._answers.bars(request.query)))
        app.router.add_get(
            "/api/derivatives", self._answering(lambda request: self._answers.derivatives(request.query))
        )
        app.router.add_get("/api/symbols", self._answering(lambda _: self._answers.symbols()))
        app.router.add_get("/api/health", self._answering(health))
        app.router.add_get("/metrics", self._answering(metrics, CONTENT_TYPE))
        app.on_response_prepare.append(cors.tell)
        app.on_response_prepare.append(name_server)
        app.on_shutdown.append(self._close_all)
        return app

    def _answering(self, answer: _Answer, content_type: str = "application/json") -> _Handler:
        async def handle(request: web.Request) -> web.Response:
            if refusal := self._refusal(request):
                return refusal
            try:
                body = await answer(request)
            except BadRequest as error:
                return error_answer(400, str(error))
            except KlaggError as error:
                log.warning("%s could not be answered: %s", request.path, error)
                return error_answer(500, str(error))
            return await compress(request, web.Response(body=body, headers={"Content-Type": content_type, **_HEADERS}))

        return handle

    def _refusal(self, request: web.Request, *, is_public: bool = False) -> web.Response | None:
        refusal = self._access.refusal(request.headers, request.query.get("token"), is_public=is_public)
        if refusal is None:
            return None
        return error_answer(
            refusal.status, refusal.reason, {"WWW-Authenticate": "Bearer"} if refusal.status == _NO_TOKEN else None
        )

    def _page(self, file: str) -> _Handler:
        body = files("klagg_tui.serve").joinpath("page", file).read_bytes()
        headers = {"Content-Type": _TYPES[file.rpartition(".")[2]], "Cache-Control": "no-cache", **_PAGE_HEADERS}

        async def handle(request: web.Request) -> web.Response:
            if refusal := self._refusal(request, is_public=True):
                return refusal
            return await compress(request, web.Response(body=body, headers=headers))

        return handle

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if refusal := self._refusal(request):
            return refusal
        if self.readers >= MAX_READERS:
            return error_answer(503, f"There are {MAX_READERS:,} readers already.")
        # Sends wait as soon as the system takes no more; compression would make each reader's bytes its own.
        # One that is gone without a word, and asks for nothing, is found by the heartbeat.
        opened = web.WebSocketResponse(
            compress=False, writer_limit=0, max_msg_size=MAX_MESSAGE_BYTES, timeout=1.0, heartbeat=2 * SEND_TIMEOUT_S
        )
        if not opened.can_prepare(request).ok:
            headers = {"Upgrade": "websocket", "Connection": "Upgrade"}  # RFC 9110, 15.5.22
            return error_answer(426, "This path is for websockets; /api/bars answers over HTTP.", headers)
        _limit_buffers(request)
        await opened.prepare(request)
        subscriber = Subscriber()
        self._sockets.add(opened)
        sending = asyncio.create_task(_send(opened, subscriber, request))
        try:
            await self._receive(opened, subscriber)
        finally:
            self._sockets.discard(opened)
            self._hub.remove(subscriber)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return opened

    async def _receive(self, opened: web.WebSocketResponse, subscriber: Subscriber) -> None:
        async for received in opened:
            if received.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                continue
            try:
                answer = self._hub.subscribe(subscriber, parse_subscription(received.data))
            except BadRequest as error:
                answer = note("error", message=str(error))
            subscriber.outbox.answer(answer)
            await subscriber.outbox.answered()

    async def _close_all(self, _: web.Application) -> None:
        """Close what is open; who does not answer is cut off."""
        closing = [opened.close(code=WSCloseCode.GOING_AWAY, message=b"klagg ends") for opened in self._sockets]
        await asyncio.gather(*(asyncio.wait_for(one, 1.0) for one in closing), return_exceptions=True)


async def _send(opened: web.WebSocketResponse, subscriber: Subscriber, request: web.Request) -> None:
    """Send what waits, as fast as it is read."""
    with suppress(ConnectionError):
        while True:
            text = await subscriber.outbox.take()
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await opened.send_frame(text, WSMsgType.TEXT)
            except TimeoutError:
                log.info("a reader took nothing for %d s and was cut off", SEND_TIMEOUT_S)
                break
    if request.transport:
        request.transport.abort()


def _limit_buffers(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    found = transport.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
