"""Blocks of a file read by columns beside each other, on as many cores, and given out in their order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from klagg_tui.errors import BadFile
from klagg_tui.importing.lines import RawBlock

T = TypeVar("T")

_MOST_AT_ONCE: Final = 4
"""Blocks that are read beside each other, one a core: each takes a megabyte, and some while it is read."""


def beside_each_other(raws: Iterator[RawBlock], read: Callable[[RawBlock], T]) -> Iterator[tuple[RawBlock, T]]:
    """Each block with what is read of it; some are read ahead of whoever takes them.

    Raises:
        BadFile: as `raws` does, after what came before.
    """
    cores = min(os.cpu_count() or 1, _MOST_AT_ONCE)
    waiting: deque[tuple[RawBlock, Future[T]]] = deque()
    with ThreadPoolExecutor(cores, "klagg-columns") as pool:
        failure = None
        try:
            for raw in raws:
                waiting.append((raw, pool.submit(read, raw)))
                if len(waiting) > cores:
                    yield _next_of(waiting)
        except BadFile as error:  # what was read before counts
            failure = error
        while waiting:
            yield _next_of(waiting)
        if failure:
            raise failure


def _next_of(waiting: deque[tuple[RawBlock, Future[T]]]) -> tuple[RawBlock, T]:
    raw, future = waiting.popleft()
    return raw, future.result()
