"""How far a long command has come: a bar on a terminal, a plain line now and then elsewhere; always on stderr."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from klagg_tui.formatting import duration
from klagg_tui.texts import printable

PLAIN_EVERY_S: Final = 10.0


class ProgressLine:
    """Shows a done share, a count of rows, their rate, and how long it may take still."""

    def __init__(
        self, unit: str = "rows", console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console or Console(stderr=True, markup=False, emoji=False)
        self._unit = unit
        self._clock = clock
        self._began = self._said = clock()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[rows]}"),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task("", total=None, rows="")

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, what: str, done: int, total: int, rows: int) -> None:
        """`done` of `total` (bytes, or whatever the share is measured in), and how many rows that was."""
        now, what = self._clock(), printable(what)
        rate = f"{rows:,} {self._unit}, {rows / max(now - self._began, 0.001):,.0f}/s"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=what, completed=done, total=total or None, rows=rate)
        elif now - self._said >= PLAIN_EVERY_S:
            self._said = now
            self._console.print(
                f"{what}: {done / max(total, 1):.0%}, {rate}{self._left(done, total, now)}",
                highlight=False,
                markup=False,
                emoji=False,
                soft_wrap=True,
            )

    def _left(self, done: int, total: int, now: float) -> str:
        """At the pace so far; nothing where that says nothing yet."""
        if not 0 < done < total:
            return ""
        return f", {duration(1000 * (now - self._began) * (total - done) / done)} left"
