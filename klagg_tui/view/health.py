"""The figures of the health screen: how each is called and written, and how it went lately. Pure."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from klagg_tui import formatting
from klagg_tui.feed import Status
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.sparkline import sparkline

KEPT: Final = 120
"""Samples of each figure, one a second."""


_LABEL: Final = 30
"""Cells of a figure's name."""


class Figure(NamedTuple):
    """How a figure is called and written."""

    label: str
    write: Callable[[float], str]
    is_trouble: bool = False
    """Whether more than none is bad news."""


def _bytes_of_mb(value: float) -> str:
    return formatting.size(value * 1e6)


def _whole(value: float) -> str:
    return formatting.whole(round(value))


def _percent(value: float) -> str:
    return f"{value:.0f}%"


FIGURES: Final = {
    "trades/s": Figure("Trades a second", formatting.short),
    "frames/s": Figure("Frames a second", formatting.short),
    "delay ms": Figure("Behind the exchange", formatting.duration),
    "connections": Figure("Connections", _whole),
    "reconnects": Figure("Reconnects", _whole),
    "rotations": Figure("Connections rotated", _whole),
    "frames": Figure("Frames taken", _whole),
    "bad frames": Figure("Frames that could not be read", _whole, is_trouble=True),
    "silent symbols": Figure("Symbols silent too long", _whole, is_trouble=True),
    "symbols waiting": Figure("Symbols waiting for trades", _whole),
    "trades held back": Figure("Trades held back", _whole),
    "trades": Figure("Trades taken", _whole),
    "duplicates": Figure("Duplicates left out", _whole),
    "gaps": Figure("Gaps found", _whole),
    "gaps filled": Figure("Gaps filled", _whole),
    "gaps abandoned": Figure("Gaps given up", _whole, is_trouble=True),
    "late": Figure("Late trades", _whole),
    "too late": Figure("Trades too late", _whole, is_trouble=True),
    "rejected": Figure("Trades rejected", _whole, is_trouble=True),
    "unknown symbol": Figure("Trades of unknown symbols", _whole),
    "bars equal": Figure("Bars confirmed", _whole),
    "bars amended": Figure("Bars amended", _whole),
    "bars completed": Figure("Partial bars completed", _whole),
    "holes": Figure("Holes found", _whole),
    "bars taken back": Figure("Flat bars taken back", _whole),
    "unconfirmed": Figure("Bars to be confirmed", _whole),
    "dirty rows": Figure("Rows waiting for the disk", _whole),
    "rows written": Figure("Rows written", _whole),
    "write ms": Figure("Last write took", formatting.duration),
    "requests": Figure("REST requests", _whole),
    "retries": Figure("REST retries", _whole),
    "weight used": Figure("REST weight used", _whole),
    "weight limit": Figure("REST weight a minute", _whole),
    "memory MB": Figure("Memory", _bytes_of_mb),
    "cpu %": Figure("Processor", _percent),
}


class Health:
    """What the figures were, second by second."""

    def __init__(self) -> None:
        self.samples: dict[str, deque[float]] = {}
        self._trades: int | None = None

    def sample(self, status: Status) -> None:
        """Take a sample; to be called once a second."""
        for name, value in self._figures(status).items():
            self.samples.setdefault(name, deque(maxlen=KEPT)).append(value)

    def _figures(self, status: Status) -> dict[str, float]:
        counters = status.counters
        figures: dict[str, float] = {}
        if self._trades is not None:
            figures["trades/s"] = float(max(0, counters.trades - self._trades))
        self._trades = counters.trades
        if status.delay_ms is not None:
            figures["delay ms"] = status.delay_ms
        for name in (
            "trades",
            "duplicates",
            "gaps",
            "gaps_filled",
            "gaps_abandoned",
            "late",
            "too_late",
            "rejected",
            "unknown_symbol",
        ):
            figures[name.replace("_", " ")] = getattr(counters, name)
        figures.update(status.health)
        return figures

    def lines(self, width: int) -> list[list[Piece]]:
        """Each figure as name, number and sparkline; the known ones first and in their order."""
        names = [name for name in FIGURES if name in self.samples]
        names += sorted(name for name in self.samples if name not in FIGURES)
        return [self._line(name, width) for name in names]

    def _line(self, name: str, width: int) -> list[Piece]:
        figure = FIGURES.get(name) or Figure(name.capitalize(), formatting.short)
        samples = self.samples[name]
        value = samples[-1]
        role = Role.WARN if figure.is_trouble and value else Role.STRONG
        room = max(0, width - _LABEL - 14)
        moved = _moved(name, samples)[-room:] if room else []
        line = sparkline(moved, room) if len(set(moved)) > 1 else ""  # what stands still draws nothing
        return [
            Piece(f" {figure.label:<{_LABEL}}", Role.DIM),
            Piece(f"{figure.write(value):>11}  ", role),
            Piece(line, Role.LINE_A),
        ]


_LOG_LINE: Final = re.compile(r"\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d),\d+ (\w+)\s+(?:klagg_tui\.)?(\S+?): (.*)", re.DOTALL)
_LOG_ROLES: Final = {"WARNING": Role.WARN, "ERROR": Role.BAD, "CRITICAL": Role.BAD}


def log_pieces(line: str) -> list[Piece]:
    """A line of the log: when, from where, what, and its gravity as its colour; another text as it is."""
    found = _LOG_LINE.match(line)
    if found is None:
        return [Piece(f" {line}", Role.DIM)]
    clock, level, room, said = found.groups()
    return [
        Piece(f" {clock} ", Role.FAINT),
        Piece(f"{room:<20} ", Role.FAINT),
        Piece(said, _LOG_ROLES.get(level, Role.DIM)),
    ]


_GROWING: Final = frozenset({
    "trades", "duplicates", "gaps", "gaps filled", "late", "frames", "requests", "rows written", "bars equal",
    "bars amended", "reconnects",
})  # fmt: skip


def _moved(name: str, samples: Sequence[float]) -> list[float]:
    """What is counted up is drawn by how much it grew each second."""
    values = list(samples)
    return [later - earlier for earlier, later in pairwise(values)] if name in _GROWING else values


def column_lines(lines: Sequence[list[Piece]], columns: int, width: int) -> list[list[Piece]]:
    """The lines in several columns of `width` cells, read downward."""
    rows = -(-len(lines) // max(1, columns))
    return [
        [piece for column in range(columns) for piece in _padded(lines, row + column * rows, width)]
        for row in range(rows)
    ]


def _padded(lines: Sequence[list[Piece]], at: int, width: int) -> list[Piece]:
    line = lines[at] if at < len(lines) else []
    return [*line, Piece(" " * (width - sum(len(piece.text) for piece in line)), Role.TEXT)]
