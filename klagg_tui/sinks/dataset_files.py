"""The files of a dataset: one for each day of a series, in folders that readers take for columns, and what stands in it. Pure.

The columns are those of `klagg export` as Parquet, each value exact. Beside them each file says which recorder wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote

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
_RECORDER: Final = "klagg.recorder"
"""Key of a file's own words."""
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


def with_aged(frame: pl.DataFrame, there: pl.DataFrame, before_ms: int, swept: Sequence[Stretch]) -> pl.DataFrame:
    """A day's bars, and of those in its file the ones that were deleted from the database for their age.

    Args:
        frame: what is stored.
        there: what the file holds.
        before_ms: bars that opened before were deleted.
        swept: bars that opened in these stretches were taken back, unless they are stored.
    """
    from klagg_tui.columnar import pl

    at = pl.col("open_time")
    kept = there.select(LAYOUT.schema.names()).cast(LAYOUT.schema).filter(at.dt.epoch("ms") < before_ms)
    for first, until in swept:
        kept = kept.filter(~at.dt.epoch("ms").is_between(first, until, closed="left"))
    kept = kept.join(frame, on="open_time", how="anti")
    return pl.concat([kept, frame]).sort("open_time")


def packed(frame: pl.DataFrame, recorder: str) -> bytes:
    """The file of a day."""
    target = BytesIO()
    frame.write_parquet(target, compression="zstd", compression_level=1, metadata={_RECORDER: recorder})
    return target.getvalue()


def unpacked(data: bytes) -> pl.DataFrame:
    """What a file holds."""
    from klagg_tui.columnar import pl

    return pl.read_parquet(BytesIO(data))


def recorder_of(data: bytes) -> str | None:
    """Who wrote a file."""
    from klagg_tui.columnar import pl

    return pl.read_parquet_metadata(BytesIO(data)).get(_RECORDER)
