"""Settings that hold several values: lists, and tables of periods or keys."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Final, Generic, TypeVar

from klagg_tui.config.kinds import BadValue, Kind, PeriodName
from klagg_tui.config.wording import key, quoted, shown
from klagg_tui.engine.period import DAY_MS, Period

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
FOREVER: Final = "forever"
_LARGEST_LIST_BYTES: Final = 1_000_000
_LONGEST_KEPT_MS: Final = 36_500 * DAY_MS


class Many(Kind[tuple[T, ...]]):
    """A list without doubles; in a text with commas between."""

    joint = ","
    choice_as = '["{}"]'

    def __init__(self, item: Kind[T], allowed: str, *, may_be_empty: bool = False) -> None:
        self._item = item
        self._may_be_empty = may_be_empty
        self.metavar = f"{item.metavar},…"
        self.allowed = allowed
        self.choices = item.choices

    def _read(self, value: object, base: Path) -> tuple[T, ...]:
        if not isinstance(value, list) or not (value or self._may_be_empty):
            raise self.bad(value)
        found: list[T] = []
        problems: list[tuple[str, str]] = []
        for one in value:
            try:
                found.extend(self._expand(one, base))
            except BadValue as bad:
                problems.extend((inner, f"has an entry that {tail}") for inner, tail in bad.problems)
        if problems:
            raise BadValue(*problems)
        return self._ordered(tuple(dict.fromkeys(found)))

    def _read_text(self, text: str, base: Path) -> tuple[T, ...]:
        return self._read([part.strip() for part in text.split(",") if part.strip()], base)

    def _expand(self, one: object, base: Path) -> tuple[T, ...]:
        return (self._item.from_toml(one, base),)

    def _ordered(self, values: tuple[T, ...]) -> tuple[T, ...]:
        return values

    def _write(self, value: tuple[T, ...]) -> str:
        return f"[{', '.join(map(self._item.to_toml, value))}]"

    def _show(self, value: tuple[T, ...]) -> str:
        return f"[{', '.join(map(self._item.to_show, value))}]"


class Periods(Many[Period]):
    """Periods from short to long."""

    def __init__(self) -> None:
        names = ", ".join(map(str, Period))
        super().__init__(PeriodName(), f"a list of periods: {names} (1m is a minute, 1M a month)")

    def _ordered(self, values: tuple[Period, ...]) -> tuple[Period, ...]:
        return tuple(sorted(values))


class Symbols(Many[str]):
    """Names and globs of symbols; `@file` stands for those in a file, a line or comma each, `#` before remarks."""

    def _expand(self, one: object, base: Path) -> tuple[str, ...]:
        if not isinstance(one, str) or not one.startswith("@"):
            return super()._expand(one, base)
        lines = (line.partition("#")[0] for line in _read(one, base).splitlines())
        names = [name for line in lines for name in line.replace(",", " ").split()]
        if not names:  # an empty list would mean all symbols
            raise BadValue(("", f"is {shown(one)}, but that file names no symbol"))
        found: list[str] = []
        for name in names:
            if name.startswith("@"):
                raise BadValue(("", f"is {shown(one)}, but that file names another one, {shown(name)}"))
            found.extend(super()._expand(name, base))
        return tuple(found)


def _read(reference: str, base: Path) -> str:
    try:
        path = base / Path(reference[1:]).expanduser()
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(_LARGEST_LIST_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise BadValue(("", f"is {shown(reference)}, but that file cannot be read ({reason})")) from None
    if len(text) > _LARGEST_LIST_BYTES:
        raise BadValue(("", f"is {shown(reference)}, but that file is too large to be a list of symbols"))
    return text


class Table(Kind[Mapping[K, T]], Generic[K, T]):
    """A table of names; in a text `name=value`, several with a space or semicolon between."""

    joint = " "
    separators: Final = re.compile(r"[\s;]+")

    def _read(self, value: object, _base: Path) -> Mapping[K, T]:
        if not isinstance(value, dict):
            raise self.bad(value)
        found: dict[K, T] = {}
        problems: list[tuple[str, str]] = []
        for name, one in value.items():
            try:
                self._take(name, one, found)
            except BadValue as bad:
                problems.extend((name, tail) for _, tail in bad.problems)
        if problems:
            raise BadValue(*problems)
        return found

    def _read_text(self, text: str, base: Path) -> Mapping[K, T]:
        entries: dict[str, object] = {}
        for part in filter(None, self.separators.split(text)):
            name, equals, value = part.partition("=")
            if not equals:
                raise BadValue(("", f"has {shown(part)}, but must be {self.allowed}, written NAME=VALUE"))
            entries[name] = value
        return self._read(entries, base)

    @abstractmethod
    def _take(self, name: str, value: object, found: dict[K, T]) -> None: ...

    @abstractmethod
    def _entries(self, value: Mapping[K, T]) -> list[tuple[str, str]]: ...

    def _write(self, value: Mapping[K, T]) -> str:
        inside = ", ".join(f"{name} = {one}" for name, one in self._entries(value))
        return f"{{ {inside} }}" if inside else "{}"


class Keep(Table[Period, int]):
    """For how many milliseconds bars of a period are kept; a period that is not there is kept forever."""

    metavar = "PERIOD=TIME"
    allowed = 'periods with a time like "36h", "90d", "8w", "2y" (a day to 100 years) or "forever"'
    _form: Final = re.compile(r"([0-9]{1,6})([hdwy])")
    _unit_ms: Final = {"h": DAY_MS // 24, "d": DAY_MS, "w": 7 * DAY_MS, "y": 365 * DAY_MS}

    def _take(self, name: str, value: object, found: dict[Period, int]) -> None:
        if name not in PeriodName.choices:
            raise BadValue(("", f"is no period; there are {', '.join(PeriodName.choices)}"))
        if value == FOREVER:
            return
        parts = self._form.fullmatch(value) if isinstance(value, str) else None
        kept_ms = int(parts[1]) * self._unit_ms[parts[2]] if parts else 0
        if not DAY_MS <= kept_ms <= _LONGEST_KEPT_MS:
            allowed = 'a time like "90d" (h, d, w, y; a day to 100 years) or "forever"'
            raise BadValue(("", f"is {shown(value)}, but must be {allowed}"))
        found[Period(name)] = kept_ms

    def _entries(self, value: Mapping[Period, int]) -> list[tuple[str, str]]:
        return [(str(period), quoted(_span(value[period]))) for period in sorted(value)]


def _span(kept_ms: int) -> str:
    return f"{kept_ms // DAY_MS}d" if kept_ms % DAY_MS == 0 else f"{kept_ms * 24 // DAY_MS}h"


class Keymap(Table[str, str]):
    """Keys for actions; several keys in a list or with commas between."""

    metavar = "ACTION=KEY"
    allowed = 'names of actions with a key each, like freeze = "f5" or freeze = ["space", "ctrl+z"]'
    _action: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}")
    _key: Final = re.compile(r"[^\s,=;]{1,40}")

    def _take(self, name: str, value: object, found: dict[str, str]) -> None:
        if not self._action.fullmatch(name):
            raise BadValue(("", "is no name of an action (letters, digits, '_', '-' and '.')"))
        keys = value.split(",") if isinstance(value, str) else value
        if not isinstance(keys, list) or not keys or not all(map(self._is_key, keys)):
            allowed = 'a key like "f5", "ctrl+z" or "comma", or a list of keys'
            raise BadValue(("", f"is {shown(value)}, but must be {allowed}"))
        found[name] = ",".join(keys)

    def _entries(self, value: Mapping[str, str]) -> list[tuple[str, str]]:
        return [(key(name), quoted(keys)) for name, keys in value.items()]

    def _is_key(self, key: object) -> bool:
        return isinstance(key, str) and bool(self._key.fullmatch(key))
