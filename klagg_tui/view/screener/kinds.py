"""What a figure is: its name, its arguments, what it counts and means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from klagg_tui.engine.period import DAY_MS, MINUTE_MS, Period

LONGEST: Final = 7 * DAY_MS // MINUTE_MS
"""Minutes a figure can look back."""
MOST_BARS: Final = 500
"""Bars an indicator can be told to look at."""

WHOLE: Final = 0.99
"""Known to such a part, a figure counts as known: of a quiet symbol's minutes the newest are not proven to be quiet yet."""

Argument: TypeAlias = int | float | Period


class Kind(Enum):
    """What an argument is."""

    WINDOW = auto()
    """A length in whole minutes, `1m` to `7d`."""
    PERIOD = auto()
    """A period whose bars are kept."""
    COUNT = auto()
    FACTOR = auto()
    """A number above zero, not necessarily whole."""


class FigureUnit(Enum):
    """What a figure counts, and so how it is drawn."""

    PERCENT = auto()
    MONEY = auto()
    """An amount of the quote."""
    AMOUNT = auto()
    """An amount of the base."""
    COUNT = auto()
    PRICE = auto()
    TIMES = auto()
    """How many times the usual."""
    SCORE = auto()
    """0 to 100, or about that."""
    RATIO = auto()
    """A plain number around 1, with its sign."""
    RATE = auto()
    """A small percentage, with its sign."""
    MINUTES = auto()
    """A time to come."""
    DAYS = auto()
    """A time gone by."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a figure."""

    name: str
    kind: Kind
    default: Argument
    """Where it is not given."""
    least: int = 1
    """Of a count."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity of a symbol that is computed while somebody asks for it."""

    key: str
    """Its name in filters, columns and settings."""
    title: str
    """Over a column, before its arguments."""
    note: str
    """Its sentence in the help and in the documentation."""
    parameters: tuple[Parameter, ...]
    unit: FigureUnit
    example: str
    """How it is written."""
    is_signed: bool = False
    """Whether more and less than zero are gain and loss."""
    is_one_sided: bool = False
    """Whether it is never above zero, or never below: then its sign is no news."""
    is_floor: bool = False
    """Whether it is at least what it comes to of what is known: then only more than a number can be shown of it."""
    is_told: bool = False
    """Whether it is not made of trades: an exchange has to tell it."""
    aliases: tuple[str, ...] = ()
    fault_of: Callable[..., str | None] = lambda *_: None
    """From all arguments to what is wrong with them together, as a sentence."""


def window_text(minutes: int) -> str:
    """A length as it is written: `90m`, `4h`, `24h`, `7d`."""
    if minutes % 1440 == 0 and minutes > 1440:
        return f"{minutes // 1440}d"
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
