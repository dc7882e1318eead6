"""Draws the pictures in assets/: every screen at three sizes, on a made-up market that is the same each time.

python -m tools.pictures [FOLDER]
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.app import KlaggApp
from klagg_tui.market.remembered import Remembered
from tests.made_market import MadeMarket

SIZES: Final = ((80, 24), (120, 36), (200, 60))
SYMBOLS: Final = 300
MINUTES: Final = 120


class Scene(NamedTuple):
    """A screen, and the keys that lead there from the market."""

    name: str
    keys: Sequence[str]
    period: str = "1m"


SCENES: Final = (
    Scene("market", ("down", "m", "down", "m")),
    Scene("all-periods", ("v",)),
    Scene("filter", ("slash", *"chg>0", "space", "v", "o", "l", ">", "5", "space", "!", *"usdc")),
    Scene("sort", ("s",)),
    Scene("symbol", ("enter", "left", "left", "left", "left", "left", "left")),
    Scene("symbol-zoom", ("enter", "2", "plus", "w")),
    Scene("health", ("h",)),
    Scene("export", ("e",)),
    Scene("alerts", ("a",)),
    Scene("help", ("question_mark",)),
)


async def draw(feed: MadeMarket, scene: Scene, size: tuple[int, int]) -> str:
    """One picture, as SVG."""
    feed.reopen()
    app = KlaggApp(feed, Remembered(period=scene.period, watchlists=(("Watchlist", ("SOLUSDT", "XRPUSDT")),)))
    async with app.run_test(size=size) as pilot:
        app.beat()
        await pilot.pause()
        await pilot.press(*scene.keys)
        await app.workers.wait_for_complete()
        for _ in range(6):
            feed.play(150, 200)
            app.beat()
        await pilot.pause()
        return _tidy(app.export_screenshot(title=f"klagg · {scene.name}", simplify=True))


def _tidy(drawn: str) -> str:
    """Equal pictures from equal screens, with blanks that every renderer keeps."""
    stable = re.sub(r"terminal-\d+", "terminal", drawn)
    return stable.replace("&#160;", " ").replace("<text ", '<text xml:space="preserve" ')


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Whoever draws them, the pictures show nobody's own folder.
    os.environ["HOME"] = "/home/you"
    feed = MadeMarket(SYMBOLS, minutes=MINUTES, per_minute=4)
    feed.take_changes()
    feed.play(1_000, 50_000)
    for size in SIZES:
        for scene in SCENES:
            path = folder / f"{scene.name}-{size[0]}x{size[1]}.svg"
            path.write_text(asyncio.run(draw(feed, scene, size)), encoding="utf-8")
            print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "assets"))
