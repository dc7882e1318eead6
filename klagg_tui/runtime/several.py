"""Several exchanges as one source: each runs by itself, and what ends one of them stops no other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from klagg_tui.feed import Mode, Progress
from klagg_tui.runtime.background import keep_running
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.market_host import MarketHost
from klagg_tui.runtime.source import SourceStatus

_MODES: Final = (Mode.LIVE, Mode.DEMO, Mode.REPLAY, Mode.CONNECTING, Mode.OFFLINE)
"""Of several exchanges the first counts that one of them has: while one is live, the feed is."""

_MOST_NAMED: Final = 2
"""Exchanges whose names have room in a line."""


class MarketSource(Protocol):
    """What feeds one exchange's side of the engine; see `Source`."""

    market: str

    @property
    def status(self) -> SourceStatus:
        """How it is doing."""
        ...

    @property
    def knows_time(self) -> bool:
        """Whether the exchange told its time."""
        ...

    def now_ms(self) -> int:
        """The exchange's clock."""
        ...

    async def run(self, host: MarketHost) -> None:
        """Feed the engine until cancelled."""
        ...


class SeveralMarkets:
    """A `Source` of several exchanges, by their keys."""

    is_live = True

    def __init__(self, sources: Mapping[str, MarketSource]) -> None:
        self.sources = dict(sources)
        names = [source.market for source in self.sources.values()]
        self._histories: dict[str, Progress] = {}
        """What was last told of each exchange's history, so that one that has finished still counts."""
        self.market = ", ".join(names) if len(names) <= _MOST_NAMED else f"{len(names)} exchanges"

    @property
    def knows_time(self) -> bool:
        """Whether any exchange told its time."""
        return any(source.knows_time for source in self.sources.values())

    def now_ms(self) -> int:
        """The time of the exchange that is ahead, of those that told theirs; each one's bars go by its own."""
        told = [source for source in self.sources.values() if source.knows_time] or [*self.sources.values()]
        return max(source.now_ms() for source in told)

    @property
    def status(self) -> SourceStatus:
        """Of all together: the longest delay, how far their history is, and how many are connected."""
        all_of = [source.status for source in self.sources.values()]
        delays = [status.delay_ms for status in all_of if status.delay_ms is not None]
        return SourceStatus(
            min((status.mode for status in all_of), key=_MODES.index),
            _connection([status.connection for status in all_of]),
            self._history(),
            max(delays, default=None),
            is_simulated=all(status.is_simulated for status in all_of),
        )

    def _history(self) -> Progress | None:
        """Of all exchanges added up; where some have not begun it says so, for these will make it more."""
        told = {key: source.status.progress for key, source in self.sources.items()}
        if not any(told.values()):
            self._histories = {}
            return None
        finished = {key: Progress(one.what, one.total, one.total) for key, one in self._histories.items()}
        self._histories = finished | {key: one for key, one in told.items() if one is not None}
        begun, of = len(self._histories), len(self.sources)
        what = "history" if begun == of else f"history of {begun} of {of} exchanges"
        parts = self._histories.values()
        return Progress(what, sum(part.done for part in parts), sum(part.total for part in parts))

    async def run(self, host: EngineHost) -> None:
        """Feed the engine from all of them until cancelled."""
        async with asyncio.TaskGroup() as group:
            for source, market in zip(self.sources.values(), host.venues, strict=True):
                work = partial(source.run, market)
                group.create_task(keep_running(source.market, work, market.notices), name=market.key)


def _connection(connections: Sequence[str]) -> str:
    """In a word or two: of all the same, or how many have all their trades."""
    if len(set(connections)) == 1:
        return connections[0]
    return f"{connections.count('connected')} of {len(connections)} connected"
