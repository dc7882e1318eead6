"""What an indicator is: lines over the candles, and which key switches it on and off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.role import Role

Curve: TypeAlias = list[float | None]
"""A price in units of 1e-12, or a plain number, for each bar; None where there are too few bars for one. Floats: for drawing only."""
Compute: TypeAlias = Callable[[Sequence[Bar], Period], Curve]
"""From bars, oldest first, and their period to a curve of the same length."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an indicator."""

    label: str
    """In the legend."""
    role: Role
    compute: Compute
    is_histogram: bool = False
    """Drawn as columns from 0, in the colours of gain and loss."""
    is_price: bool = True
    """Whether its values are prices in units of 1e-12; otherwise plain numbers."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """Lines that are shown and hidden together."""

    key: str
    """Its name in the state file and in the keymap."""
    binding: str
    """The key that switches it."""
    word: str
    """Beside that key in the footer of the screen."""
    note: str
    """What the key does, in the help and the command palette."""
    lines: tuple[Line, ...]
    is_default: bool = False
    """Whether it is shown until somebody switches it off."""
    is_pane: bool = False
    """Whether it has rows of its own below the candles; otherwise it is drawn over them."""
    levels: tuple[float, ...] = ()
    """Values marked by a line across its pane, always on view."""
