"""One sink's way from the delivery log to its target: portion by portion, each with the position behind it."""

from __future__ import annotations

import logging
import uuid
from typing import Final

from klagg_tui.errors import SinkError
from klagg_tui.sinks.position import Position, goes_on, is_ours
from klagg_tui.sinks.target import Target
from klagg_tui.storage.sink_log import BEGINNING, Portion, Registration, SinkLog

log = logging.getLogger(__name__)

AT_ONCE: Final = 5_000
"""About so many bars are delivered together: their text is read in one go, some milliseconds in which nobody else runs."""


def fresh_token() -> str:
    """One that no other file has."""
    return uuid.uuid4().hex


class Delivery:
    """Delivers while it is asked to.

    Args:
        source: the log.
        target: where bars go.
        has_forming: whether current bars are delivered too, when asked for.
        at_once: about so many bars together.
    """

    def __init__(
        self,
        source: SinkLog,
        target: Target,
        *,
        has_forming: bool = False,
        at_once: int = AT_ONCE,
    ) -> None:
        self.delivered = 0
        """Bars, so far."""
        self.anew = ""
        """Why everything is delivered anew; empty where it is not, or for the first time."""
        self._source = source
        self._target = target
        self._has_forming = has_forming
        self._at_once = at_once
        self._position: Position | None = None
        self._before: str | None = None
        """The token that is there now; None: none."""
        self._is_cleared = False
        """Whether current bars of an earlier run are gone."""

    @property
    def is_complete(self) -> bool:
        """Whether all that was stored before is delivered."""
        return self._position is not None and self._position.place is None

    async def begin(self) -> None:
        """Connect, and go on where it was left, or from the beginning.

        Raises:
            SinkError: the target cannot be used.
            StorageError: the database cannot.
        """
        self._position = None
        found, kept = await self._found(await self._source.recorder(fresh_token()))
        if kept and found and not is_ours(kept, found):
            # Two files of one recorder would take their bars for each other's: from now on this one is another.
            log.warning("%s: its position is of another file; this one is another recorder now", self._target.name)
            found, kept = await self._found(await self._source.recorder(fresh_token(), is_renewed=True))
        if found and goes_on(kept, found, await self._source.last_number()):
            self._position, self._before = found, found.token
            # What was delivered last may not have been acknowledged.
            await self._source.acknowledge(self._target.name, found.number, found.token, self._target.needs_from_ms)
            return
        self.anew = _reason(is_dropped=bool(kept and kept.is_dropped), is_known=bool(kept and kept.token))
        self._before = found and found.token
        self._position = Position(
            "", await self._source.register(self._target.name, "", self._target.needs_from_ms), BEGINNING
        )

    async def step(self, *, is_forming_due: bool = False) -> bool:
        """Deliver the next portion; returns whether more waits.

        Raises:
            SinkError: the target took nothing of it, or all; `begin` finds out.
            StorageError: the database cannot be read.
        """
        assert self._position is not None, "it has begun"
        _, number, place = self._position
        wants_forming = self._has_forming and is_forming_due
        portion = await self._source.portion(number, place, self._at_once, has_forming=wants_forming)
        if portion.is_last and not self._has_forming and not self._is_cleared:
            portion = portion._replace(forming=())
        if not _has_any(portion, number, place):
            return False
        position = Position(fresh_token(), portion.number, portion.place)
        is_done = await self._source.intend(self._target.name, position.token, self._position.token)
        is_done = is_done and await self._target.put(portion, position, self._before)
        is_done = is_done and await self._source.acknowledge(
            self._target.name, position.number, position.token, self._target.needs_from_ms
        )
        if not is_done:
            raise SinkError(
                f"{self._target.name}: another klagg delivers to it in this one's name, or it was too far behind."
            )
        self._is_cleared = self._is_cleared or portion.forming is not None
        self._position, self._before = position, position.token
        self.delivered += sum(len(part.bars) for part in portion.parts)
        return not portion.is_last

    async def _found(self, recorder: str) -> tuple[Position | None, Registration | None]:
        """What is there and here, of one moment: another klagg may deliver from the same file just now."""
        kept = await self._source.registration(self._target.name)
        while True:
            found = await self._target.open(recorder)
            before, kept = kept, await self._source.registration(self._target.name)
            if kept == before:
                return found, kept


def _has_any(portion: Portion, number: int, place: object) -> bool:
    return bool(portion.parts or portion.forming is not None or (portion.number, portion.place) != (number, place))


def _reason(*, is_dropped: bool, is_known: bool) -> str:
    if is_dropped:
        return "it was too far behind"
    return "what it holds is not what was delivered last" if is_known else ""
