"""Values of settings that say how people are told of alerts."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from klagg_tui.config.kinds import NONE, BadValue, Kind
from klagg_tui.config.wording import quoted, shown
from klagg_tui.texts import HIDDEN


class Switch(Kind[bool]):
    """On or off."""

    metavar = "on|off"
    choices = ("on", "off")
    allowed = "true or false"
    _words: Final = {"on": True, "true": True, "yes": True, "off": False, "false": False, "no": False}

    def _read(self, value: object, _base: Path) -> bool:
        if not isinstance(value, bool):
            raise BadValue(("", f"is {shown(value)}, but must be {self.allowed}"))
        return value

    def _read_text(self, text: str, _base: Path) -> bool:
        found = self._words.get(text.strip().lower())
        if found is None:
            raise BadValue(("", f"is {shown(text)}, but must be on or off"))
        return found

    def _write(self, value: bool) -> str:
        return "true" if value else "false"


class CommandLine(Kind[tuple[str, ...]]):
    """A program and its arguments, as a list, or as one text that is parted at its blanks; no shell reads either.

    Whoever wants a shell writes it: `["sh", "-c", "…"]`.
    """

    metavar = "COMMAND"
    allowed = 'a program with its arguments, as a text or a list of texts, or "none"'

    def _read(self, value: object, _base: Path) -> tuple[str, ...]:
        words = value
        if isinstance(value, str):
            try:
                words = [] if value == NONE else shlex.split(value)
            except ValueError as error:
                raise BadValue(("", f"is {shown(value)}, which cannot be parted into words ({error})")) from None
        if not isinstance(words, list) or not all(isinstance(word, str) and "\0" not in word for word in words):
            raise self.bad(value)
        if not words[0].strip() if words else value != NONE:
            raise self.bad(value)
        return tuple(words)

    def _write(self, value: tuple[str, ...]) -> str:
        return f"[{', '.join(map(quoted, value))}]" if value else quoted(NONE)


class HookUrl(Kind["str | None"]):
    """An address that takes alerts; whatever is behind its host may be a secret, and is not shown."""

    metavar = "URL"
    allowed = 'an address like https://HOST/… or http://HOST/…, or "none"'
    _strange: Final = re.compile(r"[\s\"<>\\^`{|}]")

    def _read(self, value: object, _base: Path) -> str | None:
        if value == NONE:
            return None
        if not isinstance(value, str) or not self._is_good(value):
            # Not quoted: a slip of the pen does not make it less of a secret.
            raise BadValue(("", f"must be {self.allowed}"))
        return value

    def _is_good(self, text: str) -> bool:
        if not text.isprintable() or self._strange.search(text):
            return False
        try:
            parts = urlsplit(text)
            return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            return False

    def _write(self, value: str | None) -> str:
        return quoted(value or NONE)

    def _show(self, value: str | None) -> str:
        if value is None:
            return quoted(NONE)
        parts = urlsplit(value)
        return quoted(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/{HIDDEN}")
