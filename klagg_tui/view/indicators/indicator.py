"""What an indicator is: lines over the candles or below them, its lengths, and which key switches it on and off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.contract_history import ContractHistory
from klagg_tui.view.role import Role

Curve: TypeAlias = list[float | None]
"""A price in units of 1e-12, or a plain number, for each bar; None where there are too few bars for one. Floats: for drawing only."""
Compute: TypeAlias = Callable[[Sequence[Bar], Period], Curve]
"""From bars, oldest first, and their period to a curve of the same length."""
Tell: TypeAlias = Callable[[ContractHistory, Sequence[Bar]], Curve]
"""The same from what was told of the contract beside its trades."""
Lengths: TypeAlias = tuple[float, ...]

LONGEST: Final = 500
"""Bars that a length may be at the most."""


def unknown(bars: Sequence[Bar], _period: Period) -> Curve:
    """Nothing is made of bars alone."""
    return [None] * len(bars)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an indicator."""

    label: str
    """In the legend above the chart."""
    role: Role
    compute: Compute = unknown
    is_histogram: bool = False
    """Drawn as columns from 0, in the colours of gain and loss."""
    is_price: bool = True
    """Whether its values are prices in units of 1e-12; otherwise plain numbers."""
    tell: Tell | None = None
    """Where it is made of what was told of the contract, and not of bars."""
    text: Callable[[float, int], str] = formatting.short
    """A plain number in words, with so many digits more than usual."""


class Length(NamedTuple):
    """A number that may be chosen: mostly how many bars are looked at."""

    name: str
    least: float = 2
    most: float = LONGEST
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Indicator:
    """Lines that are shown and hidden together."""

    key: str
    """Its name in the state file, in the keymap, and where it is typed."""
    binding: str
    """The key that switches it."""
    title: str
    """In legend and menu, its lengths behind it."""
    note: str
    """What the key does, in the help and the command palette."""
    make: Callable[..., tuple[Line, ...]]
    """Its lines, from its lengths."""
    lengths: Lengths = ()
    """Those in use: the usual ones unless others were chosen."""
    parameters: tuple[Length, ...] = ()
    """What may be chosen."""
    takes_fewer: bool = False
    """Whether each length is a line of its own, so that there may be fewer of them."""
    aliases: tuple[str, ...] = ()
    """Other names to type."""
    fault_of: Callable[..., str | None] = lambda *_: None
    """What is wrong with lengths that are fit by themselves."""
    reach_of: Callable[..., int] = lambda *_: 0
    """From its lengths to how many bars before one its value there is made from: what is older no longer counts."""
    is_default: bool = False
    """Whether it is shown until somebody switches it off."""
    is_pane: bool = False
    """Whether it has rows of its own below the candles; otherwise it is drawn over them."""
    is_told: bool = False
    """Whether only some exchanges tell what it is made of."""
    levels: tuple[float, ...] = ()
    """Values marked by a line across its pane, always on view."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """The first one comes out on top."""
        return self.make(*self.lengths)

    @property
    def lengths_text(self) -> str:
        """Its lengths as they are typed; empty where it has none."""
        return " ".join(f"{length:g}" for length in self.lengths)

    @property
    def entry(self) -> str:
        """Its name and lengths as they are typed."""
        return f"{self.key} {self.lengths_text}".rstrip()

    @property
    def word(self) -> str:
        """Its title with its lengths."""
        return f"{self.title} {self.lengths_text}".rstrip()

    @property
    def reach(self) -> int:
        """See `reach_of`."""
        return self.reach_of(*self.lengths)

    def with_lengths(self, lengths: Lengths) -> Indicator:
        """The same with other lengths."""
        return replace(self, lengths=lengths)
