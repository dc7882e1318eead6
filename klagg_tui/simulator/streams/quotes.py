"""Streams of prices that nobody traded at: mark prices (market route) and best prices (public route).

`<symbol>@markPrice[@1s]`, `!markPrice@arr[@1s]`, `<symbol>@bookTicker` and `!bookTicker`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import orjson

from klagg_tui.simulator.face import Frame
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.quotes import Row, best_prices, mark_price
from klagg_tui.simulator.streams.minutes import RunningMinutes
from klagg_tui.simulator.streams.names import UM, Terms

_SECOND: Final = 1000
_MARK: Final = {
    "p": "markPrice",
    "ap": "markPrice",
    "i": "indexPrice",
    "P": "estimatedSettlePrice",
    "r": "lastFundingRate",
    "T": "nextFundingTime",
}
_BOOK: Final = {"b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty"}


class MarkPrices:
    """The mark price streams of one pace: every second, or every third."""

    def __init__(self, market: Market, *, every_s: int, terms: Terms = UM) -> None:
        self.apart_ms: Final = every_s * _SECOND
        self._suffix = "@1s" if every_s == 1 else ""
        self._market = market
        self._terms = terms
        self._streams: dict[str, str] = {}
        """By name: the symbol, or "" for all of them."""

    def follow(self, names: Iterable[str], minute: int) -> set[str]:  # noqa: ARG002 - as its siblings
        """Send these; no symbol's trades are needed."""
        subjects = {
            f"{self._terms.name(self._market.listing(symbol)).lower()}@markPrice{self._suffix}": symbol
            for symbol in self._terms.symbols(self._market)
        }
        subjects[f"!markPrice@arr{self._suffix}"] = ""
        self._streams = {name: subjects[name] for name in names if name in subjects}
        return set()

    def due(self, now_ms: int) -> Iterator[Frame]:
        """The present prices of all that trade; shares go in a message of their own."""
        minute = now_ms // 60_000
        for name, symbol in self._streams.items():
            asked = (symbol,) if symbol else self._terms.symbols(self._market)
            trading = [each for each in asked if self._market.status(each, minute) == "TRADING"]
            if symbol:
                for each in trading:
                    yield Frame(name, orjson.dumps(self._message(each, now_ms)), symbol)
                continue
            for is_share in (False, True):
                rows = [self._message(each, now_ms) for each in trading if self._is_share(each) == is_share]
                if rows:
                    yield Frame(name, orjson.dumps(rows))

    def _is_share(self, symbol: str) -> bool:
        return self._market.listing(symbol).contract_type.startswith("TRADIFI")

    def _message(self, symbol: str, now_ms: int) -> Row:
        row = mark_price(self._market, symbol, now_ms)
        head: Row = {"e": "markPriceUpdate", "E": now_ms, "s": self._terms.name(self._market.listing(symbol))}
        return head | {short: row[long] for short, long in _MARK.items()} | {"st": self._terms.mark}


class BestPrices:
    """The streams of best prices: of single symbols as they change, or of all every five seconds."""

    def __init__(self, market: Market, minutes: RunningMinutes, *, of_all: bool) -> None:
        self.apart_ms: Final = 5 * _SECOND if of_all else 0
        self._market = market
        self._minutes = minutes
        self._of_all = of_all
        self._streams: dict[str, str] = {}
        """By symbol: the stream it is sent in."""
        self._seen: dict[str, int] = {}

    def follow(self, names: Iterable[str], minute: int) -> set[str]:
        """Send these from `minute` on; the symbols they are of."""
        trading = [symbol for symbol in self._market.lives if self._market.status(symbol, minute) == "TRADING"]
        names = set(names)
        if self._of_all:
            self._streams = dict.fromkeys(trading, "!bookTicker") if "!bookTicker" in names else {}
        else:
            streams = {symbol: f"{symbol.lower()}@bookTicker" for symbol in trading}
            self._streams = {symbol: name for symbol, name in streams.items() if name in names}
        self._seen = {symbol: self._seen.get(symbol, 0) for symbol in self._streams}
        return set(self._streams)

    def due(self, now_ms: int) -> Iterator[Frame]:
        """One message for each symbol that has changed since the last call."""
        for symbol, name in self._streams.items():
            running = self._minutes.of(symbol)
            if running.last is None or running.seen == self._seen[symbol]:
                continue
            self._seen[symbol] = running.seen
            row = best_prices(self._market, symbol, running.last, now_ms)
            message: Row = {
                "e": "bookTicker",
                "u": running.last.last_trade_id,
                "E": now_ms,
                "T": row["time"],
                "s": symbol,
            }
            message |= {short: row[long] for short, long in _BOOK.items()} | {"st": 1}
            yield Frame(name, orjson.dumps(message), symbol)
