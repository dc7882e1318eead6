"""Stored bars of one series as an Arrow table of pyarrow's, by columns where the database's numbers allow it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from klagg_tui.engine.bar import Bar
from klagg_tui.exporting import arrow
from klagg_tui.exporting.selection import StoredSeries
from klagg_tui.exporting.series import Series
from klagg_tui.storage.store import Store

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from klagg_tui.exporting.frames import Layout


def layout_of(series: Series) -> Layout:
    """The columns that a table of it has."""
    # Late, as everywhere: Polars takes a quarter of a second.
    from klagg_tui.exporting.frames import Layout

    told = bool(series.venue)
    return Layout(with_venue=told, with_witness=told, in_floats=series.in_floats)


async def stored_table(store: Store, one: StoredSeries) -> pa.Table:
    """All bars of it, oldest first.

    Raises:
        ExportError: pyarrow is not installed, or a value has more than 38 digits.
    """
    from klagg_tui.exporting.frames import frame_of
    from klagg_tui.exporting.scaled import reading_of

    layout = layout_of(one.series)
    frames = [
        frame_of(page, one.series, layout) if isinstance(page, list) else page.frame
        async for page in one.mantissas(store, reading_of(one.series, layout))
    ]
    return _table(frames, layout)


def table_of(pages: Iterable[list[Bar]], series: Series) -> pa.Table:
    """The same of bars that are read already."""
    from klagg_tui.exporting.frames import frame_of

    layout = layout_of(series)
    return _table([frame_of(page, series, layout) for page in pages], layout)


def _table(frames: list[pl.DataFrame], layout: Layout) -> pa.Table:
    from klagg_tui.columnar import pl

    library = arrow.library()
    schema = arrow.schema(
        with_series=layout.with_series, with_venue=layout.with_venue, with_witness=layout.with_witness
    )
    if layout.in_floats:
        fields = [
            field.with_type(library.float64()) if library.types.is_decimal(field.type) else field for field in schema
        ]
        schema = library.schema(fields)
    joined = pl.concat(frames) if frames else pl.DataFrame(schema=layout.schema)
    return joined.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)
