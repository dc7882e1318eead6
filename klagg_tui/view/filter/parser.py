"""The grammar of the filter language, top down: either, all, one."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from klagg_tui.errors import FilterError
from klagg_tui.view.filter.comparison import read_comparison
from klagg_tui.view.filter.exchanges import Watched, at_exchange, require_watched
from klagg_tui.view.filter.predicates import (
    Predicate,
    all_of,
    any_of,
    everything,
    name_contains,
    name_is_like,
    opposite,
)
from klagg_tui.view.filter.scanner import Scanner

MAX_LENGTH: Final = 500
"""Characters of a filter."""
_MAX_DEPTH: Final = 20
"""Brackets, negations and saved filters within each other."""
_WORD: Final = re.compile(r"[^\s()]+")


@dataclass(frozen=True, slots=True)
class Filter:
    """A text that was understood, and its test."""

    text: str
    matches: Predicate


def read(text: str, saved: Mapping[str, str] | None = None, watched: Watched = None) -> Filter:
    """The filter of this text; `saved` are texts by name, for `@name`; of `watched` exchanges one has to be meant.

    Raises:
        FilterError: it is none; nothing else is ever raised, whatever the text.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"A filter has at most {MAX_LENGTH} characters, this one has {len(text)}.", MAX_LENGTH)
    return Filter(text, _Parser(text, saved or {}, watched, 0).parse())


class _Parser:
    def __init__(self, text: str, saved: Mapping[str, str], watched: Watched, depth: int) -> None:
        self._scanner = Scanner(text)
        self._saved = saved
        self._watched = watched
        self._depth = depth

    def parse(self) -> Predicate:
        scanner = self._scanner
        scanner.skip_blanks()
        if scanner.is_at_end():
            return everything
        predicate = self._either()
        if not scanner.is_at_end():
            raise FilterError("There is a ) without its (.", scanner.at)
        return predicate

    def _either(self) -> Predicate:
        predicates = [self._all()]
        while self._scanner.take_word("or"):
            predicates.append(self._all())
        return any_of(predicates)

    def _all(self) -> Predicate:
        scanner = self._scanner
        predicates = [self._one()]
        while True:
            scanner.skip_blanks()
            if scanner.next in ("", ")") or scanner.sees_word("or"):
                return all_of(predicates)
            scanner.take_word("and")
            predicates.append(self._one())

    def _one(self) -> Predicate:
        scanner = self._scanner
        scanner.skip_blanks()
        first = scanner.next
        if not first:
            raise FilterError("Something is missing at the end.", scanner.at)
        if first == "!" or scanner.sees_word("not"):
            scanner.at += 1 if first == "!" else 3
            return opposite(self._deeper(self._one))
        if first == "(":
            return self._bracketed()
        if first == ")":
            raise FilterError("Something is missing before ).", scanner.at)
        if first == "/":
            return self._pattern()
        return read_comparison(scanner, self._watched) or self._name()

    def _deeper(self, parse: Callable[[], Predicate]) -> Predicate:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise FilterError("This is nested too deep.", self._scanner.at)
        predicate = parse()
        self._depth -= 1
        return predicate

    def _bracketed(self) -> Predicate:
        scanner = self._scanner
        opened = scanner.at
        scanner.at += 1
        predicate = self._deeper(self._either)
        scanner.skip_blanks()
        if scanner.is_at_end():
            raise FilterError("A ( without its ).", opened)
        scanner.at += 1
        return predicate

    def _pattern(self) -> Predicate:
        scanner = self._scanner
        begin = scanner.at + 1
        end = scanner.text.find("/", begin)
        if end < 0:
            raise FilterError("A pattern ends with another /.", scanner.at)
        scanner.at = end + 1
        pattern = _compiled(scanner.text[begin:end], begin)
        return lambda row, _period, _now_ms: pattern.search(row.title) is not None

    def _name(self) -> Predicate:
        begin = self._scanner.at
        word = self._scanner.match(_WORD)
        assert word is not None  # neither blank, bracket nor end: `_one` has looked
        self._scanner.at = word.end()
        text = word[0]
        if text[0] == "@" and len(text) > 1:
            return self._saved_filter(text[1:], begin)
        if text[0] == "~" and len(text) > 1:
            return name_is_like(text[1:].casefold())
        wanted = text.strip('"').casefold()
        venue, colon, name = wanted.partition(":")
        if venue and colon and name:
            require_watched(venue, self._watched, begin)
            return at_exchange(venue, name)
        return name_contains(wanted)

    def _saved_filter(self, name: str, begin: int) -> Predicate:
        text = self._saved.get(name)
        if text is None:
            raise FilterError(f"No filter is saved as {name!r}.", begin)
        if self._depth >= _MAX_DEPTH:
            raise FilterError(f"The saved filter {name!r} holds itself.", begin)
        try:
            return _Parser(text[:MAX_LENGTH], self._saved, self._watched, self._depth + 1).parse()
        except FilterError as error:
            raise FilterError(f"In the saved filter {name!r}: {error}", begin) from error


def _compiled(text: str, at: int) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise FilterError(f"The pattern cannot be read: {error}.", at) from error
