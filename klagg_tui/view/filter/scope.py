"""What a text of the language may refer to: saved filters, own names, exchanges, periods. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from klagg_tui.engine.period import Period
from klagg_tui.view.columns.registry import BY_NAME
from klagg_tui.view.screener.figure import BY_NAME as FIGURES

Watched: TypeAlias = Mapping[str, str] | None
"""Names by keys of the exchanges that are watched, empty where it is one; None: not known yet, so any is believed."""

BAR: Final = "bar"
"""`bar.chg(1h)` is the bar's own value where a figure has the same name."""
FUNCTIONS: Final = ("abs", "min", "max", "log", "sqrt")
KEYWORDS: Final = ("and", "or", "not")
_OWN_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,29}", re.ASCII)
_TAKEN: Final = tuple(dict.fromkeys((*BY_NAME, *FIGURES, *FUNCTIONS, *KEYWORDS, BAR)))


@dataclass(frozen=True, slots=True)
class Scope:
    """What texts mean that are read with it."""

    saved: Mapping[str, str] = field(default_factory=dict)
    """Filters by name, for `@name`."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Own names in lower case, and what each stands for."""
    watched: Watched = None
    periods: Collection[Period] | None = None
    """Those of which bars are kept; None: not known, so any is believed."""

    @property
    def words(self) -> Iterable[str]:
        """Every word that means something by itself."""
        return (*_TAKEN, *self.names)


def own_name_error(name: str) -> str | None:
    """What is wrong with an own name, None where nothing is."""
    if name.casefold() in _TAKEN:
        return f"{name} means something already; take another name."
    if not _OWN_NAME.fullmatch(name.casefold()):
        return "A letter, then letters, digits and _ only; at most 30."
    return None
