"""Symbols marked for the wall, as plain values.

A mark is an instrument, `venue:name`: it holds in every run that watches that exchange, alone or beside others, and in no other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from klagg_tui.names import parted
from klagg_tui.view.model import Row

MARKED: Final = "▣"
LISTED: Final = "★"
BOTH: Final = "✪"


def marked_rows(rows: Mapping[str, Row], marks: Iterable[str]) -> list[Row]:
    """The rows of a market that are marked, in the order in which they were."""
    found = {}
    for mark in marks:
        venue, title = parted(mark)
        row = rows.get(mark) or rows.get(title)
        # An exchange that no listing has named yet may be the mark's own.
        if row is not None and (not venue or row.venue in ("", venue)):
            found[row.symbol] = row
    return list(found.values())


def toggled(marks: tuple[str, ...], row: Row) -> tuple[str, ...]:
    """With a mark for that row, or without those that it has."""
    kept = tuple(mark for mark in marks if not marked_rows({row.symbol: row}, (mark,)))
    return kept if kept != marks else (*marks, row.qualified)


def without(marks: tuple[str, ...], rows: Collection[Row]) -> tuple[str, ...]:
    """Without those of these rows; marks of other markets stay."""
    by_symbol = {row.symbol: row for row in rows}
    return tuple(mark for mark in marks if not marked_rows(by_symbol, (mark,)))


def sign_of(*, is_marked: bool, is_listed: bool) -> str:
    """What stands before a symbol: whether it is marked, on the watchlist, or both."""
    if is_marked:
        return BOTH if is_listed else MARKED
    return LISTED if is_listed else " "
