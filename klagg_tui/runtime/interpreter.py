"""How the interpreter shares time and memory between threads and when it collects garbage: everything about it stands here.

Only whole programs call this (the engine's start, the app, benchmarks): the settings hold for the process.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable
from typing import Final

_SWITCH_INTERVAL_S: Final = 0.0005
"""Keeps the engine's delay small while the screen draws: see docs/design.md."""
_THRESHOLDS: Final = (1_000, 10, 1_000_000)
"""No full collection by itself: with the bars of 500 symbols it stops every thread for 40 to 80 ms, and new bars bring one
on every five seconds (20,000 trades a second: p99 from sending to bar 83 ms with them, 44 without). What of us forms
cycles, tasks and widgets, is few, and is collected now and then."""
COLLECT_S: Final = 600.0
_ARENA_MAX: Final = -8
_TRIM_THRESHOLD: Final = -1
_TRIMMED_BYTES: Final = 128 * 1024
"""`M_ARENA_MAX` and `M_TRIM_THRESHOLD` of glibc's malloc.h, and the latter's usual value, which then no longer grows by itself."""


def tune() -> None:
    """Set all of it for this process, before it starts threads."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    gc.set_threshold(*_THRESHOLDS)
    _share_heap()


def collect() -> None:
    """Collect everything, while all threads wait, and give back whole pages that are free, wherever in the heap they lie."""
    gc.collect()
    if (trim := _libc("malloc_trim")) is not None:
        trim(0)


def _share_heap() -> None:
    """Have all threads take memory from one heap, and give back what is free at its end.

    Each thread has one of its own otherwise, made large once by a page of history or a batch of rows: with 600 symbols 24 of 180 MB lay
    free there after an hour. Only one thread at a time runs Python, so they hardly ever wait for each other.
    """
    if (set_option := _libc("mallopt")) is not None:
        set_option(_ARENA_MAX, 1)
        set_option(_TRIM_THRESHOLD, _TRIMMED_BYTES)


def _libc(name: str) -> Callable[..., int] | None:
    """A function of the C library that only glibc has; None elsewhere."""
    import ctypes  # not before the engine starts: a command that shows a version has no use for it

    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError, TypeError):
        return None
    return found


def freeze() -> None:
    """Keep what there is, such as code and styles, until the end: collections need not look through it."""
    gc.freeze()


def settle() -> None:
    """Collect what the start left behind, also what was frozen with it, and keep the rest until the end."""
    gc.unfreeze()
    collect()
    gc.freeze()


async def collect_forever() -> None:
    """Collect everything now and then, while all threads wait."""
    while True:
        await asyncio.sleep(COLLECT_S)
        collect()
