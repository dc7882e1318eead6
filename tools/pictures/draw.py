"""Draws one scene: opens the app, presses the keys, and takes pictures once nothing changes any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple

from rich.color import ColorSystem
from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.pilot import Pilot
from textual.widgets import Input
from textual.worker import WorkerError

from klagg_tui.app import KlaggApp
from klagg_tui.screens.market import MarketScreen
from klagg_tui.screens.xterm_colours import In256
from tools.pictures.grounds import Stage
from tools.pictures.scenes import LIGHT, Scene, Size
from tools.pictures.svg import picture

_STEADY: Final = 8
"""So many beats in a row without a change make a picture: what figures want of the store is looked for once in five."""
_PAUSE_S: Final = 0.03
_MOST_LOOKS: Final = 2_000


class Picture(NamedTuple):
    """What goes into a file."""

    name: str
    """Of the file, without its kind."""
    svg: str


class SceneError(Exception):
    """The keys of a scene do not lead to its screen, or it does not come to rest."""


async def draw(stage: Stage, scene: Scene) -> AsyncIterator[Picture]:
    """All pictures of a scene; raises SceneError."""
    app = KlaggApp(stage.runtime, scene.choices, playback=stage.playback)
    app.state.watch(stage.state.live)
    app.state.health = stage.state.health
    before_ms = stage.runtime.status().exchange_now_ms
    async with app.run_test(size=scene.opened_at) as pilot:
        await _settle(app, pilot)
        for key in scene.keys:
            await pilot.press(key)
            await _settle(app, pilot, steady=2)
        if type(app.screen).__name__ != scene.screen:
            raise SceneError(f"{scene.name} shows {type(app.screen).__name__} and not {scene.screen}.")
        if scene.goes_on_s:
            await asyncio.to_thread(stage.go_on_to, before_ms + scene.goes_on_s * 1_000)
        for size in scene.sizes:
            await _resize(app, pilot, size)
            yield Picture(f"{scene.name}-{_label(size)}", _taken(app, scene.name))
        if scene.variant_size:
            await _resize(app, pilot, scene.variant_size)
            yield Picture(f"{scene.name}-{_label(scene.variant_size)}-256", await _in_256(app, pilot, scene.name))
            app.theme = LIGHT
            await _settle(app, pilot)
            yield Picture(f"{scene.name}-{_label(scene.variant_size)}-light", _taken(app, scene.name))


async def _in_256(app: KlaggApp, pilot: Pilot[Any], title: str) -> str:
    system = app.console._color_system
    app.console._color_system = ColorSystem.EIGHT_BIT
    app._refresh_colours()
    await _settle(app, pilot)
    drawn = _taken(app, title, has_256=True)
    app.console._color_system = system
    app._refresh_colours()
    return drawn


async def _resize(app: KlaggApp, pilot: Pilot[Any], size: Size) -> None:
    if app.size != size:
        await pilot.resize_terminal(*size)
        for _ in range(_MOST_LOOKS):  # Textual gathers sizes for a moment
            if app.screen.size == size:
                break
            await pilot.pause(_PAUSE_S)
    await _settle(app, pilot)


async def _settle(app: KlaggApp, pilot: Pilot[Any], steady: int = _STEADY) -> None:
    """Wait until so many beats have changed nothing."""
    before, same = "", 0
    for _ in range(_MOST_LOOKS):
        app.beat()
        await pilot.pause(_PAUSE_S)
        with suppress(WorkerError):  # one that another took the place of
            await app.workers.wait_for_complete()
        _calm(app)
        now = _text(app)
        same = same + 1 if now == before and not app._keys._is_busy else 0
        before = now
        if same >= steady:
            return
    raise SceneError(f"{type(app.screen).__name__} does not come to rest.")


def _calm(app: KlaggApp) -> None:
    """What blinks stands still, what is told for seconds is gone, and the order is that of now."""
    app.clear_notifications()
    for field in app.screen.query(Input):
        field.cursor_blink = False
        field._cursor_visible = True
    for screen in app.screen_stack:
        if isinstance(screen, MarketScreen):  # of which there is one a second
            screen.reorder()


def _lines(app: App[Any]) -> Iterator[list[Segment]]:
    update = app.screen._compositor.render_full_update(simplify=True)
    for line in update.strips:
        yield [segment for strip in line for segment in strip]


def _text(app: App[Any]) -> str:
    return "\n".join("".join(f"{segment.text}{segment.style}" for segment in line) for line in _lines(app))


def _taken(app: App[Any], title: str, *, has_256: bool = False) -> str:
    lines = list(_lines(app))
    if has_256:  # what the app does where it begins on such a terminal
        lines = [In256().apply(line, Color.parse("#000000")) for line in lines]
    return picture(lines, app.size.width, f"klagg · {title}", has_256=has_256)


def _label(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
