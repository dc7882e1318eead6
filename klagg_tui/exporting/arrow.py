"""Bars as an Arrow table of pyarrow's, made bar by bar: times as UTC timestamps, values as decimals that hold every digit. Needs the extra `parquet`."""

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
from klagg_tui.extras import missing
from klagg_tui.names import parted

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
LABELS: Final = (row.VENUE, *row.SERIES, row.STATE, row.WITNESS)
"""Columns of few different texts."""


def library() -> ModuleType:
    """The library pyarrow.

    Raises:
        ExportError: it is not installed.
    """
    try:
        return import_module("pyarrow")
    except ImportError as error:
        raise ExportError(missing("A table of Arrow's", "pyarrow", "parquet")) from error


def schema(*, with_series: bool = True, with_venue: bool = False, with_witness: bool = False) -> pa.Schema:
    """The columns of `table`, named as in the exchange's archives.

    Args:
        with_series: symbol and period are among them.
        with_venue: the venue too, before them.
        with_witness: who vouches for each bar too, behind all others.
    """
    arrow = library()
    columns = _columns(with_series=with_series, with_venue=with_venue, with_witness=with_witness)
    return arrow.schema(
        [
            arrow.field(
                column.name,
                _type_of(arrow, column),
                nullable=column.field in row.LACKS or column.kind in (Kind.VENUE, Kind.WITNESS),
            )
            for column in columns
        ]
    )


def table(
    bars: Sequence[Bar], *, with_series: bool = True, with_venue: bool = False, with_witness: bool = False
) -> pa.Table:
    """The bars as a table of `schema`; `with_venue`: their symbols go by `venue:symbol`. What is unknown is NULL.

    Raises:
        ExportError: a value has more than 38 digits.
    """
    arrow = library()
    columns = _columns(with_series=with_series, with_venue=with_venue, with_witness=with_witness)
    names = [parted(bar.symbol) for bar in bars] if with_venue else ()
    arrays = [
        arrow.array(
            [name.symbol if column.kind is Kind.SYMBOL else name.venue for name in names], _type_of(arrow, column)
        )
        if with_venue and column.kind in (Kind.SYMBOL, Kind.VENUE)
        else _array(arrow, column, bars)
        for column in columns
    ]
    made = schema(with_series=with_series, with_venue=with_venue, with_witness=with_witness)
    return arrow.Table.from_arrays(arrays, schema=made)


def _columns(*, with_series: bool, with_venue: bool, with_witness: bool) -> tuple[Column, ...]:
    return (
        *((row.VENUE,) if with_venue and with_series else ()),
        *(row.SERIES if with_series else ()),
        *row.BAR,
        row.STATE,
        *((row.WITNESS,) if with_witness else ()),
    )


def _type_of(arrow: ModuleType, column: Column) -> pa.DataType:
    if column in LABELS:
        return arrow.dictionary(arrow.int32(), arrow.string())
    if column.kind in _DECIMALS:
        return arrow.decimal128(DIGITS, _DECIMALS[column.kind])
    return arrow.int64() if column.kind is Kind.COUNT else arrow.timestamp("ms", tz="UTC")


def _array(arrow: ModuleType, column: Column, bars: Sequence[Bar]) -> pa.Array:
    kind = _type_of(arrow, column)
    if column.kind in _DECIMALS:
        return _decimals(arrow, kind, [getattr(bar, column.field) for bar in bars], _known(column, bars))
    return arrow.array(_plain(column, bars), type=kind)


def _known(column: Column, bars: Sequence[Bar]) -> list[bool] | None:
    """Of which bars the value is known; None: of all."""
    lack = row.LACKS.get(column.field, 0)
    known = [not bar.evidence & lack for bar in bars] if lack else []
    return None if all(known) else known


def _plain(column: Column, bars: Sequence[Bar]) -> Iterable[str | int | None]:
    match column.kind:
        case Kind.PERIOD:
            return [bar.period.value for bar in bars]
        case Kind.CLOSE_TIME:
            return [bar.end_ms - 1 for bar in bars]
        case Kind.STATE:
            return [bar.state.label for bar in bars]
        case Kind.WITNESS:
            return list(map(row.witness_of, bars))
        case Kind.COUNT:
            return [None if bar.evidence & row.LACKS[column.field] else bar.trade_count for bar in bars]
        case _:
            return [getattr(bar, column.field) for bar in bars]


def _decimals(arrow: ModuleType, kind: pa.DataType, units: list[int], known: list[bool] | None) -> pa.Array:
    """A decimal column from whole numbers of its last digit, which is what lies in memory there anyway."""
    if units and max(units) >= 10**DIGITS:
        raise ExportError(f"A value has more than {DIGITS} digits, which Parquet cannot hold; export it as CSV.")
    data = b"".join([unit.to_bytes(_BYTES, "little", signed=True) for unit in units])
    # A column of truth values is made of the same bits as the one that says which values are there.
    validity = None if known is None else arrow.array(known, type=arrow.bool_()).buffers()[1]
    return arrow.Array.from_buffers(kind, len(units), [validity, arrow.py_buffer(data)])
