"""A simulated exchange whose time stands still: klagg's own rooms of a live market, fed without sockets and without waiting.

Equal seeds and times give equal markets, so that a picture changes only where klagg does.
"""

from __future__ import annotations

import asyncio
from asyncio import Transport
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from email.utils import formatdate
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

from klagg_tui.engine.events import TradeFields
from klagg_tui.engine.period import Period
from klagg_tui.exchange.messages import BesideTrades
from klagg_tui.exchange.transport.client import MarketClient
from klagg_tui.exchange.transport.http import Answer, HttpClient
from klagg_tui.exchange.venue import Decode, Priority, Request, RequestUse, StreamCodec
from klagg_tui.feed import Mode
from klagg_tui.metrics import Metric
from klagg_tui.runtime.live.backfill import Backfill
from klagg_tui.runtime.live.context import LiveContext
from klagg_tui.runtime.live.day_before import DayBefore
from klagg_tui.runtime.live.derivatives import Derivatives
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.keyed import KeyedMarketData
from klagg_tui.runtime.live.seeder import Seeder
from klagg_tui.runtime.live.universe import SymbolUniverse
from klagg_tui.runtime.market_host import MarketHost
from klagg_tui.runtime.source import SourceStatus
from klagg_tui.simulator.clock import SimulatedClock
from klagg_tui.simulator.exchange import Exchange
from klagg_tui.simulator.face import Asked, Face, Knock
from klagg_tui.simulator.faces.hyperliquid import Hyperliquid
from klagg_tui.simulator.faces.okx_rest import OkxRest
from klagg_tui.simulator.faces.spot import RequestLimit
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.rest.weight import Weight
from klagg_tui.simulator.streams.connection import Connection

BEGIN_MS: Final = 1_790_067_600_000
"""2026-09-22 09:00 UTC: from then on the market trades as lively as it is asked to."""
STILL_MS: Final = BEGIN_MS + 32 * 60_000 + 42_000
"""Where the time stands in the pictures."""
_HEARD_MS: Final = 125_000
"""So long before that the trades are listened to: two whole minutes, so that no bar under way begins partial."""
_SEEDED_MS: Final = 20_000
"""So long before that the symbols begin."""
_STEP_MS: Final = 1_000
_TAPE: Final = 200
_MINUTES: Final = 130
"""So many are there of every other symbol."""
_LOOK_S: Final = 0.02
_ENDLESS: Final = 10**9
_MOST: Final = 10**6


class StillClock:
    """See `Clock` of `exchange.venue`."""

    speed = 1.0
    is_set = True
    trouble = ""
    jumps = 0

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def now_ms(self, local_ms: float) -> int:
        del local_ms
        return self._exchange.clock.now_ms()

    def error_ms(self, local_ms: float) -> float:
        del local_ms
        return 0.0

    def heard(self, local_ms: float, traded_ms: float) -> None:
        del local_ms, traded_ms


class StillHttp(HttpClient):
    """Asks the simulated exchange by a call."""

    exchange: Exchange

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def use(self) -> RequestUse:
        return RequestUse(312, self.budget.limit, 0, 0)

    async def get(self, request: Request, priority: Priority) -> Answer:
        del priority
        now_ms = self.exchange.clock.now_ms()
        method, body = ("GET", b"") if request.body is None else ("POST", request.body)
        path, _, query = request.path.partition("?")
        asked = Asked(method, path, dict([*parse_qsl(query), *request.parameters]), body)
        reply = self.exchange.face.answer(asked, now_ms)
        if failure := self._failure_in(reply.status, reply.body):
            raise self._error(failure, reply.headers)
        assert reply.status == 200, (request, reply)
        date = formatdate(now_ms / 1_000, usegmt=True)
        headers = {name.upper(): text for name, text in reply.headers.items()}
        return Answer(reply.body, {**headers, "DATE": date}, 0.0, 0.0)


