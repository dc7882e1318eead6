"""Numbers of the language: of a row, or the same for every row; and how they are joined.

What is not known, and what no number comes of (the root of less than nothing, a division by zero), is None, and so is whatever is
made of it. Times are seconds.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.view.columns.column import Column, Unit
from klagg_tui.view.model import Row
from klagg_tui.view.screener.figure import WHOLE, FigureCall

Valued: TypeAlias = Callable[[Row, Period, int], float | None]
"""A number of a row, in a period, at a time."""

MAX_PARTS: Final = 500
"""Numbers and tests that a text may consist of, with those of the names that it uses."""
_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of the language."""

    value: Valued
    text: str
    """As it was typed."""
    at: int
    """Where."""
    constant: float | None = None
    """Where it is the same for every row."""
    calls: frozenset[FigureCall] = frozenset()
    """What has to be computed for it."""
    parts: int = 1
    has_time: bool = False
    """Whether a column of times is in it."""
    figure: FigureCall | None = None
    """Where it is one figure and nothing else."""
    is_word: bool = False
    """Whether it could be a part of a symbol's name as well: no column and no own name is in it."""

    @property
    def at_most(self) -> Valued:
        """The number where it is not more than that: of a figure that is a floor, where all of it is known."""
        call, value = self.figure, self.value
        if call is None or not call.figure.is_floor:
            return value

        def known(row: Row, period: Period, now_ms: int) -> float | None:
            return value(row, period, now_ms) if row.coverage(call) >= WHOLE else None

        return known


def number(value: float, text: str, at: int) -> Quantity:
    """A number that stands in the text."""
    return Quantity(lambda _row, _period, _now_ms: value, text, at, value, is_word=True)


def of_column(column: Column, period: Period | None, text: str, at: int) -> Quantity:
    """A column that is no text, in that period or in the one on view."""
    value = measured(column, period)
    if column.unit is Unit.DURATION:
        return Quantity(_in_seconds(value), text, at, has_time=True)
    return Quantity(value, text, at)


def of_figure(call: FigureCall, text: str, at: int) -> Quantity:
    """A figure; it is the same whichever period is on view."""
    return Quantity(
        lambda row, _period, _now_ms: row.figure(call),
        text,
        at,
        calls=frozenset({call}),
        figure=call,
        is_word="(" not in text,
    )


def summed(terms: Sequence[Quantity], signs: Sequence[str], text: str) -> Quantity:
    """The terms, each with its sign, `+` or `-`."""
    if signs[0] == "-":
        terms, signs = [number(0.0, "", terms[0].at), *terms], ["+", *signs]
    return _in_turn(terms, [operator.add if sign == "+" else operator.sub for sign in signs], text)


def multiplied(factors: Sequence[Quantity], signs: Sequence[str], text: str) -> Quantity:
    """The factors, each behind its sign, `*` or `/`."""
    return _in_turn(factors, [operator.mul if sign == "*" else operator.truediv for sign in signs], text)


def called(function: str, arguments: Sequence[Quantity], text: str, at: int) -> Quantity:
    """A function of numbers.

    Raises:
        FilterError: of so many there is none, or nothing comes of these.
    """
    values = [each.value for each in arguments]
    if function in _OF_ONE:
        if len(values) != 1:
            raise FilterError(f"{function} takes one number in its brackets.", at)
        return _joined(arguments, text, at, _of_one(_OF_ONE[function], values[0]))
    if len(values) < 2:
        raise FilterError(f"{function} takes two numbers or more in its brackets.", at)
    return _joined(arguments, text, at, _of_several(_OF_SEVERAL[function], values))


def check_size(parts: int, at: int) -> int:
    """The number of parts.

    Raises:
        FilterError: they are too many.
    """
    if parts > MAX_PARTS:
        raise FilterError(f"This is too much: with the names in it, it has more than {MAX_PARTS} parts.", at)
    return parts


_OF_ONE: Final[dict[str, Callable[[float], float]]] = {"abs": abs, "log": math.log, "sqrt": math.sqrt}
_OF_SEVERAL: Final[dict[str, Callable[[Iterable[float]], float]]] = {"min": min, "max": max}


def measured(column: Column, period: Period | None) -> Valued:
    """The column's value in that period, or in the one on view; only of a column of texts it is a text."""
    measure = column.measure
    if period is not None:
        ordinal = period.ordinal
        return lambda row, _shown, now_ms: measure(row, row.bars[ordinal], now_ms)  # type: ignore[return-value]
    return lambda row, shown, now_ms: measure(row, row.bars[shown.ordinal], now_ms)  # type: ignore[return-value]


def _in_seconds(milliseconds: Valued) -> Valued:
    def value(row: Row, period: Period, now_ms: int) -> float | None:
        found = milliseconds(row, period, now_ms)
        return None if found is None else found / _MS

    return value


def _in_turn(terms: Sequence[Quantity], operations: Sequence[Callable[[float, float], float]], text: str) -> Quantity:
    """The terms joined from left to right, each by its operation; the first one's does not count."""
    if len(terms) == 1:
        return terms[0]
    first = terms[0].value
    others = [(operation, term.value) for operation, term in zip(operations[1:], terms[1:], strict=True)]

    def value(row: Row, period: Period, now_ms: int) -> float | None:
        total = first(row, period, now_ms)
        if total is None:
            return None
        total = float(total)  # whole numbers of Python grow beyond what a float can hold
        try:
            for operation, term in others:
                found = term(row, period, now_ms)
                if found is None:
                    return None
                total = operation(total, found)
        except ZeroDivisionError:
            return None
        return total if total == total else None  # noqa: PLR0124  # what is not a number is not equal to itself

    return _joined(terms, text, terms[0].at, value)


def _of_one(function: Callable[[float], float], inner: Valued) -> Valued:
    def value(row: Row, period: Period, now_ms: int) -> float | None:
        found = inner(row, period, now_ms)
        try:
            return None if found is None else function(found)
        except ValueError:
            return None

    return value


def _of_several(function: Callable[[Iterable[float]], float], inner: Sequence[Valued]) -> Valued:
    def value(row: Row, period: Period, now_ms: int) -> float | None:
        found = [each(row, period, now_ms) for each in inner]
        known = [each for each in found if each is not None]
        return function(known) if len(known) == len(found) else None

    return value


_ANY_ROW: Final = Row("")


def _joined(parts: Sequence[Quantity], text: str, at: int, value: Valued) -> Quantity:
    joined = Quantity(
        value,
        text,
        at,
        calls=frozenset().union(*(part.calls for part in parts)),
        parts=check_size(sum(part.parts for part in parts) + 1, at),
        has_time=any(part.has_time for part in parts),
        is_word=all(part.is_word for part in parts),
    )
    if any(part.constant is None for part in parts):
        return joined
    result = value(_ANY_ROW, Period.M1, 0)
    if result is None:
        raise FilterError(f"No number comes of {text[:40]}.", at)
    return replace(number(result, text, at), parts=joined.parts)
