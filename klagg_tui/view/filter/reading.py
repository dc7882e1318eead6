"""From a text to a filter or a number: what was entered, and what is still being typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.view.filter.library import Library
from klagg_tui.view.filter.parser import anything_of, check_length, filter_of, number_of
from klagg_tui.view.filter.predicates import Clause, Compared, Predicate, RowTest, Truth, likeness_of
from klagg_tui.view.filter.presets import ORDERS, Order
from klagg_tui.view.filter.quantity import Valued
from klagg_tui.view.filter.scope import Scope, own_name_error
from klagg_tui.view.model import Row
from klagg_tui.view.screener.figure import FigureCall

_NOTHING: Final = Scope()


@dataclass(frozen=True, slots=True)
class Filter:
    """A text that says yes or no of a row."""

    text: str
    matches: Predicate
    denies: Predicate
    """Whether it says no for certain: where it says neither, a value that it asks for is not known."""
    calls: frozenset[FigureCall] = frozenset()
    """What has to be computed for it, through saved filters and own names too."""
    likeness: Callable[[Row], float] | None = None
    """Where `~letters` is its only test of names: how like a row's name is to them, more being better. Of a ready filter with an
    order of its own, where a row stands in that."""
    order: Order | None = None
    """Such an order."""
    numbers: tuple[Compared, ...] = ()
    """What it compares and is not the same for every row."""
    may: RowTest = field(default=lambda _row: True)
    """Whether it can ever hold for the row, by its name, its exchange and its coins."""
    names_symbols: bool = False
    """Whether one of its tests is about a symbol's name."""
    is_fixed: bool = False
    """Whether what it says of a row stays as it is."""
    clauses: tuple[Clause, ...] = ()
    """What must all hold."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Keys of the columns that show what it goes by: those of its order, then its figures as they come."""
        figures = (str(call) for number in self.numbers for call in sorted(number.calls, key=str))
        return tuple(dict.fromkeys((*(self.order.shown if self.order else ()), *figures)))


@dataclass(frozen=True, slots=True)
class Expression:
    """A text that is a number of a row; times in it are seconds."""

    text: str
    value: Valued
    """None where it is not known."""
    calls: frozenset[FigureCall] = frozenset()
    """What has to be computed for it."""
    figure: FigureCall | None = None
    """Where it is one figure and nothing else."""


@dataclass(frozen=True, slots=True)
class Complete:
    """What is typed can be read as it stands."""

    filter: Filter


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What is typed cannot be read yet, or is likely to mean something else after the next key."""

    reason: str
    position: int
    is_error: bool = True
    """Whether it would be refused if it were entered as it stands."""


def read(text: str, scope: Scope = _NOTHING) -> Filter:
    """The filter of this text.

    Raises:
        FilterError: it is none; nothing else is ever raised, whatever the text.
    """
    check_length(text)
    return _filter(text, filter_of(text, _library(scope)), scope)


def read_partial(text: str, scope: Scope = _NOTHING) -> Complete | Unfinished:
    """What a text means that is still being typed: its last word may go on.

    Raises:
        FilterError: no more typing at its end can mend it.
    """
    check_length(text)
    try:
        return Complete(_filter(text, filter_of(text, _library(scope), is_typed=True), scope))
    except FilterError as error:
        if not error.can_grow:
            raise
        return Unfinished(str(error), error.position, is_error=not _can_be_read(text, scope))


def read_number(text: str, scope: Scope = _NOTHING) -> Expression:
    """The number of this text, for a column or an order.

    Raises:
        FilterError: it is none.
    """
    check_length(text)
    found = number_of(text, _library(scope))
    return Expression(text, found.value, found.calls, found.figure)


def name_problem(name: str, text: str, scope: Scope = _NOTHING) -> FilterError | None:
    """What is wrong with an own name that stands for this text; None where nothing is."""
    wrong = own_name_error(name)
    if wrong is not None:
        return FilterError(wrong)
    try:
        check_length(text)
        _library(scope).own(name.lower(), 0)
    except FilterError as error:
        return error
    return None


def _can_be_read(text: str, scope: Scope) -> bool:
    try:
        read(text, scope)
    except FilterError:
        return False
    return True


def _library(scope: Scope) -> Library:
    return Library(scope, filter_of, anything_of)


def _filter(text: str, truth: Truth, scope: Scope) -> Filter:
    like = truth.like if truth.names == 1 else ""
    name = text.strip().removeprefix("@")
    order = ORDERS.get(name) if name != text.strip() and name not in scope.saved else None
    return Filter(
        text,
        truth.matches,
        truth.denies,
        truth.calls,
        _place(order) if order else _likeness(like) if like else None,
        order,
        truth.numbers,
        truth.may,
        truth.names > 0,
        truth.is_fixed,
        truth.clauses,
    )


def _place(order: Order) -> Callable[[Row], float]:
    value = read_number(order.number).value

    def of(row: Row) -> float:
        found = value(row, Period.M1, 0)
        return -inf if found is None else -found

    return of


def _likeness(wanted: str) -> Callable[[Row], float]:
    def of(row: Row) -> float:
        worth = likeness_of(row, wanted)
        return -inf if worth is None else worth

    return of
