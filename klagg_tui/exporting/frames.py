"""Bars as a frame of columns: times as UTC timestamps, values as decimals that hold every digit or as the nearest floats.

Here it is made of bars one by one, whatever they are; `scaled` makes the same of columns out of the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from klagg_tui.columnar import pl
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import PRICE_DECIMALS, QUANTITY_DECIMALS, TURNOVER_DECIMALS
from klagg_tui.errors import ExportError
from klagg_tui.exporting import row
from klagg_tui.exporting.row import Column, Kind
from klagg_tui.exporting.series import Series

DIGITS: Final = 38
"""As many as DuckDB, Polars, Spark and Trino take; a decimal of 256 bits would be for pyarrow alone."""
WHOLE: Final = pl.Int64
LONG: Final = pl.Int128
TIME: Final = pl.Datetime("ms", "UTC")
LABEL: Final = pl.Categorical()
"""Of columns of few different texts."""
DECIMALS: Final = {
    Kind.PRICE: PRICE_DECIMALS,
    Kind.QUANTITY: QUANTITY_DECIMALS,
    Kind.TURNOVER: TURNOVER_DECIMALS,
}
"""Of decimals, by kinds of columns."""


class Layout(NamedTuple):
    """Which columns a frame has."""

    with_series: bool = True
    """Symbol and period are among them."""
    with_venue: bool = False
    """The venue too, before these."""
    with_witness: bool = False
    """Who vouches for each bar too, behind all others."""
    in_floats: bool = False
    """Values are 64-bit floats, each the nearest one to its decimal."""
    chosen: frozenset[str] | None = None
    """Names of those of these columns that are wanted; None: all."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """In their order, named as in the exchange's archives."""
        every = (
            *((row.VENUE,) if self.with_venue and self.with_series else ()),
            *(row.SERIES if self.with_series else ()),
            *row.BAR,
            row.STATE,
            *((row.WITNESS,) if self.with_witness else ()),
        )
        return tuple(column for column in every if self.chosen is None or column.name in self.chosen)

    @property
    def schema(self) -> pl.Schema:
        """Names and types."""
        return pl.Schema({column.name: self.type_of(column) for column in self.columns})

    def type_of(self, column: Column) -> pl.DataType:
        """How a column is held."""
        if column.kind in DECIMALS:
            return pl.Float64() if self.in_floats else pl.Decimal(DIGITS, DECIMALS[column.kind])
        if column.kind is Kind.COUNT:
            return WHOLE()
        return TIME if column.kind in (Kind.OPEN_TIME, Kind.CLOSE_TIME) else LABEL


def amounts(name: str, units: Sequence[int | None], decimals: int, *, in_floats: bool = False) -> pl.Series:
    """A column of values out of whole numbers of their last decimal; None: unknown.

    Raises:
        ExportError: a value has more than 38 digits, which only decimals refuse.
    """
    if in_floats:
        one = 10**decimals
        return pl.Series(name, [None if unit is None else unit / one for unit in units], dtype=pl.Float64)
    if max((abs(unit) for unit in units if unit is not None), default=0) >= 10**DIGITS:
        raise ExportError(
            f"A value has more than {DIGITS} digits, which Parquet and Arrow cannot hold; export it as CSV."
        )
    return pl.Series(name, units, dtype=LONG).reinterpret(dtype=pl.Decimal(DIGITS, decimals))


def label(name: str, text: str, rows: int) -> pl.Series:
    """A column that says the same in all rows."""
    return pl.Series(name, [text], dtype=LABEL).new_from_index(0, rows)


def times(name: str, at_ms: Sequence[int | None]) -> pl.Series:
    """A column of milliseconds since the epoch as UTC timestamps."""
    return pl.Series(name, at_ms, dtype=WHOLE).cast(TIME)


def counts(name: str, numbers: Sequence[int | None]) -> pl.Series:
    """A column of whole numbers."""
    return pl.Series(name, numbers, dtype=WHOLE)


def joined(columns: Sequence[pl.Series]) -> pl.DataFrame:
    """Columns of the same length as a frame."""
    return pl.DataFrame(columns)


def frame_of(bars: Sequence[Bar], series: Series, layout: Layout) -> pl.DataFrame:
    """Bars of a series as a frame; what is unknown is null.

    Raises:
        ExportError: a value has more than 38 digits.
    """
    return pl.DataFrame([_column(column, bars, series, layout) for column in layout.columns])


def _column(column: Column, bars: Sequence[Bar], series: Series, layout: Layout) -> pl.Series:
    lack = row.LACKS.get(column.field, 0)
    if column.kind in DECIMALS:
        units = [None if bar.evidence & lack else getattr(bar, column.field) for bar in bars]
        return amounts(column.name, units, DECIMALS[column.kind], in_floats=layout.in_floats)
    match column.kind:
        case Kind.SYMBOL | Kind.VENUE | Kind.PERIOD:
            return label(column.name, of_series(column, series), len(bars))
        case Kind.OPEN_TIME:
            return times(column.name, [bar.open_ms for bar in bars])
        case Kind.CLOSE_TIME:
            return times(column.name, [bar.end_ms - 1 for bar in bars])
        case Kind.COUNT:
            return counts(column.name, [None if bar.evidence & lack else bar.trade_count for bar in bars])
        case Kind.STATE:
            return pl.Series(column.name, [bar.state.label for bar in bars], dtype=LABEL)
        case _:
            return pl.Series(column.name, list(map(row.witness_of, bars)), dtype=LABEL)


def of_series(column: Column, series: Series) -> str:
    """What is the same in all rows of a series."""
    match column.kind:
        case Kind.PERIOD:
            return str(series.period)
        case Kind.VENUE:
            return series.venue
        case _:
            return series.symbol
