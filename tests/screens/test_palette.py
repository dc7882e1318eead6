"""Themes and colours."""

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from klagg_tui.screens.palette import Tints, palette
from klagg_tui.screens.themes import KLAGG
from klagg_tui.screens.xterm_colours import leading, nearest
from klagg_tui.view.role import HEAT_STEPS, Role
from tests.pilot import opened


@pytest.mark.parametrize("theme", ["klagg", "nord", "textual-light", "dracula", "ansi-dark", "ansi-light"])
async def test_every_kind_of_theme_can_be_worn(theme: str) -> None:
    async with opened() as seen:
        if theme not in seen.app.available_themes:
            pytest.skip(f"this Textual has no theme {theme}")
        seen.app.use_theme(theme)
        await seen.pilot.pause()
        await seen.beat()
        assert seen.app.state.preferences.theme == theme
        assert len(seen.symbols()) > 20
        await seen.press("enter", "h", "escape", "question_mark", "escape")


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
async def test_with_the_terminals_own_colours_small_moves_are_not_drawn_like_large_ones(theme: str) -> None:
    async with opened() as seen:
        seen.app.use_theme(theme)
        await seen.pilot.pause()
        plain = seen.app.state.palette.plain
        assert plain[Role.FAINT].dim
        assert not plain[Role.STRONG].dim
        assert plain[Role.HEAT + HEAT_STEPS + 1].bgcolor == plain[Role.TEXT].bgcolor
        assert plain[Role.HEAT + 2 * HEAT_STEPS].bgcolor != plain[Role.TEXT].bgcolor
        assert seen.app.state.palette.cursor[Role.TEXT].bgcolor != plain[Role.TEXT].bgcolor
        assert seen.app.state.palette.head[Role.TEXT].bgcolor == plain[Role.TEXT].bgcolor


@pytest.mark.parametrize("theme", ["klagg", "textual-light", "solarized-light", "atom-one-light", "nord"])
async def test_gains_and_losses_can_be_read_on_every_ground(theme: str) -> None:
    async with opened() as seen:
        seen.app.use_theme(theme)
        await seen.pilot.pause()
        for style in (seen.app.state.palette.plain[role] for role in (Role.GAIN, Role.LOSS, Role.WARN, Role.MARK)):
            assert style.color is not None
            assert style.bgcolor is not None
            ink, ground = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
            assert abs(ink.brightness - ground.brightness) > 0.2


async def test_colours_of_gain_and_loss_change_places() -> None:
    async with opened() as seen:
        gains = []
        for _ in range(4):
            gains.append(seen.app.state.palette.plain[Role.GAIN].color)
            await seen.press("C")
        assert gains[0] == gains[3]
        assert len(set(gains)) == 3


def _seen(colour: RichColor | None) -> tuple[int, int, int]:
    """As a terminal with 256 colours draws it."""
    assert colour is not None
    shown = colour.downgrade(ColorSystem.EIGHT_BIT)
    return shown.get_truecolor() if shown.triplet is None else shown.triplet


@pytest.mark.parametrize("theme", ["klagg", "nord", "textual-light", "dracula", "gruvbox", "solarized-light"])
@pytest.mark.parametrize("tints", [Tints.THEME, Tints.SWAPPED])
def test_with_256_colours_green_stays_green_and_red_stays_red(theme: str, tints: Tints) -> None:
    made = {"klagg": KLAGG, **BUILTIN_THEMES}[theme].to_color_system().generate()
    full, few = palette(made, tints), palette(made, tints, has_256=True)
    for there, here in zip(full, few, strict=True):
        for role in (Role.GAIN, Role.LOSS, Role.TAKER, Role.SELLER, Role.GAIN_VOLUME, Role.LOSS_VOLUME, Role.GOOD):
            meant = there[role].color
            assert meant is not None
            assert meant.triplet is not None
            assert leading(_seen(here[role].color)) == leading(meant.triplet), role
        for index in (Role.GAIN_FLASH, Role.LOSS_FLASH, Role.HEAT, Role.HEAT + 2 * HEAT_STEPS):
            meant = there[index].bgcolor
            assert meant is not None
            assert meant.triplet is not None
            assert leading(_seen(here[index].bgcolor)) == leading(meant.triplet), index
        assert _seen(here[Role.GAIN_FLASH].bgcolor) != _seen(here[Role.TEXT].bgcolor)
    grid = few.plain[Role.GRID]
    assert _seen(grid.color) != _seen(grid.bgcolor)


