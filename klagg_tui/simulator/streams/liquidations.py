"""Streams of positions closed by force: `<symbol>@forceOrder` and `!forceOrder@arr`, once a second where there were any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import orjson

from klagg_tui.simulator.face import Frame
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.liquidations import Liquidated, liquidations
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.text import price_text
from klagg_tui.simulator.streams.names import ALL_LIQUIDATIONS, UM, Terms


class Liquidations:
    """What was closed since the last message, of the contracts of one market."""

    apart_ms: Final = 1_000

    def __init__(self, market: Market, terms: Terms = UM) -> None:
        self._market = market
        self._terms = terms
        self._streams: dict[str, list[str]] = {}
        """By symbol: the streams that it is sent in."""
        self._told_ms = 0

    def follow(self, names: Iterable[str], minute: int) -> set[str]:  # noqa: ARG002 - as its siblings
        """Send these; no symbol's trades are needed."""
        names = set(names)
        self._streams = {}
        for symbol in self._terms.symbols(self._market):
            own = f"{self._terms.name(self._market.listing(symbol)).lower()}@forceOrder"
            if wanted := [name for name in (own, ALL_LIQUIDATIONS) if name in names]:
                self._streams[symbol] = wanted
        return set()

    def due(self, now_ms: int) -> Iterator[Frame]:
        """Those since the last call; after a pause those of the last minute."""
        since_ms, self._told_ms = max(self._told_ms, now_ms - MINUTE_MS), now_ms
        for symbol, names in self._streams.items():
            for minute in range(since_ms // MINUTE_MS, now_ms // MINUTE_MS + 1):
                for each in liquidations(self._market, symbol, minute):
                    if since_ms < each.at_ms <= now_ms:
                        payload = self._message(each, now_ms)
                        yield from (Frame(name, payload, symbol) for name in names)

    def _message(self, closed: Liquidated, now_ms: int) -> bytes:
        listing = self._market.listing(closed.symbol)
        _, shown = self._market.tick(closed.symbol, closed.at_ms // MINUTE_MS)
        price = price_text(closed.price, listing.price_unit_decimals, shown)
        quantity = self._terms.size(listing, closed.quantity)
        order = {
            "s": self._terms.name(listing),
            "S": "SELL" if closed.is_long else "BUY",
            "o": "LIMIT",
            "f": "IOC",
            "q": quantity,
            "p": price,
            "ap": price,
            "X": "FILLED",
            "l": quantity,
            "z": quantity,
            "T": closed.at_ms,
        }
        return orjson.dumps({"e": "forceOrder", "E": now_ms, "o": order, "st": self._terms.mark})
