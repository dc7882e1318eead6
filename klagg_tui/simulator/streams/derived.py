"""All streams that are not single trades: made only while somebody reads them, each at its documented pace."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final, Protocol

from klagg_tui.simulator.face import Frame
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import LATEST_MS, Market
from klagg_tui.simulator.streams.klines import KlineStreams
from klagg_tui.simulator.streams.liquidations import Liquidations
from klagg_tui.simulator.streams.minutes import RunningMinutes
from klagg_tui.simulator.streams.names import UM, Terms
from klagg_tui.simulator.streams.quotes import BestPrices, MarkPrices
from klagg_tui.simulator.streams.tickers import Tickers

_REAL_APART_MS: Final = 250
"""However fast the market goes: a stream with a pace is not sent more often than that in the world's time."""


class _Group(Protocol):
    """Streams of one kind and pace."""

    @property
    def apart_ms(self) -> int: ...

    def follow(self, names: Iterable[str], minute: int) -> set[str]: ...

    def due(self, now_ms: int) -> Iterator[Frame]: ...


class DerivedStreams:
    """What follows from the trades, for whoever reads it."""

    def __init__(self, market: Market, klines: Klines, terms: Terms = UM) -> None:
        """`terms`: those of a market that sends mark prices and liquidations alone, unless it is the whole one."""
        self._minutes = RunningMinutes(klines)
        told: tuple[_Group, ...] = (
            MarkPrices(market, every_s=1, terms=terms),
            MarkPrices(market, every_s=3, terms=terms),
            Liquidations(market, terms),
        )
        traded: tuple[_Group, ...] = (
            BestPrices(market, self._minutes, of_all=False),
            BestPrices(market, self._minutes, of_all=True),
            KlineStreams(market, klines, self._minutes),
            Tickers(market, klines, self._minutes, of_all=False),
            Tickers(market, klines, self._minutes, of_all=True),
        )
        self._groups = (*traded, *told) if terms is UM else told
        self._sent_ms = dict.fromkeys(self._groups, 0)
        self._has_readers = False

    def follow(self, names: Collection[str], now_ms: int) -> None:
        """Send these streams from now on, and no others."""
        own = [name for name in names if not name.endswith("@aggTrade")]
        if not own and not self._has_readers:
            return
        self._has_readers = bool(own)
        minute = (now_ms - LATEST_MS) // MINUTE_MS
        self._minutes.follow(set[str]().union(*(group.follow(own, minute) for group in self._groups)))

    def due(self, now_ms: int, speed: float) -> Iterator[Frame]:
        """The messages that are due by now."""
        if not self._has_readers:
            return
        self._minutes.advance(now_ms)
        for group in self._groups:
            apart_ms = max(group.apart_ms, _REAL_APART_MS * speed) if group.apart_ms else 0
            if now_ms - self._sent_ms[group] >= apart_ms:
                self._sent_ms[group] = now_ms
                yield from group.due(now_ms)
