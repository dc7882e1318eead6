"""Rows of archives as other programs write them again: read where it is certain what they say, else what is in the way.

Certain are quotes round fields, blanks beside commas, and whole numbers as floats that cannot have lost a digit ("7.0").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from klagg_tui.exchange.binance.archive.columns import TRADE_COLUMNS, KlineColumn
from klagg_tui.exchange.binance.archive.rows import row_kind

_OF_TRADES: Final = (0, 3, 4, 5)
_OF_KLINES: Final = tuple(
    tuple(KlineColumn).index(column) for column in (KlineColumn.OPEN_TIME, KlineColumn.CLOSE_TIME, KlineColumn.COUNT)
)
_WHOLE: Final = {**dict.fromkeys(TRADE_COLUMNS, _OF_TRADES), len(KlineColumn): _OF_KLINES}
"""By how many columns there are, which of them hold whole numbers."""
_EXACT: Final = 2**53
"""Whole numbers up to this one are themselves as floats."""
_EARLY: Final = 10**11
"""As a time in milliseconds in 1973: a smaller number before a larger one is the row's own number, no time."""

_PARTED: Final = {";": "';'", "\t": "tabs", "|": "'|'"}
_ROUNDED: Final = re.compile(r"\d(?:\.\d*)?[eE][+-]?\d+")
INDEX: Final = "a column stands before the exchange's own, an index for example; leave it out"


def plain_lines(lines: Sequence[str]) -> list[str]:
    """The lines as the exchange writes them, as far as that is certain; each in its place."""
    if _are_plain(lines):
        return list(lines)
    return [plain_line(line) for line in lines]


def plain_line(line: str) -> str:
    """One of them; an event stays as it is."""
    if "{" in line:
        return line
    fields = [_unquoted(field.strip()) for field in line.split(",")]
    for at in _WHOLE.get(len(fields), ()):
        fields[at] = _whole(fields[at])
    return ",".join(fields)


def obstacle(lines: Sequence[str]) -> str | None:
    """Why these lines, of which klagg can make nothing, are not as the exchange writes them; None: it is not seen."""
    for line in lines:
        for sign, name in _PARTED.items():
            if sign in line and row_kind(plain_line(line.replace(",", ".").replace(sign, ","))):
                return f"its columns are parted by {name}; save it with commas"
        fields = line.split(",")
        if row_kind(line.partition(",")[2]) or has_index(line):
            return INDEX
        if len(fields) in _WHOLE and (fault := _fault_of_numbers(fields)):
            return fault
    return None


def has_index(line: str) -> bool:
    """Whether a row of twelve columns has its own number before the time, and so lacks the last of the exchange's."""
    fields = line.split(",")
    numbers = [int(text) if text.isdecimal() and len(text) < 20 else -1 for text in fields[:2]]
    return len(fields) == len(KlineColumn) and 0 <= numbers[0] < _EARLY <= numbers[1]


def _are_plain(lines: Sequence[str]) -> bool:
    text = "\n".join(lines)
    looked_at = (*lines[:2], *lines[len(lines) // 2 :][:1], *lines[-2:])
    return '"' not in text and " " not in text and all(plain_line(line) == line for line in looked_at)


def _unquoted(field: str) -> str:
    return field[1:-1].strip() if len(field) > 1 and field[0] == field[-1] == '"' else field


def _whole(text: str) -> str:
    digits, point, zeros = text.partition(".")
    is_exact = point and zeros and not zeros.strip("0") and digits.removeprefix("-").isdecimal() and len(digits) < 18
    return digits if is_exact and abs(int(digits)) <= _EXACT else text


def _fault_of_numbers(fields: Sequence[str]) -> str | None:
    """What kind of text stands where a whole number should, in rows with as many columns as the exchange's have."""
    for text in (fields[at] for at in _WHOLE[len(fields)]):
        if _ROUNDED.fullmatch(text):
            return f"its ids or times are rounded, like {text[:40]}; have them written as whole numbers"
    time = fields[0] if len(fields) == len(KlineColumn) else fields[_OF_TRADES[-1]]
    if re.match(r"\d{4}-\d\d-\d\d", time):
        return f"its times are dates, like {time[:40]}; have them written as milliseconds since 1970"
    return None
