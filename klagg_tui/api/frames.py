"""Bars of many symbols as one frame, symbol below symbol or side by side, of Polars, pyarrow or pandas."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

from klagg_tui.columnar import pl
from klagg_tui.errors import ExportError
from klagg_tui.exporting import arrow, row, tables
from klagg_tui.exporting.frames import Layout
from klagg_tui.exporting.selection import Selection
from klagg_tui.extras import missing
from klagg_tui.storage.store import Store

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_TIME: Final = row.BAR[0].name
_SYMBOL: Final = row.SERIES[0].name
_ALONE: Final = frozenset(
    (row.VENUE.name, _SYMBOL, row.SERIES[1].name, _TIME, next(c.name for c in row.BAR if c.kind is row.Kind.CLOSE_TIME))
)
"""Columns that are not there once for each symbol where symbols lie side by side."""
_NAMES: Final = tuple(column.name for column in Layout(with_venue=True, with_witness=True).columns)


@dataclass(frozen=True, slots=True)
class Frames:
    """Bars that were read."""

    frame: pl.DataFrame
    layout: Layout
    wide: tuple[tuple[str, str], ...] | None = None
    """Column and symbol of each column but the time, where symbols lie side by side."""

    def polars(self) -> pl.DataFrame:
        """As they are."""
        return self.frame

    def arrow(self) -> pa.Table:
        """See `require_pyarrow`."""
        return tables.arrow_table(self.frame, self.layout) if self.wide is None else tables.wide_table(self.frame)

    def pandas(self) -> pd.DataFrame:
        """See `require_pandas`."""
        made = self.arrow().to_pandas().set_index(_TIME)
        if self.wide is not None:
            made.columns = import_module("pandas").MultiIndex.from_tuples(self.wide, names=[None, _SYMBOL])
        return made


async def read_frames(
    store: Store, selection: Selection, chosen: frozenset[str] | None, last: int | None, *, is_wide: bool
) -> Frames:
    """The bars of a selection of one period.

    Args:
        store: where they are.
        selection: see `tables.selected_series`.
        chosen: names of columns, None: all; times are always there.
        last: only so many of each symbol, the newest.
        is_wide: a row for each time, and columns for each symbol.

    Raises:
        BadSymbol: a name or pattern matches no symbol.
        ExportError: a named symbol has no bars of that period, or a value has more than 38 digits.
    """
    found = await tables.selected_series(store, selection)
    told = store.is_qualified
    layout = Layout(with_venue=told, with_witness=told, in_floats=selection.in_floats)
    names = [column.name for column in layout.columns if chosen is None or column.name in chosen]
    if is_wide:
        names = [name for name in names if name not in _ALONE]
    layout = layout._replace(chosen=frozenset((*names, _TIME)))
    frames = [(one.name, await tables.frame_of_series(store, one, layout, last)) for one in found]
    if is_wide:
        return _side_by_side(frames, names, layout)
    return Frames(pl.concat([frame for _, frame in frames]), layout)


def _side_by_side(frames: Sequence[tuple[str, pl.DataFrame]], names: Sequence[str], layout: Layout) -> Frames:
    if not names:
        raise ExportError("wide has a column for each symbol of those that are chosen: name one that bars differ in.")
    wide = tuple((name, symbol) for name in names for symbol, _ in frames)
    told = [frame.with_columns(pl.lit(symbol).alias(_SYMBOL)) for symbol, frame in frames]
    side_by_side = (
        pl.concat(told)
        .pivot(
            on=_SYMBOL,
            on_columns=[symbol for symbol, _ in frames],
            index=_TIME,
            values=list(names),
            column_naming="combine",
        )
        .sort(_TIME)
    )
    return Frames(side_by_side.select(_TIME, *("_".join(each) for each in wide)), layout, wide)


def checked_columns(columns: Iterable[str] | None) -> frozenset[str] | None:
    """The names of columns that are wanted; raises ExportError where there is none of a name."""
    if columns is None:
        return None
    wanted = frozenset((columns,) if isinstance(columns, str) else columns)
    for name in sorted(wanted.difference(_NAMES)):
        near = " or ".join(difflib.get_close_matches(name, _NAMES, n=2))
        hint = f"did you mean {near}?" if near else f"there are {', '.join(_NAMES)}."
        raise ExportError(f"There is no column {name}; {hint}")
    return wanted


def checked_numbers(numbers: str) -> bool:
    """Whether `numbers` are floats; raises ExportError where it is neither `float` nor `exact`."""
    if numbers not in ("exact", "float"):
        raise ExportError(f"Numbers are 'exact' or 'float', not {numbers!r}.")
    return numbers == "float"


def require_pandas() -> None:
    """Raise ExportError where pandas or what makes its frames is not installed."""
    for name in ("pandas", "pyarrow"):
        try:
            import_module(name)
        except ImportError as error:
            raise ExportError(missing("A frame of pandas", name, "notebook")) from error


def require_pyarrow() -> None:
    """Raise ExportError where pyarrow is not installed."""
    arrow.library()
