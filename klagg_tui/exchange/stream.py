"""The market streams: as many connections as the symbols need, kept up for ever.

What to do when is decided by a `StreamShard` for each share of the symbols; this shell opens and closes sockets, decodes and
hands on. It runs on the engine's loop, so a trade is a plain call away from its bar.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Final, TypeAlias

from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.errors import ExchangeError, GeoBlocked, Refused
from klagg_tui.exchange.messages import (
    Acknowledged,
    Batch,
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
from klagg_tui.exchange.transport.connection import GULP_S, FeedConnection
from klagg_tui.exchange.venue import Venue

log = logging.getLogger(__name__)

PER_LINE: Final = 200
"""Symbols on a connection: a lost one then costs a third of the market, not all of it."""
BEAT_S: Final = 0.1
_BETWEEN_OPENS_MS: Final = 250
_LOGGED_BAD_FRAMES: Final = 20
HUNG_UP: Final = "hung up"
"""Why symbols have no stream once klagg itself has ended it."""
_GEO: Final = 451
_SYMBOL: Final = itemgetter(AggTrade._fields.index("symbol"))

StreamReport: TypeAlias = FeedReport | ContractChanged


@dataclass
class StreamCounters:
    """What came since the start."""

    gulps: int = 0
    frames: int = 0
    bytes: int = 0
    trades: int = 0
    bad_frames: int = 0
    """Could not be read; their trades are fetched like all missing ones."""
    other_frames: int = 0


class _ShardConnections:
    """A line with its sockets and the attempts to open some."""

    def __init__(self, line: StreamShard) -> None:
        self.line = line
        self.symbols: tuple[str, ...] = ()
        self.connections: dict[int, FeedConnection] = {}
        self.attempts: dict[int, asyncio.Task[None]] = {}


class MarketStream:
    """Trades of the followed symbols, from `run` on.

    Args:
        venue: whose language is spoken there.
        url: `wss://host`; the path is added where there is none.
        on_trades: told each gulp of a socket: its trades in order, and the local time in milliseconds.
        on_report: told what is covered, what is silent or refused, and which contracts changed.
        proxy: see `proxy_for`.
        limits: how long to wait for what; `FeedLimits.of(…).faster(speed)` for a simulated exchange.
        local_ms: a steady local clock.
        chance: numbers from 0 to 1.
    """

    def __init__(
        self,
        venue: Venue,
        url: str,
        *,
        on_trades: Callable[[Sequence[TradeFields], int], None],
        on_report: Callable[[StreamReport], None],
        proxy: str | None = None,
        limits: FeedLimits | None = None,
        per_line: int = PER_LINE,
        local_ms: Callable[[], float] = lambda: time.monotonic() * 1000,
        chance: Callable[[], float] = random.random,
        gulp_s: float = GULP_S,
    ) -> None:
        self.counters = StreamCounters()
        self._venue = venue
        self._codec = venue.codec
        self._decode_batch = venue.codec.decode_batch
        self._uri = stream_uri(url, venue.codec.path)
        self._on_trades = on_trades
        self._on_report = on_report
        self._proxy = proxy
        self._limits = limits or FeedLimits.of(venue.streams)
        self._per_line = per_line
        self._local_ms = local_ms
        self._chance = chance
        self._gulp_s = gulp_s
        self._strands: list[_ShardConnections] = []
        self._is_geo_blocked = False

    def follow(self, symbols: Collection[str]) -> None:
        """Follow these symbols and no others; those that stay keep their connection."""
        lines = assign_shards(symbols, self._per_line, [strand.symbols for strand in self._strands])
        for number in range(len(self._strands), len(lines)):
            others = self._codec.market_streams if number == 0 else ()
            begin_ms = self._now_ms() + number * _BETWEEN_OPENS_MS
            self._strands.append(_ShardConnections(StreamShard(self._codec, self._limits, begin_ms, others)))
        for strand, line in zip(self._strands, lines, strict=True):
            if strand.symbols != line:
                strand.symbols = line
                strand.line.want(line)

    def renew(self, symbol: str, reason: str) -> None:
        """Replace the connection of a symbol, without a gap: what it should have delivered is known from elsewhere."""
        for strand in self._strands:
            if symbol in strand.symbols:
                strand.line.renew(reason)

    def states(self) -> tuple[ShardState, ...]:
        """How each line stands."""
        return tuple(strand.line.state(self._now_ms()) for strand in self._strands)

    def trouble(self) -> str | None:
        """One sentence where trades do not come, None where all is well or still young."""
        states = [state for state in self.states() if state.reason and state.covered < state.symbols]
        if not states:
            return None
        if self._is_geo_blocked:
            return (
                f"{self._uri.host} does not serve this place (451), so there are no live trades: "
                f"{self._venue.blocked_advice}."
            )
        state = min(states, key=lambda state: state.covered)
        what = "is silent" if state.phase is Phase.SILENT else "cannot be reached"
        missing = sum(state.symbols - state.covered for state in states)
        return (
            f"{self._uri.host} {what} ({state.reason}): no live trades of {missing} symbols. klagg {self._plan(state)}."
        )

    async def run(self) -> None:
        """Keep the connections up until cancelled."""
        try:
            while True:
                for strand in self._strands:
                    self._beat(strand)
                await asyncio.sleep(BEAT_S)
        finally:
            await self._hang_up()

    def _plan(self, state: ShardState) -> str:
        if state.until_ms is None:
            return "is trying again"
        return f"tries again in {max(1, round((state.until_ms - self._now_ms()) / 1000))} s"

    def _now_ms(self) -> int:
        return int(self._local_ms())

    def _beat(self, strand: _ShardConnections) -> None:
        for command in strand.line.beat(self._now_ms(), self._chance()):
            self._obey(strand, command)
        self._report(strand)

    def _obey(self, strand: _ShardConnections, command: Command) -> None:
        key = command.key
        if isinstance(command, Open):
            strand.attempts[key] = asyncio.create_task(self._open(strand, key))
        elif isinstance(command, Close):
            log.info("connection closed: %s", command.reason)
            if attempt := strand.attempts.pop(key, None):
                attempt.cancel()
            if connection := strand.connections.pop(key, None):
                connection.close()
        elif connection := strand.connections.get(key):
            if isinstance(command, Send):
                connection.send(command.payload)
            else:
                connection.ping()

    def _report(self, strand: _ShardConnections) -> None:
        for report in strand.line.take_reports():
            self._on_report(report)

    async def _open(self, strand: _ShardConnections, key: int) -> None:
        """One attempt, as a task."""

        def make() -> FeedConnection:
            return FeedConnection(
                self._uri, partial(self._take, strand, key), partial(self._ended, strand, key), self._gulp_s
            )

        try:
            connection = await connect(self._uri, make, self._venue.refusals, self._proxy)
        except ExchangeError as error:
            self._is_geo_blocked = isinstance(error, GeoBlocked)
            code = _GEO if self._is_geo_blocked else error.code if isinstance(error, Refused) else 0
            self._ended(strand, key, str(error), code)
        else:
            self._is_geo_blocked = False
            if strand.line.session(key) is None:  # lost again in the same moment
                connection.close()
                return
            strand.connections[key] = connection
            strand.line.opened(key, self._now_ms())
            log.info("connected to %s", self._uri.host)
        finally:
            strand.attempts.pop(key, None)

    def _ended(self, strand: _ShardConnections, key: int, reason: str, code: int) -> None:
        log.info("no connection to %s: %s", self._uri.host, reason)
        strand.connections.pop(key, None)
        strand.line.ended(key, self._now_ms(), self._chance(), reason, code)
        self._report(strand)

    def _take(self, strand: _ShardConnections, key: int, size: int, texts: list[bytes]) -> None:
        """A gulp: decode, note who was heard, hand on."""
        session = strand.line.session(key)
        if session is None:
            return
        now_ms = self._now_ms()
        said = self._decode_batch(texts)
        session.heard.update(dict.fromkeys(map(_SYMBOL, said.trades), now_ms))
        session.gulped(now_ms, has_trades=bool(said.trades))
        self._count(size, len(texts), said)
        for text, error in said.damaged:
            self._note_bad(text, error)
        for other in said.others:
            self._take_other(strand, key, other, now_ms)
        if said.trades:
            self._on_trades(said.trades, now_ms)

    def _take_other(self, strand: _ShardConnections, key: int, said: Message, now_ms: int) -> None:
        if isinstance(said, (Acknowledged, Rejected)):
            strand.line.answered(key, said, now_ms)
            self._report(strand)
        elif isinstance(said, ServerShutdown):
            strand.line.ending(key)
        elif isinstance(said, ContractChanged):
            self._on_report(said)

    def _count(self, size: int, frames: int, said: Batch) -> None:
        counters = self.counters
        counters.gulps += 1
        counters.bytes += size
        counters.frames += frames
        counters.trades += len(said.trades)
        counters.other_frames += len(said.others)

    def _note_bad(self, text: bytes, error: Exception) -> None:
        self.counters.bad_frames += 1
        if self.counters.bad_frames <= _LOGGED_BAD_FRAMES:
            log.warning("a message was left out (%s): %r", error, text[:200])

    async def _hang_up(self) -> None:
        """Close everything, so that another `run` begins anew."""
        attempts: list[asyncio.Task[None]] = []
        for strand in self._strands:
            attempts += strand.attempts.values()
            for connection in strand.connections.values():
                connection.close()
            for key in [*strand.attempts, *strand.connections]:
                self._ended(strand, key, HUNG_UP, 0)
        for attempt in attempts:
            attempt.cancel()
        await asyncio.gather(*attempts, return_exceptions=True)
