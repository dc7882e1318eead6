"""The terminal: its colours, its signs, its size."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, TextIO

from klagg_tui.commands.doctor.finding import Finding, Named
from klagg_tui.commands.shared.status_line import can_move_its_cursor

LEAST: Final = (60, 15)
"""Columns and lines that the screens need, as `screens.base` has it."""
ROOMY: Final = (80, 24)
"""From which on nothing is left out that somebody would look for."""
_LOCALES: Final = ("LC_ALL", "LC_CTYPE", "LANG")
"""The first that is set counts: https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html."""
_COLOURS: Final = {"truecolor": "16 million colours", "256": "256 colours", "standard": "16 colours"}
_CHECK: Final = Named("terminal")


class Seen(NamedTuple):
    """What is known of a terminal."""

    name: str
    """As TERM has it."""
    can_move_its_cursor: bool
    colours: str | None
    """As rich calls them; None: none at all."""
    locale: str
    """The variable that counts with its value, empty where none is set."""
    columns: int
    lines: int
    """0, as columns, where the terminal does not say."""


def look() -> list[Finding]:
    """At the terminal that somebody sits at, if any."""
    seen = see((sys.stdout, sys.stderr, sys.stdin), os.environ)
    if seen is None:
        return [_CHECK.unseen("nobody sits at a terminal here")]
    return judged(seen)


def see(streams: Sequence[TextIO], environment: Mapping[str, str]) -> Seen | None:
    """What is known of the first of the streams that is a terminal; None where none is one."""
    from rich.console import Console

    for stream in streams:
        with suppress(OSError, ValueError):
            if stream.isatty():
                size = os.get_terminal_size(stream.fileno())
                name = next((name for name in _LOCALES if environment.get(name)), "")
                return Seen(
                    environment.get("TERM", ""),
                    can_move_its_cursor(),
                    Console(file=stream, force_terminal=True).color_system,
                    f"{name}={environment[name]}" if name else "",
                    size.columns,
                    size.lines,
                )
    return None


def judged(seen: Seen) -> list[Finding]:
    """What that means."""
    if not seen.name or not seen.can_move_its_cursor:
        called = f"TERM={seen.name}" if seen.name else "TERM is not set"
        return [
            _CHECK.fault(
                f"{called}: it only takes line after line, and no screen can be drawn on it",
                "open klagg in a terminal of its own; where this is one, set TERM=xterm-256color",
            )
        ]
    return [_colours(seen), _signs(seen), _size(seen)]


def _colours(seen: Seen) -> Finding:
    said = f"{_COLOURS.get(seen.colours or '', 'no colours')} (TERM={seen.name})"
    if seen.colours in {"truecolor", "256"}:
        return _CHECK.fine(said)
    return _CHECK.note(said, "most terminals have more: TERM=xterm-256color and COLORTERM=truecolor say so")


def _signs(seen: Seen) -> Finding:
    if "utf8" in seen.locale.lower().replace("-", ""):
        return _CHECK.fine(f"UTF-8 ({seen.locale})")
    return _CHECK.fault(
        f"{seen.locale or 'no locale is set'}: not UTF-8, in which lines, charts and arrows are written",
        "set LANG=C.UTF-8 (and no LC_ALL), and the terminal itself to UTF-8",
    )


def _size(seen: Seen) -> Finding:
    said = f"{seen.columns}×{seen.lines}"
    if not seen.columns or not seen.lines:
        return _CHECK.note("the terminal does not say how large it is", "stty cols 120 rows 36 tells it")
    if seen.columns < LEAST[0] or seen.lines < LEAST[1]:
        return _CHECK.fault(f"{said}: too small, klagg needs {LEAST[0]}×{LEAST[1]}", "make the window larger")
    if seen.columns < ROOMY[0] or seen.lines < ROOMY[1]:
        return _CHECK.note(f"{said}: columns and lines are left out", f"from {ROOMY[0]}×{ROOMY[1]} on there is room")
    return _CHECK.fine(said)
