"""How values of settings are written in the file and in sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date, time
from typing import Final

_LONGEST_SHOWN: Final = 60
_LARGEST_SHOWN_BITS: Final = 128
_MOST_NAMED: Final = 4
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def quoted(text: str) -> str:
    """`text` as a string of TOML."""
    written = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08X}" for char in written)


def key(text: str) -> str:
    """`text` as a key of TOML."""
    return text if _BARE.fullmatch(text) else quoted(text)


def shown(value: object) -> str:
    """A value for a sentence: never long, and safe for whatever a file can hold."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 1] + "…")
        case int():
            # Python refuses to write very long numbers, and hexadecimal ones can come in.
            return str(value) if value.bit_length() <= _LARGEST_SHOWN_BITS else "a number of too many digits"
        case float():
            return str(value)
        case date() | time():  # a datetime is a date
            return f"the time {value.isoformat()}"
        case list():
            return "a list" if value else "an empty list"
        case _:
            return "a table"


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


def ended(sentence: str) -> str:
    """With a full stop, unless it is a question."""
    return sentence if sentence.endswith("?") else f"{sentence}."
