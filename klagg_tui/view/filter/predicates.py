"""The tests of rows that a filter is made of, and how they are joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from klagg_tui.engine.period import Period
from klagg_tui.view.columns.column import Column, Value
from klagg_tui.view.filter.texts import TextTest
from klagg_tui.view.model import Row

Predicate: TypeAlias = Callable[[Row, Period, int], bool]
"""Whether a row matches, in a period, at a time."""
Measured: TypeAlias = Callable[[Row, Period, int], Value]
"""A column's value of a row, in a period, at a time."""

_MIN_LIKENESS: Final = 75
"""Of 100; measured by the longest run of common letters."""

COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    ":": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
TEXT_OPERATORS: Final = (":", "=", "==", "!=")


def everything(_row: Row, _period: Period, _now_ms: int) -> bool:
    """Every row matches: the empty filter."""
    return True


def measured(column: Column, period: Period | None) -> Measured:
    """The column's value in that period, or in the period on view."""
    measure = column.measure
    if period is not None:
        ordinal = period.ordinal
        return lambda row, _shown, now_ms: measure(row, row.bars[ordinal], now_ms)
    return lambda row, shown, now_ms: measure(row, row.bars[shown.ordinal], now_ms)


def against_number(value: Measured, operator: str, number: float) -> Predicate:
    """A value against a number."""
    compare = COMPARISONS[operator]
    return lambda row, shown, now_ms: _holds(compare, value(row, shown, now_ms), number)


def against_column(value: Measured, operator: str, other: Measured) -> Predicate:
    """A value against another one of the same row."""
    compare = COMPARISONS[operator]
    return lambda row, shown, now_ms: _holds(compare, value(row, shown, now_ms), other(row, shown, now_ms))


def against_text(value: Measured, texts: Callable[[Row], tuple[str, ...]] | None, matches: TextTest) -> Predicate:
    """A text, or another one that stands for it, by a test of texts in lower case."""

    def holds(row: Row, shown: Period, now_ms: int) -> bool:
        text = value(row, shown, now_ms)
        if text is None:
            return False
        if matches(str(text).casefold()):
            return True
        return texts is not None and any(matches(other.casefold()) for other in texts(row))

    return holds


def known(value: Measured) -> Predicate:
    """The row has the value."""
    return lambda row, shown, now_ms: value(row, shown, now_ms) is not None


def _holds(compare: Callable[[float, float], bool], first: Value, second: Value) -> bool:
    if first is None or second is None or isinstance(first, str) or isinstance(second, str):
        return False
    return compare(first, second)


def name_contains(part: str) -> Predicate:
    """The name contains it, or its base does; `part` is in lower case."""
    return lambda row, _period, _now_ms: part in row.name or part in row.coin


def name_is_like(wanted: str) -> Predicate:
    """The name has its letters in this order, or nearly all of them; `wanted` is in lower case."""
    from rapidfuzz import fuzz  # when somebody asks for it: the first table should not wait for it

    def matches(row: Row, _period: Period, _now_ms: int) -> bool:
        return _in_order(wanted, row.name) or fuzz.partial_ratio(wanted, row.name, score_cutoff=_MIN_LIKENESS) > 0

    return matches


def _in_order(wanted: str, name: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in wanted)


def any_of(predicates: Sequence[Predicate]) -> Predicate:
    """At least one of them holds."""
    if len(predicates) == 1:
        return predicates[0]
    return lambda row, period, now_ms: any(matches(row, period, now_ms) for matches in predicates)


def all_of(predicates: Sequence[Predicate]) -> Predicate:
    """All of them hold."""
    if len(predicates) == 1:
        return predicates[0]
    return lambda row, period, now_ms: all(matches(row, period, now_ms) for matches in predicates)


def opposite(predicate: Predicate) -> Predicate:
    """It does not hold."""
    return lambda row, period, now_ms: not predicate(row, period, now_ms)
