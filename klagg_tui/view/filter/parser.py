"""The grammar of the language, top down: either, all, one."""

from __future__ import annotations

import re
import warnings
from typing import Final

from klagg_tui.errors import FilterError
from klagg_tui.view.columns.column import Unit
from klagg_tui.view.columns.registry import BY_NAME
from klagg_tui.view.filter.comparison import OPERATOR, Comparisons
from klagg_tui.view.filter.exchanges import at_exchange, require_watched
from klagg_tui.view.filter.library import MAX_LENGTH, Library
from klagg_tui.view.filter.predicates import (
    EVERYTHING,
    Truth,
    all_of,
    any_of,
    name_contains,
    name_is_like,
    of_name,
    opposite,
    with_clauses,
)
from klagg_tui.view.filter.quantity import Quantity
from klagg_tui.view.filter.scanner import JOINTS

_NAME: Final = re.compile(rf"(?:(?!{JOINTS})[^\s()])+")
_OF_COLUMN: Final = re.compile(r"[a-z][a-z0-9_]*:", re.IGNORECASE | re.ASCII)
"""Before a colon: a column, or the key of an exchange without a sign in it, which is read elsewhere."""
_ONE_WORD: Final = re.compile(r"\s*[^\s()\"~@/!:<>=]+\s*")
_LIKE_ARITHMETIC: Final = frozenset("+-*/")
_COMPARED: Final = frozenset("<>=")


