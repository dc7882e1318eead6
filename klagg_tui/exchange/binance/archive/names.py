"""What the names of archive files say: `BTCUSDT-aggTrades-2024-08-08.zip`, `BTCUSDT-1m-2024-08.csv`.

Source: README of binance-public-data. Monthly bars are called `1mo` there, because some file systems cannot tell `1M`
from `1m`. Signs that a file name cannot hold, as in `BTC%2FUSD`, stand there as in an address: klagg's own exports have such names.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Final, NamedTuple
from urllib.parse import unquote

from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.errors import BadPeriod

_NAME: Final = re.compile(
    r"(?P<symbol>[^\s/\\]+?)-(?P<kind>aggTrades|1s|\d+(?:mo|[mhdwM]))-(?P<day>\d{4}-\d{2}(?:-\d{2})?)(?:[. ].*)?"
)
_WITHOUT_PERIOD: Final = frozenset({"aggTrades", "1s"})


class ArchiveName(NamedTuple):
    """What could be read off a file name; None for what could not."""

    symbol: str | None = None
    period: Period | None = None
    """Of a bar archive; None for trades, and for bars of a second, which klagg does not keep."""
    from_ms: int | None = None
    to_ms: int | None = None
    """The whole UTC day or month that the file holds, end excluded."""


def read_name(name: str) -> ArchiveName:
    """What the name of a file or of a zip member says; nothing where it is no archive's name."""
    found = _NAME.fullmatch(unicodedata.normalize("NFC", PurePath(name).name))
    if found is None:
        return ArchiveName()
    try:
        from_ms, to_ms = _range_of(found["day"])
        period = None if found["kind"] in _WITHOUT_PERIOD else Period.parse(found["kind"].replace("mo", "M"))
    except (ValueError, BadPeriod):
        return ArchiveName()
    return ArchiveName(unquote(found["symbol"]).upper(), period, from_ms, to_ms)


def period_in_name(period: Period) -> str:
    """The period as it stands in a file name."""
    return str(period).replace("M", "mo")


def _range_of(day: str) -> tuple[int, int]:
    is_month = day.count("-") == 1
    begin = datetime.strptime(day, "%Y-%m" if is_month else "%Y-%m-%d").replace(tzinfo=UTC)
    from_ms = int(begin.timestamp()) * 1000
    return from_ms, Period.MO1.end_ms(from_ms) if is_month else from_ms + DAY_MS
