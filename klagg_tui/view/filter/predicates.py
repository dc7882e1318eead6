"""The tests of rows that a filter is made of, and how they are joined."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from klagg_tui.engine.period import Period
from klagg_tui.view.columns.column import Column, Value
from klagg_tui.view.filter.likeness import likeness
from klagg_tui.view.filter.quantity import Quantity, check_size
from klagg_tui.view.filter.texts import TextTest
from klagg_tui.view.model import Row
from klagg_tui.view.screener.figure import FigureCall

Predicate: TypeAlias = Callable[[Row, Period, int], bool]
"""Whether a row matches, in a period, at a time."""
TextOf: TypeAlias = Callable[[Row, Period, int], Value]

COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "=": operator.eq,
    "==": operator.eq,
    ":": operator.eq,
    "!=": operator.ne,
}
TEXT_OPERATORS: Final = (":", "=", "==", "!=")


@dataclass(frozen=True, slots=True)
class Truth:
    """Yes or no for a row."""

    matches: Predicate
    calls: frozenset[FigureCall] = frozenset()
    """What has to be computed for it."""
    parts: int = 1
    names: int = 0
    """How many tests of names are in it."""
    like: str = ""
    """The letters that a name has to be like, in lower case, where one such test has to hold for every row."""


def _everything(_row: Row, _period: Period, _now_ms: int) -> bool:
    return True


EVERYTHING: Final = Truth(_everything)
"""Every row matches: the empty filter."""


def compared(left: Quantity, sign: str, right: Quantity) -> Truth:
    """A number against another one; where one of them is not known it does not hold."""
    compare, value, other = COMPARISONS[sign], left.value, right.value
    limit = right.constant
    parts = check_size(left.parts + right.parts + 1, left.at)
    if limit is not None:

        def holds_at_limit(row: Row, shown: Period, now_ms: int) -> bool:
            first = value(row, shown, now_ms)
            return first is not None and compare(first, limit)

        return Truth(holds_at_limit, left.calls, parts)

    def holds(row: Row, shown: Period, now_ms: int) -> bool:
        first = value(row, shown, now_ms)
        if first is None:
            return False
        second = other(row, shown, now_ms)
        return second is not None and compare(first, second)

    return Truth(holds, left.calls | right.calls, parts)


def text_of(column: Column, period: Period | None) -> TextOf:
    """The text of a column, in that period or in the one on view."""
    measure = column.measure
    if period is not None:
        ordinal = period.ordinal
        return lambda row, _shown, now_ms: measure(row, row.bars[ordinal], now_ms)
    return lambda row, shown, now_ms: measure(row, row.bars[shown.ordinal], now_ms)


def against_text(value: TextOf, texts: Callable[[Row], tuple[str, ...]] | None, matches: TextTest) -> Truth:
    """A text, or another one that stands for it, by a test of texts in lower case."""

    def holds(row: Row, shown: Period, now_ms: int) -> bool:
        text = value(row, shown, now_ms)
        if text is None:
            return False
        if matches(str(text).casefold()):
            return True
        return texts is not None and any(matches(other.casefold()) for other in texts(row))

    return Truth(holds)


def known(value: TextOf) -> Truth:
    """The row has the value."""
    return Truth(lambda row, shown, now_ms: value(row, shown, now_ms) is not None)


def of_name(matches: Callable[[Row], bool]) -> Truth:
    """A test of what the symbol is called."""
    return Truth(lambda row, _period, _now_ms: matches(row), names=1)


def name_contains(part: str) -> Truth:
    """The name contains it, or its base does; `part` is in lower case."""
    return of_name(lambda row: part in row.name or part in row.coin)


def name_is_like(wanted: str) -> Truth:
    """The name has its letters in this order; `wanted` is in lower case."""
    return replace(of_name(lambda row: likeness_of(row, wanted) is not None), like=wanted)


def likeness_of(row: Row, wanted: str) -> float | None:
    """How like the symbol's name is to letters in lower case, more being better; None: not all of them are in it."""
    return likeness(wanted, row.name)


def any_of(truths: Sequence[Truth], at: int) -> Truth:
    """At least one of them holds."""
    if len(truths) == 1:
        return truths[0]
    tests = [truth.matches for truth in truths]

    def matches(row: Row, period: Period, now_ms: int) -> bool:
        for test in tests:  # noqa: SIM110  # a third of the time that any() takes
            if test(row, period, now_ms):
                return True
        return False

    return _joined(matches, truths, "", at)


def all_of(truths: Sequence[Truth], at: int) -> Truth:
    """All of them hold."""
    if len(truths) == 1:
        return truths[0]
    tests = [truth.matches for truth in truths]

    def matches(row: Row, period: Period, now_ms: int) -> bool:
        for test in tests:  # noqa: SIM110  # a third of the time that all() takes
            if not test(row, period, now_ms):
                return False
        return True

    return _joined(matches, truths, next((truth.like for truth in truths if truth.like), ""), at)


def opposite(truth: Truth) -> Truth:
    """It does not hold."""
    matches = truth.matches
    return replace(truth, matches=lambda row, period, now_ms: not matches(row, period, now_ms), like="")


def _joined(matches: Predicate, truths: Sequence[Truth], like: str, at: int) -> Truth:
    calls = frozenset[FigureCall]().union(*(truth.calls for truth in truths))
    parts = check_size(sum(truth.parts for truth in truths), at)
    return Truth(matches, calls, parts, sum(truth.names for truth in truths), like)
