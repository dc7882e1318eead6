"""The exchanges that a filter names: whether they are watched, and what those are called that nearly are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from klagg_tui.errors import FilterError
from klagg_tui.view.columns.venue import VENUE, venue_texts
from klagg_tui.view.filter.predicates import Predicate, against_text, all_of, measured
from klagg_tui.view.filter.texts import contains, fits, is_wild, text_test

Watched: TypeAlias = Mapping[str, str] | None
"""Names by keys of the exchanges that are watched, empty where it is one; None: not known yet, so any is believed."""


def require_watched(pattern: str, watched: Watched, at: int) -> None:
    """Refuse a pattern in lower case that is none of those that are watched.

    Raises:
        FilterError: so it is.
    """
    for part in (part for part in pattern.split(",") if part and watched):
        test = fits(part)
        if not any(
            test(text.casefold()) for key, name in (watched or {}).items() for text in (key, *venue_texts(key, name))
        ):
            raise FilterError(f"No exchange called {part} is watched; {_advice(part, list(watched or ()))}.", at)


def _advice(part: str, keys: list[str]) -> str:
    from difflib import get_close_matches  # when somebody mistypes: the first table should not wait for it

    near = [key for key in keys if part.strip("*?") and part.strip("*?") in key]
    near += [key for key in get_close_matches(part, keys, n=3, cutoff=0.5) if key not in near]
    near += [key for key in keys if key not in near and get_close_matches(part, [key.partition("-")[0]], cutoff=0.6)]
    return f"near: {', '.join(near)}" if near else f"there are {', '.join(keys)}"


def at_exchange(venue: str, name: str) -> Predicate:
    """A symbol of that exchange whose name contains, or as a pattern fits, the name; both in lower case."""
    of_venue = against_text(measured(VENUE, None), VENUE.texts, text_test(":", venue, is_pattern=True))
    test = fits(name) if is_wild(name) else contains(name)
    return all_of([of_venue, lambda row, _period, _now_ms: test(row.name)])
