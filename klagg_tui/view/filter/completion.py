"""The rest of what is being typed into a filter: exchanges, coins and quotes that there are. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from klagg_tui.view.model import Row

_BEGUN: Final = re.compile(
    r"(?:^|[\s!(])(venue|exchange|base|coin|quote)[:=](?:[^\s,()]*,)*([^\s,():*?\"]+)$", re.IGNORECASE
)
_VALUE_OF: Final[dict[str, Callable[[Row], str]]] = {
    "venue": lambda row: row.venue,
    "exchange": lambda row: row.venue,
    "base": lambda row: row.base,
    "coin": lambda row: row.base,
    "quote": lambda row: row.quote,
}


def completed(text: str, rows: Iterable[Row]) -> str | None:
    """The text with its last value made whole: of those that begin so, the one that most rows have; None: there is none."""
    begun = _BEGUN.search(text)
    if begun is None:
        return None
    value_of, part = _VALUE_OF[begun[1].lower()], begun[2].casefold()
    counts = Counter(value for row in rows if (value := value_of(row)).casefold().startswith(part))
    best = min(counts, key=lambda value: (-counts[value], value), default="")
    return text + best[len(part) :].lower() if len(best) > len(part) else None
