"""What all lines of such files have in common, and how the kinds differ."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from klagg_tui.errors import BadRow
from klagg_tui.exchange.binance.archive.columns import TRADE_COLUMNS, KlineColumn
from klagg_tui.exchange.fields import LARGEST

EARLIEST_MS: Final = 1_483_228_800_000
"""2017-01-01. The exchange opened in the summer of that year; what claims to be older is damage."""
END_OF_TIME_MS: Final = 4_102_444_800_000
"""2100-01-01. Larger times are microseconds, as in the spot archives from 2025 on."""
BEFORE_EVENT: Final = re.compile(r"\s*(?:\d+(?:\.\d+)?\s*[:,]?\s*)?")
"""What may stand before an event: white space or a receive time."""

_TRUTH: Final = frozenset({"true", "false"})


class RowKind(Enum):
    """What a line holds."""

    AGGREGATE_TRADE = "aggregate trade"
    SINGLE_TRADE = "single trade"
    KLINE = "kline"
    EVENT = "event"


def is_header(line: str) -> bool:
    """Whether a line names columns: newer archives begin with one that does. A row whose beginning is damaged is none."""
    fields = line.split(",")
    is_long_enough = len(fields) in TRADE_COLUMNS or len(fields) == len(KlineColumn)
    return is_long_enough and line[:1].isalpha() and not any(field[:1].isdecimal() for field in fields)


def _looks_like_event(line: str) -> bool:
    """Whether a line is a JSON object as recorders write them, by its ends."""
    begin = line.find("{")
    return begin >= 0 and line.rstrip().endswith("}") and BEFORE_EVENT.fullmatch(line, 0, begin) is not None


def row_kind(line: str) -> RowKind | None:
    """What a line holds, by its ends or its columns; None: none of these."""
    if _looks_like_event(line):
        return RowKind.EVENT
    fields = [field.strip().lower() for field in line.split(",")]
    if is_header(line) or not fields[0].isdecimal():
        return None
    if len(fields) == len(KlineColumn):
        return RowKind.KLINE
    if len(fields) in TRADE_COLUMNS and fields[6] in _TRUTH and fields[5] not in _TRUTH:
        return RowKind.AGGREGATE_TRADE
    return RowKind.SINGLE_TRADE if len(fields) in {6, 7} and fields[5] in _TRUTH else None


def milliseconds(time: int) -> int:
    """A time of a file in milliseconds; by its size it may be in microseconds.

    Raises:
        BadRow: it is no time of either kind.
    """
    at_ms = time if time < END_OF_TIME_MS else time // 1000
    if not EARLIEST_MS <= at_ms < END_OF_TIME_MS:
        raise BadRow(f"{time if abs(time) <= LARGEST else 'a number of too many digits'} is no time")
    return at_ms


def whole_number(text: str, name: str) -> int:
    """An integer that the disk can hold, with a sign or without.

    Raises:
        BadRow: it is none; `name` says what of.
    """
    digits = text.strip().removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS and int(digits) <= LARGEST):
        raise BadRow(f"{text[:40]!r} is no {name}")
    return int(text)


_MOST_DIGITS: Final = len(str(LARGEST))


def first_number(line: str) -> int | None:
    """The id or time that a row begins with; None: it begins with none."""
    try:
        return whole_number(line.partition(",")[0], "number")
    except BadRow:
        return None
