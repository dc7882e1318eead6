"""The Parquet catalog of nautilus_trader: `data/bar/BTC-USDT-SWAP.OKX-1-MINUTE-LAST-EXTERNAL/FROM_TO.parquet`.

As its `persistence/catalog/parquet.py` names files (`_make_path`, `_timestamps_to_filename`) and `crates/serialization/src/arrow/bar.rs` writes them: prices and
volume are whole numbers of 1e-16 in 16 bytes, as in all packages with high precision (the default but on Windows), and the schema's metadata says the
kind of bar and its decimals. Both times are when the bar is over, as the page "Bar-based execution" of its documentation wants it
for bars that others made. Names of instruments are those of its adapters. Needs pyarrow, the extra `parquet`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from klagg_tui.engine.period import Period
from klagg_tui.errors import ExportError
from klagg_tui.exporting import row
from klagg_tui.exporting.elsewhere import names_of
from klagg_tui.exporting.format import Format, Holds, Writer
from klagg_tui.exporting.series import Series

if TYPE_CHECKING:
    from klagg_tui.exporting.catalog import CatalogWriter

_FORM: Final = "%Y-%m-%dT%H-%M-%S"
_UNITS: Final = {"m": "MINUTE", "h": "HOUR", "d": "DAY", "w": "WEEK", "M": "MONTH"}


def fault_of(series: Series) -> str | None:
    """Why a catalog cannot have a series."""
    if names_of(series.venue) is None:
        return f"Nobody said which exchange {series.symbol} is of, and a catalog of nautilus_trader names it."
    if series.period is Period.D3:
        return "nautilus_trader has no bars of three days: a step of days is one."
    return None


def instrument(series: Series) -> str:
    """What its adapter calls the symbol."""
    names = names_of(series.venue)
    assert names is not None  # see `fault_of`
    return names.instrument(series.symbol)


def bar_type(series: Series) -> str:
    """The kind of bar."""
    step, unit = str(series.period)[:-1], _UNITS[str(series.period)[-1]]
    return f"{instrument(series)}-{step}-{unit}-LAST-EXTERNAL"


def file_name(series: Series) -> Path:
    """Below the catalog; how it is called in the end is known when all is written."""
    return Path("data", "bar", bar_type(series).replace("/", ""), "bars.parquet")


def final_path(writer: Writer, path: Path) -> Path | None:
    """By the first and the last time in it.

    Raises:
        ExportError: the catalog holds bars of the same time already.
    """
    edges = cast("CatalogWriter", writer).edges
    if edges is None:
        return None
    name = f"{_time(edges[0])}_{_time(edges[1])}.parquet"
    for other in sorted(path.parent.glob("*.parquet")):
        first, _, last = other.stem.partition("_")
        # As texts, for each has as many digits.
        if other.name != name and first <= _time(edges[1]) and last >= _time(edges[0]):
            raise ExportError(
                f"{other} holds bars of the same time already, and a catalog may have each once: nothing was written; remove "
                "that file, or name another folder."
            )
    return path.with_name(name)


def _time(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):{_FORM}}-000000000Z"


def open_writer(file: BinaryIO, holds: Holds, series: Series | None = None) -> CatalogWriter:  # noqa: ARG001 - as all do
    """Write the file's beginning, and be ready for bars; raises ExportError where pyarrow is not installed."""
    # Late, as in `formats.parquet`.
    from klagg_tui.exporting.catalog import CatalogWriter

    assert series is not None
    metadata = {
        "bar_type": bar_type(series),
        "instrument_id": instrument(series),
        "price_precision": str(series.precision.price),
        "size_precision": str(series.precision.quantity),
    }
    return CatalogWriter(file, metadata, [column.name for column in row.BAR[1:6]])


FORMAT: Final = Format(
    "nautilus",
    (".parquet",),
    40,
    file_name,
    open_writer,
    is_text=False,
    needs_folder=True,
    fault_of=fault_of,
    holds_every_digit=True,
    final_path=final_path,
)
