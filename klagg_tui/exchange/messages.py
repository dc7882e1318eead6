"""Messages of any exchange's market streams as immutable values: what a venue's decoder returns and everybody else reads.

Trades come as plain tuples (`TradeFields`), because there are thousands a second; everything else is one of the values here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, TypeAlias

from klagg_tui.engine.derivatives import Told
from klagg_tui.engine.events import AggTrade, TradeFields


class Acknowledged(NamedTuple):
    """A command was taken. It proves nothing: unknown symbols are acknowledged too, and stay silent."""

    id: int | None
    """None where the answer names no command: it means the streams that it names."""
    streams: tuple[str, ...] = ()
    """Those that are served from now on, or not any more, as the command asked, where the exchange answers for each alone;
    empty: all of the command."""
    is_whole: bool = False
    """Whether `streams` are all that the connection serves, and those that it lacks are not, whatever was asked last."""


class Rejected(NamedTuple):
    """A command was refused."""

    id: int | None
    """None where the answer names no command."""
    code: int
    message: str
    stream: str | None = None
    """The one that is refused, where the exchange answers for each alone; None: all of the command."""


class ContractChanged(NamedTuple):
    """A contract was listed, halted or taken off; a hint only, the listing itself decides."""

    symbol: str
    is_trading: bool


class BesideTrades(NamedTuple):
    """What is told of contracts beside their trades."""

    told: tuple[Told, ...]
    damage: Exception | None = None
    """Why the first of those that could not be read could not; each costs only itself."""


class ServerShutdown(NamedTuple):
    """The server is about to close the connection."""


class Skipped(NamedTuple):
    """A readable message about something we do not follow."""

    event: str


Message: TypeAlias = AggTrade | Acknowledged | Rejected | ContractChanged | BesideTrades | ServerShutdown | Skipped


class Batch(NamedTuple):
    """What a connection brought at once, each kind in order."""

    trades: list[TradeFields]
    others: list[Message]
    damaged: list[tuple[bytes, Exception]]
    """Messages that cannot be read, and why."""
    repeated: Collection[str] = ()
    """Symbols of which the connection brought trades that another one had brought, where the decoder leaves those out: they show
    that it delivers."""
