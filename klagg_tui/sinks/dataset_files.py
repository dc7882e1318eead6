"""The files of a dataset: one for each day of a series, in folders that readers take for columns, and what stands in it. Pure.

The columns are those of `klagg export` as Parquet, each value exact. Whose bars they are, of several recorders, stands in the words that a
Parquet file has for itself: those who read it see no other column than in files of before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import DAY_MS
from klagg_tui.engine.precision import Precision
from klagg_tui.exporting.frames import Layout, frame_of
from klagg_tui.exporting.series import PERIODS_IN_NAMES, Series, dataset_name
from klagg_tui.storage.days import Day
from klagg_tui.storage.sink_log import SeriesPlace

if TYPE_CHECKING:
    import polars as pl

    from klagg_tui.engine.bar import Bar

Stretch: TypeAlias = tuple[int, int]
"""From one time to before another, in milliseconds since the epoch."""

UNKNOWN: Final = "__HIVE_DEFAULT_PARTITION__"
"""The venue where nobody has said whose bars these are: readers take it for NULL."""
LAYOUT: Final = Layout(with_series=False, with_venue=True, with_witness=True)
_FILE: Final = "bars.parquet"
RECORDER: Final = "klagg recorder"
"""A column that no file has: who delivered each bar, null where nobody knows."""
_RECORDER: Final = "klagg.recorder"
_RECORDERS: Final = "klagg.recorders"
"""Keys of a file's own words: who delivered it, or a list of who and how many rows in turn."""
_LABELS: Final = {state.label for state in State}
_NAME: Final = re.compile(r"venue=([^/]+)/symbol=([^/]+)/period=([^/]+)/date=(\d{4}-\d\d-\d\d)/bars\.parquet")


def name_of(day: Day) -> str:
    """The file of a day, `venue=…/symbol=…/period=…/date=2026-11-30/bars.parquet`."""
    return f"{folder_of(day.series)}/date={date_of(day.number)}/{_FILE}"


def folder_of(series: SeriesPlace) -> str:
    """Where all files of a series are."""
    told = Series(series.symbol, series.period, Precision(), series.venue or UNKNOWN)
    return str(PurePosixPath(dataset_name(told, _FILE).parent))


def day_of(name: str) -> Day | None:
    """The day whose file has that name; None where it is no such file."""
    parts = _NAME.fullmatch(name)
    period = PERIODS_IN_NAMES.get(parts[3]) if parts else None
    if not parts or period is None:
        return None
    try:
        number = number_of(parts[4])
    except ValueError:
        return None
    venue = "" if parts[1] == UNKNOWN else unquote(parts[1])
    return Day(SeriesPlace(venue, unquote(parts[2]), period), number)


def date_of(number: int) -> str:
    """A day since the epoch as a date."""
    return f"{datetime.fromtimestamp(number * DAY_MS // 1000, UTC):%Y-%m-%d}"


def number_of(date: str) -> int:
    """The day since the epoch of a date as 2026-11-30.

    Raises:
        ValueError: it is none.
    """
    return int(datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 1000 // DAY_MS


def series_of(place: SeriesPlace) -> Series:
    """A series, as it is written."""
    return Series(place.symbol, place.period, Precision(), place.venue)


def joined(pages: Sequence[pl.DataFrame | list[Bar]], place: SeriesPlace) -> pl.DataFrame:
    """Pages of bars as one frame.

    Raises:
        ExportError: a value has more than 38 digits.
    """
    from klagg_tui.columnar import pl

    frames = [frame_of(page, series_of(place), LAYOUT) if isinstance(page, list) else page for page in pages]
    return pl.concat(frames) if frames else pl.DataFrame(schema=LAYOUT.schema)


def nothing() -> pl.DataFrame:
    """No bars, with the column `RECORDER`."""
    from klagg_tui.columnar import pl

    return pl.DataFrame(schema={**LAYOUT.schema, RECORDER: pl.String})


def packed(frame: pl.DataFrame) -> bytes:
    """The file of a day's bars, which have the column `RECORDER`."""
    target = BytesIO()
    runs = [(run["value"], run["len"]) for run in frame[RECORDER].rle().to_list()]
    words = {_RECORDER: runs[0][0]} if len(runs) == 1 and runs[0][0] else {_RECORDERS: json.dumps(runs)}
    rows = frame.select(LAYOUT.schema.names())
    rows.write_parquet(target, compression="zstd", compression_level=1, metadata=words)
    return target.getvalue()


def unpacked(data: bytes) -> pl.DataFrame | None:
    """What a file holds, with the column `RECORDER`, null where that is not known; None where it is none of klagg's."""
    from klagg_tui.columnar import pl

    try:
        rows = pl.read_parquet(BytesIO(data)).select(LAYOUT.schema.names()).cast(LAYOUT.schema)
        words = pl.read_parquet_metadata(BytesIO(data))
    except pl.exceptions.PolarsError:
        return None
    if rows["open_time"].n_unique() < rows.height or not set(rows["state"].unique()) <= _LABELS:
        return None
    recorders = pl.Series(RECORDER, _recorders(words, rows.height), dtype=pl.String)
    return rows.with_columns(recorders)


def _recorders(words: Mapping[str, str], rows: int) -> list[str | None]:
    """Row by row who delivered it."""
    if _RECORDERS not in words:
        return [words.get(_RECORDER)] * rows
    try:
        runs = [(recorder and str(recorder), int(count)) for recorder, count in json.loads(words[_RECORDERS])]
    except (ValueError, TypeError):
        runs = []
    # Another program may have kept the words, and changed the rows.
    is_whole = sum(count for _, count in runs) == rows
    return [recorder for recorder, count in runs for _ in range(count)] if is_whole else [None] * rows
