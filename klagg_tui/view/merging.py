"""Preferences that several windows chose, each without knowing of the others. Pure."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Final, TypeAlias

from klagg_tui.view.exports import ExportPreset
from klagg_tui.view.preferences import MAX_FILTER_HISTORY, Preferences

_Entry: TypeAlias = str | tuple[Any, ...] | ExportPreset
_COLLECTIONS: Final = frozenset(
    {
        "filter_history", "saved_filters", "names", "watchlists", "marks", "export_presets", "alerts", "indicators", "lengths",
    }
)  # fmt: skip
"""What is put into and taken out of one by one; everything else is chosen as a whole."""


def merged(found: Preferences, before: Preferences, now: Preferences) -> Preferences:
    """What is found, with what became of `before` by `now` done to it too: what was not touched here stays as others chose it."""
    changed: dict[str, Any] = {}  # Any: each field has its own type
    for field in fields(Preferences):
        was, is_now = getattr(before, field.name), getattr(now, field.name)
        if was != is_now:
            there = getattr(found, field.name)
            one_by_one = field.name in _COLLECTIONS and there != was
            changed[field.name] = _merged(there, was, is_now) if one_by_one else is_now
    whole = replace(found, **changed)
    return replace(whole, filter_history=whole.filter_history[-MAX_FILTER_HISTORY:])


def _merged(found: tuple[_Entry, ...], before: tuple[_Entry, ...], now: tuple[_Entry, ...]) -> tuple[_Entry, ...]:
    there, was, is_now = ({_name(entry): entry for entry in entries} for entries in (found, before, now))
    kept = {name: entry for name, entry in there.items() if name in is_now or name not in was}
    ours = {
        name: _laid_over(there.get(name), was.get(name), entry)
        for name, entry in is_now.items()
        if was.get(name) != entry
    }
    return tuple((kept | ours).values())


def _laid_over(found: _Entry | None, before: _Entry | None, now: _Entry) -> _Entry:
    """The entry as it is now; of a watchlist that others changed too, its symbols one by one."""
    if isinstance(found, tuple) and isinstance(now, tuple) and isinstance(now[1], tuple):
        return (now[0], _merged(found[1], before[1] if isinstance(before, tuple) else (), now[1]))
    return now


def _name(entry: _Entry) -> str:
    """By which one is told from the others."""
    if isinstance(entry, str):
        return entry
    return str(entry[0]) if isinstance(entry, tuple) else entry.name
