"""What is run: the source that feeds the engine, and the plan of a run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeAlias

from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.exchange.registry import DEFAULT
from klagg_tui.feed import Mode, Progress
from klagg_tui.runtime.host import EngineHost

BackgroundTask: TypeAlias = Callable[[EngineHost], Awaitable[None]]
"""Work beside the source, on the engine's loop, until cancelled."""


@dataclass
class SourceStatus:
    """How a source is doing. It is there before the source runs, and only the source changes it, on the engine's loop."""

    mode: Mode
    """Live, demo, replay; connecting until the exchange answers, offline once it could not be reached."""
    connection: str
    """The connection in a word or two."""
    progress: Progress | None = None
    """How far the longest work in the background is."""
    delay_ms: float | None = None
    """How far the newest trade was behind the exchange's clock when it came."""
    is_simulated: bool = False
    """Whether the exchange is made up."""


class Source(Protocol):
    """What feeds the engine: the live market, or recorded files."""

    market: str
    """For people: the exchange's name, `simulated market`, `replay`."""
    is_live: bool
    """Whether its clock says that a quiet minute is over, and missing trades can be fetched, so that a symbol waits
    for them. In a recording a quiet symbol's file may just have ended."""

    @property
    def status(self) -> SourceStatus:
        """How it is doing."""
        ...

    @property
    def knows_time(self) -> bool:
        """Whether `now_ms` is that clock; before the exchange told its time it is this machine's, which may be hours off."""
        ...

    def now_ms(self) -> int:
        """The exchange's clock, or the replay's."""
        ...

    async def run(self, host: EngineHost) -> None:
        """Feed the engine until cancelled or at the end of what there is."""
        ...


@dataclass(frozen=True)
class Plan:
    """What to run: kept apart from how, so that terminal, recorder and tests start the same thing."""

    source: Callable[[], Source]
    """Makes the source, on the engine's loop."""
    periods: tuple[Period, ...] = DEFAULT_PERIODS
    database: Path | None = None
    """None: keep nothing."""
    market: str = DEFAULT
    """What the database must hold; bars of different markets never mix."""
    flush_s: float = 2.0
    others: tuple[str, ...] = ()
    """Marks of further markets that the same database holds, see `storage.venues`."""
    background: tuple[BackgroundTask, ...] = ()
    previous_close: tuple[str, ...] = ()
    """Keys of its exchanges whose bars open at the close of the one before."""
    again: Callable[[int], Plan] | None = None
    """Where it can be run from the beginning again: the plan of that, given up to which time it was run before. Asked once this run has
    ended, so it may take its database away."""

    @property
    def markets(self) -> tuple[str, ...]:
        """Marks of all markets."""
        return (self.market, *self.others)

    def with_background(self, *tasks: BackgroundTask) -> Plan:
        """The same plan, with more work beside its source."""
        return replace(self, background=(*self.background, *tasks))
