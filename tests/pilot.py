"""Opens the app on a made market, and reads what is on the screen."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from textual import events
from textual.geometry import Size
from textual.keys import key_to_character
from textual.pilot import Pilot
from textual.worker import WorkerState

from klagg_tui.app import KlaggApp
from klagg_tui.screens.base import LEAST_HEIGHT, LEAST_WIDTH
from klagg_tui.screens.state_file import StateFile
from klagg_tui.screens.widgets.table import MarketTable
from klagg_tui.steering import Attachment, Playback
from klagg_tui.view.preferences import Preferences
from tests.feeds import until
from tests.made_market import MadeMarket
from tests.stylesheets import share

share()


class Seen:
    """One app under a pilot. The timer of the app runs too; `beat` makes sure of a frame at once."""

    def __init__(self, app: KlaggApp, pilot: Pilot[Any], feed: MadeMarket) -> None:
        self.app = app
        self.pilot = pilot
        self.feed = feed

    @property
    def lines(self) -> list[str]:
        """What can be read, line by line."""
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips(self.app.size)
        assert len(strips) == height
        assert all(strip.cell_length == width for strip in strips)
        return [strip.text.rstrip() for strip in strips]

    @property
    def text(self) -> str:
        """What can be read."""
        return "\n".join(self.lines)

    @property
    def table(self) -> MarketTable:
        """The table of the screen on view."""
        return self.app.screen.query_one(MarketTable)

    @property
    def current(self) -> str:
        """The symbol under the cursor."""
        row = self.table.current
        assert row is not None
        return row.symbol

    def line_with(self, part: str) -> str:
        """The first line that holds `part`."""
        return next(line for line in self.lines if part in line)

    async def press(self, *keys: str) -> None:
        """Press keys and let them take effect."""
        for key in keys:
            pressed = events.Key(key, key if len(key) == 1 else key_to_character(key))
            assert self.app._driver is not None
            self.app._driver.send_message(pressed)
            # Waits for messages, where `Pilot.press` waits four times for an idle processor.
            await self.pilot._wait_for_screen()
        await self._keys_done()

    async def _keys_done(self) -> None:
        """Wait until no key waits for its turn, unless one of them ends the app."""
        await self.pilot.pause()
        while self.app._keys._is_busy and self.app.is_running and not self.app._exit:
            await self.pilot.pause(0.01)

    async def burst(self, *keys: str) -> None:
        """Press keys all at once, as a slow line brings them."""
        assert self.app._driver is not None
        for key in keys:
            self.app._driver.send_message(events.Key(key, key if len(key) == 1 else key_to_character(key)))
        for _ in keys:
            await self._keys_done()

    async def type(self, text: str) -> None:
        """Type a text, all at once."""
        self.app.post_message(events.Paste(text))
        await self.pilot.pause()

    async def resize(self, width: int, height: int) -> None:
        """Another terminal size, and wait until the screen has taken it in: Textual gathers sizes for a moment."""
        size = Size(width, height)
        assert self.app._driver is not None
        self.app._driver._size = size
        self.app.post_message(events.Resize(size, size))
        screen, is_small = self.app.screen, width < LEAST_WIDTH or height < LEAST_HEIGHT
        await until(lambda: screen.size == size and screen.has_class("small") is is_small)
        await until(lambda: not screen._layout_required)

    @property
    def told(self) -> list[str]:
        """What the toasts on view say."""
        return [str(toast.message) for toast in self.app._notifications]

    async def beat(self, times: int = 1) -> None:
        """Let the app take in what changed."""
        for _ in range(times):
            self.app.beat()
        await self.pilot.pause()

    async def work_done(self) -> None:
        """Wait until nothing works in the background; work that was replaced by newer work on the way counts for nothing."""
        while working := list(self.app.workers):
            await asyncio.gather(*(worker.wait() for worker in working), return_exceptions=True)
            failed = [worker.error for worker in working if worker.state is WorkerState.ERROR]
            assert not failed, failed
        await self.pilot.pause()

    def symbols(self) -> list[str]:
        """Names in the table from the top, as drawn."""
        rows = self.lines[3:-1]
        names = [line[4:].split(" ")[0] for line in rows]
        return [name for name in names if name.endswith(("USDT", "USDC"))]


@cache
def _made_market() -> bytes:
    """A market of forty symbols, to be had anew in a tenth of the time that its trades take."""
    return pickle.dumps(MadeMarket(40))


@asynccontextmanager
async def opened(
    size: tuple[int, int] = (120, 36),
    *,
    feed: MadeMarket | None = None,
    preferences: Preferences | None = None,
    state_path: Path | None = None,
    keymap: dict[str, str] | None = None,
    playback: Playback | None = None,
    attachment: Attachment | None = None,
    welcome: str = "",
) -> AsyncIterator[Seen]:
    """The app, with its first frame drawn."""
    feed = feed or pickle.loads(_made_market())
    defaults = preferences or Preferences(sort="symbol", descending=False, period="1m")
    state_file = StateFile(state_path, defaults) if state_path else None
    app = KlaggApp(feed, defaults, state_file, keymap, playback=playback, attachment=attachment, welcome=welcome)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        seen = Seen(app, pilot, feed)
        await seen.beat()
        yield seen
