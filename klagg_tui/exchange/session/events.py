"""What a shard wants done (`Command`) and what it reports (`FeedReport`). Times are local milliseconds."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple, TypeAlias


class Open(NamedTuple):
    """Open a connection and call it `key`."""

    key: int


class Send(NamedTuple):
    """Send a text message."""

    key: int
    payload: bytes


class Ping(NamedTuple):
    """Send a ping; its answer counts as a sign of life."""

    key: int


class Close(NamedTuple):
    """Close a connection; nothing that it still delivers matters."""

    key: int
    reason: str


Command: TypeAlias = Open | Send | Ping | Close


class StreamsDown(NamedTuple):
    """Trades of these symbols may be missing from `since_ms` on: their connection is gone, or silent."""

    symbols: tuple[str, ...]
    since_ms: int
    reason: str


class StreamsUp(NamedTuple):
    """Trades of these symbols arrive from now on. Their ids show whether any is missing from before."""

    symbols: tuple[str, ...]


class ConnectionSilent(NamedTuple):
    """A connection that is up and acknowledged has brought no trade since; a new one is being opened."""

    since_ms: int
    symbols: tuple[str, ...]


class SymbolSilent(NamedTuple):
    """A symbol has had no trade for much longer than usual, while its peers on the same connection had.

    It may be real: the exchange's bars can show it. If it is not, the connection should be replaced.
    """

    symbol: str
    since_ms: int
    usual_ms: int | None
    """Its longest pause lately; None: acknowledged, but never traded."""


class StreamRefused(NamedTuple):
    """The exchange does not serve a stream."""

    stream: str
    code: int
    message: str


FeedReport: TypeAlias = StreamsDown | StreamsUp | ConnectionSilent | SymbolSilent | StreamRefused


class Phase(Enum):
    """What a shard is doing."""

    IDLE = "idle"
    WAITING = "waiting"
    CONNECTING = "connecting"
    SUBSCRIBING = "subscribing"
    LIVE = "live"
    SILENT = "silent"
    ROTATING = "rotating"


class ShardState(NamedTuple):
    """A shard as the health screen shows it."""

    phase: Phase
    symbols: int
    covered: int
    """Symbols that an open connection delivers."""
    opened_ms: int | None
    """When the connection in use was opened."""
    until_ms: int | None
    """While waiting: when the next attempt is made."""
    reason: str
    """Why the last connection ended, or could not be opened."""
    losses: int
    rotations: int
