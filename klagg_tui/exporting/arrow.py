"""Bars as an Arrow table: times as UTC timestamps, values as decimals that hold every digit. Needs the extra `parquet`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.errors import ExportError

if TYPE_CHECKING:
    import pyarrow as pa

DIGITS: Final = 38
"""As many as DuckDB, Polars, Spark and Trino take; decimal256 would be for pyarrow alone."""
_BYTES: Final = 16

_NUMBERS: Final[dict[str, Callable[[Bar], int]]] = {
    "open": lambda bar: bar.open,
    "high": lambda bar: bar.high,
    "low": lambda bar: bar.low,
    "close": lambda bar: bar.close,
    "volume": lambda bar: bar.volume,
    "taker_buy_volume": lambda bar: bar.taker_buy_volume,
}
_TURNOVERS: Final[dict[str, Callable[[Bar], int]]] = {
    "quote_volume": lambda bar: bar.turnover,
    "taker_buy_quote_volume": lambda bar: bar.taker_buy_turnover,
}


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
    label = arrow.dictionary(arrow.int32(), arrow.string())
    time = arrow.timestamp("ms", tz="UTC")
    number, turnover = (arrow.decimal128(DIGITS, digits) for digits in (exact.DECIMALS, exact.TURNOVER_DECIMALS))
    fields = [("symbol", label), ("period", label)] if with_series else []
    fields += [("open_time", time)]
    fields += [(name, number) for name in ("open", "high", "low", "close", "volume")]
    fields += [("close_time", time), ("quote_volume", turnover), ("count", arrow.int64())]
    fields += [("taker_buy_volume", number), ("taker_buy_quote_volume", turnover), ("state", label)]
    return arrow.schema([arrow.field(name, kind, nullable=False) for name, kind in fields])


def table(bars: Sequence[Bar], *, with_series: bool = True) -> pa.Table:
    """The bars as a table of `schema`.

    Raises:
        ExportError: a value has more than 38 digits.
    """
    arrow = library()
    made = schema(with_series=with_series)
    columns = [_column(arrow, field, bars) for field in made]
    return arrow.Table.from_arrays(columns, schema=made)


def _column(arrow: ModuleType, field: pa.Field, bars: Sequence[Bar]) -> pa.Array:
    if (number := _NUMBERS.get(field.name)) is not None:
        return _decimals(arrow, field.type, [exact.packed(number(bar), exact.DECIMALS) for bar in bars])
    if (turnover := _TURNOVERS.get(field.name)) is not None:
        units = [exact.turnover_packed(turnover(bar), exact.TURNOVER_DECIMALS) for bar in bars]
        return _decimals(arrow, field.type, units)
    return arrow.array(_plain(field.name, bars), type=field.type)


def _plain(name: str, bars: Sequence[Bar]) -> Iterable[str | int]:
    match name:
        case "symbol":
            return [bar.symbol for bar in bars]
        case "period":
            return [bar.period.value for bar in bars]
        case "open_time":
            return [bar.open_ms for bar in bars]
        case "close_time":
            return [bar.end_ms - 1 for bar in bars]
        case "count":
            return [bar.trade_count for bar in bars]
        case _:
            return [bar.state.label for bar in bars]


def _decimals(arrow: ModuleType, kind: pa.DataType, units: list[int]) -> pa.Array:
    """A decimal column from whole numbers of its last digit, which is what lies in memory there anyway."""
    if units and max(units) >= 10**DIGITS:
        raise ExportError(f"A value has more than {DIGITS} digits, which Parquet cannot hold; export it as CSV.")
    data = b"".join([unit.to_bytes(_BYTES, "little", signed=True) for unit in units])
    return arrow.Array.from_buffers(kind, len(units), [None, arrow.py_buffer(data)])
