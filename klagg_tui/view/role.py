"""What a piece of drawn text means; the theme decides which colour that is."""

from __future__ import annotations

from enum import IntEnum
from math import sqrt
from textwrap import wrap
from typing import Final, NamedTuple, TypeAlias


class Role(IntEnum):
    """Meaning of a piece of text."""

    TEXT = 0
    STRONG = 1
    DIM = 2
    FAINT = 3
    ACCENT = 4
    GAIN = 5
    LOSS = 6
    GAIN_FLASH = 7
    LOSS_FLASH = 8
    TAKER = 9
    """What takers bought."""
    WARN = 10
    GOOD = 11
    BAD = 12
    MARK = 13
    PARTIAL = 14
    """A number that misses trades."""
    GAIN_VOLUME = 15
    LOSS_VOLUME = 16
    GRID = 17
    CROSS = 18
    LINE_A = 19
    LINE_B = 20
    LINE_C = 21
    KEY = 22
    """A key to press."""
    TITLE = 23
    SELLER = 24
    """What takers sold."""
    HEAT = 30
    """`HEAT + n`, n from 0 (strong loss) to `2 * HEAT_STEPS` (strong gain)."""


HEAT_STEPS: Final = 6

ROLES: Final = int(Role.HEAT) + 2 * HEAT_STEPS + 1
"""How many styles a palette holds."""

RoleIndex: TypeAlias = int
"""A `Role`, or `Role.HEAT` plus a step."""


class Piece(NamedTuple):
    """A run of text of one meaning."""

    text: str
    role: RoleIndex


def sentence_lines(text: str, role: RoleIndex, width: int, sign: str = "") -> list[list[Piece]]:
    """A sentence in as many lines as it takes, all as far in as behind its sign: nothing of it is cut."""
    indent = len(sign) + 1
    lines = wrap(text, max(20, width - indent - 1)) or [""]
    return [[Piece(f" {sign if at == 0 else '':<{len(sign)}}{line}", role)] for at, line in enumerate(lines)]


def heat(value: float | None, full: float) -> RoleIndex:
    """The heat of a value, `full` and more being the strongest."""
    if value is None or full <= 0:
        return Role.HEAT + HEAT_STEPS
    # The root lets small moves be seen beside large ones.
    step = round(sqrt(min(1.0, abs(value) / full)) * HEAT_STEPS)
    return Role.HEAT + HEAT_STEPS + (step if value > 0 else -step)
