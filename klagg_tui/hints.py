"""What to say where somebody typed a name that there is not: which one was probably meant, or which there are. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

_MOST_NAMED: Final = 4


def closest(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known words that were probably meant: all that begin so, if those are few, or the nearest one."""
    from difflib import get_close_matches

    by_folded = {one.casefold(): one for one in known}
    folded = word.casefold()
    begun = [one for one in by_folded if folded and one.startswith(folded)]
    near = begun if 0 < len(begun) <= _MOST_NAMED else get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    return tuple(by_folded[one] for one in near)


def hint(word: str, known: Iterable[str], form: str = "{}") -> str:
    """`; did you mean …?` where known words are near, else nothing."""
    *others, last = [form.format(near) for near in closest(word, known)] or [""]
    meant = f"{', '.join(others)} or {last}" if others else last
    return f"; did you mean {meant}?" if meant else ""


def hint_or_all(word: str, known: Sequence[str], form: str = "{}", lead: str = "there are") -> str:
    """The same; where none is near, `; there are …` all that are known."""
    return hint(word, known, form) or f"; {lead} {', '.join(known)}"


def ended(sentence: str) -> str:
    """With a full stop, unless it is a question."""
    return sentence if sentence.endswith("?") else f"{sentence}."
