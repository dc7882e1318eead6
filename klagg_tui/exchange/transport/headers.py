"""Values in the headers of an answer; what cannot be read counts as not said."""

from __future__ import annotations

from email.utils import parsedate_to_datetime


def whole(text: str | None) -> int | None:
    """A number without sign."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 12 else None


def date_ms(text: str | None) -> int | None:
    """The moment in a `Date` header; None where there is none that can be read."""
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000) if text else None
    except (ValueError, OverflowError):
        return None


def speed_of(text: str | None) -> float:
    """How fast a simulated exchange's time runs, 1 where it does not say so."""
    try:
        speed = float(text or 1)
    except ValueError:
        return 1.0
    return speed if 0 < speed <= 100_000 else 1.0
