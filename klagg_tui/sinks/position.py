"""How far a sink came, and whether what is known here and there of that belongs together. Pure.

The position is kept where the bars go, written in the transaction that brings them, with a token of its own. Here is kept the token
of the newest position that was acknowledged, and, before they are sent and after all that goes with them was read, those that are
to follow. A crash on either side leaves one of these there. Any other one is the doing of another file: of a copy of this one, or of this one
before it was put back from a backup. One that was there before shows that what is there went back in time, as a server does that was
not sure of its last transactions: then everything is delivered anew. Where a copy finds one of its own, what was delivered with it is in the copy too.
"""

from __future__ import annotations

from typing import NamedTuple

from klagg_tui.storage.sink_log import Place, Registration


class Position(NamedTuple):
    """What was delivered."""

    token: str
    number: int
    """Everything of the log up to this."""
    place: Place | None
    """Of what was stored before, everything up to this place; None: all."""


def is_ours(kept: Registration | None, found: Position | None) -> bool:
    """Whether the position found where the bars go was written for this file."""
    return kept is not None and found is not None and found.token in {kept.token, *kept.pending, *kept.past}


def goes_on(kept: Registration | None, found: Position | None, last_number: int) -> bool:
    """Whether the log still has all that comes behind the position."""
    if kept is None or found is None or kept.is_dropped or found.token not in {kept.token, *kept.pending}:
        return False
    return kept.delivered <= found.number <= last_number
