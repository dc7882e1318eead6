"""Lines of text out of bars, written by Python; `printf` has the database write the same.

Ten million lines are the measure, so a line is one template filled with whole numbers: a price of 61766.20 goes in as
61766 and 20, and the numbers of many bars are made a column at a time. Bars with more decimals than their symbol's are
written in full, the slower way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import price_unpacked, quantity_unpacked, turnover_unpacked
from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision
from klagg_tui.exporting.row import LACKS, Column, Kind, Line, witness_of
from klagg_tui.exporting.series import Series

_UNKNOWN: Final = sum(LACKS.values())
_LABELS: Final = tuple(state.label for state in State)
"""By number."""


class Decimals(NamedTuple):
    """How a kind of number is written."""

    shown: int
    """Decimals, closing zeros included."""
    one: int
    """The number 1, in units of its kind."""
    last: int
    """The last decimal, in the same units."""
    in_full: Callable[[int], str]
    """Every digit of a number, padded to the decimals that are shown."""


def decimals_of(kind: Kind, precision: Precision) -> Decimals | None:
    """How numbers of a kind are written; None: as whole numbers, or not as numbers."""
    match kind:
        case Kind.PRICE:
            shown = precision.price
            return Decimals(shown, price_unpacked(1, 0), price_unpacked(1, shown), precision.price_text)
        case Kind.QUANTITY:
            shown = precision.quantity
            return Decimals(shown, quantity_unpacked(1, 0), quantity_unpacked(1, shown), precision.quantity_text)
        case Kind.TURNOVER:
            shown = precision.turnover
            return Decimals(shown, turnover_unpacked(1, 0), turnover_unpacked(1, shown), precision.turnover_text)
        case _:
            return None


class TextLines:
    """Writes bars of a series as lines."""

    def __init__(self, series: Series, line: Line) -> None:
        self._period = series.period
        self._columns = [
            (column, decimals_of(column.kind, series.precision)) for column in line if isinstance(column, Column)
        ]
        places = iter(self._columns)
        self._template = _filled(line, lambda: _place_of(*next(places)))
        self._template_in_full = _filled(line, lambda: "%s")
        self._line = line

    def encoded(self, bars: Sequence[Bar]) -> bytes:
        """The lines of some bars."""
        return "".join(self.lines(bars)).encode()

    def line(self, bar: Bar) -> str:
        """The line of one bar."""
        return self.lines([bar])[0]

    def lines(self, bars: Sequence[Bar]) -> list[str]:
        """The same, one by one."""
        if any(bar.evidence & _UNKNOWN for bar in bars):
            return [self._with_gaps(bar) if bar.evidence & _UNKNOWN else self.line(bar) for bar in bars]
        finer = self._finer_than_shown(bars)
        if not finer:
            return self._written(bars, self._template, in_full=False)
        usual = iter(
            self._written([bar for at, bar in enumerate(bars) if at not in finer], self._template, in_full=False)
        )
        full = iter(self._written([bars[at] for at in sorted(finer)], self._template_in_full, in_full=True))
        return [next(full if at in finer else usual) for at in range(len(bars))]

    def _with_gaps(self, bar: Bar) -> str:
        """The line of a bar of which something may be unknown, piece by piece."""
        pieces = list(self._line)
        columns = iter(self._columns)
        for at, part in enumerate(self._line):
            if isinstance(part, str):
                continue
            column, decimals = next(columns)
            value = self._text_of(bar, column, decimals)
            if value is None:
                value = column.unknown
                before, after = str(pieces[at - 1]), str(pieces[at + 1])
                if value and before.endswith('"') and after.startswith('"'):
                    pieces[at - 1], pieces[at + 1] = before[:-1], after[1:]
            pieces[at] = value
        return "".join(map(str, pieces))

    def _text_of(self, bar: Bar, column: Column, decimals: Decimals | None) -> str | None:
        """One value as it is written, None where it is unknown."""
        if bar.evidence & LACKS.get(column.field, 0):
            return None
        if column.kind is Kind.WITNESS:
            return _witness(bar, column)
        value = getattr(bar, column.field)
        if decimals is None:
            return str(next(iter(self._plain(column, [value]))))
        return "0" if column.is_zero_bare and not value else decimals.in_full(value)

    def _finer_than_shown(self, bars: Sequence[Bar]) -> set[int]:
        """Places of bars with values that have more decimals than are shown."""
        fields = _by_field(bars)
        return {
            at
            for column, decimals in self._columns
            if decimals is not None and decimals.last > 1
            for at, value in enumerate(fields[column.field])
            if value % decimals.last
        }

    def _written(self, bars: Sequence[Bar], template: str, *, in_full: bool) -> list[str]:
        fields = _by_field(bars)
        made: list[Iterable[object]] = []
        for column, decimals in self._columns:
            values = fields[column.field]
            if column.kind is Kind.WITNESS:
                made.append([_witness(bar, column) for bar in bars])
            elif decimals is None:
                made.append(self._plain(column, values))
            elif column.is_zero_bare:
                made.append([decimals.in_full(value) if value else "0" for value in values])
            elif in_full:
                made.append(map(decimals.in_full, values))
            else:
                _, one, last, _ = decimals
                made.append([value // one for value in values])
                if decimals.shown:
                    made.append([value % one // last for value in values])
        return list(map(template.__mod__, zip(*made, strict=True)))

    def _plain(self, column: Column, values: Sequence[int]) -> Iterable[object]:
        """The values of a column that are written as they are."""
        match column.kind:
            case Kind.CLOSE_TIME if self._period is Period.MO1:
                return [self._period.end_ms(open_ms) - 1 for open_ms in values]
            case Kind.CLOSE_TIME:
                to_close = self._period.nominal_ms - 1
                return [open_ms + to_close for open_ms in values]
            case Kind.OPEN_DATE:
                return [f"{datetime.fromtimestamp(open_ms // 1000, UTC):%Y-%m-%d %H:%M:%S}" for open_ms in values]
            case Kind.STATE:
                return [_LABELS[state] for state in values]
            case _:
                return values


def _witness(bar: Bar, column: Column) -> str:
    """Who vouches for a bar; in quotes where unknown values are written without."""
    witness = witness_of(bar)
    if witness is None:
        return column.unknown
    return f'"{witness}"' if column.unknown else witness


def _by_field(bars: Sequence[Bar]) -> dict[str, Sequence[int]]:
    """The values of some bars, by the names of their fields."""
    columns = zip(*bars, strict=True) if bars else [()] * len(Bar._fields)
    return dict(zip(Bar._fields, columns, strict=True))


def _filled(line: Line, place: Callable[[], str]) -> str:
    """The line as a template for Python's %, with a place for each column."""
    return "".join(part.replace("%", "%%") if isinstance(part, str) else place() for part in line)


def _place_of(column: Column, decimals: Decimals | None) -> str:
    """What Python's % fills in: a number with decimals as two whole ones."""
    if decimals is None:
        return "%s" if column.kind in (Kind.OPEN_DATE, Kind.STATE, Kind.WITNESS) else "%d"
    if column.is_zero_bare:
        return "%s"
    return f"%d.%0{decimals.shown}d" if decimals.shown else "%d"