class _Wire(Transport):
    """The exchange's end of a socket: keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:  # type: ignore[override]
        self._written += data

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def messages(self) -> Iterator[bytes]:
        """The text messages since the last call."""
        written, self._written = bytes(self._written), bytearray()
        at = 0
        while at < len(written):
            size, head = written[at + 1], 2
            if size > 125:
                head = 4 if size == 126 else 10
                size = int.from_bytes(written[at + 2 : at + head], "big")
            if written[at] == 0x81:
                yield written[at + head : at + head + size]
            at += head + size


class StillMarket:
    """A `MarketSource`: one exchange, whose time stands still once everything has come; `go_on_to` moves it."""

    is_live = True
    knows_time = True

    def __init__(self, key: str, spec: MarketSpec, endpoint: MarketEndpoint, deep: int) -> None:
        """`deep`: of how many symbols, the busiest, the whole history is there; computing it takes half a second each."""
        self.market = endpoint.market
        self.status = SourceStatus(Mode.CONNECTING, "connecting")
        self.go_on_to = STILL_MS
        """Up to which time it plays, in milliseconds; may be set from another thread."""
        self.is_prepared = False
        self._endpoint = endpoint
        self._deep = deep
        self._exchange = Exchange(replace(spec, start_ms=BEGIN_MS), SimulatedClock(BEGIN_MS, 0.0), "none", key)
        _lift_limits(self._exchange.face)
        self._exchange.clock.jump(STILL_MS - _HEARD_MS - BEGIN_MS)
        self._exchange.beat()
        self._recent: dict[str, deque[TradeFields]] = defaultdict(lambda: deque(maxlen=_TAPE))
        self._activity = spec.activity * self._exchange.face.liveliness

    def now_ms(self) -> int:
        """The exchange's clock."""
        return self._exchange.clock.now_ms()

    async def run(self, host: MarketHost) -> None:
        """Prepare the market, then stand still."""
        context = self._context(host)
        derivatives = Derivatives(context)
        await SymbolUniverse(context, self._endpoint.wanted, lambda _symbols: None).reconcile()
        symbols = host.engine.symbols()
        derivatives.follow()
        names, at_once = [*map(context.naming.symbol, symbols)], context.venue.streams.streams_per_message
        line = _Line(self._exchange, context.market_data.codec, names, at_once)
        self._play(host, line, derivatives, STILL_MS - _SEEDED_MS)
        seeder = Seeder(context, lambda _symbols: None)
        for symbol in symbols:
            await seeder.seed(symbol, Priority.SEED)
        await _fill(context, self._endpoint, symbols[: self._deep])
        for symbol in symbols[self._deep :]:
            await _fill_minutes(context, symbol)
        self._play(host, line, derivatives, STILL_MS)
        await DayBefore(context)._ask()
        for _ in symbols if context.venue.derivatives else ():
            await derivatives._ask_next(context.venue.derivatives)  # type: ignore[arg-type]
        self._note(host)
        await host.flush()
        self.is_prepared = True
        followed = None
        while True:
            self._play(host, line, derivatives, self.go_on_to)
            now_followed = _followed(host)
            if now_followed != followed and now_followed:
                _record(host, self._recent[context.naming.symbol(now_followed)])
            followed = now_followed
            await asyncio.sleep(_LOOK_S)

    def _context(self, host: MarketHost) -> LiveContext:
        assert host.store is not None
        exchange = self._endpoint.venue
        asked = exchange.market_data(self._endpoint.rest_url, self.now_ms())
        assert isinstance(asked, MarketClient)
        asked.http.__class__ = StillHttp
        asked.http.exchange = self._exchange  # type: ignore[attr-defined]
        asked.clock = asked.http.clock = StillClock(self._exchange)  # type: ignore[assignment]
        context = LiveContext(host, host.store, exchange, asked)  # type: ignore[arg-type]
        return (
            replace(context, market_data=KeyedMarketData(context.market_data, context.naming)) if host.key else context
        )

    def _play(self, host: MarketHost, line: _Line, derivatives: Derivatives, until_ms: int) -> None:
        """Let the time go on, and take in what comes."""
        while (left_ms := until_ms - self.now_ms()) > 0:
            self._exchange.clock.jump(min(_STEP_MS, left_ms))
            trades, beside = line.heard()
            for trade in trades:
                self._recent[trade[0]].append(trade)
            host.receive(trades)
            for message in beside:
                derivatives.receive(message)

    def _note(self, host: MarketHost) -> None:
        """What is measured of a running market, as fixed values."""
        self.status.mode, self.status.connection, self.status.delay_ms = self._endpoint.mode, "connected", 45.0
        host.metrics.set(Metric.TRADES_PER_SECOND, self._activity)
        host.rate.measure = lambda _trades: self._activity  # type: ignore[method-assign]


