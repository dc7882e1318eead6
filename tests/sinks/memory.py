"""A target in memory, as exact about its promises as a real one, and one that breaks off wherever it is told."""

from __future__ import annotations

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.errors import SinkError
from klagg_tui.sinks.position import Position
from klagg_tui.sinks.surer import replaces
from klagg_tui.storage.sink_log import Part, Portion

Key = tuple[str, str, Period, int]


class Shared:
    """What is there, whoever delivers."""

    def __init__(self) -> None:
        self.bars: dict[Key, tuple[Bar, str]] = {}
        """And by which recorder."""
        self.positions: dict[str, Position] = {}

    def told(self, *, has_forming: bool = True) -> dict[Key, Bar]:
        """The bars alone."""
        return {key: bar for key, (bar, _) in self.bars.items() if has_forming or bar.state is not State.FORMING}


class MemoryTarget:
    """One session."""

    name = "memory"
    pause_s = 0.0
    remark = ""
    needs_from_ms: int | None = None

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.breaks = ""
        """`before` or `after` the next portion is written."""
        self._recorder = ""

    async def open(self, recorder: str) -> Position | None:
        self._recorder = recorder
        return self.shared.positions.get(recorder)

    async def put(self, portion: Portion, position: Position, before: str | None) -> bool:
        breaks, self.breaks = self.breaks, ""
        if breaks == "before":
            raise SinkError("The line was cut.")
        there = self.shared.positions.get(self._recorder)
        if (there and there.token) != before:
            return False
        if portion.series is not None:
            for key, (bar, recorder) in list(self.shared.bars.items()):
                is_mine = recorder == self._recorder and bar.state is not State.FORMING
                if is_mine and key[:3] not in portion.series:
                    del self.shared.bars[key]
        for part in portion.parts:
            self._put(part)
        if portion.forming is not None:
            self._put_forming(portion.forming)
        self.shared.positions[self._recorder] = position
        if breaks == "after":
            raise SinkError("The line was cut.")
        return True

    async def close(self) -> None:
        pass

    def _put(self, part: Part) -> None:
        place = part.venue, part.symbol, part.period
        bars = {(*place, bar.open_ms): bar for bar in part.bars}
        assert all(part.from_ms <= bar.open_ms < part.to_ms for bar in part.bars)
        if part.is_swept:
            for key, (bar, recorder) in list(self.shared.bars.items()):
                is_mine = recorder == self._recorder and bar.state is not State.FORMING
                if key[:3] == place and part.from_ms <= key[3] < part.to_ms and is_mine and key not in bars:
                    del self.shared.bars[key]
        for key, bar in bars.items():
            stored = self.shared.bars.get(key)
            if stored is None or replaces(bar, stored[0], is_own=stored[1] == self._recorder):
                self.shared.bars[key] = bar, self._recorder

    def _put_forming(self, parts: tuple[Part, ...]) -> None:
        keys = {(part.venue, part.symbol, part.period, bar.open_ms) for part in parts for bar in part.bars}
        for key, (bar, recorder) in list(self.shared.bars.items()):
            if bar.state is State.FORMING and recorder == self._recorder and key not in keys:
                del self.shared.bars[key]
        for part in parts:
            self._put(part)
