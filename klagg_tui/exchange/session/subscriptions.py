"""Which streams a connection serves, which it should, and what to say to get there."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from klagg_tui.exchange.messages import Acknowledged, Rejected
from klagg_tui.exchange.session.events import StreamRefused
from klagg_tui.exchange.session.limits import FeedLimits
from klagg_tui.exchange.venue import StreamCodec


class _Asked(NamedTuple):
    id: int
    streams: tuple[str, ...]
    is_joining: bool
    asked_ms: int


class Subscriptions:
    """One command at a time, so that a refusal without an id can only mean that one.

    A refused command is asked again in halves until the stream that is at fault stands alone.
    """

    def __init__(self, codec: StreamCodec, limits: FeedLimits) -> None:
        self.held: dict[str, int] = {}
        """Acknowledged streams, and since when."""
        self.refusals: list[StreamRefused] = []
        """Streams that are not served; whoever reads them may clear the list."""
        self.unanswered = 0
        """Commands in a row that were not answered in time."""
        self._codec = codec
        self._limits = limits
        self._wanted: dict[str, None] = {}
        self._refused: set[str] = set()
        self._asked: _Asked | None = None
        self._batch = limits.streams_per_message
        self._ids = 0
        self._free_ms = 0
        self._is_settled = False

    @property
    def is_complete(self) -> bool:
        """Whether everything wanted is acknowledged or refused."""
        return self._is_settled or (not self._joining() and self._asked is None)

    def want(self, streams: Collection[str]) -> None:
        """These streams and no others."""
        self._wanted = dict.fromkeys(streams)
        self._is_settled = False

    def next_message(self, now_ms: int) -> bytes | None:
        """What to send now, None for nothing; asking for it counts as sending it."""
        if self._is_settled:
            return None
        if self._asked and now_ms - self._asked.asked_ms >= self._limits.answer_ms:
            self.unanswered += 1
            self._asked = None
        if self._asked or now_ms < self._free_ms:
            return None
        leaving = [stream for stream in self.held if stream not in self._wanted]
        streams = tuple((leaving or self._joining())[: self._batch])
        if not streams:
            self._is_settled = True
            return None
        self._ids += 1
        self._free_ms = now_ms + self._limits.pace_ms
        self._asked = _Asked(self._ids, streams, not leaving, now_ms)
        return (self._codec.unsubscribe if leaving else self._codec.subscribe)(streams, self._ids)

    def acknowledged(self, answer: Acknowledged, now_ms: int) -> tuple[str, ...]:
        """Take in an answer; returns the streams that are served from now on."""
        asked = self._answered(answer.id)
        if asked is None:
            return ()
        self._batch = min(self._limits.streams_per_message, self._batch * 2)
        if asked.is_joining:
            self.held.update(dict.fromkeys(asked.streams, now_ms))
            return asked.streams
        for stream in asked.streams:
            self.held.pop(stream, None)
        return ()

    def rejected(self, answer: Rejected) -> None:
        """Take in a refusal."""
        asked = self._answered(answer.id)
        if asked is None:
            return
        if len(asked.streams) > 1:
            self._batch = max(1, len(asked.streams) // 2)
        elif asked.is_joining:
            self._refused.add(asked.streams[0])
            self.refusals.append(StreamRefused(asked.streams[0], answer.code, answer.message))
        else:
            self.held.pop(asked.streams[0], None)

    def _answered(self, number: int | None) -> _Asked | None:
        """The command that an answer means; an answer that came too late means none."""
        asked = self._asked
        if asked is None or number not in (None, asked.id):
            return None
        self._asked = None
        self.unanswered = 0
        return asked

    def _joining(self) -> list[str]:
        return [stream for stream in self._wanted if stream not in self.held and stream not in self._refused]
