"""Names of streams: which of the exchange's three routes sends them."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Route: TypeAlias = Literal["public", "market", "private"]

CONTRACT_INFO: Final = "!contractInfo"
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
