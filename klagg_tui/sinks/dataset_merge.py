"""A day's bars beside those that other recorders have in the same file: of each bar the surer one. Pure.

A file is replaced whole, but what is delivered with it may be one bar of it. Of two that are equally sure (both are the exchange's own, and
differ) the one that was delivered last stays; a bar that nobody delivers with the file never replaces such a one, so that two
recorders whose days are written in turns do not put back each other's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.evidence import Evidence
from klagg_tui.exporting.row import LACKS, Kind
from klagg_tui.sinks.dataset_files import LAYOUT, RECORDER, Stretch
from klagg_tui.sinks.surer import replaces

if TYPE_CHECKING:
    import polars as pl

    from klagg_tui.storage.days import Day

_STATES: Final = {state.label: state for state in State}
_AT: Final = "open_time"
_THERE: Final = " there"
"""Behind the name of a column, of the one that the file has: no column's name has a blank."""


def merged(
    own: pl.DataFrame,
    there: pl.DataFrame,
    day: Day,
    recorder: str,
    *,
    news: Collection[int] | None,
    aged_ms: int = 0,
    swept: Sequence[Stretch] = (),
) -> pl.DataFrame:
    """What the file of a day is to hold, with the column `RECORDER`.

    Args:
        own: what is stored here.
        there: what the file holds, with the column `RECORDER`.
        day: whose bars these are.
        recorder: who has stored them.
        news: open times of those that are delivered with it; None: all are.
        aged_ms: bars that opened before were deleted here for their age: those of this recorder stay in the file.
        swept: bars of this recorder that opened in these stretches were taken back, unless they are stored.
    """
    from klagg_tui.columnar import pl

    marked = own.with_columns(pl.lit(recorder, pl.String).alias(RECORDER))
    is_own = pl.col(RECORDER).eq_missing(pl.lit(recorder))
    others = there.filter(~is_own)
    kept = [_aged(there.filter(is_own), aged_ms, swept).join(own, on=_AT, how="anti"), others]
    if others.height:
        taken = pl.Series(_AT, _taken(own, others, day, news), dtype=pl.Int64).cast(LAYOUT.schema[_AT])
        kept[1] = others.filter(~pl.col(_AT).is_in(taken.implode()))
        marked = marked.join(kept[1], on=_AT, how="anti")
    return pl.concat([marked, *kept]).sort(_AT)


def _aged(mine: pl.DataFrame, before_ms: int, swept: Sequence[Stretch]) -> pl.DataFrame:
    from klagg_tui.columnar import pl

    at = pl.col(_AT).dt.epoch("ms")
    kept = mine.filter(at < before_ms)
    for first, until in swept:
        kept = kept.filter(~at.is_between(first, until, closed="left"))
    return kept


def _taken(own: pl.DataFrame, others: pl.DataFrame, day: Day, news: Collection[int] | None) -> list[int]:
    """Open times of own bars that take the place of others'; of those that are the same nothing is to be said."""
    from klagg_tui.columnar import pl

    names = LAYOUT.schema.names()
    both = own.join(others.drop(RECORDER), on=_AT, suffix=_THERE)
    differing = both.filter(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}{_THERE}")) for name in names if name != _AT)
    )
    pairs = zip(_bars(differing, day, ""), _bars(differing, day, _THERE), strict=True)
    return [new.open_ms for new, stored in pairs if _takes(new, stored, is_news=news is None or new.open_ms in news)]


def _takes(new: Bar, stored: Bar, *, is_news: bool) -> bool:
    is_tie = replaces(stored, new, is_own=False)
    return replaces(new, stored, is_own=False) and (is_news or not is_tie)


def _bars(frame: pl.DataFrame, day: Day, suffix: str) -> Iterator[Bar]:
    """Rows of a file as the bars that they were made of."""
    numbers: dict[str, list[int]] = {}
    lacks = [0] * frame.height
    for column in LAYOUT.columns:
        if column.kind in (Kind.CLOSE_TIME, Kind.WITNESS, Kind.STATE):
            continue
        values = _values(frame, column.name if column.kind is Kind.OPEN_TIME else column.name + suffix)
        if bit := LACKS.get(column.field):
            lacks = [lack | bit * (value is None) for lack, value in zip(lacks, values, strict=True)]
        numbers[column.field] = [value or 0 for value in values]
    states, witnesses = _values(frame, f"state{suffix}"), _values(frame, f"witness{suffix}")
    for place, (lack, state, witness) in enumerate(zip(lacks, states, witnesses, strict=True)):
        evidence = lack | (Evidence.CANDLE_ONLY if witness == Evidence.CANDLE_ONLY.witness else 0)
        found = {field: values[place] for field, values in numbers.items()}
        yield Bar(day.series.symbol, day.series.period, **found, state=_STATES[state], evidence=int(evidence))


def _values(frame: pl.DataFrame, name: str) -> list[Any]:
    """Whole numbers in the places of times and decimals, as `Bar` has them."""
    from klagg_tui.columnar import pl

    column = frame[name]
    if isinstance(column.dtype, pl.Decimal):
        return column.reinterpret(dtype=pl.Int128).to_list()
    return (column.dt.epoch("ms") if isinstance(column.dtype, pl.Datetime) else column).to_list()
