"""Names of streams: which of the exchange's three routes sends them, and what contracts are called in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, TypeAlias

from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.text import decimal_text

Route: TypeAlias = Literal["public", "market", "private"]

CONTRACT_INFO: Final = "!contractInfo"
ALL_LIQUIDATIONS: Final = "!forceOrder@arr"
_PUBLIC: Final = ("bookTicker", "depth", "rpiDepth")
"""Kinds of the public route; every other stream is the market route's. The private one has only those of an account."""


def route_of(stream: str) -> Route:
    """The route that sends the stream."""
    kind = stream[1:] if stream.startswith("!") else stream.partition("@")[2]
    return "public" if kind.startswith(_PUBLIC) else "market"


def kind_of(stream: str) -> tuple[str, str]:
    """Symbol or pair as the name has it, and the kind: `btcusdt`, `kline_1m`."""
    subject, _, kind = stream.partition("@")
    return subject, kind


class Terms(NamedTuple):
    """How one of the two futures markets tells of its contracts in streams of all of them."""

    mark: int
    """`st` of its events."""
    lists: Callable[[Listing], bool]
    name: Callable[[Listing], str]
    size: Callable[[Listing, int], str]
    """A quantity, of the smallest steps that its symbol has."""

    def symbols(self, market: Market) -> list[str]:
        """Its contracts, by the market's names."""
        return [symbol for symbol, life in market.lives.items() if self.lists(life.listing)]


UM: Final = Terms(
    1,
    lambda _listing: True,
    lambda listing: listing.symbol,
    lambda one, units: decimal_text(units, one.quantity_decimals),
)
