"""The tests of rows that a filter is made of, and how they are joined."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.engine.period import Period
from klagg_tui.view.columns.column import Column, Value
from klagg_tui.view.filter.likeness import likeness
from klagg_tui.view.filter.quantity import Quantity, Valued, check_size
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
_AT_MOST: Final = ("<", "<=", *TEXT_OPERATORS)
"""Those that do not hold of a left side that may be more; of a right one the next do not."""
_AT_LEAST: Final = (">", ">=", *TEXT_OPERATORS)


RowTest: TypeAlias = Callable[[Row], bool]
"""Something about a row that stays as it is."""


class Compared(NamedTuple):
    """A number that a filter compares with another one."""

    text: str
    """As it was typed."""
    value: Valued
    limit: float | None = None
    """What it is compared with, where that is the same for every row."""
    calls: frozenset[FigureCall] = frozenset()
    """The figures that it is made of."""


def _always(_row: Row) -> bool:
    return True


def _never(_row: Row) -> bool:
    return False


class Clause(NamedTuple):
    """One of the tests that must all hold for a row."""

    text: str
    """As it was typed."""
    matches: Predicate
    numbers: tuple[Compared, ...] = ()


def _not_denied(_row: Row, _period: Period, _now_ms: int) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Truth:
    """Yes or no for a row, or neither: what it asks for may not be known."""

    matches: Predicate
    """Whether it holds, for all that is known."""
    denies: Predicate
    """Whether it does not hold, for all that is known; where it neither holds nor is denied, a value is not known."""
    calls: frozenset[FigureCall] = frozenset()
    """What has to be computed for it."""
    parts: int = 1
    names: int = 0
    """How many tests of names are in it."""
    like: str = ""
    """The letters that a name has to be like, in lower case, where one such test has to hold for every row."""
    numbers: tuple[Compared, ...] = ()
    """What it compares and is not the same for every row."""
    may: RowTest = _always
    """Whether it can ever hold for the row, by what stays as it is: its name, its exchange, its coins."""
    must: RowTest = _never
    """Whether by the same it always holds."""
    is_fixed: bool = False
    """Whether all that it asks for stays as it is."""
    clauses: tuple[Clause, ...] = ()
    """What must all hold, where it was read as such."""


def _everything(_row: Row, _period: Period, _now_ms: int) -> bool:
    return True


EVERYTHING: Final = Truth(_everything, _not_denied, may=_always, must=_always, is_fixed=True)
"""Every row matches: the empty filter."""


def compared(left: Quantity, sign: str, right: Quantity) -> Truth:
    """A number against another one; where one of them is not known, or may be more than it holds for, it does not hold."""
    compare = COMPARISONS[sign]
    value = left.at_most if sign in _AT_MOST else left.value
    other = right.at_most if sign in _AT_LEAST else right.value
    limit = right.constant
    parts = check_size(left.parts + right.parts + 1, left.at)
    pairs = ((left, right), (right, left))
    numbers = tuple(
        Compared(one.text, one.value, than.constant, one.calls) for one, than in pairs if one.constant is None
    )
    if limit is not None:

        def holds_at_limit(row: Row, shown: Period, now_ms: int) -> bool:
            first = value(row, shown, now_ms)
            return first is not None and compare(first, limit)

        def denied_at_limit(row: Row, shown: Period, now_ms: int) -> bool:
            first = value(row, shown, now_ms)
            return first is not None and not compare(first, limit)

        return Truth(holds_at_limit, denied_at_limit, left.calls, parts, numbers=numbers, is_fixed=not numbers)

    def holds(row: Row, shown: Period, now_ms: int) -> bool:
        first = value(row, shown, now_ms)
        if first is None:
            return False
        second = other(row, shown, now_ms)
        return second is not None and compare(first, second)

    def denied(row: Row, shown: Period, now_ms: int) -> bool:
        first, second = value(row, shown, now_ms), other(row, shown, now_ms)
        return first is not None and second is not None and not compare(first, second)

    return Truth(holds, denied, left.calls | right.calls, parts, numbers=numbers)


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

    def denied(row: Row, shown: Period, now_ms: int) -> bool:
        return value(row, shown, now_ms) is not None and not holds(row, shown, now_ms)

    return Truth(holds, denied)


def known(value: TextOf) -> Truth:
    """The row has the value."""
    return Truth(lambda row, shown, now_ms: value(row, shown, now_ms) is not None, _not_denied)


def of_name(matches: Callable[[Row], bool]) -> Truth:
    """A test of what the symbol is called."""
    return fixed(Truth(lambda row, _period, _now_ms: matches(row), _not_denied, names=1))


def fixed(truth: Truth) -> Truth:
    """The same, said to be about what stays as it is."""
    matches = truth.matches

    def test(row: Row) -> bool:
        return matches(row, Period.M1, 0)

    def denied(row: Row, _period: Period, _now_ms: int) -> bool:
        return not test(row)

    return replace(truth, denies=denied, may=test, must=test, is_fixed=True)


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

    joined = _joined(matches, truths, "", at)
    return replace(
        joined,
        denies=lambda row, period, now_ms: all(truth.denies(row, period, now_ms) for truth in truths),
        may=lambda row: any(truth.may(row) for truth in truths),
        must=lambda row: any(truth.must(row) for truth in truths),
    )


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

    joined = _joined(matches, truths, next((truth.like for truth in truths if truth.like), ""), at)
    return replace(
        joined,
        denies=lambda row, period, now_ms: any(truth.denies(row, period, now_ms) for truth in truths),
        may=lambda row: all(truth.may(row) for truth in truths),
        must=lambda row: all(truth.must(row) for truth in truths),
    )


def opposite(truth: Truth) -> Truth:
    """It does not hold; where that is not known, this is not either."""
    may, must = truth.may, truth.must
    return replace(
        truth,
        matches=truth.denies,
        denies=truth.matches,
        like="",
        clauses=(),
        may=lambda row: not must(row),
        must=lambda row: not may(row),
    )


def with_clauses(truth: Truth, texts: Sequence[str], truths: Sequence[Truth]) -> Truth:
    """All of these truths, read from these texts; one alone keeps its own clauses, for it may be a saved filter."""
    if len(truths) == 1 and truth.clauses:
        return truth
    pairs = zip(texts, truths, strict=True)
    return replace(truth, clauses=tuple(Clause(text, one.matches, one.numbers) for text, one in pairs))


def _joined(matches: Predicate, truths: Sequence[Truth], like: str, at: int) -> Truth:
    calls = frozenset[FigureCall]().union(*(truth.calls for truth in truths))
    parts = check_size(sum(truth.parts for truth in truths), at)
    return Truth(
        matches,
        _not_denied,
        calls,
        parts,
        sum(truth.names for truth in truths),
        like,
        numbers=tuple(number for truth in truths for number in truth.numbers),
        is_fixed=all(truth.is_fixed for truth in truths),
    )
