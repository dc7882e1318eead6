"""The life of a symbol as a table: what it can be, what can happen to it, and what it is then.

Whatever is not in the table cannot happen: the engine asks first, and one that does not is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final


class Life(Enum):
    """What a symbol is."""

    EMPTY = auto()
    """Nothing is known of it: it has no minute, and where gaps are held its first trade will wait for a seed."""
    SEEDING = auto()
    """It waits for a seed: a trade came and nothing is known of those before it, or it was held back before anything was
    known. What is missing is no loss to be counted: it was never had."""
    RUNNING = auto()
    """Its trades go into its forming minute as they come."""
    HELD = auto()
    """Its trades are to be held back, though none of them is known to be missing."""
    GAP = auto()
    """Trades are missing, and those that came behind them are held back."""

    is_waiting: bool
    """Whether its bars stand still until somebody has seen to it."""

    def __init__(self, _number: int) -> None:
        self.is_waiting = self.name in {"SEEDING", "HELD", "GAP"}


class LifeEvent(Enum):
    """What can happen to a symbol."""

    BEGUN = auto()
    """It has a forming minute, by a seed or by its first trade."""
    HOLD = auto()
    """Its trades may go missing from now on: its connection is down, or its silence is doubted."""
    UNSEEDED = auto()
    """A trade came, and no id is known to begin from."""
    MISSED = auto()
    """A trade came, and not all of those between it and the newest one taken."""
    GIVEN_UP = auto()
    """The missing trades cannot be had: the first one behind them is next."""
    RESUMED = auto()
    """Nothing is missing any more, and nothing held back."""
    LET_GO = auto()
    """The same before it had a minute: nothing came while it was held back."""


_TABLE: Final[Mapping[Life, Mapping[LifeEvent, Life]]] = {
    Life.EMPTY: {
        LifeEvent.BEGUN: Life.RUNNING,
        LifeEvent.HOLD: Life.SEEDING,
        LifeEvent.UNSEEDED: Life.SEEDING,
    },
    Life.SEEDING: {
        LifeEvent.BEGUN: Life.SEEDING,  # the seed may not reach up to the first trade held back
        LifeEvent.HOLD: Life.SEEDING,
        LifeEvent.UNSEEDED: Life.SEEDING,
        LifeEvent.MISSED: Life.SEEDING,
        LifeEvent.GIVEN_UP: Life.HELD,
        LifeEvent.RESUMED: Life.RUNNING,
        LifeEvent.LET_GO: Life.EMPTY,
    },
    Life.RUNNING: {
        LifeEvent.BEGUN: Life.RUNNING,
        LifeEvent.HOLD: Life.HELD,
        LifeEvent.UNSEEDED: Life.SEEDING,
        LifeEvent.MISSED: Life.GAP,
    },
    Life.HELD: {
        LifeEvent.BEGUN: Life.HELD,
        LifeEvent.HOLD: Life.HELD,
        LifeEvent.UNSEEDED: Life.SEEDING,
        LifeEvent.MISSED: Life.GAP,
        LifeEvent.RESUMED: Life.RUNNING,
    },
    Life.GAP: {
        LifeEvent.BEGUN: Life.GAP,  # likewise
        LifeEvent.HOLD: Life.GAP,
        LifeEvent.UNSEEDED: Life.SEEDING,
        LifeEvent.MISSED: Life.GAP,
        LifeEvent.GIVEN_UP: Life.HELD,  # until it is known whether the next ones fit
        LifeEvent.RESUMED: Life.RUNNING,
    },
}


def after(life: Life, event: LifeEvent) -> Life:
    """What a symbol is after an event.

    Raises:
        AssertionError: that event cannot happen to it.
    """
    found = _TABLE[life].get(event)
    if found is None:
        raise AssertionError(f"{event.name} cannot happen to a symbol that is {life.name}")
    return found
