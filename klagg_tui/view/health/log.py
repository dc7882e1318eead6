"""The last lines of the log, as they are drawn."""

from __future__ import annotations

import re
from typing import Final

from klagg_tui.view.role import Piece, Role

_LOG_LINE: Final = re.compile(r"\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d),\d+ (\w+)\s+(?:klagg_tui\.)?(\S+?): (.*)", re.DOTALL)
_LOG_ROLES: Final = {"WARNING": Role.WARN, "ERROR": Role.BAD, "CRITICAL": Role.BAD}


def log_pieces(line: str) -> list[Piece]:
    """A line of the log: when, from where, what, and its level as its colour; another text as it is."""
    found = _LOG_LINE.match(line)
    if found is None:
        return [Piece(f" {line}", Role.DIM)]
    clock, level, module, text = found.groups()
    return [
        Piece(f" {clock} ", Role.FAINT),
        Piece(f"{module:<22} ", Role.FAINT),
        Piece(text, _LOG_ROLES.get(level, Role.DIM)),
    ]
