"""The grammar of numbers: sums of products of columns, figures, functions, own names and what stands in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from klagg_tui.engine.period import Period
from klagg_tui.errors import BadPeriod, FilterError
from klagg_tui.hints import ended, hint
from klagg_tui.view.columns.column import Column, Unit
from klagg_tui.view.columns.registry import BY_KEY, BY_NAME
from klagg_tui.view.filter import quantity
from klagg_tui.view.filter.quantity import Quantity
from klagg_tui.view.filter.scanner import JOINTS, Scanner
from klagg_tui.view.filter.scope import BAR, FUNCTIONS, KEYWORDS
from klagg_tui.view.screener.figure import BY_NAME as FIGURES
from klagg_tui.view.screener.figure import FIGURES as KEYS
from klagg_tui.view.screener.figure import call

if TYPE_CHECKING:
    from klagg_tui.view.filter.library import Library

T = TypeVar("T")
_ENDS: Final = rf"(?=[\s()+\-*/<>=,:]|!=|{JOINTS}|$)"
_NUMBER: Final = re.compile(rf"((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{{1,3}})?)([a-z%]?){_ENDS}", re.IGNORECASE | re.ASCII)
_BEGUN_NUMBER: Final = re.compile(r"(?:\d+\.?\d*|\.\d*)(?:e[+-]?)?$", re.IGNORECASE | re.ASCII)
_WORD: Final = re.compile(rf"(?:({BAR})\.)?([a-z][a-z0-9_]*){_ENDS}", re.IGNORECASE | re.ASCII)
_ANY_WORD: Final = re.compile(rf"(?:(?!{JOINTS})[^\s()<>=:,])+")
_WITH_LENGTH: Final = re.compile(r"([a-z_]+?)_?(\d+[smhdw])", re.IGNORECASE | re.ASCII)
_MULTIPLES: Final = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "%": 1.0, "": 1.0}
_TIMES: Final = {"s": 1.0, "h": 3_600.0, "d": 86_400.0}
_MINUTE: Final = 60.0
_LONGEST_QUOTED: Final = 40
_BLANK: Final = re.compile(r"\s")


class Arithmetic:
    """Reads numbers from left to right; what is wrong is a FilterError with its place."""

    def __init__(self, text: str, library: Library) -> None:
        self.scanner = Scanner(text)
        self.library = library
        self._brackets = 0
        """Of numbers and functions: within them, everything belongs to the number."""
        self._has_minutes = False
        """Whether an m behind a number means minutes."""
        self.is_guess = False
        """Whether it may turn out to be a name: then nobody looks for what was meant."""
        self._time: tuple[str, int] | None = None
        """The first number that can only be a time, and its place."""

    def with_times(self, parse: Callable[[], T], has_time: Callable[[T], bool]) -> T:
        """What it parses; an m behind a number means minutes where a column of times is in it.

        Raises:
            FilterError: it cannot be read, or has a time that is held against no other one.
        """
        begin, self._has_minutes, self._time = self.scanner.at, False, None
        parsed = parse()
        if has_time(parsed):
            self.scanner.at, self._has_minutes = begin, True
            return parse()
        if self._time is not None:
            raise FilterError(f"{self._time[0]!r} is neither a number nor a column: it is a time.", self._time[1])
        return parsed

    def sum(self) -> Quantity:
        """Terms with + and - between."""
        return self._chain("+-", self._product, quantity.summed)

    def _product(self) -> Quantity:
        return self._chain("*/", self._signed, quantity.multiplied)

    def _chain(
        self, signs: str, parse: Callable[[], Quantity], join: Callable[[list[Quantity], list[str], str], Quantity]
    ) -> Quantity:
        scanner = self.scanner
        scanner.skip_blanks()
        begin = scanner.at
        terms, found = [parse()], [signs[0]]
        while (sign := self._sign(signs)) is not None:
            found.append(sign)
            terms.append(parse())
        return join(terms, found, scanner.text[begin : scanner.at])

    def _sign(self, signs: str) -> str | None:
        """The sign that comes next, which is read; None where another text does, or where the sign begins a new word."""
        scanner = self.scanner
        at = scanner.after_blanks(scanner.at)
        sign = scanner.text[at : at + 1]
        if not sign or sign not in signs:
            return None
        behind = scanner.text[at + 1 : at + 2]
        if at > scanner.at and behind and not _BLANK.match(behind) and not self._brackets:
            return None  # `vol>5 -usdt` and `vol>5 /^btc/` are two words each
        scanner.at = at + 1
        return sign

    def _signed(self) -> Quantity:
        scanner = self.scanner
        scanner.skip_blanks()
        begin, sign = scanner.at, scanner.next
        if not sign or sign not in "+-":
            return self._atom()
        scanner.at += 1
        signed = self.library.deeper(self._signed, begin)
        return quantity.summed([signed], [sign], scanner.text[begin : scanner.at])

    def _atom(self) -> Quantity:
        scanner = self.scanner
        begin = scanner.at
        if not scanner.next:
            raise FilterError("Something is missing at the end.", begin, can_grow=True)
        if scanner.next == "(":
            return self._bracketed()
        found = scanner.match(_NUMBER)
        if found is not None:
            return self._number(found)
        word = scanner.match(_WORD)
        if word is None:
            raise self._not_a_number()
        scanner.at = word.end()
        if scanner.next == "(":
            return self._with_arguments(word, begin)
        return self._named(word, begin)

    def _bracketed(self) -> Quantity:
        begin = self.scanner.at
        inner = self.library.deeper(lambda: self._arguments(1)[0], begin)
        return replace(inner, text=self.scanner.text[begin : self.scanner.at], at=begin)

    def _arguments(self, most: int) -> list[Quantity]:
        """The numbers in the brackets that begin here, commas between."""
        scanner = self.scanner
        opened = scanner.at
        scanner.at += 1
        self._brackets += 1
        try:
            found = [self.sum()]
            while len(found) < most and scanner.take(","):
                found.append(self.sum())
        finally:
            self._brackets -= 1
        scanner.skip_blanks()
        if scanner.is_at_end():
            raise FilterError("A ( without its ).", opened, can_grow=True)
        if not scanner.take(")"):
            raise FilterError("Here a ) is missing, or a sign like + or *.", scanner.at)
        return found

    def _number(self, found: re.Match[str]) -> Quantity:
        text, suffix, at = found[0], found[2].lower(), found.start()
        if suffix in _TIMES:
            factor = _TIMES[suffix]
            self._time = self._time or (text, at)
        elif suffix in _MULTIPLES:
            factor = _MINUTE if suffix == "m" and self._has_minutes else _MULTIPLES[suffix]
        elif suffix == "x":
            raise FilterError(f"{text!r} is no number; {found[1]} times the usual volume is rvol(5m)>{found[1]}.", at)
        else:
            raise self._not_a_number()
        self.scanner.at = found.end()
        return quantity.number(float(found[1]) * factor, text, at)

    def _not_a_number(self) -> FilterError:
        scanner = self.scanner
        word = scanner.match(_ANY_WORD)
        if word is None:
            return FilterError(f"Something is missing before {scanner.next}", scanner.at)
        can_grow = word.end() == len(scanner.text) and _BEGUN_NUMBER.fullmatch(word[0]) is not None
        shown = repr(word[0][:_LONGEST_QUOTED])
        return FilterError(f"{shown} is neither a number nor a column.", scanner.at, can_grow=can_grow)

    def _named(self, word: re.Match[str], at: int) -> Quantity:
        """A word without brackets: a column of the period on view, an own name, or a figure that needs no arguments."""
        name, text = word[2].lower(), word[0]
        if (column := BY_NAME.get(name)) is not None:
            return _of_column(column, None, text, at)
        if word[1] is not None:
            raise self._unknown(word[2], at + len(BAR) + 1, columns_only=True)
        own = self.library.own(name, at)
        if own is not None:
            if not isinstance(own, Quantity):
                raise FilterError(f"{name} says yes or no: it is no number.", at)
            return replace(own, text=text, at=at, is_word=False)
        if name in FIGURES:
            return self._figure(name, (), text, at, at)
        if name in FUNCTIONS:
            raise FilterError(f"{name} needs a number in brackets.", at, can_grow=word.end() == len(self.scanner.text))
        raise self._unknown(word[0], at)

    def _with_arguments(self, word: re.Match[str], at: int) -> Quantity:
        """A word with brackets right behind it: a function, a figure, or a column of another period."""
        name, scanner = word[2].lower(), self.scanner
        if name in FUNCTIONS and word[1] is None:
            found = self.library.deeper(lambda: self._arguments(quantity.MAX_PARTS), at)
            return quantity.called(name, found, scanner.text[at : scanner.at], at)
        column = BY_NAME.get(name)
        is_figure = word[1] is None and name in FIGURES
        if column is None and not is_figure:
            if name in self.library.scope.names:
                raise FilterError(f"{name} is a name of your own and takes nothing in brackets.", at)
            raise self._unknown(word[0], at, "figure")
        inner, inner_at = scanner.bracketed_text()
        text = scanner.text[at : scanner.at]
        if is_figure:
            return self._figure(name, inner.split(",") if inner.strip() else (), text, at, inner_at)
        assert column is not None  # it is no figure
        return _of_column(column, self.period(inner, inner_at), text, at)

    def _figure(self, name: str, arguments: Sequence[str], text: str, at: int, inner_at: int) -> Quantity:
        periods = self.library.scope.periods
        try:
            return quantity.of_figure(call(name, arguments, tuple(Period) if periods is None else periods), text, at)
        except FilterError as error:
            raise FilterError(str(error), inner_at, can_grow=text[-1:] != ")" and self.scanner.is_at_end()) from error

    def period(self, text: str, at: int) -> Period:
        """The period of that name.

        Raises:
            FilterError: there is none, or its bars are not kept.
        """
        try:
            period = Period.parse(text.strip())
        except BadPeriod as error:
            raise FilterError(f"{error}.", at) from error
        kept = self.library.scope.periods
        if kept is not None and period not in kept:
            raise FilterError(f"Bars of {period} are not kept; there are {', '.join(map(str, sorted(kept)))}.", at)
        return period

    def _unknown(self, name: str, at: int, kind: str = "column", *, columns_only: bool = False) -> FilterError:
        """That nothing has this name, and what has nearly."""
        words = list(BY_NAME) if columns_only else list(self.library.scope.words)
        lowered, end = name.lower(), at + len(name)
        is_last = end == len(self.scanner.text)
        if self.scanner.text[end : end + 1] == ":":
            words += [f"{key}:" for key in self.library.scope.watched or ()]
        can_grow = is_last and any(word.startswith(lowered) for word in words)
        advice = "" if self.is_guess else _advice(lowered, words, BY_KEY if kind == "column" else KEYS)
        shown = name[:_LONGEST_QUOTED]
        return FilterError(ended(f"There is no {kind} {shown}{advice}"), at, can_grow=can_grow)


def _advice(name: str, words: Iterable[str], listed: Iterable[str]) -> str:
    """What was meant, or what there is, as the end of a sentence."""
    meant = _with_brackets(name)
    if meant is not None:
        return f"; did you mean {meant}?"
    others = [word for word in words if word not in (name, BAR, *KEYWORDS)]
    return hint(name, others) or f"; there are {', '.join(listed)}"


def _with_brackets(name: str) -> str | None:
    """`chg24h` as it would be a figure or a column: `chg(24h)`."""
    found = _WITH_LENGTH.fullmatch(name)
    if found is None or (found[1] not in FIGURES and found[1] not in BY_NAME):
        return None
    return f"{found[1]}({found[2]})"


def _of_column(column: Column, period: Period | None, text: str, at: int) -> Quantity:
    if column.unit is Unit.TEXT:
        raise FilterError(f"{text} is a text, and no number.", at)
    return quantity.of_column(column, period, text, at)
