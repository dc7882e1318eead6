"""From a theme to the style of each role, for the widgets that draw their lines by hand."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from rich.style import Style
from textual.color import Color

from klagg_tui.screens.xterm_colours import in_256
from klagg_tui.view.role import HEAT_STEPS, ROLES, Role


class Tints(StrEnum):
    """The pair of colours of gain and loss; a sign or an arrow always shows the same."""

    THEME = "green-up"
    SWAPPED = "red-up"
    COLOUR_BLIND = "colour-blind"

    @classmethod
    def named(cls, name: str) -> Tints:
        """The pair of that name; the theme's where there is none."""
        return next((pair for pair in cls if pair.value == name), cls.THEME)

    @classmethod
    def after(cls, name: str) -> Tints:
        """The next pair, round and round."""
        pairs = list(cls)
        return pairs[(pairs.index(cls.named(name)) + 1) % len(pairs)]


_STRONG: Final = 0.7
"""What is weaker is drawn dim where colours cannot be mixed."""
_BLACK: Final = Color.parse("#000000")
_LETTERS: Final = 4.0
"""Contrast that letters of a colour have at the least on a light ground: https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio."""
_LINES: Final = 3.0
"""The same of lines, bars and what only parts others."""
_BLUE: Final = Color.parse("#56a8f5")
_ORANGE: Final = Color.parse("#f5a142")


class Palette(NamedTuple):
    """Styles by `RoleIndex` on each background."""

    plain: tuple[Style, ...]
    cursor: tuple[Style, ...]
    """The line the cursor is on."""
    head: tuple[Style, ...]
    """Headers and the status line."""
    active: tuple[Style, ...]
    """The chosen tab."""


def palette(variables: Mapping[str, str], tints: Tints, *, is_dark: bool = True, has_256: bool = False) -> Palette:
    """The palette of a theme's colour variables.

    `is_dark` is asked where these are the terminal's own sixteen. `has_256`: the terminal has no others than the cube and
    the greys of xterm.
    """
    names = ("background", "surface", "panel", "foreground", "primary", "accent", "success", "error", "warning")
    made = _palette(tuple(variables.get(name, "#808080") for name in names), tints, is_dark)
    return Palette(*map(_of_256, made._replace(cursor=_with_grounds_of(made.plain, made.cursor)))) if has_256 else made


@lru_cache(maxsize=64)
def _palette(values: tuple[str, ...], tints: Tints, is_dark: bool) -> Palette:
    background, surface, panel, foreground, primary, accent, success, error, warning = map(Color.parse, values)
    gain, loss = {
        Tints.THEME: (success, error),
        Tints.SWAPPED: (error, success),
        Tints.COLOUR_BLIND: (_BLUE, _ORANGE),
    }[tints]
    colours = _Colours(foreground, primary, accent, gain, loss, warning, success, error)
    if _is_light(background):
        # Themes choose these colours for areas; as letters on a light background they are too pale.
        colours = _Colours(*(colour.blend(_BLACK, 0.3) for colour in colours))
    if background.ansi is not None:  # they cannot be mixed, and what they look like is not known
        active = Color.parse("ansi_bright_black" if is_dark else "ansi_white")
        return Palette(*(_styles(colours, on) for on in (background, active, background, active)))
    return Palette(
        _styles(colours, background),
        _styles(colours, background.blend(primary, 0.22)),
        _styles(colours, surface.blend(panel, 0.5)),
        _styles(colours, panel.blend(primary, 0.35)),
    )


def _with_grounds_of(plain: tuple[Style, ...], cursor: tuple[Style, ...]) -> tuple[Style, ...]:
    """Gains and losses that are grounds, as they are beside the cursor: with its blue mixed in, the nearest of few colours is a blue."""
    grounds = {Role.GAIN_FLASH, Role.LOSS_FLASH, *range(Role.HEAT, ROLES)} - {Role.HEAT + HEAT_STEPS}
    return tuple(plain[role] if role in grounds else style for role, style in enumerate(cursor))


_TEXTS: Final = frozenset({Role.TEXT, Role.STRONG, Role.DIM, Role.FAINT, Role.GRID, Role.GAIN_FLASH, Role.LOSS_FLASH})
"""Roles whose letters say nothing by their colour; those of heat are texts too."""


