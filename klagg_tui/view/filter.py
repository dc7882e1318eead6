"""The filter language: from a text to a test of rows. Pure.

    btc                       the name contains it, whatever the case
    ~btusd                    the name is like it
    /^1000.*T$/               the name matches it
    vol>1e6  chg<=-2          a column against a number, also
    age>30s  taker>60%        against a time or a share,
    last>open                 against another column,
    state:partial             or against a text
    chg(1d)>5                 the column of another period
    @mine                     the saved filter of that name
    !usdc  not usdc           the opposite
    a b, a and b · a or b · ( … )

Words that stand side by side must all hold. k, m, b and t behind a number are thousands to trillions; behind an age
s, m, h and d are seconds to days. A row without the value that is asked for does not match, whatever is asked.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from klagg_tui.engine.period import Period
from klagg_tui.errors import BadPeriod, FilterError
from klagg_tui.view.columns import BY_KEY, Column, Value
from klagg_tui.view.model import Row

Test: TypeAlias = Callable[[Row, Period, int], bool]
"""Whether a row matches, in a period, at a time."""

LONGEST: Final = 500
"""Characters of a filter."""
_DEEPEST: Final = 20
"""Brackets, negations and saved filters within each other."""
_LIKE_ENOUGH: Final = 75
"""Of 100; measured by the longest run of common letters."""

ALIASES: Final = {
    "price": "last", "change": "chg", "volume": "vol", "quote": "turnover", "count": "trades", "buyers": "taker",
    "name": "symbol", "sym": "symbol", "trend": "spark", "closes": "spark",
}  # fmt: skip
_MULTIPLES: Final = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "%": 1.0, "": 1.0}
_DURATIONS: Final = {"s": 1e3, "m": 6e4, "h": 3.6e6, "d": 8.64e7, "": 1e3}
_NUMBER: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?)([a-z%]?)$", re.IGNORECASE | re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z]+", re.ASCII)
_OPERATOR: Final = re.compile(r">=|<=|!=|==|=|>|<|:")
_BLANK: Final = re.compile(r"\s*")
_WORD: Final = re.compile(r"[^\s()]+")
_VALUE: Final = re.compile(r"\"[^\"]*\"|[^\s()]+(?:\([0-9A-Za-z]*\))?")
_COLUMN_VALUE: Final = re.compile(r"([A-Za-z]+)(?:\(([0-9A-Za-z]+)\))?$", re.ASCII)

_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    ":": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """A text that was understood, and its test."""

    text: str
    matches: Test


def everything(_row: Row, _period: Period, _now_ms: int) -> bool:
    """The test of an empty filter."""
    return True


def read(text: str, saved: Mapping[str, str] | None = None) -> Filter:
    """The filter that `text` says; `saved` are texts by name, for `@name`.

    Raises:
        FilterError: it says none; nothing else is ever raised, whatever the text.
    """
    if len(text) > LONGEST:
        raise FilterError(f"A filter has at most {LONGEST} characters, this one has {len(text)}.", LONGEST)
    return Filter(text, _Reader(text, saved or {}, 0).whole())


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str, saved: Mapping[str, str], depth: int) -> None:
        self._text = text
        self._saved = saved
        self._at = 0
        self._depth = depth

    def whole(self) -> Test:
        self._skip_blanks()
        if self._at == len(self._text):
            return everything
        test = self._either()
        if self._at < len(self._text):
            raise FilterError("There is a ) without its (.", self._at)
        return test

    def _either(self) -> Test:
        tests = [self._all()]
        while self._took_word("or"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else _any_of(tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while True:
            self._skip_blanks()
            if self._at == len(self._text) or self._text[self._at] == ")" or self._sees_word("or"):
                return tests[0] if len(tests) == 1 else _all_of(tests)
            self._took_word("and")
            tests.append(self._one())

    def _one(self) -> Test:
        self._skip_blanks()
        if self._at == len(self._text):
            raise FilterError("Something is missing at the end.", self._at)
        first = self._text[self._at]
        if first == "!" or self._sees_word("not"):
            self._at += 1 if first == "!" else 3
            return _opposite(self._deeper(self._one))
        if first == "(":
            return self._bracketed()
        if first == ")":
            raise FilterError("Something is missing before ).", self._at)
        if first == "/":
            return self._pattern()
        return self._comparison() or self._text_test()

    def _deeper(self, read_more: Callable[[], Test]) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FilterError("This is nested too deep.", self._at)
        test = read_more()
        self._depth -= 1
        return test

    def _bracketed(self) -> Test:
        opened = self._at
        self._at += 1
        test = self._deeper(self._either)
        self._skip_blanks()
        if self._at == len(self._text):
            raise FilterError("A ( without its ).", opened)
        self._at += 1
        return test

    def _pattern(self) -> Test:
        begin = self._at + 1
        end = self._text.find("/", begin)
        if end < 0:
            raise FilterError("A pattern ends with another /.", self._at)
        self._at = end + 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pattern = re.compile(self._text[begin:end], re.IGNORECASE)
        except (re.error, RecursionError, OverflowError) as error:
            raise FilterError(f"The pattern cannot be read: {error}.", begin) from error
        return lambda row, _period, _now_ms: pattern.search(row.symbol) is not None

    def _comparison(self) -> Test | None:
        """A column and what it is compared with; None, and nothing read, where there is no operator."""
        begin = self._at
        name = _NAME.match(self._text, begin)
        if name is None:
            return None
        at, period = self._period_after(name.end())
        blank = _BLANK.match(self._text, at)
        operator = _OPERATOR.match(self._text, blank.end() if blank else at)
        if operator is None:
            if period is not None:
                raise FilterError(f"{name[0]} is compared with nothing; say for example {name[0]}>2.", at)
            return None
        column = _column(name[0], begin)
        self._at = operator.end()
        self._skip_blanks()
        value = _VALUE.match(self._text, self._at)
        if value is None:
            raise FilterError(f"What is {name[0]} compared with?", self._at)
        test = _compared(column, period, operator[0], value[0].strip('"'), self._at)
        self._at = value.end()
        return test

    def _period_after(self, at: int) -> tuple[int, Period | None]:
        if at >= len(self._text) or self._text[at] != "(":
            return at, None
        end = self._text.find(")", at)
        if end < 0:
            raise FilterError("A ( without its ).", at)
        return end + 1, _period(self._text[at + 1 : end], at + 1)

    def _text_test(self) -> Test:
        begin = self._at
        word = _WORD.match(self._text, begin)
        assert word is not None  # neither blank, bracket nor end: `_one` has looked
        self._at = word.end()
        text = word[0]
        if text[0] == "@" and len(text) > 1:
            return self._saved_test(text[1:], begin)
        if text[0] == "~" and len(text) > 1:
            return _like(text[1:].casefold())
        part = text.strip('"').casefold()
        return lambda row, _period, _now_ms: part in row.name

    def _saved_test(self, name: str, begin: int) -> Test:
        text = self._saved.get(name)
        if text is None:
            raise FilterError(f"No filter is saved as {name!r}.", begin)
        if self._depth >= _DEEPEST:
            raise FilterError(f"The saved filter {name!r} holds itself.", begin)
        try:
            return _Reader(text[:LONGEST], self._saved, self._depth + 1).whole()
        except FilterError as error:
            raise FilterError(f"In the saved filter {name!r}: {error}", begin) from error

    def _skip_blanks(self) -> None:
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at

    def _sees_word(self, word: str) -> bool:
        end = self._at + len(word)
        # `or>3` and `not:` are left to be told as unknown columns.
        return self._text[self._at : end].lower() == word and (end == len(self._text) or self._text[end] in " \t(!")

    def _took_word(self, word: str) -> bool:
        self._skip_blanks()
        if not self._sees_word(word):
            return False
        self._at += len(word)
        return True


def _column(name: str, at: int) -> Column:
    key = ALIASES.get(name.lower(), name.lower())
    if key not in BY_KEY:
        raise FilterError(f"There is no column {name}; there are {', '.join(BY_KEY)}.", at)
    return BY_KEY[key]


def _period(text: str, at: int) -> Period:
    try:
        return Period.parse(text)
    except BadPeriod as error:
        raise FilterError(f"{error}.", at) from error


def _compared(column: Column, period: Period | None, operator: str, value: str, at: int) -> Test:
    measured = _measured(column, period)
    if column.key in ("symbol", "state"):
        return _text_compared(measured, operator, value.casefold(), at)
    holds = _COMPARISONS[operator]
    number = _number(value, column)
    if number is not None:
        return lambda row, shown, now_ms: _holds(holds, measured(row, shown, now_ms), number)
    other = _COLUMN_VALUE.match(value)
    if other is None:
        raise FilterError(f"{value[:40]!r} is neither a number nor a column.", at)
    second = _measured(_column(other[1], at), _period(other[2], at) if other[2] else period)
    return lambda row, shown, now_ms: _holds(holds, measured(row, shown, now_ms), second(row, shown, now_ms))


def _measured(column: Column, period: Period | None) -> Callable[[Row, Period, int], Value]:
    measure = column.measure
    if period is not None:
        ordinal = period.ordinal
        return lambda row, _shown, now_ms: measure(row, row.bars[ordinal], now_ms)
    return lambda row, shown, now_ms: measure(row, row.bars[shown.ordinal], now_ms)


def _holds(holds: Callable[[float, float], bool], first: Value, second: Value) -> bool:
    if first is None or second is None or isinstance(first, str) or isinstance(second, str):
        return False
    return holds(first, second)


def _text_compared(measured: Callable[[Row, Period, int], Value], operator: str, wanted: str, at: int) -> Test:
    def text(row: Row, shown: Period, now_ms: int) -> str:
        return str(measured(row, shown, now_ms) or "").casefold()

    if operator == ":":
        return lambda row, shown, now_ms: wanted in text(row, shown, now_ms)
    if operator in ("=", "=="):
        return lambda row, shown, now_ms: wanted == text(row, shown, now_ms)
    if operator == "!=":
        return lambda row, shown, now_ms: wanted != text(row, shown, now_ms)
    raise FilterError(f"A text is not {operator} another; use : = or !=.", at)


def _number(value: str, column: Column) -> float | None:
    found = _NUMBER.match(value)
    if found is None:
        return None
    units = _DURATIONS if column.unit_per == "duration" else _MULTIPLES
    unit = units.get(found[2].lower())
    return None if unit is None else float(found[1]) * unit


def _like(wanted: str) -> Test:
    from rapidfuzz import fuzz  # when somebody asks for it: the first table should not wait for it

    def matches(row: Row, _period: Period, _now_ms: int) -> bool:
        return _in_order(wanted, row.name) or fuzz.partial_ratio(wanted, row.name, score_cutoff=_LIKE_ENOUGH) > 0

    return matches


def _in_order(wanted: str, name: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in wanted)


def _any_of(tests: list[Test]) -> Test:
    return lambda row, period, now_ms: any(test(row, period, now_ms) for test in tests)


def _all_of(tests: list[Test]) -> Test:
    return lambda row, period, now_ms: all(test(row, period, now_ms) for test in tests)


def _opposite(test: Test) -> Test:
    return lambda row, period, now_ms: not test(row, period, now_ms)