@pytest.mark.parametrize("theme", ["klagg", "textual-light"])
def test_with_256_colours_red_becomes_no_purple_and_no_grey(theme: str) -> None:
    made = {"klagg": KLAGG, **BUILTIN_THEMES}[theme].to_color_system().generate()
    few = palette(made, Tints.THEME, has_256=True)
    for red, green, blue in (_seen(few.plain[Role.LOSS].color), _seen(few.plain[Role.LOSS_FLASH].bgcolor)):
        assert blue - green <= (red - green) / 2
        assert red - green >= 40
    assert _seen(few.plain[Role.LOSS].color) != _seen(few.plain[Role.PARTIAL].color)


def test_with_256_colours_the_cursor_makes_no_loss_blue() -> None:
    few = palette(KLAGG.to_color_system().generate(), Tints.THEME, has_256=True)
    for step in range(HEAT_STEPS):
        red, _, blue = _seen(few.cursor[Role.HEAT + step].bgcolor)
        assert red > blue
    assert _seen(few.cursor[Role.HEAT + HEAT_STEPS].bgcolor) == _seen(few.cursor[Role.TEXT].bgcolor)


async def test_with_256_colours_dialogs_have_none_that_are_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "256")
    async with opened() as seen:
        await seen.press("s")
        strips = seen.app.screen._compositor.render_strips(seen.app.size)
        styles = {segment.style for strip in strips for segment in strip if segment.style}
        shown = {colour for style in styles for colour in (style.color, style.bgcolor) if colour and colour.triplet}
        assert len(shown) > 10
        cube = (0, 95, 135, 175, 215, 255)
        for colour in shown:
            assert colour.triplet is not None
            red, green, blue = colour.triplet
            assert red == green == blue or {red, green, blue} <= set(cube), colour


def test_a_colour_of_the_256_is_its_own_nearest() -> None:
    for colour in ((0, 0, 0), (95, 0, 0), (0, 135, 95), (238, 238, 238), (255, 255, 255)):
        assert nearest(colour) == colour


async def test_the_app_takes_those_colours_where_its_terminal_has_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "256")
    async with opened() as seen:
        gain = seen.app.state.palette.plain[Role.GAIN].color
        assert gain is not None
        assert gain.triplet is not None
        assert nearest(gain.triplet) == gain.triplet


@pytest.mark.parametrize(
    "name", [name for name, theme in BUILTIN_THEMES.items() if not theme.dark and "ansi" not in name]
)
def test_letters_of_every_colour_can_be_read_on_a_light_ground(name: str) -> None:
    theme = BUILTIN_THEMES[name]
    made = palette(theme.to_color_system().generate(), Tints.THEME, is_dark=False)
    for role in (Role.DIM, Role.ACCENT, Role.GAIN, Role.LOSS, Role.WARN, Role.GOOD, Role.BAD, Role.PARTIAL, Role.KEY):
        for styles in (made.plain, made.cursor, made.head):
            assert contrast(styles[role]) >= 4.0, role


def contrast(style: Style) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio."""
    assert style.color is not None
    assert style.bgcolor is not None
    darker, lighter = sorted(luminance(colour.get_truecolor()) for colour in (style.color, style.bgcolor))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(rgb: tuple[int, int, int]) -> float:
    parts = [part / 255 for part in rgb]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
