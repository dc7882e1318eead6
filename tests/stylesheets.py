"""Reads each piece of Textual's style sheets once a process, where every app that opens reads all of them anew.

A rule that was parsed is never changed, and what it comes of, with the variables of the theme, is the key it is kept under.
"""

from __future__ import annotations

from typing import Any

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_parse = Stylesheet._parse_rules
_parsed: dict[tuple[Any, ...], list[RuleSet]] = {}


def _parse_once(self: Stylesheet, css: str, *args: Any, **kwargs: Any) -> list[RuleSet]:
    key = (css, args, tuple(kwargs.items()), tuple(self._variables.items()))
    if (found := _parsed.get(key)) is None:
        found = _parsed[key] = _parse(self, css, *args, **kwargs)
    return found


def share() -> None:
    """From now on, for all apps of this process."""
    Stylesheet._parse_rules = _parse_once  # type: ignore[method-assign]
