"""Themes and colours."""

import pytest
from textual.color import Color

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
