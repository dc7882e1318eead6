"""What is asked at the first start, drawn as a terminal shows it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import cycle
from typing import Final

from rich.console import Console, Group
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from klagg_tui.commands import first_start
from klagg_tui.commands.first_start import Tried
from klagg_tui.exchange.registry import DEFAULT, keys, venue
from tools.pictures.draw import Picture
from tools.pictures.scenes import Scene, Size
from tools.pictures.svg import picture

_ANSWERS: Final = (
    "answers in 43 ms",
    "does not serve this place",
    "answers in 118 ms",
    "answers in 61 ms",
    "no answer",
)
_INK: Final = {False: Style(color="#d5dbe6", bgcolor="#0c1017"), True: Style(color="#1f2328", bgcolor="#ffffff")}


def draw_shell(scene: Scene) -> Iterator[Picture]:
    """The pictures of a scene that has no screen."""
    for size in scene.sizes:
        yield Picture(f"{scene.name}-{size[0]}x{size[1]}", _drawn(size, scene.name))
    if size := scene.variant_size:
        yield Picture(f"{scene.name}-{size[0]}x{size[1]}-256", _drawn(size, scene.name, has_256=True))
        yield Picture(f"{scene.name}-{size[0]}x{size[1]}-light", _drawn(size, scene.name, is_light=True))


def _drawn(size: Size, title: str, *, has_256: bool = False, is_light: bool = False) -> str:
    width, height = size
    console = Console(
        width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False
    )
    venues = {key: venue(key) for key in keys()}
    texts = dict(zip(venues, cycle(_ANSWERS), strict=False))
    tried = {key: Tried(text, text.startswith("answers")) for key, text in texts.items()}
    table = first_start._table(venues, tried, width)
    asked = f"{first_start.QUESTION} [{DEFAULT}]: "
    shown = Group(Text("$ klagg"), Text(first_start.BEGINNING), table, Text(asked))
    lines = console.render_lines(shown, style=_INK[is_light])
    blank = [Segment(" " * width, _INK[is_light])]
    rows = [*lines, *([blank] * height)][:height]
    return picture(rows, width, f"klagg · {title}", has_256=has_256)
