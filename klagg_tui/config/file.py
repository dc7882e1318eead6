"""The configuration file: where it is, what is in it, and on which line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from klagg_tui.errors import ConfigError

_CLOSES: Final = re.compile(r"""["'\]}]\s*(?:\#.*)?$""")
"""How the last line of a value that spans lines can end; other lines need not be tried."""
_DEEPEST: Final = 4
_LARGEST_BYTES: Final = 1_000_000


def default_path() -> Path:
    """The file in the platform's place; it need not exist."""
    from platformdirs import user_config_path

    return user_config_path("klagg", appauthor=False) / "config.toml"


@dataclass(frozen=True)
class ConfigFile:
    """A file that was read; TOML, otherwise unchecked."""

    path: Path
    text: str
    content: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> ConfigFile:
        """Read `path`.

        Raises:
            ConfigError: it cannot be read or is not TOML; says on which line.
        """
        try:
            with path.open("rb") as file:
                raw = file.read(_LARGEST_BYTES + 1)
        except FileNotFoundError:
            raise ConfigError(f"There is no file {path} to read settings from.") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ConfigError(f"The settings in {path} cannot be read: {reason}.") from error
        if len(raw) > _LARGEST_BYTES:
            raise ConfigError(f"{path} is too large to be a configuration file.")
        return cls.of(raw, path)

    @classmethod
    def of(cls, raw: bytes, path: Path) -> ConfigFile:
        """As `read`, where the bytes are at hand."""
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise ConfigError(f"{path}, line {line}: this is not UTF-8 text.") from error
        text = text.replace("\r\n", "\n")
        return cls(path, text, _parse(text, path))

    def line(self, *keys: str) -> int | None:
        """The line where the value at `keys` begins, or the nearest table around it."""
        while keys:
            if keys in self._lines:
                return self._lines[keys]
            keys = keys[:-1]
        return None

    def place(self, *keys: str) -> str:
        """File and line of `keys`, for a sentence."""
        line = self.line(*keys)
        return f"{self.path}, line {line}" if line else str(self.path)

    @cached_property
    def _lines(self) -> dict[tuple[str, ...], int]:
        return line_numbers(self.text)


def _parse(text: str, path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(f"{path} is nested too deeply to be a configuration file.") from error
    except ValueError as error:  # not only TOMLDecodeError: numbers of thousands of digits and impossible dates too
        what, _, where = str(error).partition(" (at ")
        place = re.match(r"line (\d+)", where)
        line = int(place[1]) if place else text.count("\n") + 1 if where else None
        at = f", line {line}" if line else ""
        raise ConfigError(f"{path}{at}: this is not TOML: {what[:1].lower()}{what[1:]}.") from error


def line_numbers(text: str) -> dict[tuple[str, ...], int]:
    """The line, counted from 1, of every key and table of a valid file, by its path.

    The parser tells no lines, but it tells whether a piece of text is whole: a statement ends at the first line where
    it is.
    """
    lines = text.split("\n")
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    at = 0
    while at < len(lines):
        statement, end = _statement(lines, at)
        if lines[at].lstrip().startswith("["):
            table = _header(statement)
            for depth in range(1, len(table) + 1):  # [a.b] begins a too, where nothing did before
                found.setdefault(table[:depth], at + 1)
        else:
            _note(statement, table, at + 1, found)
        at = end
    return found


def _statement(lines: list[str], start: int) -> tuple[dict[str, Any], int]:
    """What begins at line `start`, and the line after it."""
    import tomllib

    for end in range(start + 1, len(lines) + 1):
        if end > start + 1 and not _CLOSES.search(lines[end - 1]):
            continue
        try:
            return tomllib.loads("\n".join(lines[start:end])), end
        except (ValueError, RecursionError):
            continue
    return {}, start + 1


def _header(statement: dict[str, Any]) -> tuple[str, ...]:
    """The keys of `[a.b]` or `[[a.b]]`."""
    keys = []
    inner: Any = statement
    while isinstance(inner, dict) and inner:
        name, inner = next(iter(inner.items()))
        keys.append(name)
        if isinstance(inner, list):
            inner = inner[0]
    return tuple(keys)


def _note(content: dict[str, Any], before: tuple[str, ...], line: int, found: dict[tuple[str, ...], int]) -> None:
    for name, value in content.items():
        path = (*before, name)
        found.setdefault(path, line)
        if isinstance(value, dict) and len(path) < _DEEPEST:
            _note(value, path, line, found)
