"""Words that options of `klagg export` take."""

from __future__ import annotations

from enum import StrEnum


class StateName(StrEnum):
    """States by the names they have on the command line."""

    FORMING = "forming"
    PARTIAL = "partial"
    CLOSED = "closed"
    CONFIRMED = "confirmed"


class What(StrEnum):
    """What can be exported."""

    BARS = "bars"
    DERIVATIVES = "derivatives"


class Numbers(StrEnum):
    """How values are written."""

    EXACT = "exact"
    FLOAT = "float"


class Told(StrEnum):
    """Columns that may be asked for."""

    VENUE = "venue"
    WITNESS = "witness"
    STATE = "state"
