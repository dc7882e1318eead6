"""Named lists of symbols, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from klagg_tui.formatting import counted
from klagg_tui.view.model import Row

_NAMED: Final = 5
"""Symbols that a sentence names."""
Watchlists: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Name and symbols of each, in the order of the tabs."""


def symbols_of(lists: Watchlists, name: str) -> tuple[str, ...]:
    """The symbols of that list; none where it is not there."""
    return dict(lists).get(name, ())


def entry_of(listed: Iterable[str], row: Row) -> str | None:
    """What a list calls that row: by its name on every exchange, or by one exchange's; None where it is not on it."""
    names = frozenset(listed)
    return next((name for name in (row.symbol, row.title, row.qualified) if name in names), None)


def listed_rows(rows: Iterable[Row], listed: Iterable[str]) -> list[Row]:
    """The rows that are on a list, in its order; a name without an exchange means the symbol on every one."""
    places = {name: place for place, name in enumerate(listed)}
    if not places:
        return []
    found = []
    for row in rows:
        for name in (row.symbol, row.title, row.qualified):
            if name in places:
                found.append((places[name], row))
                break
    found.sort(key=lambda pair: pair[0])
    return [row for _, row in found]


def lacking(rows: Iterable[Row], listed: Iterable[str]) -> tuple[str, ...]:
    """What is on a list and is no symbol of the market, in its order; nothing before the market has any."""
    known = {name for row in rows for name in (row.symbol, row.title, row.qualified)}
    return tuple(name for name in listed if name not in known) if known else ()


def lacking_text(name: str, missing: Sequence[str]) -> str:
    """A sentence on that; empty where nothing is missing."""
    if not missing:
        return ""
    some = ", ".join(missing[:_NAMED]) + (", …" if len(missing) > _NAMED else ".")
    verb = "is" if len(missing) == 1 else "are"
    return f"{counted(len(missing), 'symbol')} of {name} {verb} not in this market: {some}"


def toggled(lists: Watchlists, name: str, symbol: str) -> Watchlists:
    """The symbol put on the list, or taken from it; a list that is not there is made."""
    if name not in dict(lists):
        return (*lists, (name, (symbol,)))
    return tuple((each, _flipped(symbols, symbol) if each == name else symbols) for each, symbols in lists)


def _flipped(symbols: tuple[str, ...], symbol: str) -> tuple[str, ...]:
    if symbol in symbols:
        return tuple(other for other in symbols if other != symbol)
    return (*symbols, symbol)


def added(lists: Watchlists, name: str) -> Watchlists:
    """A new empty list at the end; one of that name is left as it is."""
    return lists if name in dict(lists) else (*lists, (name, ()))


def removed(lists: Watchlists, name: str) -> Watchlists:
    """Without that list."""
    return tuple(each for each in lists if each[0] != name)


def following(lists: Watchlists, shown: str, step: int) -> str:
    """The tab `step` further than the shown one, round and round; "" stands for all symbols."""
    names = ["", *(name for name, _ in lists)]
    at = names.index(shown) if shown in names else 0
    return names[(at + step) % len(names)]
