"""The simulated exchange on a loopback address: REST and websocket on one port."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from email.utils import formatdate
from time import monotonic
from types import TracebackType
from typing import Final, Self

from aiohttp import WSMsgType, web

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.errors import ConfigError
from klagg_tui.simulator.archive.bucket import Bucket
from klagg_tui.simulator.archive.handler import add_archive
from klagg_tui.simulator.clock import SimulatedClock
from klagg_tui.simulator.exchange import Exchange
from klagg_tui.simulator.face import Asked, Face, Knock, Reply, TurnedAway
from klagg_tui.simulator.faces import DEFAULT
from klagg_tui.simulator.faults.schedule import Fault, Faults
from klagg_tui.simulator.inspection import add_inspection
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.truth import Truth
from klagg_tui.simulator.requests import Requests
from klagg_tui.simulator.streams.connection import Connection
from klagg_tui.unreached import reason_of

BEAT_S: Final = 0.01
"""How often, in real time, due messages are written."""
SPEED_HEADER: Final = "X-KLAGG-SPEED"
"""On the answer about the time: how many of the exchange's seconds a real second has. The real exchange does not send it."""
_SLOW_S: Final = 20


class SimulatedExchange:
    """An exchange to connect to while the `async with` block runs.

    Speed 0 lets its time stand still, to be moved with `jump`. `listening` is a socket that listens already, in place of
    host and port: clients may have knocked before the exchange was up. `round_trip_ms`: of real time, by which every answer
    over HTTP comes later, and every websocket opens later, as from an exchange far away.
    """

    def __init__(
        self,
        spec: MarketSpec | None = None,
        *,
        venue: str = DEFAULT,
        speed: float = 1.0,
        faults: str = "none",
        host: str = "127.0.0.1",
        port: int = 0,
        listening: socket.socket | None = None,
        round_trip_ms: float = 0.0,
    ) -> None:
        spec = spec or MarketSpec()
        self._exchange = Exchange(spec, SimulatedClock(spec.start_ms, speed), faults, venue)
        self._host = host
        self._port = port
        self._listening = listening
        self._one_way_s = round_trip_ms / 2_000
        self.archive = Bucket(self._exchange)
        """The files that it publishes."""
        self.requests = Requests()
        """What was asked over HTTP so far."""
        self._runner: web.AppRunner | None = None
        self._beats: asyncio.Task[None] | None = None

    @property
    def rest_url(self) -> str:
        """What to give as `--rest-url`."""
        return f"http://{self._host}:{self._port}"

    @property
    def ws_url(self) -> str:
        """What to give as `--ws-url`."""
        return f"ws://{self._host}:{self._port}"

    @property
    def market(self) -> Market:
        """The market behind it."""
        return self._exchange.market

    @property
    def truth(self) -> Truth:
        """What every bar must be."""
        return self._exchange.truth

    @property
    def face(self) -> Face:
        """How the venue shows the market: its names, and a bar of the truth in its terms."""
        return self._exchange.face

    def bars(self, name: str, period: Period, from_ms: int, to_ms: int) -> tuple[Bar, ...]:
        """What every bar must be, in the venue's terms and under its name; see `Truth.bars`."""
        return self._exchange.bars(name, period, from_ms, to_ms)

    @property
    def faults(self) -> Faults:
        """What goes wrong, and what went wrong so far."""
        return self._exchange.faults

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._exchange.hub)

    @property
    def sent(self) -> int:
        """Trade messages that were due for a subscribed stream, each once, before faults."""
        return self._exchange.sent

    @property
    def speed(self) -> float:
        """Simulated seconds a second."""
        return self._exchange.clock.speed

    def now_ms(self) -> int:
        """The exchange's time."""
        return self._exchange.clock.now_ms()

    def jump(self, milliseconds: int) -> None:
        """Move the exchange's time on at once; everything that is due until then is sent."""
        self._exchange.clock.jump(milliseconds)
        self._exchange.beat()

    def strike(self, kind: str, *, lasts_ms: int = 45_000, target: str = "") -> None:
        """Let something go wrong now; raises ConfigError for what cannot."""
        self.faults.add(Fault(kind, self.now_ms(), lasts_ms, target))
        self._exchange.beat()

    def prepare(self) -> None:
        """
        Make all history now, so that an answer costs no time; of 600 symbols that takes minutes.

        The port is taken before, since nobody wants to hear afterwards that another program has it.

        Raises:
            ConfigError: it cannot be used.
        """
        self._listen_at()
        self.face.prepare(self.now_ms())

    def _listen_at(self) -> socket.socket:
        if self._listening is None:
            try:
                self._listening = socket.create_server((self._host, self._port))
            except OSError as trouble:
                raise ConfigError(
                    f"Port {self._port} of {self._host} cannot be used: {reason_of(trouble)}."
                ) from trouble
        return self._listening

    async def __aenter__(self) -> Self:
        app = web.Application()
        for path in self.face.sockets:
            app.router.add_get(path, self._open_socket)
        for method, path in self.face.paths:
            app.router.add_route(method, path, self._answer)
        add_inspection(app, self._exchange, self.requests)
        add_archive(app, self._exchange, self.archive)
        app.router.add_route("*", "/{path:.*}", self._answer_unknown)
        listening = self._listen_at()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.SockSite(self._runner, listening).start()
        self._host, self._port = self._runner.addresses[0][:2]
        self._beats = asyncio.create_task(self._keep_beating())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error_: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._beats is not None
        assert self._runner is not None
        self._beats.cancel()
        self._exchange.hub.cut()
        await self._runner.cleanup()
        with suppress(asyncio.CancelledError):
            await self._beats

    async def _keep_beating(self) -> None:
        while True:
            began = monotonic()
            self._exchange.beat()
            await asyncio.sleep(max(0.001, BEAT_S - (monotonic() - began)))

    async def _answer(self, request: web.Request) -> web.Response:
        with self.requests.under_way():
            await self._travel()
            answer = await self._answer_here(request)
            await self._travel()
            return answer

    async def _travel(self) -> None:
        """One way between the client and an exchange far away."""
        if self._one_way_s:
            await asyncio.sleep(self._one_way_s)

    async def _answer_here(self, request: web.Request) -> web.Response:
        exchange = self._exchange
        if exchange.faults.active("slow"):
            exchange.faults.counts["slow"] += 1
            await exchange.clock.sleep(1000 * _seconds(exchange.faults.active("slow")))
        asked = Asked(request.method, request.path, request.query, await request.read())
        reply = self._faulty_reply() or self._honest_reply(asked)
        # In the exchange's time: by it a client whose clock is not set yet reads until when it is banned.
        headers = reply.headers | {"Date": formatdate(self.now_ms() // 1000, usegmt=True)}
        if request.path in self.face.time_paths:
            headers = headers | {SPEED_HEADER: f"{self.speed:g}"}
            if exchange.face.clock_error_ms:
                exchange.faults.counts["clock"] += 1
        return web.Response(status=reply.status, body=reply.body, headers=headers)

    def _honest_reply(self, asked: Asked) -> Reply:
        reply = self.face.answer(asked, self.now_ms())
        if reply.is_refusal or reply.status in (418, 429):
            # Not a fault of ours: the client asked for more than its weight.
            self.faults.counts["over weight"] += 1
        return reply

    def _faulty_reply(self) -> Reply | None:
        faults, now_ms = self.faults, self.now_ms()
        fault = faults.active("429", "418", "451", "5xx")
        if fault is None:
            return None
        faults.counts[fault.kind] += 1
        if fault.kind == "5xx":
            status = (500, 502, 503, 504)[faults.counts["5xx"] % 4]
            return Reply(status, b"<html><body>trouble</body></html>", {"Content-Type": "text/html"})
        wait_ms = fault.at_ms + fault.lasts_ms - now_ms
        return self.face.refusal(fault.kind, now_ms, max(1, -(-wait_ms // 1000)))

    async def _answer_unknown(self, request: web.Request) -> web.Response:
        reply = self.face.unknown(request.path, request.method)
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)

    async def _open_socket(self, request: web.Request) -> web.WebSocketResponse:
        try:
            known = self.face.open(Knock(request.path, request.match_info, request.query))
        except TurnedAway as refusal:
            raise web.HTTPBadRequest(text=str(refusal)) from refusal
        await self._travel()
        await self._travel()
        client = web.WebSocketResponse(autoping=False, compress=False)
        await client.prepare(request)
        assert request.transport is not None
        connection = Connection(request.transport, known, self.now_ms())
        self._exchange.hub.join(connection, self.now_ms())
        try:
            await self._listen(client, connection)
        finally:
            self._exchange.hub.leave(connection, self.now_ms())
        return client

    async def _listen(self, client: web.WebSocketResponse, connection: Connection) -> None:
        known = connection.client
        async for message in client:
            known.count(self._exchange.client_ms())
            if known.ending is None and message.type is WSMsgType.PING:
                await client.pong(message.data)
            elif (
                known.ending is None
                and message.type is WSMsgType.TEXT
                and len(message.data.encode()) <= known.most_bytes
            ):
                for text in known.answer(message.data, self.now_ms()):
                    connection.say(text)
                self._exchange.hub.resubscribed(self.now_ms())
            if ending := known.take_ending():
                self.faults.strikes(ending.kind, self.now_ms(), ending.words)
                await client.close(code=ending.code, message=ending.reason.encode())


def _seconds(fault: Fault | None) -> int:
    return int(fault.target) if fault is not None and fault.target.isdecimal() else _SLOW_S
