"""The tables by which bars reach other machines: what changed, in order, and who was told how much of that (see `delivery_log`)."""

from __future__ import annotations

from typing import Final

DELIVERY: Final = (
    # A number is never given twice, also where all entries are gone. `symbols` is a JSON list of their numbers; `size` is that of
    # this entry in bytes and of all that were there before it, so that two entries say how long the log is.
    """CREATE TABLE delivery_log (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    symbols TEXT NOT NULL,
    period INTEGER NOT NULL,
    first INTEGER NOT NULL,
    until INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    size INTEGER NOT NULL) STRICT""",
    # `needed_from`: bars that open from that minute on are read once more for it; NULL: none are.
    """CREATE TABLE sinks (
    name TEXT PRIMARY KEY,
    delivered INTEGER NOT NULL,
    token TEXT NOT NULL,
    pending TEXT NOT NULL DEFAULT '',
    past TEXT NOT NULL DEFAULT '',
    needed_from INTEGER,
    is_dropped INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID""",
    # Bars that opened before were deleted for their age: elsewhere they stay.
    """CREATE TABLE aged (
    symbol INTEGER NOT NULL,
    period INTEGER NOT NULL,
    before INTEGER NOT NULL,
    PRIMARY KEY (symbol, period)) STRICT, WITHOUT ROWID""",
)

COPIES: Final = (
    # Of a copy: who told a bar, where that is not the first of those who are copied.
    """CREATE TABLE copied_from (
    symbol INTEGER NOT NULL,
    period INTEGER NOT NULL,
    minute INTEGER NOT NULL,
    recorder INTEGER NOT NULL,
    PRIMARY KEY (symbol, period, minute)) STRICT, WITHOUT ROWID""",
)
