"""Times to play to in a replay, as people write them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from klagg_tui import formatting
from klagg_tui.errors import BadTime
from klagg_tui.timespec import parse_time

HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * HOUR_MS
FORMS: Final = "13:30, 2024-08-08T13:30, +90m, -2h"
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_AWAY: Final = re.compile(r"([+-])\s*(\d{1,6})([smhdw])")
_MS: Final = {"s": 1_000, "m": 60_000, "h": HOUR_MS, "d": 24 * HOUR_MS, "w": 168 * HOUR_MS}


def next_hour(now_ms: int) -> int:
    """The first full hour after this."""
    return (now_ms // HOUR_MS + 1) * HOUR_MS


def time_meant(text: str, now_ms: int, *, local: bool = False, recorded_ms: tuple[int, int] | None = None) -> int:
    """The time that somebody means, one of `FORMS`: a time of day is the next one of it, or where the recording ends before that, the last one.

    `recorded_ms`: when the recording begins and ends, as far as that is known.

    Raises:
        BadTime: it is none, or lies before the recording.
    """
    text = text.strip()
    first_ms, last_ms = recorded_ms or (0, 0)
    if of_day := _CLOCK.fullmatch(text):
        at_ms = _next(now_ms, *(int(part or 0) for part in of_day.groups()), local=local)
        if recorded_ms and at_ms > last_ms and at_ms - _DAY_MS >= first_ms:
            at_ms -= _DAY_MS
    elif away := _AWAY.fullmatch(text):
        at_ms = now_ms + (-1 if away[1] == "-" else 1) * int(away[2]) * _MS[away[3]]
        if recorded_ms and at_ms < first_ms < now_ms:
            return first_ms  # further back than it goes: to its beginning
    else:
        try:
            at_ms = parse_time(text, now_ms, local=local)
        except BadTime:
            raise BadTime(f"{text!r} is no time; write it as one of {FORMS}.") from None
    if at_ms < first_ms:
        begin = formatting.date_time(first_ms, local=local)
        raise BadTime(f"The recording begins at {begin} {formatting.zone(local=local)}.")
    return at_ms


def _next(now_ms: int, hour: int, minute: int, second: int, *, local: bool) -> int:
    now = datetime.fromtimestamp(now_ms / 1_000, UTC)
    now = now.astimezone() if local else now
    at = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
    return round((at if at > now else at + timedelta(days=1)).timestamp() * 1_000)
