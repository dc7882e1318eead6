"""See the package."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from klagg_tui import logs
from tools.pictures.draw import draw
from tools.pictures.grounds import RECORDED, Stage, stage
from tools.pictures.scenes import CHOICES, SCENES, Ground, Scene
from tools.pictures.shell import draw_shell

HALVES: Final[tuple[tuple[Ground, ...], ...]] = (
    (Ground.ONE, Ground.OFFLINE, Ground.EMPTY),
    (Ground.SEVERAL, Ground.REPLAY, Ground.SHELL),
)
"""Drawn at the same time, each by a process of its own; what is stored for `OFFLINE` comes of `ONE`."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.pictures", description="Draws the pictures in assets/ anew.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("assets"))
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these scenes alone")
    parser.add_argument("--half", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    unknown = set(asked.only) - {scene.name for scene in SCENES}
    if unknown:
        parser.error(f"There is no scene {', '.join(sorted(unknown))}.")
    asked.folder.mkdir(parents=True, exist_ok=True)
    scenes = [scene for scene in SCENES if scene.name in asked.only or not asked.only]
    if asked.half is not None:
        begun_s = time.monotonic()
        draw_all(asked.folder, [scene for scene in scenes if scene.ground in HALVES[asked.half]])
        print(f"Took {time.monotonic() - begun_s:.0f} s, {time.process_time():.0f} s of them on the processor.")
        return 0
    halves = [str(number) for number, grounds in enumerate(HALVES) if any(one.ground in grounds for one in scenes)]
    command = [sys.executable, "-m", "tools.pictures", *arguments, "--half"]
    running = [subprocess.Popen([*command, half], env={**os.environ, **_ENVIRONMENT}) for half in halves]
    return max(process.wait() for process in running)


_ENVIRONMENT: Final = {
    # Whoever draws them, the pictures show nobody's own folder and zone, and nothing that moves.
    "HOME": "/tmp",
    "TZ": "UTC",
    "TEXTUAL_ANIMATIONS": "none",
    "TEXTUAL_COLOR_SYSTEM": "truecolor",
    "PYTHONHASHSEED": "0",
    "COLUMNS": "120",
    "LINES": "36",
}


def draw_all(folder: Path, scenes: Iterable[Scene]) -> None:
    """Draw scenes, ground after ground."""
    with tempfile.TemporaryDirectory() as scratch:
        logs.start(Path(scratch) / "klagg.log", "INFO")
        by_ground: dict[Ground, list[Scene]] = {}
        for scene in scenes:
            by_ground.setdefault(scene.ground, []).append(scene)
        for ground, own in by_ground.items():
            _draw_ground(folder, Path(scratch), ground, own)


def _draw_ground(folder: Path, scratch: Path, ground: Ground, scenes: Sequence[Scene]) -> None:
    if ground is Ground.SHELL:
        for scene in scenes:
            for picture in draw_shell(scene):
                _write(folder, picture.name, picture.svg)
        return
    if ground is Ground.REPLAY and not RECORDED.exists():
        print(f"There are no recorded trades at {RECORDED}: the pictures of a replay stay as they are.")
        return
    if ground is Ground.OFFLINE and not (scratch / f"{Ground.ONE.name}.db").exists():
        with stage(Ground.ONE, scratch, CHOICES):
            pass
    with stage(ground, scratch, CHOICES) as ready:
        for scene in scenes:
            asyncio.run(_draw_scene(folder, ready, scene))


async def _draw_scene(folder: Path, ready: Stage, scene: Scene) -> None:
    async for picture in draw(ready, scene):
        _write(folder, picture.name, picture.svg)


def _write(folder: Path, name: str, svg: str) -> None:
    path = folder / f"{name}.svg"
    path.write_text(svg, encoding="utf-8")
    print(path, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
