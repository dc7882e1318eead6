"""The exchanges that a filter names: whether they are watched, and what those are called that nearly are."""

from __future__ import annotations

from klagg_tui.errors import FilterError
from klagg_tui.view.columns.venue import VENUE, venue_texts
from klagg_tui.view.filter.predicates import Truth, against_text, all_of, fixed, of_name, text_of
from klagg_tui.view.filter.scope import Watched
from klagg_tui.view.filter.texts import contains, fits, is_wild, text_test


def require_watched(pattern: str, watched: Watched, at: int, *, is_last: bool = False) -> None:
    """Refuse a pattern in lower case that is none of those that are watched; `is_last`: nothing stands behind it yet.

    Raises:
        FilterError: so it is.
    """
    texts = [text.casefold() for key, name in (watched or {}).items() for text in (key, *venue_texts(key, name))]
    parts = [part for part in pattern.split(",") if part and watched]
    for part in parts:
        if not any(map(fits(part), texts)):
            can_grow = is_last and pattern.endswith(part) and any(text.startswith(part) for text in texts)
            advice = _advice(part, list(watched or ()))
            raise FilterError(f"No exchange called {part} is watched; {advice}.", at, can_grow=can_grow)


def _advice(part: str, keys: list[str]) -> str:
    from difflib import get_close_matches  # when somebody mistypes: the first table should not wait for it

    found = [key for key in keys if part.strip("*?") and part.strip("*?") in key]
    found += [key for key in get_close_matches(part, keys, n=3, cutoff=0.5) if key not in found]
    found += [key for key in keys if key not in found and get_close_matches(part, [key.partition("-")[0]], cutoff=0.6)]
    return f"near: {', '.join(found)}" if found else f"there are {', '.join(keys)}"


def at_exchange(venue: str, name: str, at: int) -> Truth:
    """A symbol of that exchange whose name contains, or as a pattern fits, the name; both in lower case."""
    of_venue = fixed(against_text(text_of(VENUE, None), VENUE.texts, text_test(":", venue, is_pattern=True)))
    test = fits(name) if is_wild(name) else contains(name)
    return all_of([of_venue, of_name(lambda row: test(row.name))], at)
