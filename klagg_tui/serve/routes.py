"""The server's paths: `/ws` pushes, `/api/…` answers, `/` is a page that shows one symbol."""

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
from klagg_tui.serve.encoding import note
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
_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_NO_TOKEN: Final = 401

_Answer = Callable[[web.Request], Awaitable[bytes]]


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

        app = web.Application(middlewares=[well_formed])
        app.router.add_get("/", self._page)
        app.router.add_get("/ws", self._socket)
        app.router.add_get("/api/bars", self._answering(lambda request: self._answers.bars(request.query)))
        app.router.add_get(
            "/api/derivatives", self._answering(lambda request: self._answers.derivatives(request.query))
        )
        app.router.add_get("/api/symbols", self._answering(lambda _: self._answers.symbols()))
        app.router.add_get("/api/health", self._answering(health))
        app.on_response_prepare.append(name_server)
        app.on_shutdown.append(self._close_all)
        return app

    def _answering(self, answer: _Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            if refusal := self._refusal(request):
                return refusal
            try:
                body = await answer(request)
            except KlaggError as error:
                return error_answer(400, str(error))
            return web.Response(body=body, content_type="application/json", headers=self._headers(request))

        return handle

    def _refusal(self, request: web.Request, *, is_public: bool = False) -> web.Response | None:
        refusal = self._access.refusal(request.headers, request.query.get("token"), is_public=is_public)
        if refusal is None:
            return None
        return error_answer(
            refusal.status, refusal.reason, {"WWW-Authenticate": "Bearer"} if refusal.status == _NO_TOKEN else None
        )

    def _headers(self, request: web.Request) -> dict[str, str]:
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if origin := request.headers.get("Origin"):  # the access policy has let it pass
            headers |= {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        return headers

    async def _page(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request, is_public=True):
            return refusal
        text = files("klagg_tui.serve").joinpath("page.html").read_text(encoding="utf-8")
        headers = {"Content-Security-Policy": _PAGE_POLICY, "X-Content-Type-Options": "nosniff"}
        return web.Response(text=text, content_type="text/html", headers=headers)

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
            return error_answer(426, "This path is for websockets; /api/bars answers over HTTP.")
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
