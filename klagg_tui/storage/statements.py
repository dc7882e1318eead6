"""SQL texts that carry many rows each.

Never `executemany`: it retakes the interpreter lock for every row, which beside a busy engine thread costs seconds. A
statement of some hundred value tuples takes it once; see `docs/design.md` for the measurements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final, NamedTuple, TypeAlias

from klagg_tui.storage.schema import COLUMNS

Row: TypeAlias = tuple[Any, ...]
"""SQLite gives what a column holds, whatever it is called: types are known only to whoever wrote the query."""

ROWS_A_STATEMENT: Final = 500
"""14 columns each: 7,000 parameters; SQLite allows 32,766 since 3.32."""

_REPLACED: Final = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])
_SET: Final = f"DO UPDATE SET {_REPLACED}"
_NO_POORER: Final = "(history.state <> 1 OR excluded.trade_count >= history.trade_count)"
"""Bars that lack trades only ever lack them: of two partial ones, the one with more trades knows more."""


class Insert(NamedTuple):
    """An insert of many rows: what stands before and behind the tuples."""

    into: str
    on_conflict: str


HISTORY: Final = Insert("history", f"ON CONFLICT (symbol, period, minute) {_SET}")
"""The new row takes the place of the old one."""
RANKED: Final = Insert(
    "history",
    f"{HISTORY.on_conflict} WHERE excluded.state > history.state OR (excluded.state = history.state AND {_NO_POORER})",
)
"""A bar never loses rank; of equal rank the newer stays."""
DERIVED: Final = Insert(
    "history",
    f"{HISTORY.on_conflict} WHERE excluded.state > history.state "
    f"OR (excluded.state = history.state AND history.state < 3 AND {_NO_POORER})",
)
"""As `RANKED`, but what the exchange said of a bar itself is not replaced by a roll-up."""
FORMING: Final = Insert("forming", f"ON CONFLICT (symbol, period) {_SET}")
SPANS: Final = Insert(
    "spans",
    "ON CONFLICT (symbol, first_id) DO UPDATE SET last_id = excluded.last_id, from_ms = excluded.from_ms, "
    "to_ms = excluded.to_ms",
)


class Statement(NamedTuple):
    """A text and its parameters."""

    sql: str
    parameters: Sequence[Any]


def inserts(insert: Insert, rows: Sequence[Row]) -> Iterator[Statement]:
    """Statements that write all rows, each as wide as the table, `ROWS_A_STATEMENT` at a time."""
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        part = rows[start : start + ROWS_A_STATEMENT]
        yield Statement(_insert(insert, len(part), len(part[0])), list(chain.from_iterable(part)))


@lru_cache(maxsize=64)
def _insert(insert: Insert, rows: int, width: int) -> str:
    tuples = ",".join([f"({','.join('?' * width)})"] * rows)
    return f"INSERT INTO {insert.into} VALUES {tuples} {insert.on_conflict}"
