"""What a sink delivers to: one class for each kind."""

from __future__ import annotations

from typing import Protocol

from klagg_tui.sinks.position import Position
from klagg_tui.storage.sink_log import Portion


class Target(Protocol):
    """Where bars go. Every method may raise `SinkError`, and then nothing of what it was given is there, or all of it."""

    name: str
    """Its address without anything secret: for people, and by it the database knows the sink."""
    pause_s: float
    """Seconds at least from when all was delivered to the next look whether there is more."""

    @property
    def needs_from_ms(self) -> int | None:
        """Bars that open from then on it asks for once more, so that they must not be deleted for their age; None: it asks for none."""
        ...

    @property
    def remark(self) -> str:
        """A sentence on what is there when all is delivered; empty: all that is stored."""
        ...

    async def open(self, recorder: str) -> Position | None:
        """Connect, have what is needed there, and give what was delivered for this recorder; None where nothing was."""
        ...

    async def put(self, portion: Portion, position: Position, before: str | None) -> bool:
        """Write bars and position together; returns False, with nothing written, where the position's token is not `before`.

        Of each bar the surer state stays, see `sinks.surer`; what this recorder wrote it may replace by anything.
        """
        ...

    async def close(self) -> None:
        """Let go of it, at once."""
        ...
