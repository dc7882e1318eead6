"""Columns of whole numbers out of the database as the frame that `frames` makes of the same bars, several times as fast.

Each is multiplied by a power of ten, and becomes the decimal without any of its digits being read. What may be too large or is not
known for certain is left to `frames`, bar by bar.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from klagg_tui.columnar import pl
from klagg_tui.engine.bar import State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.evidence import Evidence
from klagg_tui.exporting import row
from klagg_tui.exporting.frames import DECIMALS, DIGITS, LABEL, LONG, TIME, WHOLE, Layout, label, of_series
from klagg_tui.exporting.row import Column, Kind
from klagg_tui.exporting.series import Series
from klagg_tui.storage.mantissas import FIELDS, Mantissas, Mark, mark_of
from klagg_tui.storage.rows import Decimals, open_ms_of

_MOST: Final = Decimals(DECIMALS[Kind.PRICE], DECIMALS[Kind.QUANTITY], DECIMALS[Kind.TURNOVER])
_KINDS: Final = dict(zip(DECIMALS, Decimals._fields, strict=True))
_IN_FLOAT: Final = 2**53
"""Up to here a float holds every whole number, so that its quotient is rounded once; powers of ten it holds up to 10^22."""
_STATES: Final = {state.value: state.label for state in State}


class FramePage(NamedTuple):
    """Some bars of one series as a frame."""

    frame: pl.DataFrame
    states: tuple[int, ...]
    """How many of them are of each state."""


def reading_of(series: Series, layout: Layout) -> Callable[[Mantissas], FramePage | None]:
    """How columns out of the database become the same frame; of months none, for their ends are of different lengths."""
    return lambda page: None if series.period is Period.MO1 else _Reading(page, series, layout).made()


class _Reading:
    """One page of them."""

    def __init__(self, page: Mantissas, series: Series, layout: Layout) -> None:
        self._page = page
        self._series = series
        self._layout = layout
        self._marks: dict[int, Mark] = {}
        self._per_row: pl.Series | None = None
        """Marks row by row, where they are not all the same."""

    def made(self) -> FramePage | None:
        """None where a row has to be looked at by itself."""
        columns = self._columns()
        if columns is None:
            return None
        # All at once: what Polars does by the way costs more than the work, which is none.
        decimals = [
            pl.col(name).reinterpret(dtype=kind)
            for name, kind in self._layout.schema.items()
            if isinstance(kind, pl.Decimal)
        ]
        return FramePage(pl.DataFrame(columns).with_columns(decimals), self._states())

    def _columns(self) -> list[pl.Series] | None:
        minutes, marks = _whole(self._page.minutes), _whole(self._page.marks)
        if minutes is None or marks is None or not self._is_known(marks):
            return None
        try:
            open_ms_of(self._page.minutes[0]), open_ms_of(self._page.minutes[-1])
        except ValueError:
            return None
        values = {}
        for name, numbers in zip(FIELDS, self._page.columns, strict=True):
            value = _whole(numbers)
            if value is None or self._extreme(value.min()) < 0:
                return None
            values[name] = value
        found = []
        for column in self._layout.columns:
            made = self._column(column, minutes, values)
            if made is None:
                return None
            found.append(made.alias(column.name))
        return found

    def _is_known(self, marks: pl.Series) -> bool:
        self._marks = {number: mark_of(number) for number in marks.unique().to_list()}
        self._per_row = marks if len(self._marks) > 1 else None
        return all(
            number >= 0
            and not mark.has_text
            and mark.state in _STATES
            and all(has <= most for has, most in zip(mark.decimals, _MOST, strict=True))
            for number, mark in self._marks.items()
        )

    def _states(self) -> tuple[int, ...]:
        counts = dict.fromkeys(_STATES, 0)
        rows = len(self._page.marks)
        for number, mark in self._marks.items():
            counts[mark.state] += rows if self._per_row is None else self._page.marks.count(number)
        return tuple(counts.values())

    def _column(self, column: Column, minutes: pl.Series, values: dict[str, pl.Series]) -> pl.Series | None:
        match column.kind:
            case Kind.OPEN_TIME:
                return (minutes * MINUTE_MS).cast(TIME)
            case Kind.CLOSE_TIME:
                return (minutes * MINUTE_MS + (self._series.period.nominal_ms - 1)).cast(TIME)
            case Kind.STATE:
                return self._by_mark(lambda mark: _STATES[mark.state], pl.String()).cast(LABEL)
            case Kind.WITNESS:
                return self._by_mark(_witness, pl.String()).cast(LABEL)
            case Kind.COUNT:
                return self._known(column, values[column.field])
            case kind if kind in DECIMALS:
                made = self._amounts(column, values[column.field])
                return None if made is None else self._known(column, made)
            case _:
                return label(column.name, of_series(column, self._series), len(minutes))

    def _by_mark(self, told: Callable[[Mark], str | int | float | None], kind: pl.DataType) -> pl.Series:
        """What each row's mark says."""
        said = pl.Series([told(mark) for mark in self._marks.values()], dtype=kind)
        if self._per_row is None:
            return said.new_from_index(0, len(self._page.marks))
        return self._per_row.replace_strict(pl.Series(list(self._marks), dtype=WHOLE), said, return_dtype=kind)

    def _known(self, column: Column, values: pl.Series) -> pl.Series:
        """The values, null where they are unknown."""
        lack = row.LACKS.get(column.field, 0)
        if not any(mark.evidence & lack for mark in self._marks.values()):
            return values
        is_known = self._by_mark(lambda mark: int(not mark.evidence & lack), WHOLE()) == 1
        return values.zip_with(is_known, pl.Series([None], dtype=values.dtype).new_from_index(0, len(values)))

    def _amounts(self, column: Column, mantissas: pl.Series) -> pl.Series | None:
        """A column of values as floats, or in units of their last decimal; None where one of them may be too large for it."""
        name, decimals = _KINDS[column.kind], DECIMALS[column.kind]
        largest = self._extreme(mantissas.max())
        if self._layout.in_floats:
            # A column, for by a single number Polars multiplies with the reciprocal, which is another float.
            if largest >= _IN_FLOAT:
                return None
            return mantissas.cast(pl.Float64) / self._by_mark(
                lambda mark: float(10 ** getattr(mark.decimals, name)), pl.Float64()
            )
        factors = [10 ** (decimals - getattr(mark.decimals, name)) for mark in self._marks.values()]
        if largest * max(factors) >= 10**DIGITS:
            return None
        by = self._by_mark(lambda mark: 10 ** (decimals - getattr(mark.decimals, name)), LONG())
        return mantissas.cast(LONG) * by

    @staticmethod
    def _extreme(found: object) -> int:
        assert isinstance(found, int)
        return found


def _whole(numbers: list[Any]) -> pl.Series | None:
    """The numbers as a column; None where one of them is none: a text, a float, nothing at all."""
    try:
        column = pl.Series(numbers, dtype=WHOLE)
    except TypeError:
        return None
    return None if column.has_nulls() else column


def _witness(mark: Mark) -> str | None:
    return Evidence(mark.evidence).witness if mark.state == State.CONFIRMED.value else None
