"""The volume profile: how much was traded at which price by the bars on view, in columns of its own beside the candles.

A bar tells what was traded in it, not at which of its prices. So its volume is spread evenly from its low to its high, and each
row of the chart has the share of that reach which lies within it; where both are one price, all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.view.axes import PriceScale
from klagg_tui.view.canvas import Canvas
from klagg_tui.view.indicators.indicator import Indicator
from klagg_tui.view.role import Role

PROFILE: Final = Indicator(
    key="profile",
    binding="v",
    title="Profile",
    note="Volume by price of the bars on view, beside them",
    make=lambda: (),
    aliases=("volume profile", "vp"),
)

_NARROWEST: Final = 50
"""Columns of a chart that has room for it."""
_PART: Final = 8
"""Which part of the columns it takes, and how many at the least."""
_MOST: Final = 24
_EIGHTHS: Final = "▏▎▍▌▋▊▉█"


class Profile(NamedTuple):
    """Volume by row of the scale, in plain units, and the price where most was traded, in units of 1e-12."""

    volumes: list[float]
    control: int
    """Row of the point of control."""
    price: float
    """In the middle of that row."""


def columns_of(width: int) -> int:
    """Columns of the profile in a chart of so many; 0 where it is too narrow for one."""
    return 0 if width < _NARROWEST else max(_PART, min(_MOST, width // _PART))


def profile_of(bars: Sequence[Bar], scale: PriceScale) -> Profile | None:
    """What these bars traded at the prices of each row; None where they traded nothing."""
    volumes = [0.0] * scale.rows
    edges = [scale.edge(row) for row in range(scale.rows + 1)]
    for bar in bars:
        if not bar.volume or not bar.low:
            continue
        volume, low, high = exact.quantity_as_float(bar.volume), bar.low, bar.high
        top, bottom = scale.row(high), scale.row(low)
        if top == bottom:
            volumes[top] += volume
            continue
        a_price = volume / (high - low)
        for row in range(top, bottom + 1):
            # What rounding puts beyond the outermost rows is theirs.
            upper = high if row == top else edges[row]
            lower = low if row == bottom else edges[row + 1]
            volumes[row] += a_price * (upper - lower)
    control = max(range(scale.rows), key=volumes.__getitem__)
    if not volumes[control]:
        return None
    middle = min(max((edges[control] + edges[control + 1]) / 2, scale.low), scale.high)
    return Profile(volumes, control, middle)


def draw_profile(canvas: Canvas, profile: Profile, left: int, width: int) -> None:
    """A bar in each row from `left` on, the largest as wide as there is room; that is the point of control."""
    largest = profile.volumes[profile.control]
    for row, volume in enumerate(profile.volumes):
        eighths = max(1, round(volume * width * 8 / largest)) if volume else 0
        text = "█" * (eighths // 8) + (_EIGHTHS[eighths % 8 - 1] if eighths % 8 else "")
        canvas.write(left, row, text, Role.MARK if row == profile.control else Role.FAINT)
