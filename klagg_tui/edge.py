"""Where what is stored of a symbol begins, and what is before it."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class Edge(Enum):
    """What is before the oldest bar that is stored of a symbol and period."""

    OPEN = auto()  # older ones: some were just stored
    LISTED = auto()  # nothing: trading began there
    NONE = auto()  # nothing that the exchange has
    REACHED = auto()  # what the exchange does not give any more
    KEPT = auto()  # what is too old to be kept
    UNREACHABLE = auto()  # nobody knows: the exchange cannot be asked now


class OlderBars(NamedTuple):
    """What came of asking the exchange for bars from before the stored ones."""

    edge: Edge
    listed_ms: int = 0
    """When trading began, 0 where that is not known."""
    most_bars: int = 0
    """How many of the newest the exchange gives, where that is the reason."""
