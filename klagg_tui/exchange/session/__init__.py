"""The protocol of the market streams without sockets and clocks: what to send, when, and what silence means.

`FeedSession` is one connection, `StreamShard` one share of the symbols, kept up by one connection and by two while it
rotates; `assign_shards` distributes the symbols. Time and chance come as arguments, what is to be done comes back as values. Model:
the sans-I/O cores of h11 and websockets.
"""

from klagg_tui.exchange.session.events import (
    Close,
    Command,
    ConnectionSilent,
    FeedReport,
    Open,
    Phase,
    Ping,
    Send,
    ShardState,
    StreamRefused,
    StreamsDown,
    StreamsUp,
    SymbolSilent,
)
from klagg_tui.exchange.session.feed import FeedSession
from klagg_tui.exchange.session.limits import FeedLimits
from klagg_tui.exchange.session.shard import StreamShard
from klagg_tui.exchange.session.shards import assign_shards

__all__ = [
    "Close",
    "Command",
    "ConnectionSilent",
    "FeedLimits",
    "FeedReport",
    "FeedSession",
    "Open",
    "Phase",
    "Ping",
    "Send",
    "ShardState",
    "StreamRefused",
    "StreamShard",
    "StreamsDown",
    "StreamsUp",
    "SymbolSilent",
    "assign_shards",
]
