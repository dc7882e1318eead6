"""Rows of a file, damaged by chance."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from hypothesis import strategies as st


def damaged(data: st.DataObject, lines: list[str], odd: Mapping[str, Callable[[str], str]], header: str) -> list[str]:
    """The rows with some of them changed in ways of `odd` and a part shuffled, gone or twice; what became GONE is left out."""
    for place in data.draw(st.sets(st.integers(0, len(lines) - 1), max_size=4)):
        lines[place] = odd[data.draw(st.sampled_from(sorted(odd)))](lines[place])
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(lines) - 1))
        until = data.draw(st.integers(place, min(len(lines), place + 60)))
        what = data.draw(st.sampled_from(["shuffled", "gone", "twice"]))
        part = lines[place:until]
        random.Random(len(lines)).shuffle(part)
        lines[place:until] = {"shuffled": part, "gone": [], "twice": lines[place:until] * 2}[what]
    return [line for line in lines if line != "GONE"] or [header]
