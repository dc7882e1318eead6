"""Which of two bars stays where several recorders deliver the same one. Pure; each target has the same rule in its own language.

Confirmed over closed over partial over forming. Of two that are equal in that, those of one recorder replace each other, so that what
it has amended is there; of two recorders the one that has seen more trades stays, or knows more fields, and nothing flaps.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.evidence import Evidence

_UNKNOWN: Final = Evidence.CANDLE_ONLY - 1
"""Bits of fields."""


def replaces(new: Bar, stored: Bar, *, is_own: bool) -> bool:
    """Whether a bar takes the place of another one of its time; `is_own`: the same recorder delivered that."""
    if is_own or new.state is not stored.state:
        return is_own or new.state > stored.state
    if new.state is State.CONFIRMED:  # the exchange's last word, unless it knows less
        return new.evidence & ~stored.evidence & _UNKNOWN == 0
    return new.state is not State.CLOSED and new.volume > stored.volume
