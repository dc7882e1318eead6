"""Bars as an Arrow table: times as UTC timestamps, values as decimals that hold every digit. Needs the extra `parquet`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.errors import ExportError
from klagg_tui.exporting import row
from klagg_tui.exporting.row import Column, Kind

if TYPE_CHECKING:
    import pyarrow as pa

DIGITS: Final = 38
"""As many as DuckDB, Polars, Spark and Trino take; decimal256 would be for pyarrow alone."""
_BYTES: Final = 16
_DECIMALS: Final = {
    Kind.PRICE: exact.PRICE_DECIMALS,
    Kind.QUANTITY: exact.QUANTITY_DECIMALS,
    Kind.TURNOVER: exact.TURNOVER_DECIMALS,
}
LABELS: Final = (*row.SERIES, row.STATE)
"""Columns of few different texts."""


def library() -> ModuleType:
    """The library pyarrow.

    Raises:
        ExportError: it is not installed.
    """
    try:
        return import_module("pyarrow")
    except ImportError as error:
        raise ExportError("Parquet needs pyarrow, which is not installed: pip install 'klagg-tui[parquet]'.") from error


def schema(*, with_series: bool = True) -> pa.Schema:
    """The columns of `table`, named as in the exchange's archives; `with_series`: symbol and period are among them."""
    arrow = library()
    fields = [arrow.field(column.name, _type_of(arrow, column), nullable=False) for column in _columns(with_series)]
    return arrow.schema(fields)


def table(bars: Sequence[Bar], *, with_series: bool = True) -> pa.Table:
    """The bars as a table of `schema`.

    Raises:
        ExportError: a value has more than 38 digits.
    """
    arrow = library()
    arrays = [_array(arrow, column, bars) for column in _columns(with_series)]
    return arrow.Table.from_arrays(arrays, schema=schema(with_series=with_series))


def _columns(with_series: bool) -> tuple[Column, ...]:
    return (*(row.SERIES if with_series else ()), *row.BAR, row.STATE)


def _type_of(arrow: ModuleType, column: Column) -> pa.DataType:
    if column in LABELS:
        return arrow.dictionary(arrow.int32(), arrow.string())
    if column.kind in _DECIMALS:
        return arrow.decimal128(DIGITS, _DECIMALS[column.kind])
    return arrow.int64() if column.kind is Kind.COUNT else arrow.timestamp("ms", tz="UTC")


def _array(arrow: ModuleType, column: Column, bars: Sequence[Bar]) -> pa.Array:
    kind = _type_of(arrow, column)
    if column.kind in _DECIMALS:
        return _decimals(arrow, kind, [getattr(bar, column.field) for bar in bars])
    return arrow.array(_plain(column, bars), type=kind)


def _plain(column: Column, bars: Sequence[Bar]) -> Iterable[str | int]:
    match column.kind:
        case Kind.PERIOD:
            return [bar.period.value for bar in bars]
        case Kind.CLOSE_TIME:
            return [bar.end_ms - 1 for bar in bars]
        case Kind.STATE:
            return [bar.state.label for bar in bars]
        case _:
            return [getattr(bar, column.field) for bar in bars]


def _decimals(arrow: ModuleType, kind: pa.DataType, units: list[int]) -> pa.Array:
    """A decimal column from whole numbers of its last digit, which is what lies in memory there anyway."""
    if units and max(units) >= 10**DIGITS:
        raise ExportError(f"A value has more than {DIGITS} digits, which Parquet cannot hold; export it as CSV.")
    data = b"".join([unit.to_bytes(_BYTES, "little", signed=True) for unit in units])
    return arrow.Array.from_buffers(kind, len(units), [None, arrow.py_buffer(data)])
