"""One symbol's ended bars as columns of floats: for screening, where exact bars one by one would cost ten times as much.

Each column of some thousand rows comes as one JSON text: SQLite's thread makes it without the interpreter lock (see
`Connection.json_rows`), and what is left here is to divide whole numbers by a power of ten.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from typing import Any, Final, cast

import orjson

from klagg_tui.engine.columns import COLUMN_FIELDS, BarColumns, no_columns
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.evidence import Evidence
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.disk_errors import reading
from klagg_tui.storage.mantissas import in_order
from klagg_tui.storage.queries import Stretch
from klagg_tui.storage.rows import EVIDENCE, HAS_TEXT, decimals_in, open_ms_of

_AT_ONCE: Final = 5_000
"""Rows of a statement; a column of so many is read in a tenth of a millisecond, and others have their turn in between."""
_STATE_BITS: Final = 8
_STATE_MASK: Final = (1 << _STATE_BITS) - 1
_EVIDENCE_MASK: Final = 0xFF
_NAN: Final = float("nan")
_UNKNOWN: Final = {
    "turnover": Evidence.NO_TURNOVER,
    "trade_count": Evidence.NO_COUNT,
    "taker_buy_volume": Evidence.NO_TAKER_VOLUME,
    "taker_buy_turnover": Evidence.NO_TAKER_TURNOVER,
}
_MARKS: Final = f"json_group_array(h.scale << {_STATE_BITS} | h.state)"
"""State and scale of each row as one number; nearly always the same for all rows."""


async def columns(connection: Connection, stretch: Stretch, fields: Collection[str]) -> BarColumns:
    """The ended bars of a stretch, oldest first; of `fields` those that are wanted."""
    wanted = [name for name in COLUMN_FIELDS if name in fields]
    selected = ", ".join(["json_group_array(h.minute)", _MARKS, *(f"json_group_array(h.{name})" for name in wanted)])
    found = no_columns()
    beyond: int | None = None
    while True:
        texts = (await connection.rows(*stretch.page(beyond, _AT_ONCE, selected)))[0]
        with reading(connection.path):
            minutes, marks, *values = in_order([orjson.loads(text) for text in texts])
            if not minutes:
                return found
            _extend(found, minutes, marks, dict(zip(wanted, values, strict=True)))
        if len(minutes) < _AT_ONCE:
            return found
        beyond = minutes[-1]


def _extend(found: BarColumns, minutes: Sequence[int], marks: list[int], values: dict[str, list[Any]]) -> None:
    if marks.count(marks[0]) == len(marks):
        marks = marks[:1]
    open_ms_of(minutes[0]), open_ms_of(minutes[-1])
    found.open_ms.extend([minute * MINUTE_MS for minute in minutes])
    found.state.extend(_spread([mark & _STATE_MASK for mark in marks], len(minutes)))
    found.evidence.extend(_spread([mark >> _STATE_BITS + EVIDENCE & _EVIDENCE_MASK for mark in marks], len(minutes)))
    for name, column in values.items():
        getattr(found, name).extend(_floats(name, column, marks))


def _spread(values: list[int], rows: int) -> bytes:
    """One value a row, where a single one stands for all."""
    return bytes(values) if len(values) == rows else bytes(values) * rows


def _floats(name: str, column: list[Any], marks: list[int]) -> array[float]:
    """The values of one field in plain units: whole numbers are divided, which is as near as a float can come."""
    divisors = {mark: _divisor(name, mark >> _STATE_BITS) for mark in set(marks)}
    if any(mark >> _STATE_BITS & HAS_TEXT for mark in divisors):
        column = list(map(int, column))
    if len(divisors) == 1:
        (by,) = divisors.values()
        return array("d", [value / by for value in column])
    return array("d", [value / divisors[mark] for value, mark in zip(column, marks, strict=True)])


def _divisor(name: str, scale: int) -> float:
    """One unit of a field in units of its mantissas; not a number where the field is unknown, as anything divided by it is.

    A whole number, for whole numbers divide exactly and are rounded once.
    """
    if scale >> EVIDENCE & _UNKNOWN.get(name, 0):
        return _NAN
    decimals = decimals_in(scale)
    places = {"volume": decimals.quantity, "taker_buy_volume": decimals.quantity, "trade_count": 0}
    places |= {"turnover": decimals.turnover, "taker_buy_turnover": decimals.turnover}
    return cast("int", 10 ** places.get(name, decimals.price))
