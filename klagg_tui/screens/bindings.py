"""The keys of a screen as its users see them: what is bound, without what Textual binds for itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from textual.app import App
from textual.binding import ActiveBinding, BindingsMap, BindingType, Keymap
from textual.dom import DOMNode
from textual.screen import Screen

_HIDDEN = frozenset({
    "Quit", "Copy selected text", "Focus Next", "Focus Previous",
    "Scroll Left", "Scroll Right", "Scroll Up", "Scroll Down", "Page Left", "Page Right",
})  # fmt: skip
"""What Textual binds for every widget and what does nothing here."""


def own_bindings(screen: Screen[Any]) -> Iterator[ActiveBinding]:
    """What is bound on a screen for its users, as the keymap has it."""
    for active in screen.active_bindings.values():
        if active.binding.description not in {"", *_HIDDEN} and not active.binding.system:
            yield active


def described_keys(screen: Screen[Any]) -> list[tuple[str, str]]:
    """Keys and what they do, as they hold on a screen."""
    return _described(screen.app, own_bindings(screen))


def _described(app: App[Any], bound: Iterable[ActiveBinding]) -> list[tuple[str, str]]:
    """One line an action, in the order of their definition."""
    keys: dict[tuple[DOMNode, str], list[str]] = {}
    descriptions: dict[tuple[DOMNode, str], str] = {}
    for active in bound:
        action = (active.node, active.binding.action)
        keys.setdefault(action, []).append(app.get_key_display(active.binding))
        descriptions[action] = active.binding.description
    return _merged((shown, descriptions[action]) for action, shown in keys.items())


def sections_of_keys(
    screen: Screen[Any], title: str, others: Mapping[str, Iterable[BindingType]], keymap: Keymap
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Keys and what they do: those of a screen, those that hold everywhere, and by their titles those bound elsewhere."""
    app = screen.app
    here = [active for active in own_bindings(screen) if active.node is not app]
    everywhere = [active for active in own_bindings(screen) if active.node is app]
    found = [(f"Keys · {title}", _described(app, here)), ("Keys · everywhere", _described(app, everywhere))]
    for name, bindings in others.items():
        bound = BindingsMap(bindings)
        bound.apply_keymap(keymap)
        shown = (
            ([app.get_key_display(one)], one.description)
            for _, one in bound
            if one.description not in {"", *_HIDDEN} and not one.system
        )
        found.append((f"Keys · {name}", _merged(shown)))
    return found


def _merged(lines: Iterable[tuple[list[str], str]]) -> list[tuple[str, str]]:
    """Actions of one description in one line: the ten period keys are one matter."""
    merged: dict[str, list[str]] = {}
    for shown, description in lines:
        merged.setdefault(description, []).extend(key for key in shown if key not in merged.get(description, []))
    return [(" ".join(keys), description) for description, keys in merged.items()]
