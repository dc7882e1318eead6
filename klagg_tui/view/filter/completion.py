"""The rest of what is being typed: exchanges, coins and quotes that there are, figures, columns and names. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from klagg_tui.view.columns.registry import BY_NAME
from klagg_tui.view.filter.presets import PRESETS
from klagg_tui.view.filter.scope import Scope
from klagg_tui.view.model import Row
from klagg_tui.view.screener.figure import FIGURES

_BEGUN: Final = re.compile(
    r"(?:^|[\s!(])(venue|exchange|base|coin|quote)[:=](?:[^\s,()]*,)*([^\s,():*?\"]+)$", re.IGNORECASE
)
_BEGUN_WORD: Final = re.compile(r"(?:^|[\s!(<>=+*,])(@\S+|[a-z][a-z0-9_]+)$", re.IGNORECASE | re.ASCII)
"""From its second letter on: any letter begins something."""
_VALUE_OF: Final[dict[str, Callable[[Row], str]]] = {
    "venue": lambda row: row.venue,
    "exchange": lambda row: row.venue,
    "base": lambda row: row.base,
    "coin": lambda row: row.base,
    "quote": lambda row: row.quote,
}


def completed(text: str, rows: Iterable[Row], scope: Scope) -> str | None:
    """The text with its last word made whole, None where there is nothing to add.

    Of exchanges, coins and quotes that begin so it is the one that most rows have; then come own names, figures, columns.
    """
    begun = _BEGUN.search(text)
    if begun is not None:
        return _with_value(text, begun[1].lower(), begun[2].casefold(), rows)
    word = _BEGUN_WORD.search(text)
    return None if word is None else _with_word(text, word[1].lower(), scope)


def _with_value(text: str, column: str, part: str, rows: Iterable[Row]) -> str | None:
    value_of = _VALUE_OF[column]
    counts = Counter(value for row in rows if (value := value_of(row)).casefold().startswith(part))
    best = min(counts, key=lambda value: (-counts[value], value), default="")
    return text + best[len(part) :].lower() if len(best) > len(part) else None


def _with_word(text: str, part: str, scope: Scope) -> str | None:
    saved = (f"@{name}" for name in (*scope.saved, *PRESETS))
    known = (*saved, *scope.names, *(figure.example for figure in FIGURES.values()), *BY_NAME)
    whole = next((word for word in known if word.lower().startswith(part) and len(word) > len(part)), None)
    return None if whole is None else text + whole[len(part) :]
