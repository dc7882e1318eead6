"""Recorders and windows for tests; run as a program it is a window that says how often it was attached, for who stops it.

python -m tests.attach.looking DATABASE
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from klagg_tui.attach.link import LocalDoor
from klagg_tui.attach.serving import with_windows
from klagg_tui.attach.window import Window
from klagg_tui.feed import Feed
from klagg_tui.runtime.startup import CLOSES
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import SimulatedExchange
from klagg_tui.view.model import Market
from tests.market_run import plan


class Seen:
    """What somebody sees of a feed."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.market = Market()
        self.anew = 0

    def beat(self) -> None:
        if update := self.feed.take_changes():
            if update.anew_until_ms:
                self.anew += 1
                self.market = Market()
            self.market.apply(update)

    @property
    def rows(self) -> dict[str, tuple[Any, ...]]:
        """All that rows are drawn from."""
        return {
            symbol: (
                row.bars,
                # Whoever looks for longer has older ones too.
                [closes and (list(closes._opens)[-CLOSES:], list(closes.closes)[-CLOSES:]) for closes in row._closes],
                row.last_trade_ms,
                (row.venue, row.base, row.quote, row.is_inverse, row.is_halted),
            )
            for symbol, row in self.market.rows.items()
        }


class Alike:
    """Whether all saw the same of each symbol at some moment since this was made, and see the same symbols; there must be some.

    The market goes on meanwhile: on a busy machine there may be no moment at which all rows are the same.
    """

    def __init__(self, *seen: Seen) -> None:
        self._seen = seen
        self._alike: set[tuple[int, str]] = set()

    def __call__(self) -> bool:
        for one in self._seen:
            one.beat()
        first, *others = [one.rows for one in self._seen]
        for number, other in enumerate(others):
            self._alike |= {(number, symbol) for symbol, row in first.items() if other.get(symbol) == row}
        return bool(first) and all(
            other.keys() == first.keys() and all((number, symbol) in self._alike for symbol in first)
            for number, other in enumerate(others)
        )


@asynccontextmanager
async def recording(exchange: SimulatedExchange, database: Path) -> AsyncIterator[Runtime]:
    runtime = Runtime(with_windows(plan(exchange, database)))
    await asyncio.to_thread(runtime.start)
    try:
        yield runtime
    finally:
        await runtime.stop()


@asynccontextmanager
async def window_on(database: Path) -> AsyncIterator[Window]:
    window = Window(LocalDoor(database), database)
    await asyncio.to_thread(window.start)
    try:
        yield window
    finally:
        await window.stop()


def recorder(exchange: SimulatedExchange, database: Path, *command_line: str) -> subprocess.Popen[bytes]:
    """`klagg record`, or another command, in a process of its own."""
    options = ("--rest-url", exchange.rest_url, "--ws-url", exchange.ws_url, "--db", str(database))
    command = [
        sys.executable,
        "-m",
        "klagg_tui",
        *(command_line or ("record",)),
        *options,
        "--log-path",
        f"{database}.log",
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    window, told = Window(LocalDoor(Path(sys.argv[1])), Path(sys.argv[1])), 0
    window.start()
    while True:
        window.take_changes()
        if window.has_recorder and window._times != told:
            told = window._times
            print(told, flush=True)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
