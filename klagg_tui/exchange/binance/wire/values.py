"""What the exchange says besides trades and bars, as immutable values. Times are milliseconds since the epoch."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.engine.exact import Exact


class Acknowledged(NamedTuple):
    """A command was taken. It proves nothing: unknown symbols are acknowledged too, and stay silent."""

    id: int
    streams: tuple[str, ...] = ()
    """The subscribed streams, in answer to `list_streams`."""


class Rejected(NamedTuple):
    """A command was refused."""

    id: int | None
    """None in the documented shape, which does not say which command it means."""
    code: int
    message: str


class ContractChanged(NamedTuple):
    """A contract was listed, settled or taken off (`!contractInfo`)."""

    symbol: str
    contract_type: str
    status: str
    onboard_ms: int
    delivery_ms: int
    event_ms: int


class Ticker(NamedTuple):
    """One symbol's last 24 hours (`!miniTicker@arr`)."""

    symbol: str
    event_ms: int
    open: Exact
    high: Exact
    low: Exact
    close: Exact
    volume: Exact
    turnover: Exact


class Tickers(NamedTuple):
    """The tickers that changed within a second."""

    tickers: tuple[Ticker, ...]


class ServerShutdown(NamedTuple):
    """The server is about to close the connection."""


class Skipped(NamedTuple):
    """A readable message that says nothing we follow."""

    event: str


Frame: TypeAlias = AggTrade | Acknowledged | Rejected | ContractChanged | Tickers | ServerShutdown | Skipped


class Batch(NamedTuple):
    """What a connection brought at once, each kind in order."""

    trades: list[TradeFields]
    others: list[Frame]
    damaged: list[tuple[bytes, Exception]]
    """Messages that cannot be read, and why."""


class Instrument(NamedTuple):
    """One contract that the exchange lists."""

    symbol: str
    quote: str
    contract_type: str
    """PERPETUAL, CURRENT_QUARTER, NEXT_QUARTER, TRADIFI_PERPETUAL."""
    status: str
    """TRADING, PENDING_TRADING, SETTLING and others."""
    price_decimals: int
    quantity_decimals: int
    """As the exchange writes them, closing zeros included; the steps may be coarser."""
    onboard_ms: int
    """When trading began; the exchange has been wrong about it."""
    delivery_ms: int
    """When trading ends; far in the future for a perpetual that is not being taken off."""


class Listings(NamedTuple):
    """The reply to `EXCHANGE_INFO`."""

    listings: tuple[Instrument, ...]
    unreadable: int
    """Entries that could not be read; each costs itself only."""
    weight_limit: int | None
    """Request weight allowed in a minute, where the reply tells."""


class Failure(NamedTuple):
    """The body of a refused request."""

    code: int
    """The exchange's, 0 where it gave none."""
    message: str
    banned_until_ms: int | None