class _Line:
    """A connection to the exchange, and its decoder."""

    def __init__(self, exchange: Exchange, codec: StreamCodec, symbols: Sequence[str], at_once: int) -> None:
        self._exchange = exchange
        self._decode: Decode = codec.open_decoder() if codec.open_decoder else codec.decode_batch
        self._wire = _Wire()
        parts = urlsplit(codec.path)
        knock = Knock(parts.path, {}, dict(parse_qsl(parts.query)))
        now_ms = exchange.clock.now_ms()
        self._connection = Connection(self._wire, exchange.face.open(knock), now_ms)
        exchange.hub.join(self._connection, now_ms)
        streams = [*codec.market_streams, *map(codec.trade_stream, symbols)]
        for number, at in enumerate(range(0, len(streams), at_once)):
            text = codec.subscribe(streams[at : at + at_once], number + 1).decode()
            for answer in self._connection.client.answer(text, now_ms):
                self._connection.say(answer)
        exchange.hub.resubscribed(now_ms)

    def heard(self) -> tuple[list[TradeFields], list[BesideTrades]]:
        """What has come by now."""
        self._exchange.beat()
        batch = self._decode(list(self._wire.messages()))
        assert not batch.damaged, batch.damaged[0]
        return batch.trades, [message for message in batch.others if isinstance(message, BesideTrades)]


async def _fill_minutes(context: LiveContext, symbol: str) -> None:
    """As many minutes as the small charts in the table have."""
    bars = await context.market_data.bars(symbol, Period.M1, limit=_MINUTES, priority=Priority.HISTORY)
    await context.store.add_confirmed([bar for bar in bars if bar.end_ms <= context.settled_ms()])


async def _fill(context: LiveContext, endpoint: MarketEndpoint, symbols: Sequence[str]) -> None:
    """All history at once."""
    backfill = Backfill(context, endpoint.history, minutes=endpoint.minutes)
    backfill.want(symbols)
    while found := backfill._next():
        fill, is_first = found
        fill.is_busy = True
        await backfill._step(fill, is_first=is_first)


def _lift_limits(face: Face) -> None:
    """Asked without a pause, the exchange would refuse."""
    for name, value in list(vars(face).items()):
        if isinstance(value, Weight):
            value.limit = _ENDLESS
        elif isinstance(value, RequestLimit):
            setattr(face, name, RequestLimit(_MOST))
        elif isinstance(value, OkxRest):
            value._is_too_much = lambda _path, _now_ms: False  # type: ignore[method-assign]
    if isinstance(face, Hyperliquid):
        face._is_within = lambda _cost, _now_ms: True  # type: ignore[method-assign]


def _followed(host: MarketHost) -> str | None:
    """The symbol whose tape is kept, where it is of this exchange."""
    followed: str | None = getattr(host, "_core", host).tape.symbol
    return followed if followed is None or not host.key or followed.startswith(f"{host.key}:") else None


def _record(host: MarketHost, trades: Iterable[TradeFields]) -> None:
    """Put trades on the tape that came before somebody looked."""
    core = getattr(host, "_core", host)
    for trade in trades:
        core.tape.record([trade], trade[0])
