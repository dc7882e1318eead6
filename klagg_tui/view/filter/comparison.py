"""A comparison of the filter language: a column, an operator, and what the column is compared with."""

from __future__ import annotations

import re
from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.errors import BadPeriod, FilterError
from klagg_tui.view.columns.column import Column, Unit
from klagg_tui.view.columns.registry import BY_KEY, BY_NAME
from klagg_tui.view.columns.venue import VENUE
from klagg_tui.view.filter.exchanges import Watched, at_exchange, require_watched
from klagg_tui.view.filter.predicates import (
    TEXT_OPERATORS,
    Predicate,
    against_column,
    against_number,
    against_text,
    all_of,
    known,
    measured,
    opposite,
)
from klagg_tui.view.filter.scanner import Scanner
from klagg_tui.view.filter.texts import text_test

_MULTIPLES: Final = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "%": 1.0, "": 1.0}
_DURATIONS: Final = {"s": 1e3, "m": 6e4, "h": 3.6e6, "d": 8.64e7, "": 1e3}
_NUMBER: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?)([a-z%]?)$", re.IGNORECASE | re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z]+", re.ASCII)
_OPERATOR: Final = re.compile(r">=|<=|!=|==|=|>|<|:")
_VALUE: Final = re.compile(r"\"[^\"]*\"|[^\s()]+(?:\([0-9A-Za-z]*\))?")
_COLUMN_VALUE: Final = re.compile(r"([A-Za-z]+)(?:\(([0-9A-Za-z]+)\))?$", re.ASCII)
_LONGEST_QUOTED: Final = 40


def read_comparison(scanner: Scanner, watched: Watched) -> Predicate | None:
    """The comparison that comes next; None, and nothing read, where there is no operator.

    Raises:
        FilterError: there is one, but it cannot be read.
    """
    begin = scanner.at
    name = scanner.match(_NAME)
    if name is None:
        return None
    at, period = _read_period(scanner, name.end())
    operator = scanner.match(_OPERATOR, scanner.after_blanks(at))
    if operator is None:
        if period is not None:
            raise FilterError(f"{name[0]} is compared with nothing; say for example {name[0]}>2.", at)
        return None
    of_exchange = operator[0] == ":" and _is_exchange(name[0], watched)
    column = None if of_exchange else _column(name[0], begin)
    scanner.at = operator.end()
    scanner.skip_blanks()
    value = scanner.match(_VALUE)
    if value is None:
        raise FilterError(f"What is {name[0]} compared with?", scanner.at)
    wanted = value[0].strip('"')
    if column is None:
        predicate = at_exchange(name[0].casefold(), wanted.casefold())
    else:
        if column is VENUE and operator[0] != "!=":
            require_watched(wanted.casefold(), watched, scanner.at)
        predicate = _compared(column, period, operator[0], wanted, scanner.at)
    scanner.at = value.end()
    return predicate


def _is_exchange(name: str, watched: Watched) -> bool:
    """Whether `name:` begins the name of an exchange's symbol."""
    return name.lower() not in BY_NAME and (watched is None or name.lower() in watched)


def _read_period(scanner: Scanner, at: int) -> tuple[int, Period | None]:
    """The period in brackets at that place, and the place behind it."""
    text = scanner.text
    if text[at : at + 1] != "(":
        return at, None
    end = text.find(")", at)
    if end < 0:
        raise FilterError("A ( without its ).", at)
    return end + 1, _period(text[at + 1 : end], at + 1)


def _column(name: str, at: int) -> Column:
    column = BY_NAME.get(name.lower())
    if column is None:
        raise FilterError(f"There is no column {name}; there are {', '.join(BY_KEY)}.", at)
    return column


def _period(text: str, at: int) -> Period:
    try:
        return Period.parse(text)
    except BadPeriod as error:
        raise FilterError(f"{error}.", at) from error


def _compared(column: Column, period: Period | None, operator: str, value: str, at: int) -> Predicate:
    column_value = measured(column, period)
    if column.unit is Unit.TEXT:
        if operator not in TEXT_OPERATORS:
            raise FilterError(f"A text is not {operator} another; use : = or !=.", at)
        test = text_test(operator, value.casefold(), is_pattern=column.is_pattern)
        equal = against_text(column_value, column.texts, test)
        return all_of([known(column_value), opposite(equal)]) if operator == "!=" else equal
    number = _number(value, column.unit)
    if number is not None:
        return against_number(column_value, operator, number)
    other = _COLUMN_VALUE.match(value)
    if other is None:
        raise FilterError(f"{value[:_LONGEST_QUOTED]!r} is neither a number nor a column.", at)
    other_period = _period(other[2], at) if other[2] else period
    return against_column(column_value, operator, measured(_column(other[1], at), other_period))


def _number(value: str, unit: Unit) -> float | None:
    found = _NUMBER.match(value)
    if found is None:
        return None
    factors = _DURATIONS if unit is Unit.DURATION else _MULTIPLES
    factor = factors.get(found[2].lower())
    return None if factor is None else float(found[1]) * factor
