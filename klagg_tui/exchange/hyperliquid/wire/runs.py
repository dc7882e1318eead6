"""Running numbers for trades that have none: one by one within a coin, with one left out wherever trades may be missing. Pure.

The exchange's `tid` is a hash: it tells trades apart, and says nothing of their order. What was delivered shows itself by trades
that are known already: the first message for a coin on a connection holds some thirty older ones, and where none of them is
known, others may lie between.

A run begins at its first trade's time, so that numbers of a later run of the program are higher: nobody trades a thousand
times a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from klagg_tui.engine.events import TradeFields

PER_MS: Final = 1_000
"""Numbers for each millisecond since the epoch."""
_REMEMBERED: Final = 500
"""Trades of a coin; two connections are apart by less, and the first message of one holds a tenth of that."""
_TID_BITS: Final = 64


class WireTrade(NamedTuple):
    """A trade as the exchange tells it."""

    coin: str
    price: str
    size: str
    traded_ms: int
    is_buyer_maker: bool
    tid: int

    @property
    def key(self) -> int:
        """The exchange's own: time and `tid`, within a coin. One number, because there are a hundred thousand in memory."""
        return self.traded_ms << _TID_BITS | self.tid


class _Run:
    """Of one coin."""

    def __init__(self, first_id: int) -> None:
        self.next_id = first_id
        self.newest_ms = 0
        self.forgotten_ms = 0
        """Of trades up to then nobody remembers whether they came."""
        self.known: dict[int, None] = {}

    def is_news(self, trade: WireTrade) -> bool:
        return trade.key not in self.known and trade.traded_ms > self.forgotten_ms

    def number(self, trade: WireTrade) -> TradeFields:
        self.known[trade.key] = None
        self.newest_ms = max(self.newest_ms, trade.traded_ms)
        self._forget()
        number, self.next_id = self.next_id, self.next_id + 1
        at_ms = trade.traded_ms
        return (trade.coin, trade.price, trade.size, at_ms, trade.is_buyer_maker, number, number, number, at_ms)

    def _forget(self) -> None:
        """Of a single block, which has one time, everything is remembered."""
        while len(self.known) > _REMEMBERED:
            oldest = next(iter(self.known))
            if oldest >> _TID_BITS >= self.newest_ms:
                return
            del self.known[oldest]
            self.forgotten_ms = max(self.forgotten_ms, oldest >> _TID_BITS)


class TradeRuns:
    """The coins of one stream, whichever of its connections brings them."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}

    def number(self, trades: Sequence[WireTrade], *, is_first: bool) -> list[TradeFields]:
        """Trades of one coin and one message that were not known yet, in order of time.

        `is_first`: the message is the first for this coin on its connection.
        """
        ordered = sorted(reversed(trades) if trades[0].traded_ms > trades[-1].traded_ms else trades, key=_time)
        run = self._runs.get(ordered[0].coin)
        if run is None:
            run = self._runs[ordered[0].coin] = _Run(ordered[0].traded_ms * PER_MS)
        elif is_first and run.known.keys().isdisjoint(trade.key for trade in ordered):
            run.next_id += 1  # a hole, for whatever was traded meanwhile
        return [run.number(trade) for trade in ordered if run.is_news(trade)]

    def leave_out(self, coin: str) -> None:
        """A trade of this coin came and could not be read."""
        if run := self._runs.get(coin):
            run.next_id += 1


def _time(trade: WireTrade) -> int:
    return trade.traded_ms
