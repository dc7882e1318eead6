"""Kline streams: `<symbol>@kline_<interval>` and `<pair>_<contractType>@continuousKline_<interval>`, without that of a second.

A kline is sent when it has changed, and once with `x` true when all its trades are published, also where it has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import orjson

from klagg_tui.simulator.face import Frame
from klagg_tui.simulator.market.calendar import INTERVALS, MINUTE_MS, ended, opened
from klagg_tui.simulator.market.kline_text import kline_text
from klagg_tui.simulator.market.klines import NOTHING, Kline, Klines, Published, Sums, joined
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.streams.minutes import RunningMinute, RunningMinutes
from klagg_tui.simulator.streams.names import kind_of

_BEGUN_AT_ONCE: Final = 8
"""Streams that get their first message in one go: what a long kline has behind it takes up to 20 ms to add up."""


@dataclass
class _Subscribed:
    """One kline stream and how far it is sent."""

    name: str
    symbol: str
    interval: str
    is_continuous: bool
    open_minute: int
    end_minute: int
    seen: int = -1
    """`RunningMinute.seen` at the last message."""
    past: tuple[int, Sums] = (0, NOTHING)
    """What the kline has before that minute."""


class KlineStreams:
    """The kline streams that somebody reads."""

    apart_ms: Final = 250

    def __init__(self, market: Market, klines: Klines, minutes: RunningMinutes) -> None:
        self._market = market
        self._klines = klines
        self._minutes = minutes
        self._streams: dict[str, _Subscribed] = {}

    def follow(self, names: Iterable[str], minute: int) -> set[str]:
        """Send these from `minute` on; the symbols they are of."""
        symbols = {symbol.lower(): symbol for symbol in self._market.lives}
        pairs = {
            f"{life.listing.pair}_{life.listing.contract_type}".lower(): symbol
            for symbol, life in self._market.lives.items()
        }
        streams = {}
        for name in names:
            subject, kind = kind_of(name)
            label, _, interval = kind.partition("_")
            symbol = {"kline": symbols, "continuousKline": pairs}.get(label, {}).get(subject)
            if symbol is not None and interval in INTERVALS:
                is_continuous = label == "continuousKline"
                streams[name] = self._streams.get(name) or self._begin(name, symbol, interval, minute, is_continuous)
        self._streams = streams
        return {stream.symbol for stream in streams.values()}

    def due(self, now_ms: int) -> Iterator[Frame]:
        """What has changed since the last call."""
        begun = 0
        for stream in self._streams.values():
            running = self._minutes.of(stream.symbol)
            yield from self._ended(stream, running, now_ms)
            begun += stream.past[0] == 0 and stream.open_minute < running.minute
            if running.seen != stream.seen and (stream.past[0] or begun <= _BEGUN_AT_ONCE):
                stream.seen = running.seen
                sums = self._so_far(stream, running, now_ms)
                if sums.volume:
                    kline = Kline(stream.open_minute, stream.end_minute, sums)
                    yield self._frame(stream, kline, running.last, now_ms, is_over=False)

    def _ended(self, stream: _Subscribed, running: RunningMinute, now_ms: int) -> Iterator[Frame]:
        """The klines that are over, and goes on to the present one."""
        life = self._market.lives[stream.symbol]
        while stream.end_minute <= running.minute:
            first, end = stream.open_minute, stream.end_minute
            if end > life.listing.listed_minute and first < life.until:
                last = running.before if end == running.minute else self._klines.last_before(stream.symbol, end)
                kline = self._klines.kline(stream.symbol, first, end, now_ms)
                yield self._frame(stream, kline, last, now_ms, is_over=True)
            stream.open_minute, stream.end_minute = end, ended(stream.interval, end)

    def _begin(self, name: str, symbol: str, interval: str, minute: int, is_continuous: bool) -> _Subscribed:
        first = opened(interval, minute, self._market.listing(symbol).three_day_anchor)
        return _Subscribed(name, symbol, interval, is_continuous, first, ended(interval, first))

    def _so_far(self, stream: _Subscribed, running: RunningMinute, now_ms: int) -> Sums:
        minute = running.minute
        if stream.past[0] != minute:
            stream.past = minute, self._klines.kline(stream.symbol, stream.open_minute, minute, now_ms).sums
        return joined((stream.past[1], running.sums))

    def _frame(self, stream: _Subscribed, kline: Kline, last: Published | None, now_ms: int, *, is_over: bool) -> Frame:
        text = kline_text(self._market, stream.symbol, kline)
        # An empty kline has no trades to name.
        is_empty = not kline.sums.volume or last is None
        values: dict[str, object] = {
            "t": kline.open_minute * MINUTE_MS,
            "T": kline.end_minute * MINUTE_MS - 1,
            "s": stream.symbol,
            "i": stream.interval,
            "f": -1 if is_empty else self._klines.first_trade_id(stream.symbol, kline.open_minute),
            "L": -1 if last is None or is_empty else last.last_trade_id,
            "o": text.open,
            "c": text.close,
            "h": text.high,
            "l": text.low,
            "v": text.volume,
            "n": kline.sums.trade_count,
            "x": is_over,
            "q": text.turnover,
            "V": text.taker_buy_volume,
            "Q": text.taker_buy_turnover,
            "B": "0",
        }
        message: dict[str, object] = {"e": "kline", "E": now_ms, "s": stream.symbol, "k": values}
        if stream.is_continuous:
            listing = self._market.listing(stream.symbol)
            del values["s"]
            message = {
                "e": "continuous_kline",
                "E": now_ms,
                "ps": listing.pair,
                "ct": listing.contract_type,
                "k": values,
            }
        return Frame(stream.name, orjson.dumps(message), stream.symbol)
