"""A line that tells how things stand: written anew on a terminal, and no longer than it; a plain one now and then elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Final

from rich.cells import cell_len

_LINE_S: Final = 1.0
"""Between two on a terminal."""
_PLAIN_LINE_S: Final = 30.0
"""The same where the output is a file."""
_JOINT: Final = " · "
_DUMB: Final = frozenset({"dumb", "unknown"})
"""Names of terminals in TERM: https://man7.org/linux/man-pages/man7/term.7.html."""
_USUAL_WIDTH: Final = 80
"""Where a terminal says 0."""


def is_rewritten() -> bool:
    """Whether the line stays where it is, because a person looks at it."""
    return sys.stdout.isatty() and can_move_its_cursor()


def can_move_its_cursor() -> bool:
    """Whether the terminal does not say of itself that it only takes line after line, as those inside editors do."""
    return os.environ.get("TERM") not in _DUMB


def pause_s() -> float:
    """Seconds to the next one."""
    return _LINE_S if is_rewritten() else _PLAIN_LINE_S


def clear() -> str:
    """What makes a terminal write its line anew."""
    return "\r\x1b[K" if is_rewritten() else ""


def joined(parts: Iterable[str]) -> str:
    """As many of the parts, from the first on, as a terminal has room for in one line; elsewhere all."""
    return fitting(parts, _width() - 1) if is_rewritten() else _JOINT.join(parts)


def fitting(parts: Iterable[str], width: int) -> str:
    """The first parts that have room, and one at the least."""
    kept: list[str] = []
    for part in parts:
        if kept and cell_len(_JOINT.join([*kept, part])) > width:
            break
        kept.append(part)
    return _JOINT.join(kept)


def _width() -> int:
    """Asked of the terminal itself: what COLUMNS says may be from before it was resized."""
    return os.get_terminal_size(sys.stdout.fileno()).columns or _USUAL_WIDTH
