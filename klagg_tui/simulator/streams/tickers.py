"""Tickers of the last 24 hours: `<symbol>@ticker`, `<symbol>@miniTicker`, and all that changed in `!ticker@arr` and `!miniTicker@arr`.

An all-market array mixes both markets: two contracts of the coin-margined one are in each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import orjson

from klagg_tui.simulator.face import Frame
from klagg_tui.simulator.market.day import DayStatistics, Row
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.streams.minutes import RunningMinutes
from klagg_tui.simulator.streams.names import kind_of

_MINI: Final = {
    "c": "lastPrice",
    "o": "openPrice",
    "h": "highPrice",
    "l": "lowPrice",
    "v": "volume",
    "q": "quoteVolume",
}
_FULL: Final = {
    "p": "priceChange",
    "P": "priceChangePercent",
    "w": "weightedAvgPrice",
    "c": "lastPrice",
    "Q": "lastQty",
    "o": "openPrice",
    "h": "highPrice",
    "l": "lowPrice",
    "v": "volume",
    "q": "quoteVolume",
    "O": "openTime",
    "C": "closeTime",
    "F": "firstId",
    "L": "lastId",
    "n": "count",
}
_KINDS: Final = {"miniTicker": ("24hrMiniTicker", _MINI), "ticker": ("24hrTicker", _FULL)}


class Tickers:
    """The ticker streams that somebody reads: those of single symbols, or the arrays of all."""

    def __init__(self, market: Market, klines: Klines, minutes: RunningMinutes, *, of_all: bool) -> None:
        self.apart_ms: Final = 1000 if of_all else 2000
        self._market = market
        self._days = DayStatistics(market, klines)
        self._minutes = minutes
        self._of_all = of_all
        self._streams: dict[str, tuple[str, dict[str, int]]] = {}
        """By name: the kind, and `RunningMinute.seen` of each of its symbols at the last message."""

    def follow(self, names: Iterable[str], minute: int) -> set[str]:
        """Send these from `minute` on; the symbols they are of."""
        trading = [symbol for symbol in self._market.lives if self._market.status(symbol, minute) == "TRADING"]
        by_subject = {"!": trading} if self._of_all else {symbol.lower(): [symbol] for symbol in trading}
        streams = {}
        for name in names:
            subject, kind = _all_market(name) if self._of_all else kind_of(name)
            if kind in _KINDS and subject in by_subject:
                _, seen = self._streams.get(name, (kind, {}))
                streams[name] = kind, {symbol: seen.get(symbol, 0) for symbol in by_subject[subject]}
        self._streams = streams
        return {symbol for _, seen in streams.values() for symbol in seen}

    def due(self, now_ms: int) -> Iterator[Frame]:
        """What has changed since the last call."""
        made: dict[str, Row] = {}
        for name, (kind, seen) in self._streams.items():
            changed = [symbol for symbol in seen if self._minutes.of(symbol).seen != seen[symbol]]
            rows = []
            for symbol in changed:
                seen[symbol] = self._minutes.of(symbol).seen
                if symbol not in made:
                    made[symbol] = self._statistics(symbol, now_ms)
                rows.append(self._message(kind, made[symbol], now_ms))
            if self._of_all and rows:
                yield Frame(name, orjson.dumps(rows + _foreign(kind, now_ms)))
            elif rows:
                yield Frame(name, orjson.dumps(rows[0]), changed[0])

    def _message(self, kind: str, row: Row, now_ms: int) -> Row:
        event, fields = _KINDS[kind]
        symbol = str(row["symbol"])
        head: Row = {"e": event, "E": now_ms, "s": symbol, "ps": self._market.listing(symbol).pair}
        return head | {short: row[long] for short, long in fields.items()} | {"st": 1}

    def _statistics(self, symbol: str, now_ms: int) -> Row:
        running = self._minutes.of(symbol)
        assert running.last is not None, "only what has traded changes"
        return self._days.row(symbol, running.minute, running.sums, running.last, now_ms)


def _all_market(name: str) -> tuple[str, str]:
    """`!ticker@arr` as the kind of stream that it is the array of."""
    return ("!", name[1:-4]) if name.startswith("!") and name.endswith("@arr") else ("", "")


def _foreign(kind: str, now_ms: int) -> list[Row]:
    event, fields = _KINDS[kind]
    rows = []
    for symbol, price in (("BTCUSD_PERP", "85000.0"), ("ETHUSD_PERP", "2900.00")):
        values: Row = dict.fromkeys(fields, price)
        values |= {"v": "1200", "q": "1.4"}
        if kind == "ticker":
            values |= {
                "p": "0.0",
                "P": "0.000",
                "Q": "1",
                "O": now_ms - 86_400_000,
                "C": now_ms,
                "F": 1,
                "L": 2,
                "n": 2,
            }
        rows.append({"e": event, "E": now_ms, "s": symbol, "ps": symbol.partition("_")[0]} | values | {"st": 2})
    return rows
