"""The ear of a probe: a stream of some symbols, everything that comes from it kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.exchange.session import FeedLimits, StreamRefused, StreamsDown, StreamsUp
from klagg_tui.exchange.stream import STOPPED, MarketStream, StreamReport
from klagg_tui.exchange.venue import MarketData, StreamCodec, Venue
from klagg_tui.probing.timing import until_ms

_LEAST_S: Final = 5.0
"""Of the world, however fast the exchange's time runs: answers take theirs in the network."""


@dataclass
class Heard:
    """What came of a stream."""

    trades: dict[str, list[AggTrade]] = field(default_factory=dict)
    """By symbol, as they came."""
    served: dict[str, float] = field(default_factory=dict)
    """Symbols whose subscription was acknowledged, and when by the exchange's time at the latest."""
    refused: dict[str, str] = field(default_factory=dict)
    """Streams that were refused, and why."""

    lost: set[str] = field(default_factory=set)
    """Symbols whose connection was lost or silent for a while: of their trades some may be missing."""

    @property
    def count(self) -> int:
        """How many trades came."""
        return sum(map(len, self.trades.values()))


@asynccontextmanager
async def listening(
    venue: Venue,
    data: MarketData,
    ws_url: str,
    symbols: Sequence[str],
    proxy: str | None,
    codec: StreamCodec | None = None,
) -> AsyncIterator[Heard]:
    """A stream of these symbols while the block runs."""
    heard = Heard()

    def take(trades: Sequence[TradeFields], _local_ms: int) -> None:
        for trade in trades:
            heard.trades.setdefault(trade[0], []).append(AggTrade(*trade))

    def note(report: StreamReport) -> None:
        if isinstance(report, StreamsUp):
            heard.served.update(dict.fromkeys(report.symbols, data.now_ms() + data.error_ms()))
        elif isinstance(report, StreamsDown) and report.reason != STOPPED:
            heard.lost.update(report.symbols)
        elif isinstance(report, StreamRefused):
            heard.refused[report.stream] = report.message

    limits = FeedLimits.of(venue.streams).faster(data.clock.speed)
    stream = MarketStream(
        venue, ws_url, codec=codec or data.codec, on_trades=take, on_report=note, proxy=proxy, limits=limits
    )
    stream.follow(symbols)
    work = asyncio.create_task(stream.run())
    try:
        yield heard
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


async def until_served(data: MarketData, heard: Heard, symbols: Sequence[str], most_ms: int) -> None:
    """Wait until all of them are served or refused, but not longer than that."""
    end_ms, end_s = data.now_ms() + most_ms, monotonic() + _LEAST_S
    while len(heard.served) + len(heard.refused) < len(symbols) and (data.now_ms() < end_ms or monotonic() < end_s):
        await until_ms(data, data.now_ms() + 1)
