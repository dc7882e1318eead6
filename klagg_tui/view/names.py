"""Which names watchlists and saved filters can have: `@name` must be one word of the filter language."""

from __future__ import annotations

from typing import Final

MAX_LENGTH: Final = 30


def name_error(name: str) -> str | None:
    """What is wrong with a name, None where nothing is."""
    if len(name) > MAX_LENGTH:
        return f"A name has at most {MAX_LENGTH} characters."
    return None if all(letter.isalnum() or letter in "-_" for letter in name) else "Letters, digits, - and _ only."
