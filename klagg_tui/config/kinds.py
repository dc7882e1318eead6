"""What values settings can have: how one is read from TOML or from plain text, checked, and written."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

from klagg_tui.config.wording import quoted, shown
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadPeriod
from klagg_tui.hints import hint
from klagg_tui.texts import without_password

T = TypeVar("T")
NONE: Final = "none"
"""Written for a setting that may have no value; TOML has no null."""


class BadValue(ValueError):
    """What is wrong with a value.

    `problems` holds pairs: a key inside the setting (empty: the setting itself), and the rest of a sentence that begins
    with the setting's name.
    """

    def __init__(self, *problems: tuple[str, str]) -> None:
        super().__init__("; ".join(tail for _, tail in problems))
        self.problems = problems


class Kind(ABC, Generic[T]):
    """How a value is written; `allowed` continues "must be …"."""

    allowed: str
    metavar: str
    joint: str = ""
    """Between several values in one text; empty where there is only one."""
    choices: tuple[str, ...] = ()
    """All that can be written, where that is a short list."""
    choice_as: str = "{}"
    """How one of those is written by itself."""

    def from_toml(self, value: object, base: Path) -> T:
        """The value; `base` is the folder that relative paths begin at.

        Raises:
            BadValue: it is not what is allowed.
        """
        return self._read(value, base)

    def from_text(self, text: str, base: Path) -> T:
        """As `from_toml`, from a flag or an environment variable."""
        return self._read_text(text, base)

    def to_toml(self, value: T) -> str:
        """As it is written in the file."""
        return self._write(value)

    def to_show(self, value: T) -> str:
        """As `to_toml`, with nothing secret in it."""
        return self._show(value)

    def bad(self, value: object) -> BadValue:
        """The usual complaint."""
        near = hint(value, self.choices, self.choice_as) if isinstance(value, str) else ""
        return BadValue(("", f"is {shown(value)}, but must be {self.allowed}{near}"))

    @abstractmethod
    def _read(self, value: object, base: Path) -> T: ...

    @abstractmethod
    def _write(self, value: T) -> str: ...

    def _read_text(self, text: str, base: Path) -> T:
        return self._read(text, base)

    def _show(self, value: T) -> str:
        return self._write(value)


class Number(Kind[T]):
    """A number of one type within bounds."""

    def __init__(self, of: type[T], lowest: float, highest: float) -> None:
        self._of = of
        self._lowest, self._highest = lowest, highest
        self.metavar = "NUMBER"
        self.allowed = f"a {'whole ' if of is int else ''}number from {lowest} to {highest}"

    def _read(self, value: object, _base: Path) -> T:
        is_number = isinstance(value, int if self._of is int else (int, float)) and not isinstance(value, bool)
        # Compared before it is converted: a float cannot hold every whole number of TOML. "nan" fails here too.
        if not is_number or not self._lowest <= value <= self._highest:  # type: ignore[operator]
            raise self.bad(value)
        return self._of(value)  # type: ignore[call-arg]

    def _read_text(self, text: str, _base: Path) -> T:
        try:
            number = int(text) if self._of is int else float(text)
        except ValueError:
            raise self.bad(text) from None
        if not math.isfinite(number):
            raise self.bad(text)
        return self._read(number, _base)

    def _write(self, value: T) -> str:
        return str(value)


class Choice(Kind[str]):
    """One of some words, written in any case."""

    def __init__(self, metavar: str, *choices: str) -> None:
        self.metavar = metavar
        self.choices = choices
        self.allowed = f"one of {', '.join(choices)}"
        self._by_folded = {choice.casefold(): choice for choice in choices}

    def _read(self, value: object, _base: Path) -> str:
        found = self._by_folded.get(value.casefold()) if isinstance(value, str) else None
        if found is None:
            raise self.bad(value)
        return found

    def _write(self, value: str) -> str:
        return quoted(value)


class PeriodName(Kind[Period]):
    """A period by the exchange's name."""

    metavar = "PERIOD"
    choices = tuple(map(str, Period))
    allowed = f"one of {', '.join(choices)} (1m is a minute, 1M a month)"

    def _read(self, value: object, _base: Path) -> Period:
        try:
            return Period.parse(value if isinstance(value, str) else "")
        except BadPeriod:
            raise self.bad(value) from None

    def _write(self, value: Period) -> str:
        return quoted(str(value))


class Text(Kind[str]):
    """A text of one form."""

    def __init__(self, metavar: str, allowed: str, form: str, *, upper: bool = False) -> None:
        self.metavar, self.allowed = metavar, allowed
        self._form = re.compile(form)
        self._upper = upper

    def _read(self, value: object, _base: Path) -> str:
        if not isinstance(value, str) or not self._form.fullmatch(value):
            raise self.bad(value)
        return value.upper() if self._upper else value

    def _write(self, value: str) -> str:
        return quoted(value)


class Secret(Kind["str | None"]):
    """A text that is never shown, or none."""

    metavar = "TEXT"
    _form: Final = re.compile(r"[!-~]{8,200}")
    allowed = 'eight or more letters, digits and signs without spaces, or "none"'

    def _read(self, value: object, _base: Path) -> str | None:
        if value == NONE:
            return None
        if not isinstance(value, str) or not self._form.fullmatch(value):
            raise BadValue(("", f"must be {self.allowed}"))
        return value

    def _write(self, value: str | None) -> str:
        return quoted(value or NONE)

    def _show(self, value: str | None) -> str:
        return quoted("hidden" if value else NONE)


class FilePath(Kind[Path]):
    """The path of a file that need not exist; `~` is the person's home."""

    metavar = "PATH"
    allowed = "the path of a file"

    def _read(self, value: object, base: Path) -> Path:
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise self.bad(value)
        try:
            return base / Path(value).expanduser()
        except RuntimeError:
            raise BadValue(("", f"is {shown(value)}, but there is no such home folder")) from None

    def _write(self, value: Path) -> str:
        return quoted(str(value))


class Url(Kind["str | None"]):
    """An address with one of some schemes."""

    metavar = "URL"

    def __init__(self, *schemes: str, is_proxy: bool = False) -> None:
        self._schemes = schemes
        self._is_proxy = is_proxy
        forms = " or ".join(f"{scheme}://HOST{':PORT' if is_proxy else '…'}" for scheme in schemes)
        self.allowed = f'{forms}, or "none"' if is_proxy else f"an address like {forms}"

    def _read(self, value: object, _base: Path) -> str | None:
        if self._is_proxy and value == NONE:
            return None
        if not isinstance(value, str) or not self._is_good(value):
            raise self.bad(without_password(value) if isinstance(value, str) else value)
        return value.rstrip("/")

    def _is_good(self, text: str) -> bool:
        if not text.isprintable() or set(text) & set(' "<>\\^`{|}'):
            return False
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            return False
        is_whole = parts.scheme in self._schemes and bool(parts.hostname) and not (parts.query or parts.fragment)
        return is_whole and (not self._is_proxy or (bool(port) and parts.path in ("", "/")))

    def _write(self, value: str | None) -> str:
        return quoted(value or NONE)

    def _show(self, value: str | None) -> str:
        return quoted(without_password(value or NONE))
