"""How values of settings are written in the file and in sentences."""

from __future__ import annotations

import json
import re
from datetime import date, time
from typing import Final

_LONGEST_SHOWN: Final = 60
_LARGEST_SHOWN_BITS: Final = 128
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
