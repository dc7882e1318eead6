"""Comparisons: of a number with another one, of a column's text with a text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, NamedTuple

from klagg_tui.errors import FilterError
from klagg_tui.view.columns.column import Column, Unit
from klagg_tui.view.columns.registry import BY_NAME
from klagg_tui.view.columns.symbol import SYMBOL
from klagg_tui.view.columns.venue import BASE, QUOTE, VENUE
from klagg_tui.view.filter.arithmetic import Arithmetic
from klagg_tui.view.filter.exchanges import at_exchange, require_watched
from klagg_tui.view.filter.predicates import (
    TEXT_OPERATORS,
    Truth,
    against_text,
    all_of,
    compared,
    fixed,
    known,
    opposite,
    text_of,
)
from klagg_tui.view.filter.quantity import Quantity
from klagg_tui.view.filter.scanner import JOINTS
from klagg_tui.view.filter.scope import BAR
from klagg_tui.view.filter.texts import text_test
from klagg_tui.view.screener.figure import BY_NAME as FIGURES

OPERATOR: Final = re.compile(r">=|<=|!=|==|=|>|<|:")
_TEXT: Final = re.compile(
    rf"(?:{BAR}\.)?([a-z][a-z0-9_]*)(?:\(([^()]*)\))?\s*(>=|<=|!=|==|=|>|<|:)", re.IGNORECASE | re.ASCII
)
_VALUE: Final = re.compile(rf"\"[^\"]*\"|(?:(?!{JOINTS})[^\s()])+(?:\([0-9A-Za-z]*\))?")
_LONGEST_QUOTED: Final = 40
_FIXED: Final = (SYMBOL, VENUE, BASE, QUOTE)
"""Columns whose texts stay as they are."""


class _Sides(NamedTuple):
    left: Quantity
    sign: str = ""
    right: Quantity | None = None
    """None: it is compared with nothing."""


class Comparisons(Arithmetic):
    """Reads comparisons, and the numbers that they are made of."""

    def text_comparison(self) -> Truth | None:
        """The comparison of a text, or the symbol of an exchange, that comes next; None, and nothing read, where neither does.

        Raises:
            FilterError: there is one, but it cannot be read.
        """
        scanner = self.scanner
        found = scanner.match(_TEXT)
        if found is None:
            return None
        name, column = found[1].lower(), BY_NAME.get(found[1].lower())
        is_exchange = column is None and found[2] is None and found[3] == ":" and self._is_exchange(name)
        if not is_exchange and (column is None or column.unit is not Unit.TEXT):
            return None
        begin = scanner.at
        scanner.at = found.end()
        scanner.skip_blanks()
        value = scanner.match(_VALUE)
        if value is None:
            raise FilterError(f"What is {found[1]} compared with?", scanner.at, can_grow=scanner.is_at_end())
        truth = (
            at_exchange(name, value[0].strip('"').casefold(), begin)
            if column is None
            else self._text_compared(column, found, value)
        )
        scanner.at = value.end()
        return truth

    def _is_exchange(self, name: str) -> bool:
        """Whether `name:` begins the name of an exchange's symbol."""
        scope = self.library.scope
        means_more = name in FIGURES or name in scope.names
        return not means_more and (scope.watched is None or name in scope.watched)

    def _text_compared(self, column: Column, found: re.Match[str], value: re.Match[str]) -> Truth:
        at, sign, wanted = value.start(), found[3], value[0].strip('"').casefold()
        if sign not in TEXT_OPERATORS:
            raise FilterError(f"A text is not {sign} another; use : = or !=.", found.start(3))
        is_last = value.end() == len(self.scanner.text)
        if column is VENUE and sign != "!=":
            require_watched(wanted, self.library.scope.watched, at, is_last=is_last)
        if column.values:
            _require_one_of(column, sign, wanted, at, is_last=is_last)
        text = text_of(column, None if found[2] is None else self.period(found[2], found.start(2)))
        test = text_test(sign, wanted, is_pattern=column.is_pattern)
        equal = replace(against_text(text, column.texts, test), names=int(column is SYMBOL))
        truth = all_of([known(text), opposite(equal)], at) if sign == "!=" else equal
        return fixed(truth) if column in _FIXED else truth

    def comparison(self) -> Truth | Quantity:
        """A comparison of numbers; the number alone where it is compared with nothing.

        Raises:
            FilterError: it cannot be read.
        """
        sides = self.with_times(
            self._sides, lambda read: any(side.has_time for side in (read.left, read.right) if side)
        )
        return sides.left if sides.right is None else compared(sides.left, sides.sign, sides.right)

    def _sides(self) -> _Sides:
        scanner = self.scanner
        left = self.sum()
        sign = scanner.match(OPERATOR, scanner.after_blanks(scanner.at))
        if sign is None:
            return _Sides(left)
        scanner.at = sign.end()
        scanner.skip_blanks()
        if scanner.is_at_end() or scanner.next in ")<>=:":
            raise FilterError(f"What is {left.text} compared with?", scanner.at, can_grow=scanner.is_at_end())
        right = self.sum()
        if scanner.match(OPERATOR, scanner.after_blanks(scanner.at)):
            raise FilterError(f"One comparison ends with {right.text}; say and for another one.", scanner.at)
        return _Sides(left, sign[0], right)


def _require_one_of(column: Column, sign: str, wanted: str, at: int, *, is_last: bool) -> None:
    """Refuse a text of which the column has none.

    Raises:
        FilterError: so it is.
    """
    parts = [part for part in wanted.split(",") if part]
    for part in parts:
        test = text_test(sign, part, is_pattern=column.is_pattern)
        if not any(map(test, column.values)):
            can_grow = is_last and wanted.endswith(part) and any(value.startswith(part) for value in column.values)
            shown = part[:_LONGEST_QUOTED]
            raise FilterError(
                f"There is no {column.key} {shown}; there are {', '.join(column.values)}.", at, can_grow=can_grow
            )
