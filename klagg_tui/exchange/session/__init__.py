"""The protocol of the market streams without sockets and clocks: what to say, when, and what silence means.

`FeedSession` is one connection, `FeedLine` one share of the symbols, kept up by one connection and by two while it
rotates; `spread` deals the symbols out. Time and chance come as arguments, what is to be done comes back as values. Model:
the sans-I/O cores of h11 and websockets.
"""

from klagg_tui.exchange.session.feed import FeedSession
from klagg_tui.exchange.session.limits import FeedLimits
from klagg_tui.exchange.session.line import FeedLine
from klagg_tui.exchange.session.said import (
    Close,
    Command,
    ConnectionSilent,
    Covered,
    FeedReport,
    LineState,
    Open,
    Phase,
    Ping,
    Send,
    StreamRefused,
    SymbolSilent,
    Uncovered,
)
from klagg_tui.exchange.session.spread import spread

__all__ = [
    "Close",
    "Command",
    "ConnectionSilent",
    "Covered",
    "FeedLimits",
    "FeedLine",
    "FeedReport",
    "FeedSession",
    "LineState",
    "Open",
    "Phase",
    "Ping",
    "Send",
    "StreamRefused",
    "SymbolSilent",
    "Uncovered",
    "spread",
]
