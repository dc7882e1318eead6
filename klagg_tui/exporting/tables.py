"""Stored bars of one series or many as one frame, by columns where the database's numbers allow it; and a frame as Arrow's table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from klagg_tui.columnar import pl
from klagg_tui.exporting import arrow
from klagg_tui.exporting.frames import Layout, frame_of
from klagg_tui.exporting.scaled import reading_of
from klagg_tui.exporting.selection import Selection, StoredSeries, is_pattern, matching, series_of
from klagg_tui.storage.store import Store

if TYPE_CHECKING:
    import pyarrow as pa


async def selected_series(store: Store, selection: Selection) -> list[StoredSeries]:
    """The stored series of a selection of one period, each named symbol among them.

    Raises:
        BadSymbol: a name or pattern matches no symbol.
        ExportError: a named symbol has no bars of that period, or there are none at all.
    """
    found = await series_of(store, selection, in_text=False)
    there = {one.name for one in found}
    known = [symbol.symbol for symbol in await store.symbols()]
    for name in selection.symbols:
        if not is_pattern(name) and there.isdisjoint(matching([name], known, store.venues)):
            await series_of(store, replace(selection, symbols=(name,)), in_text=False)  # says what is missing
    return found


async def frame_of_series(store: Store, one: StoredSeries, layout: Layout, last: int | None = None) -> pl.DataFrame:
    """Its bars, oldest first; `last`: only so many, the newest.

    Raises:
        ExportError: a value has more than 38 digits.
    """
    if last is not None:
        return frame_of(await one.newest(store, last), one.series, layout)
    frames = [
        frame_of(page, one.series, layout) if isinstance(page, list) else page.frame
        async for page in one.mantissas(store, reading_of(one.series, layout))
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=layout.schema)


def arrow_table(frame: pl.DataFrame, layout: Layout) -> pa.Table:
    """A frame of a layout, with types that every reader of Arrow knows.

    Raises:
        ExportError: pyarrow is not installed.
    """
    library = arrow.library()
    every = arrow.schema(with_series=layout.with_series, with_venue=layout.with_venue, with_witness=layout.with_witness)
    fields = [every.field(column.name) for column in layout.columns]
    if layout.in_floats:
        fields = [
            field.with_type(library.float64()) if library.types.is_decimal(field.type) else field for field in fields
        ]
    return _plain(frame).cast(library.schema(fields))


def wide_table(frame: pl.DataFrame) -> pa.Table:
    """The same of a frame with other columns: each of them may be null.

    Raises:
        ExportError: pyarrow is not installed.
    """
    library = arrow.library()
    label = library.dictionary(library.int32(), library.string())
    table = _plain(frame)
    fields = [
        library.field(field.name, label if library.types.is_dictionary(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(library.schema(fields))


def _plain(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
