"""A text and the place up to which it was read."""

from __future__ import annotations

import re
from typing import Final

from klagg_tui.errors import FilterError

_BLANKS: Final = re.compile(r"\s*")
JOINTS: Final = r"&&|\|\|"
"""And and or, as many programs write them; they end a word, also without a blank before."""
_SIGNS: Final = {
    "and": re.compile(r"&&|&(?=[\s(!]|$)"),
    "or": re.compile(r"\|\||\|(?=[\s(!]|$)"),
}
"""How else a word may be written: one sign alone stands for the same where no name goes on behind it."""


class Scanner:
    """Reads a text from left to right; the parser knows what may come next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def is_at_end(self) -> bool:
        """Whether everything was read."""
        return self.at == len(self.text)

    @property
    def next(self) -> str:
        """The next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    def skip_blanks(self) -> None:
        """Go on to the next character that is no blank."""
        self.at = self.after_blanks(self.at)

    def after_blanks(self, at: int) -> int:
        """The first place from `at` on that is no blank."""
        found = _BLANKS.match(self.text, at)
        return found.end() if found else at

    def match(self, pattern: re.Pattern[str], at: int | None = None) -> re.Match[str] | None:
        """What matches the pattern here, or at another place; nothing is read."""
        return pattern.match(self.text, self.at if at is None else at)

    def take(self, sign: str) -> bool:
        """Read that character, and blanks before it; False where another one comes next."""
        at = self.after_blanks(self.at)
        if self.text[at : at + 1] != sign:
            return False
        self.at = at + 1
        return True

    def bracketed_text(self) -> tuple[str, int]:
        """What stands in the brackets that begin here, none within each other, and its place; all of it is read.

        Raises:
            FilterError: they do not end.
        """
        begin = self.at + 1
        end = self.text.find(")", begin)
        if end < 0:
            raise FilterError("A ( without its ).", self.at, can_grow=True)
        self.at = end + 1
        return self.text[begin:end], begin

    def sees_word(self, word: str) -> bool:
        """Whether that word comes next, as a word of its own, or the sign for it."""
        return self._end_of(word) is not None

    def _end_of(self, word: str) -> int | None:
        if (sign := _SIGNS.get(word)) is not None and (found := sign.match(self.text, self.at)):
            return found.end()
        end = self.at + len(word)
        # `or>3` and `not:` are left to be reported as unknown columns.
        is_word = self.text[self.at : end].lower() == word and (end == len(self.text) or self.text[end] in " \t(!")
        return end if is_word else None

    def take_word(self, word: str) -> bool:
        """Read that word, and blanks before it; False where another text comes next."""
        self.skip_blanks()
        end = self._end_of(word)
        if end is not None:
            self.at = end
        return end is not None
