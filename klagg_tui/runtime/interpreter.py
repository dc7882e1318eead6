"""How the interpreter shares its time between threads and when it collects garbage: everything about it stands here.

Only whole programs call this (the engine's start, the app, benchmarks): the settings hold for the process.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Final

_SWITCH_INTERVAL_S: Final = 0.0005
"""Keeps the engine's delay small while the screen draws: see docs/design.md."""
_THRESHOLDS: Final = (1_000, 10, 1_000_000)
"""No full collection by itself: with the bars of 500 symbols it stops every thread for 40 to 80 ms, and new bars bring one
on every five seconds (20,000 trades a second: p99 from sending to bar 83 ms with them, 44 without). What of us forms
cycles, tasks and widgets, is few, and is collected now and then."""
_COLLECT_S: Final = 600.0


def tune() -> None:
    """Set both for this process."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    gc.set_threshold(*_THRESHOLDS)


def freeze() -> None:
    """Keep what there is, such as code and styles, until the end: collections need not look through it."""
    gc.freeze()


async def collect_forever() -> None:
    """Collect everything now and then, while all threads wait."""
    while True:
        await asyncio.sleep(_COLLECT_S)
        gc.collect()