def check_length(text: str) -> None:
    """Refuse what nobody types.

    Raises:
        FilterError: the text is too long.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"A filter has at most {MAX_LENGTH} characters, this one has {len(text)}.", MAX_LENGTH)


def filter_of(text: str, library: Library, *, is_typed: bool = False) -> Truth:
    """What the whole text asks of a row; `is_typed`: somebody may still go on with its last word.

    Raises:
        FilterError: it cannot be read.
    """
    return _Parser(text, library, is_typed=is_typed).filter()


def number_of(text: str, library: Library) -> Quantity:
    """The number that the whole text is.

    Raises:
        FilterError: it is none.
    """
    return _Parser(text, library).number()


def anything_of(text: str, library: Library) -> Truth | Quantity:
    """The number that the whole text is, or what it asks of a row; one word alone is a number, and no part of a name.

    Raises:
        FilterError: it is neither.
    """
    try:
        return number_of(text, library)
    except FilterError:
        if _ONE_WORD.fullmatch(text):
            raise
        return filter_of(text, library)


class _Parser(Comparisons):
    def __init__(self, text: str, library: Library, *, is_typed: bool = False) -> None:
        super().__init__(text, library)
        self._is_typed = is_typed

    def filter(self) -> Truth:
        scanner = self.scanner
        scanner.skip_blanks()
        if scanner.is_at_end():
            return EVERYTHING
        truth = self._either()
        if not scanner.is_at_end():
            raise FilterError("There is a ) without its (.", scanner.at)
        return truth

    def number(self) -> Quantity:
        scanner = self.scanner
        found = self.with_times(self.sum, lambda read: read.has_time)
        scanner.skip_blanks()
        if not scanner.is_at_end():
            raise FilterError("Here a number ends, and more stands behind it.", scanner.at)
        return found

    def _either(self) -> Truth:
        begin = self.scanner.at
        truths = [self._all()]
        while self.scanner.take_word("or"):
            truths.append(self._all())
        return any_of(truths, begin)

    def _all(self) -> Truth:
        scanner = self.scanner
        begin = scanner.at
        truths: list[Truth] = []
        texts: list[str] = []
        while True:
            scanner.skip_blanks()
            from_at = scanner.at
            truths.append(self._one())
            texts.append(scanner.text[from_at : scanner.at].strip())
            scanner.skip_blanks()
            if scanner.next in ("", ")") or scanner.sees_word("or"):
                return with_clauses(all_of(truths, begin), texts, truths)
            scanner.take_word("and")

    def _one(self) -> Truth:
        scanner = self.scanner
        scanner.skip_blanks()
        begin, first = scanner.at, scanner.next
        if not first:
            raise FilterError("Something is missing at the end.", begin, can_grow=True)
        if first == "!" or scanner.sees_word("not"):
            scanner.at += 1 if first == "!" else 3
            return opposite(self.library.deeper(self._one, begin))
        if first == ")":
            raise FilterError("Something is missing before ).", begin)
        if first in "&|" and (scanner.sees_word("and") or scanner.sees_word("or")):
            raise FilterError(f"Something is missing before {first}.", begin)
        if first == "/":
            return self._pattern()
        if first in '"@~':
            return self._name()
        return self.text_comparison() or self._own_truth() or self._compared_or_named()

    def _own_truth(self) -> Truth | None:
        """The own name that comes next, where it says yes or no."""
        scanner = self.scanner
        word = scanner.match(_NAME)
        own = None if word is None else self.library.own(word[0].lower(), scanner.at)
        if word is None or not isinstance(own, Truth) or scanner.match(OPERATOR, scanner.after_blanks(word.end())):
            return None
        scanner.at = word.end()
        return own

    def _compared_or_named(self) -> Truth:
        """A comparison of numbers, or else what is in brackets, or else a part of a name."""
        scanner = self.scanner
        begin, self.is_guess = scanner.at, True
        try:
            read = self.comparison()
        except FilterError as error:
            scanner.at, self.is_guess = begin, False
            return self._group(error) if scanner.next == "(" else self._no_comparison(error)
        if isinstance(read, Truth):
            return read
        word = scanner.match(_NAME, begin)
        if word is None and read.is_word:
            alone = self._alone(read.text, begin, scanner.at)
            scanner.at = begin
            return self._group(alone)
        if word is not None and word.end() >= scanner.at and (read.is_word or word.end() > scanner.at):
            scanner.at = begin
            return self._name()
        raise self._alone(read.text.strip(), begin, scanner.at)

    def _alone(self, text: str, begin: int, end: int) -> FilterError:
        """That a number, or a column of texts, is compared with nothing."""
        can_grow = self.scanner.after_blanks(end) == len(self.scanner.text)
        if text.lower() not in BY_NAME and text.lower() not in self.library.scope.names:
            return FilterError(f"{text} is compared with nothing; say for example {text}>2.", begin, can_grow=can_grow)
        example = ":…" if _is_text(text) else ">2"
        return FilterError(
            f'{text} is compared with nothing; say for example {text}{example}, or "{text}" for names that hold it.',
            begin,
            can_grow=can_grow,
        )

    def _group(self, error: FilterError) -> Truth:
        """What stands in brackets and is no number, which the error tells."""
        scanner = self.scanner
        opened = scanner.at
        scanner.at += 1
        truth = self.library.deeper(self._either, opened)
        scanner.skip_blanks()
        if scanner.is_at_end():
            raise FilterError("A ( without its ).", opened, can_grow=True)
        scanner.at += 1
        if scanner.next in _LIKE_ARITHMETIC or scanner.match(OPERATOR, scanner.after_blanks(scanner.at)):
            raise self._told(error, opened)
        return truth

    def _no_comparison(self, error: FilterError) -> Truth:
        """The name that comes next; where that can be none, the error stands."""
        scanner = self.scanner
        word = scanner.match(_NAME)
        if word is None or scanner.text[word.end() : word.end() + 1] == "(":
            raise self._told(error, scanner.at)
        end, lowered = word.end(), word[0].lower()
        if lowered in BY_NAME or lowered in self.library.scope.names:
            sign = scanner.text[scanner.after_blanks(end) : scanner.after_blanks(end) + 1]
            begins = bool(sign) and sign in "+-*/<>=!:"
            raise self._told(error, scanner.at) if begins else self._alone(word[0], scanner.at, end)
        if not _COMPARED.isdisjoint(word[0]) or _OF_COLUMN.match(word[0]):
            raise self._told(error, scanner.at)
        if scanner.match(OPERATOR, scanner.after_blanks(end)):
            raise self._told(error, scanner.at)
        if self._is_typed and error.can_grow:
            raise self._unfinished(word[0])
        return self._name()

    def _told(self, error: FilterError, begin: int) -> FilterError:
        """The same, with what was meant, now that it is no name."""
        self.scanner.at = begin
        try:
            self.comparison()
        except FilterError as told:
            error = told
        return error

    def _unfinished(self, word: str) -> FilterError:
        return FilterError(f"Enter looks for names that hold {word}.", self.scanner.at, can_grow=True)

    def _pattern(self) -> Truth:
        scanner = self.scanner
        begin = scanner.at + 1
        end = scanner.text.find("/", begin)
        if end < 0:
            raise FilterError("A pattern ends with another /.", scanner.at, can_grow=True)
        scanner.at = end + 1
        pattern = _compiled(scanner.text[begin:end], begin)
        return of_name(lambda row: pattern.search(row.title) is not None)

    def _name(self) -> Truth:
        scanner = self.scanner
        begin = scanner.at
        word = scanner.match(_NAME)
        assert word is not None  # neither blank, bracket nor end: whoever calls has looked
        scanner.at = word.end()
        text, is_last = word[0], scanner.is_at_end()
        if text[0] == "@" and len(text) > 1:
            return self.library.saved(text[1:], begin, is_last=is_last)
        if text[0] == "~" and len(text) > 1:
            return name_is_like(text[1:].casefold())
        wanted = text.strip('"').casefold()
        venue, colon, name = wanted.partition(":")
        if venue and colon and name:
            require_watched(venue, self.library.scope.watched, begin)
            return at_exchange(venue, name, begin)
        if self._is_typed and is_last and any(known.startswith(text.lower()) for known in self.library.scope.words):
            scanner.at = begin
            raise self._unfinished(text)
        return name_contains(wanted)


def _is_text(column: str) -> bool:
    found = BY_NAME.get(column.lower())
    return found is not None and found.unit is Unit.TEXT


def _compiled(text: str, at: int) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise FilterError(f"The pattern cannot be read: {error}.", at) from error
