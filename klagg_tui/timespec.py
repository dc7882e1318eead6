"""Times as people write them on a command line: `2024-08-08`, `2024-08-08T23:55`, `1723161300000`, `yesterday`, `-3h`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from klagg_tui.errors import BadTime

FORMS: Final = "2024-08, 2024-08-08, 2024-08-08T23:55, 1723161300000, yesterday, today, now, -90m, -3h, -2d, -1w"

_AGO: Final = re.compile(r"-(\d{1,6})([smhdw])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_EPOCH_MS: Final = re.compile(r"\d{11,14}")
_DAYS: Final = {"today": 0, "yesterday": 1}


def parse_time(text: str, now_ms: int, *, local: bool = False) -> int:
    """Milliseconds since the epoch; days and times without a zone are UTC, or this machine's where `local`.

    Raises:
        BadTime: it is none of `FORMS`.
    """
    text = text.strip()
    if text == "now":
        return now_ms
    if _EPOCH_MS.fullmatch(text):
        return int(text)
    if ago := _AGO.fullmatch(text):
        return now_ms - int(ago[1]) * _SECONDS[ago[2]] * 1000
    zone = None if local else UTC
    if text in _DAYS:
        return _ms(_midnight(now_ms, zone) - timedelta(days=_DAYS[text]), zone)
    try:
        moment = datetime.fromisoformat(f"{text}-01" if re.fullmatch(r"\d{4}-\d{2}", text) else text)
        return _ms(moment, zone)
    except (ValueError, OverflowError):
        raise BadTime(f"{text!r} is no time; write it as one of {FORMS}.") from None


def _midnight(now_ms: int, zone: tzinfo | None) -> datetime:
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    return now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def _ms(moment: datetime, zone: tzinfo | None) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone) if zone else moment.astimezone()
    return round(moment.timestamp() * 1000)
