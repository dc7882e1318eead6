"""The market streams: as many connections as the symbols need, kept open for as long as it runs.

A `StreamShard` for each share of the symbols decides what to do and when; this shell opens and closes sockets, decodes and
hands on. It runs on the engine's loop, so a trade is a plain call away from its bar.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Final, TypeAlias

from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.errors import ExchangeError, GeoBlocked, Refused
from klagg_tui.exchange.messages import (
    Acknowledged,
    BesideTrades,
    ContractChanged,
    Message,
    Rejected,
    ServerShutdown,
)
from klagg_tui.exchange.session import (
    Close,
    Command,
    FeedLimits,
    FeedReport,
    Open,
    Phase,
    Send,
    ShardState,
    StreamShard,
    assign_shards,
)
from klagg_tui.exchange.transport.connect import connect, stream_uri
from klagg_tui.exchange.transport.connection import FeedConnection
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import Decode, StreamCodec, Venue

log = logging.getLogger(__name__)

PER_SHARD: Final = 200
"""Symbols on a connection: a lost one then costs a third of the market, not all of it."""
TICK_S: Final = 0.1
_BETWEEN_OPENS_MS: Final = 250
_LOGGED_BAD_FRAMES: Final = 20
STOPPED: Final = "klagg stopped"
"""Why symbols have no stream once klagg itself has ended it."""
_BLOCKED: Final = 451
_SYMBOL: Final = itemgetter(AggTrade._fields.index("symbol"))

StreamReport: TypeAlias = FeedReport | ContractChanged | BesideTrades


@dataclass
class StreamCounters:
    """What came since the start."""

    frames: int = 0
    bad_frames: int = 0
    """Could not be read; their trades are fetched like all missing ones."""


class _ShardConnections:
    """One share of the symbols: its protocol, its sockets and the attempts to open some."""

    def __init__(self, protocol: StreamShard) -> None:
        self.protocol = protocol
        self.symbols: tuple[str, ...] = ()
        self.connections: dict[int, FeedConnection] = {}
        self.attempts: dict[int, asyncio.Task[None]] = {}


class MarketStream:
    """Trades of the followed symbols, from `run` on.

    Args:
        venue: the exchange at `url`, for its limits, and its codec unless another is given.
        url: `wss://host`; the path is added where there is none.
        codec: that of the exchange's `MarketData`, which knows the contracts; it serves this stream alone.
        on_trades: called with each batch of a socket: its trades in order, and the local time in milliseconds.
        on_report: called with what is delivered, what is silent or refused, which contracts changed, and what is told of them.
        proxy: see `proxy_for`.
        limits: how long to wait for what; `FeedLimits.of(…).faster(speed)` for a simulated exchange.
        local_ms: a steady local clock.
        chance: numbers from 0 to 1.
    """

    def __init__(
        self,
        venue: Venue,
        url: str,
        codec: StreamCodec | None = None,
        *,
        on_trades: Callable[[Sequence[TradeFields], int], None],
        on_report: Callable[[StreamReport], None],
        proxy: str | None = None,
        limits: FeedLimits | None = None,
        per_shard: int = PER_SHARD,
        local_ms: Callable[[], float] = steady_ms,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.counters = StreamCounters()
        self._venue = venue
        self._codec = codec or venue.codec
        self._uri = stream_uri(url, self._codec.path)
        self._on_trades = on_trades
        self._on_report = on_report
        self._proxy = proxy
        self._limits = limits or FeedLimits.of(venue.streams)
        self._per_shard = min(per_shard, self._limits.streams_per_connection - len(self._codec.market_streams))
        self._local_ms = local_ms
        self._chance = chance
        self._shares: list[_ShardConnections] = []
        self._is_blocked = False

    def follow(self, symbols: Collection[str]) -> None:
        """Follow these symbols and no others; those that stay keep their connection."""
        shares = assign_shards(symbols, self._per_shard, [share.symbols for share in self._shares])
        for number in range(len(self._shares), len(shares)):
            market_streams = self._codec.market_streams if number == 0 else ()
            begin_ms = self._now_ms() + number * _BETWEEN_OPENS_MS
            self._shares.append(_ShardConnections(StreamShard(self._codec, self._limits, begin_ms, market_streams)))
        for share, wanted in zip(self._shares, shares, strict=True):
            if share.symbols != wanted:
                share.symbols = wanted
                share.protocol.want(wanted)

    def renew(self, symbol: str, reason: str) -> None:
        """Replace the connection of a symbol, without a gap: what it should have delivered is known from elsewhere."""
        for share in self._shares:
            if symbol in share.symbols:
                share.protocol.renew(reason)

    def states(self) -> tuple[ShardState, ...]:
        """How each share of the symbols stands."""
        return tuple(share.protocol.state(self._now_ms()) for share in self._shares)

    def trouble(self) -> str | None:
        """One sentence where trades do not come, None where all is well or still young."""
        states = [state for state in self.states() if state.reason and state.covered < state.symbols]
        if not states:
            return None
        if self._is_blocked:
            return (
                f"{self._uri.host} does not serve this place (451), so there are no live trades: "
                f"{self._venue.blocked_advice}."
            )
        state = min(states, key=lambda state: state.covered)
        what = "is silent" if state.phase is Phase.SILENT else "cannot be reached"
        missing = sum(state.symbols - state.covered for state in states)
        return f"{self._uri.host} {what} ({state.reason}): no live trades of {missing} symbol{'' if missing == 1 else 's'}. klagg {self._plan(state)}."

    async def run(self) -> None:
        """Keep the connections up until cancelled."""
        try:
            while True:
                for share in self._shares:
                    self._tick(share)
                await asyncio.sleep(TICK_S)
        finally:
            await self._close_all()

    def _plan(self, state: ShardState) -> str:
        if state.until_ms is None:
            return "is trying again"
        return f"tries again in {max(1, round((state.until_ms - self._now_ms()) / 1000))} s"

    def _now_ms(self) -> int:
        return int(self._local_ms())

    def _tick(self, share: _ShardConnections) -> None:
        for command in share.protocol.tick(self._now_ms(), self._chance()):
            self._execute(share, command)
        self._report(share)

    def _execute(self, share: _ShardConnections, command: Command) -> None:
        key = command.key
        if isinstance(command, Open):
            share.attempts[key] = asyncio.create_task(self._open(share, key))
        elif isinstance(command, Close):
            log.info("connection closed: %s", command.reason)
            if attempt := share.attempts.pop(key, None):
                attempt.cancel()
            if connection := share.connections.pop(key, None):
                connection.close()
        elif connection := share.connections.get(key):
            if isinstance(command, Send):
                connection.send(command.payload)
            else:
                connection.ping()

    def _report(self, share: _ShardConnections) -> None:
        for report in share.protocol.take_reports():
            self._on_report(report)

    async def _open(self, share: _ShardConnections, key: int) -> None:
        """One attempt, as a task."""
        decode = self._codec.open_decoder() if self._codec.open_decoder else self._codec.decode_batch

        def make() -> FeedConnection:
            return FeedConnection(self._uri, partial(self._take, share, key, decode), partial(self._ended, share, key))

        try:
            connection = await connect(self._uri, make, self._venue.refusals, self._proxy)
        except ExchangeError as error:
            self._is_blocked = isinstance(error, GeoBlocked)
            code = _BLOCKED if self._is_blocked else error.code if isinstance(error, Refused) else 0
            self._ended(share, key, str(error), code)
        else:
            self._is_blocked = False
            if share.protocol.session(key) is None:  # lost again in the same moment
                connection.close()
                return
            share.connections[key] = connection
            share.protocol.opened(key, self._now_ms())
            log.info("connected to %s", self._uri.host)
        finally:
            share.attempts.pop(key, None)

    def _ended(self, share: _ShardConnections, key: int, reason: str, code: int) -> None:
        log.info("no connection to %s: %s", self._uri.host, reason)
        share.connections.pop(key, None)
        share.protocol.ended(key, self._now_ms(), self._chance(), reason, code)
        self._report(share)

    def _take(self, share: _ShardConnections, key: int, decode: Decode, texts: list[bytes]) -> None:
        """What a socket brought: decode it, note which symbols traded, hand it on."""
        session = share.protocol.session(key)
        if session is None:
            return
        now_ms = self._now_ms()
        batch = decode(texts)
        session.last_trade_ms.update(dict.fromkeys(map(_SYMBOL, batch.trades), now_ms))
        if batch.repeated:
            session.last_trade_ms.update(dict.fromkeys(batch.repeated, now_ms))
        session.received(now_ms, has_trades=bool(batch.trades or batch.repeated), has_texts=bool(texts))
        self.counters.frames += len(texts)
        for text, error in batch.damaged:
            self._note_bad(text, error)
        for message in batch.others:
            self._take_other(share, key, message, now_ms)
        if batch.trades:
            self._on_trades(batch.trades, now_ms)

    def _take_other(self, share: _ShardConnections, key: int, message: Message, now_ms: int) -> None:
        if isinstance(message, (Acknowledged, Rejected)):
            share.protocol.answered(key, message, now_ms)
            self._report(share)
        elif isinstance(message, ServerShutdown):
            share.protocol.shutting_down(key)
        elif isinstance(message, (BesideTrades, ContractChanged)):
            self._on_report(message)

    def _note_bad(self, text: bytes, error: Exception) -> None:
        self.counters.bad_frames += 1
        if self.counters.bad_frames <= _LOGGED_BAD_FRAMES:
            log.warning("a message was left out (%s): %r", error, text[:200])

    async def _close_all(self) -> None:
        """Close everything, so that another `run` begins anew."""
        attempts: list[asyncio.Task[None]] = []
        for share in self._shares:
            attempts += share.attempts.values()
            for connection in share.connections.values():
                connection.close()
            for key in [*share.attempts, *share.connections]:
                self._ended(share, key, STOPPED, 0)
        for attempt in attempts:
            attempt.cancel()
        await asyncio.gather(*attempts, return_exceptions=True)
