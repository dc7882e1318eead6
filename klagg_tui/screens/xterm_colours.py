"""Colours for terminals that have 256: the nearest one by eye that is of the same kind.

Whoever rounds red, green and blue each by itself turns a dark green into a teal and a dark red into a purple.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeAlias

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.filter import LineFilter

Rgb: TypeAlias = tuple[int, int, int]

_MOST_TURN: Final = 0.3
"""So much further on its way to another kind may the nearest one be: else a dark red becomes a purple."""
_LEAST_VIVID: Final = 5 / 8
_TINTED: Final = 48
"""So far may the parts of a grey be from each other."""
_STEPS: Final = (0, 95, 135, 175, 215, 255)
_CUBE: Final = tuple((red, green, blue) for red in _STEPS for green in _STEPS for blue in _STEPS)
_GREYS: Final = tuple((8 + 10 * step,) * 3 for step in range(24))
"""https://invisible-island.net/xterm/xterm.faq.html: colours 16 to 231 are a cube, 232 to 255 a ramp of greys."""


@lru_cache(maxsize=1024)
def nearest(colour: Rgb, *, keeps_kind: bool = True) -> Rgb:
    """Of the 240 with fixed values the nearest one by eye: what is green stays green.

    Without `keeps_kind` it may become a grey, as the tinted greys may that texts and grounds have.
    """
    kinds = {leading(colour)} if keeps_kind else {leading(colour), None}
    is_tint = keeps_kind and leading(colour) is not None
    fit = (one for one in (*_CUBE, *_GREYS) if leading(one) in kinds and (not is_tint or _is_alike(one, colour)))
    return min(fit, key=lambda one: _distance(one, colour))


def leading(colour: Rgb) -> int | None:
    """Which part is the strongest, and no other as strong: 0 red, 1 green, 2 blue; None for a grey and what is between two."""
    second, most = sorted(colour)[1:]
    return colour.index(most) if most > second else None


def in_256(colour: Color | None, *, keeps_kind: bool) -> Color | None:
    """The same as a colour of a style; the terminal's own sixteen stay as they are."""
    return Color.from_rgb(*nearest(colour.triplet, keeps_kind=keeps_kind)) if colour and colour.triplet else colour


class In256(LineFilter):
    """Draws what Textual colours itself, as dialogs and what lies dim behind them, in these colours too."""

    def apply(self, segments: list[Segment], background: TextualColor) -> list[Segment]:  # noqa: ARG002 - Textual's
        """The same texts in the nearest colours."""
        return [Segment(text, _style_in_256(style) if style else style, control) for text, style, control in segments]


@lru_cache(maxsize=4096)
def _style_in_256(style: Style) -> Style:
    return style + Style(color=_tint_in_256(style.color), bgcolor=_tint_in_256(style.bgcolor))


def _tint_in_256(colour: Color | None) -> Color | None:
    """Tinted greys may become greys."""
    return in_256(colour, keeps_kind=colour is not None and _vividness(colour.triplet or (0, 0, 0)) > _TINTED)


def _is_alike(one: Rgb, colour: Rgb) -> bool:
    """Whether it is neither much nearer to another kind nor nearly grey where the other is not."""
    return _turn(one) <= _turn(colour) + _MOST_TURN and _vividness(one) >= _LEAST_VIVID * _vividness(colour)


def _vividness(colour: Rgb) -> int:
    return max(colour) - min(colour)


def _turn(colour: Rgb) -> float:
    """How far it is on the way from its kind to another one, as purple is from red to blue: 0 to 1."""
    least, second, most = sorted(colour)
    return (second - least) / (most - least) if most > least else 0.0


def _distance(one: Rgb, other: Rgb) -> float:
    """https://www.compuphase.com/cmetric.htm: parts weighted as an eye does."""
    red_mean = (one[0] + other[0]) / 2
    red, green, blue = (a - b for a, b in zip(one, other, strict=True))
    return (2 + red_mean / 256) * red * red + 4 * green * green + (2 + (255 - red_mean) / 256) * blue * blue
