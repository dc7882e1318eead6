"""Times as scripts give and get them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from klagg_tui.timespec import parse_time

Moment: TypeAlias = str | int | datetime
"""`2024-08-08T12:00` or `-3h` (see `klagg export --help`), milliseconds since the epoch, or a datetime; UTC by itself."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def ms_of(moment: Moment | None) -> int | None:
    """Milliseconds since the epoch.

    Raises:
        BadTime: a text is not a time.
    """
    if moment is None or isinstance(moment, int):
        return moment
    if isinstance(moment, datetime):
        return milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return parse_time(moment, milliseconds(datetime.now(UTC)))


def milliseconds(moment: datetime) -> int:
    """The same of a time that says its zone."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def moment_of(at_ms: int) -> datetime:
    """The way back."""
    return _EPOCH + timedelta(milliseconds=at_ms)
