"""From a theme to the style of each role, for the widgets that draw their lines by hand."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from rich.style import Style
from textual.color import Color

from klagg_tui.view.role import HEAT_STEPS, ROLES, Role


class Tints(StrEnum):
    """Which colours stand for gain and loss; a sign or an arrow always says the same."""

    THEME = "green-up"
    SWAPPED = "red-up"
    COLOUR_BLIND = "colour-blind"


_STRONG: Final = 0.7
"""What is weaker is drawn dim where colours cannot be mixed."""
_BLACK: Final = Color.parse("#000000")
_BLUE: Final = Color.parse("#56a8f5")
_ORANGE: Final = Color.parse("#f5a142")


class Palette(NamedTuple):
    """Styles by `RoleIndex` on each ground."""

    plain: tuple[Style, ...]
    cursor: tuple[Style, ...]
    """The line the cursor is on."""
    head: tuple[Style, ...]
    """Headers and the status line."""
    raised: tuple[Style, ...]
    """A chosen tab, a key cap."""


def palette(variables: Mapping[str, str], tints: Tints, *, is_dark: bool = True) -> Palette:
    """The palette of a theme's colour variables; `is_dark` is asked where these are the terminal's own sixteen."""
    names = ("background", "surface", "panel", "foreground", "primary", "accent", "success", "error", "warning")
    return _palette(tuple(variables.get(name, "#808080") for name in names), tints, is_dark)


@lru_cache(maxsize=64)
def _palette(values: tuple[str, ...], tints: Tints, is_dark: bool) -> Palette:
    background, surface, panel, foreground, primary, accent, success, error, warning = map(Color.parse, values)
    gain, loss = {
        Tints.THEME: (success, error),
        Tints.SWAPPED: (error, success),
        Tints.COLOUR_BLIND: (_BLUE, _ORANGE),
    }[tints]
    inks = _Inks(foreground, primary, accent, gain, loss, warning, success, error)
    if background.ansi is None and background.brightness > 0.5:
        # Themes choose these colours for areas; as letters on a light ground they are too pale.
        inks = _Inks(*(ink.blend(_BLACK, 0.3) for ink in inks))
    if background.ansi is not None:  # they cannot be mixed, and what they look like is not known
        raised = Color.parse("ansi_bright_black" if is_dark else "ansi_white")
        return Palette(*(_styles(inks, ground) for ground in (background, raised, background, raised)))
    return Palette(
        _styles(inks, background),
        _styles(inks, background.blend(primary, 0.22)),
        _styles(inks, surface.blend(panel, 0.5)),
        _styles(inks, panel.blend(primary, 0.35)),
    )


class _Inks(NamedTuple):
    text: Color
    primary: Color
    accent: Color
    gain: Color
    loss: Color
    warning: Color
    good: Color
    bad: Color


def _styles(ink: _Inks, ground: Color) -> tuple[Style, ...]:
    def style(colour: Color, *, strength: float = 1.0, on: Color = ground, bold: bool = False) -> Style:
        if ground.ansi is not None:
            return Style(color=colour.rich_color, bgcolor=on.rich_color, bold=bold, dim=strength < _STRONG)
        return Style(color=on.blend(colour, strength).rich_color, bgcolor=on.rich_color, bold=bold)

    styles = [style(ink.text)] * ROLES
    styles[Role.STRONG] = style(ink.text, bold=True)
    styles[Role.DIM] = style(ink.text, strength=0.68)
    styles[Role.FAINT] = style(ink.text, strength=0.38)
    styles[Role.ACCENT] = style(ink.accent)
    styles[Role.GAIN] = style(ink.gain)
    styles[Role.LOSS] = style(ink.loss)
    styles[Role.GAIN_FLASH] = style(ink.text, on=ground.blend(ink.gain, 0.38), bold=True)
    styles[Role.LOSS_FLASH] = style(ink.text, on=ground.blend(ink.loss, 0.38), bold=True)
    styles[Role.TAKER] = style(ink.gain, strength=0.85)
    styles[Role.SELLER] = style(ink.loss, strength=0.55)
    styles[Role.WARN] = style(ink.warning)
    styles[Role.GOOD] = style(ink.good, strength=0.85)
    styles[Role.BAD] = style(ink.bad, bold=True)
    styles[Role.MARK] = style(ink.accent, bold=True)
    styles[Role.PARTIAL] = style(ink.warning, strength=0.7)
    styles[Role.GAIN_VOLUME] = style(ink.gain, strength=0.45)
    styles[Role.LOSS_VOLUME] = style(ink.loss, strength=0.45)
    styles[Role.GRID] = style(ink.text, strength=0.14)
    styles[Role.CROSS] = style(ink.accent, strength=0.75)
    styles[Role.LINE_A] = style(ink.primary, strength=0.9)
    styles[Role.LINE_B] = style(ink.warning, strength=0.8)
    styles[Role.LINE_C] = style(ink.primary.blend(ink.bad, 0.55), strength=0.9)
    styles[Role.KEY] = style(ink.primary, bold=True)
    styles[Role.TITLE] = style(ink.primary, bold=True)
    for step in range(-HEAT_STEPS, HEAT_STEPS + 1):
        tint = ink.gain if step > 0 else ink.loss
        on = ground.blend(tint, 0.62 * abs(step) / HEAT_STEPS)
        if ground.ansi is not None and abs(step) <= HEAT_STEPS // 2:
            styles[Role.HEAT + HEAT_STEPS + step] = style(
                tint if step else ink.text, strength=0.5 + abs(step) / HEAT_STEPS
            )
            continue
        styles[Role.HEAT + HEAT_STEPS + step] = style(ink.text, on=on, strength=0.62 if step == 0 else 0.95)
    return tuple(styles)
