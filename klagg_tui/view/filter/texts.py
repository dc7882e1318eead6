"""What a text of the filter language matches: parts of texts, whole ones, patterns, several by commas.

What holds no colon is never looked for in `exchange:name`, so that the exchange's name is no part of the symbol's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate
from typing import Final, TypeAlias

TextTest: TypeAlias = Callable[[str], bool]
"""Whether a text in lower case matches."""

_WILD: Final = frozenset("*?")


def contains(part: str) -> TextTest:
    """It contains the part."""
    return lambda text: part in text and (":" in part or ":" not in text)


def equals(whole: str) -> TextTest:
    """It is that."""
    return lambda text: text == whole


def is_wild(text: str) -> bool:
    """Whether something in it stands for other letters."""
    return not _WILD.isdisjoint(text)


def fits(pattern: str) -> TextTest:
    """The whole of it fits a pattern in which `*` stands for any letters and `?` for one."""
    compiled = re.compile(translate(pattern.replace("[", "[[]")))
    return lambda text: compiled.match(text) is not None and (":" in pattern or ":" not in text)


def text_test(operator: str, wanted: str, *, is_pattern: bool) -> TextTest:
    """Any of the texts between commas, all in lower case; `is_pattern`: `:` takes them as wholes. Of `!=` the opposite."""
    parts = [part for part in wanted.split(",") if part] or [""]
    if operator != ":":
        return _any_of([equals(part) for part in parts])
    return _any_of([fits(part) if is_pattern or is_wild(part) else contains(part) for part in parts])


def _any_of(tests: list[TextTest]) -> TextTest:
    if len(tests) == 1:
        return tests[0]
    return lambda text: any(matches(text) for matches in tests)