@lru_cache(maxsize=256)
def _of_256(styles: tuple[Style, ...]) -> tuple[Style, ...]:
    ground = styles[Role.TEXT].bgcolor

    def shown(role: int, style: Style) -> Style:
        return style + Style(
            color=in_256(style.color, keeps_kind=role not in _TEXTS and role < Role.HEAT),
            bgcolor=in_256(style.bgcolor, keeps_kind=style.bgcolor != ground),
        )

    return tuple(shown(role, style) for role, style in enumerate(styles))


def _is_light(ground: Color) -> bool:
    return ground.ansi is None and ground.brightness > 0.5


def _readable(colour: Color, ground: Color, least: float) -> Color:
    """The same, darkened on a light ground until it stands out enough."""
    while _is_light(ground) and _luminance(ground) + 0.05 < least * (_luminance(colour) + 0.05):
        colour = colour.blend(_BLACK, 0.08)
    return colour


def _luminance(colour: Color) -> float:
    """How bright it is to an eye, 0 to 1: https://www.w3.org/TR/WCAG21/#dfn-relative-luminance."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class _Colours(NamedTuple):
    text: Color
    primary: Color
    accent: Color
    gain: Color
    loss: Color
    warning: Color
    good: Color
    bad: Color


def _styles(colours: _Colours, background: Color) -> tuple[Style, ...]:
    def style(
        colour: Color, *, strength: float = 1.0, on: Color = background, bold: bool = False, least: float = 0.0
    ) -> Style:
        if background.ansi is not None:
            return Style(color=colour.rich_color, bgcolor=on.rich_color, bold=bold, dim=strength < _STRONG)
        return Style(
            color=_readable(on.blend(colour, strength), on, least).rich_color, bgcolor=on.rich_color, bold=bold
        )

    styles = [style(colours.text)] * ROLES
    styles[Role.STRONG] = style(colours.text, bold=True)
    styles[Role.DIM] = style(colours.text, strength=0.68, least=_LETTERS)
    styles[Role.FAINT] = style(colours.text, strength=0.38, least=2.6)
    styles[Role.ACCENT] = style(colours.accent, least=_LETTERS)
    styles[Role.GAIN] = style(colours.gain, least=_LETTERS)
    styles[Role.LOSS] = style(colours.loss, least=_LETTERS)
    styles[Role.GAIN_FLASH] = style(colours.text, on=background.blend(colours.gain, 0.38), bold=True)
    styles[Role.LOSS_FLASH] = style(colours.text, on=background.blend(colours.loss, 0.38), bold=True)
    styles[Role.TAKER] = style(colours.gain, strength=0.85, least=_LINES)
    styles[Role.SELLER] = style(colours.loss, strength=0.55, least=_LINES)
    styles[Role.WARN] = style(colours.warning, least=_LETTERS)
    styles[Role.GOOD] = style(colours.good, strength=0.85, least=_LETTERS)
    styles[Role.BAD] = style(colours.bad, bold=True, least=_LETTERS)
    styles[Role.MARK] = style(colours.accent, bold=True, least=_LETTERS)
    styles[Role.PARTIAL] = style(colours.warning, strength=0.7, least=_LETTERS)
    styles[Role.GAIN_VOLUME] = style(colours.gain, strength=0.45)
    styles[Role.LOSS_VOLUME] = style(colours.loss, strength=0.45)
    styles[Role.GRID] = style(colours.text, strength=0.14)
    styles[Role.CROSS] = style(colours.accent, strength=0.75, least=_LINES)
    styles[Role.LINE_A] = style(colours.primary, strength=0.9, least=_LINES)
    styles[Role.LINE_B] = style(colours.warning, strength=0.8, least=_LINES)
    styles[Role.LINE_C] = style(colours.primary.blend(colours.bad, 0.55), strength=0.9, least=_LINES)
    styles[Role.KEY] = style(colours.primary, bold=True, least=_LETTERS)
    styles[Role.TITLE] = style(colours.primary, bold=True, least=_LETTERS)
    for step in range(-HEAT_STEPS, HEAT_STEPS + 1):
        tint = colours.gain if step > 0 else colours.loss
        on = background.blend(tint, 0.62 * abs(step) / HEAT_STEPS)
        if background.ansi is not None and abs(step) <= HEAT_STEPS // 2:
            styles[Role.HEAT + HEAT_STEPS + step] = style(
                tint if step else colours.text, strength=0.5 + abs(step) / HEAT_STEPS
            )
            continue
        styles[Role.HEAT + HEAT_STEPS + step] = style(colours.text, on=on, strength=0.62 if step == 0 else 0.95)
    return tuple(styles)
