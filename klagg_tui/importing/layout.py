"""The columns of bars that klagg exported to CSV: those of the exchange's archives, and what stands before and behind them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Final, NamedTuple

from klagg_tui.errors import BadRow
from klagg_tui.exchange.binance.archive import KlineColumn

VENUE: Final = "venue"
SYMBOL: Final = "symbol"
PERIOD: Final = "period"
STATE: Final = "state"
WITNESS: Final = "witness"
BAR: Final = tuple(map(str, KlineColumn))
_BEFORE: Final = (VENUE, SYMBOL, PERIOD)
_BEHIND: Final = (STATE, WITNESS)


class Layout(NamedTuple):
    """Which columns such a file has."""

    before: tuple[str, ...]
    behind: tuple[str, ...]

    @property
    def names_symbol(self) -> bool:
        """Whether each row says its symbol and period."""
        return SYMBOL in self.before

    @property
    def says_state(self) -> bool:
        """Whether a row can say how sure its bar is."""
        return bool(self.behind)


class OwnRow(NamedTuple):
    """A row, its columns apart."""

    told: dict[str, str]
    """Besides the bar's own columns."""
    bar: list[str]


def layout_of(line: str) -> Layout | None:
    """What the names of columns say; None where they are none of such a file, or those of the exchange's archives alone."""
    names = tuple(line.strip().split(","))
    if BAR[0] not in names:
        return None
    at = names.index(BAR[0])
    before, behind = names[:at], names[at + len(BAR) :]
    is_own = names[at : at + len(BAR)] == BAR and before in ((), _BEFORE, _BEFORE[1:])
    if not is_own or behind not in ((), _BEHIND, _BEHIND[:1], _BEHIND[1:]):
        return None
    return Layout(before, behind) if before or behind else None


def row_of(layout: Layout, line: str) -> OwnRow:
    """The columns of a line.

    Raises:
        BadRow: it has more or fewer.
    """
    fields = next(csv.reader([line])) if '"' in line else line.split(",")
    many = len(layout.before) + len(BAR) + len(layout.behind)
    if len(fields) != many:
        raise BadRow(f"{len(fields)} columns instead of {many}")
    first, last = len(layout.before), len(layout.before) + len(BAR)
    told = dict(zip((*layout.before, *layout.behind), (*fields[:first], *fields[last:]), strict=True))
    return OwnRow(told, fields[first:last])


def first_told(layout: Layout, lines: Sequence[str], column: str) -> list[str]:
    """Each value that some rows have in a column, once, in their order."""
    found: list[str] = []
    for line in lines:
        try:
            value = row_of(layout, line).told.get(column, "")
        except BadRow:
            continue
        if value and value not in found and not layout_of(line):
            found.append(value)
    return found
