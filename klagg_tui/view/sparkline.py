"""A run of numbers as one line of blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

BLOCKS: Final = "▁▂▃▄▅▆▇█"
_TOP: Final = len(BLOCKS) - 1
_FLAT: Final = BLOCKS[2]


def sparkline(values: Sequence[float], width: int) -> str:
    """The newest `width` values as exactly `width` cells, newest at the right, the lowest at the foot.

    Values that are all equal draw a low line: there is nothing to see.
    """
    shown = values[-width:] if width > 0 else ()
    if not shown:
        return " " * max(0, width)
    low, high = min(shown), max(shown)
    if low == high:
        return (_FLAT * len(shown)).rjust(width)
    scale = _TOP / (high - low)
    return "".join([BLOCKS[int((value - low) * scale + 0.5)] for value in shown]).rjust(width)


def level(value: float, low: float, high: float) -> str:
    """The cell of one value beside others that reach from `low` to `high`, which are not equal."""
    return BLOCKS[int((value - low) * (_TOP / (high - low)) + 0.5)]


BUYERS: Final = "━"
BUYERS_HALF: Final = "╸"
SELLERS: Final = "─"


def balance(share: float, width: int) -> tuple[str, str]:
    """A share from 0 to 1: heavy cells for it, in halves, and light ones for the rest, together `width` cells."""
    halves = round(min(1.0, max(0.0, share)) * width * 2)
    full, half = divmod(halves, 2)
    return BUYERS * full + (BUYERS_HALF if half else ""), SELLERS * (width - full - half)
