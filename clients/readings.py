"""What clients read of the exchange, in values that all of them share. Prices and quantities are texts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, NamedTuple, Protocol

CONTRACTS: Final = "markets"
BARS: Final = "REST klines"
TRADES: Final = "REST aggTrades"
TRADE_STREAM: Final = "socket aggTrades"
BAR_STREAM: Final = "socket klines"
ACTIONS: Final = (CONTRACTS, BARS, TRADES, TRADE_STREAM, BAR_STREAM)


class Contract(NamedTuple):
    """A contract; `symbol` is the exchange's name of it."""

    symbol: str
    tick: str
    expires_ms: int | None = None
    """None for a perpetual one."""


class Bar(NamedTuple):
    """A bar of a minute, or what was known of it at a moment."""

    open_ms: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    is_closed: bool | None = None
    """None where the client does not hand it on."""


class Trade(NamedTuple):
    """An aggregate trade."""

    aggregate_id: int
    price: str
    quantity: str
    traded_ms: int
    is_buyer_maker: bool


class Client(Protocol):
    """One client, set up for the exchange at two addresses. Symbols are the exchange's."""

    packages: tuple[str, ...]
    """Whose versions are shown."""
    notes: tuple[str, ...]
    """Sentences: what it cannot do, and what had to be done for it."""

    def __init__(self, rest_url: str, ws_url: str) -> None: ...

    async def contracts(self) -> list[Contract]:
        """All it makes of exchangeInfo."""

    async def bars(self, symbol: str, count: int) -> list[Bar]:
        """The newest by REST; the last one is still forming."""

    async def trades(self, symbol: str, count: int) -> list[Trade]:
        """The newest by REST."""

    def trade_stream(self, symbol: str) -> AsyncIterator[Trade]:
        """As they come."""

    def bar_stream(self, symbol: str) -> AsyncIterator[Bar]:
        """As they change, or as they close."""
