"""What the person chose and finds again at the next start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from klagg_tui.view.columns import BY_KEY, DEFAULT_KEYS, find
from klagg_tui.view.sorting import Sort

MOST_FILTERS_KEPT: Final = 50


@dataclass(frozen=True, slots=True)
class Preferences:
    """Every choice; plain texts and tuples, so that it can be written as JSON and read by a person."""

    period: str = "5m"
    sort: str = "turnover"
    descending: bool = True
    columns: tuple[str, ...] = DEFAULT_KEYS
    all_periods: bool = False
    theme: str = "klagg"
    tints: str = "green-up"
    local_time: bool = False
    filter: str = ""
    filter_history: tuple[str, ...] = ()
    """Oldest first."""
    saved_filters: tuple[tuple[str, str], ...] = ()
    """Name and filter."""
    watchlists: tuple[tuple[str, tuple[str, ...]], ...] = (("Watchlist", ()),)
    """Name and symbols."""
    shown_list: str = ""
    """Name of the watchlist on view; empty: all symbols."""
    alerts: tuple[str, ...] = ()
    averages: bool = True
    vwap: bool = False

    @property
    def sorting(self) -> Sort:
        """The order of the rows."""
        return Sort(self.sort, self.descending)

    def with_sort(self, sort: Sort) -> Preferences:
        """The same with another order."""
        return replace(self, sort=sort.key, descending=sort.descending)

    def with_filter_used(self, text: str) -> Preferences:
        """The same with a filter as the newest of the history."""
        if not text:
            return self
        history = (*(old for old in self.filter_history if old != text), text)
        return replace(self, filter_history=history[-MOST_FILTERS_KEPT:])

    def as_plain(self, beginning: Preferences) -> dict[str, Any]:
        """What differs from where the person began, fit for JSON: what was not chosen here follows the settings."""
        before = asdict(beginning)
        return {name: value for name, value in asdict(self).items() if value != before[name]}


def from_plain(plain: object, beginning: Preferences) -> Preferences:
    """What `as_plain` gave; a choice that is missing, unknown or of a wrong kind is left as in `beginning`."""
    fresh = beginning
    if not isinstance(plain, Mapping):
        return fresh
    known: dict[str, Any] = {}  # Any: each field has its own type, which `_read` looks after
    for field in fields(Preferences):
        if field.name in plain:
            value = _read(field.name, plain[field.name], getattr(fresh, field.name))
            if value is not None:
                known[field.name] = value
    return replace(fresh, **known)


def _read(name: str, value: object, default: object) -> object | None:
    if name == "columns":
        return tuple(key for key in _texts(value) if key in BY_KEY) or None
    if name == "sort":
        return value if isinstance(value, str) and find(value) else None
    if name == "saved_filters":
        return tuple((pair[0], pair[1]) for pair in _lists(value) if len(pair) == 2 and _are_texts(pair))
    if name == "watchlists":
        return (
            tuple(
                (pair[0], tuple(dict.fromkeys(_texts(pair[1]))))
                for pair in _lists(value)
                if len(pair) == 2 and _are_texts(pair[:1])
            )
            or None
        )
    if isinstance(default, tuple):
        return tuple(_texts(value))
    return value if type(value) is type(default) else None


def _lists(value: object) -> list[list[Any]]:
    return [list(one) for one in value if isinstance(one, list | tuple)] if isinstance(value, list | tuple) else []


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []


def _are_texts(values: list[Any]) -> bool:
    return all(isinstance(one, str) for one in values)
