"""Which streams a connection serves, which it should, and the commands that lead from one to the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from klagg_tui.exchange.messages import Acknowledged, Rejected
from klagg_tui.exchange.session.events import StreamRefused
from klagg_tui.exchange.session.limits import FeedLimits
from klagg_tui.exchange.venue import StreamCodec


class _Command(NamedTuple):
    """The command that waits for its answer."""

    id: int
    streams: tuple[str, ...]
    is_joining: bool
    sent_ms: int


class Subscriptions:
    """One command at a time, so that a refusal without an id can only mean that one.

    A refused command is asked again in halves until the stream that is at fault stands alone. So is one that is not
    answered: exchanges were seen to pass over messages that are too long for them, or to answer them only after ten seconds. An
    answer that comes so late still counts.

    Args:
        codec: the exchange's language.
        limits: see there.
        most: streams in one command; None: as many as the limits allow.
    """

    def __init__(self, codec: StreamCodec, limits: FeedLimits, most: int | None = None) -> None:
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
        self._pending: _Command | None = None
        self._overdue: dict[int, _Command] = {}
        """Commands that were not answered in time, by id."""
        self.most = most or limits.streams_per_message
        """Streams in one command; fewer after one that was not answered."""
        self._batch = self.most
        self._ids = 0
        self._free_ms = 0
        self._is_settled = False

    @property
    def is_complete(self) -> bool:
        """Whether everything wanted is acknowledged or refused."""
        return self._is_settled or (not self._joining() and self._pending is None)

    def want(self, streams: Collection[str]) -> None:
        """Serve these streams and no others."""
        self._wanted = dict.fromkeys(streams)
        self._is_settled = False

    def next_message(self, now_ms: int) -> bytes | None:
        """What to send now, None for nothing; asking for it counts as sending it."""
        if self._is_settled:
            return None
        if self._pending and now_ms - self._pending.sent_ms >= self._limits.answer_ms:
            self._give_up(self._pending)
        if self._pending or now_ms < self._free_ms:
            return None
        leaving = [stream for stream in self.held if stream not in self._wanted]
        streams = tuple((leaving or self._joining())[: self._batch])
        if not streams:
            self._is_settled = True
            return None
        self._ids += 1
        self._free_ms = now_ms + self._limits.pace_ms
        streams, message = self._fitting(self._codec.unsubscribe if leaving else self._codec.subscribe, streams)
        self._pending = _Command(self._ids, streams, not leaving, now_ms)
        return message

    def acknowledged(self, answer: Acknowledged, now_ms: int) -> tuple[str, ...]:
        """Take in an answer; returns the streams that are served from now on."""
        command = self._answered(answer.id)
        if command is None:
            return ()
        self._batch = min(self.most, self._batch * 2)
        self._is_settled = False
        if command.is_joining:
            self.held.update(dict.fromkeys(command.streams, now_ms))
            return command.streams
        for stream in command.streams:
            self.held.pop(stream, None)
        return ()

    def rejected(self, answer: Rejected) -> None:
        """Take in a refusal; one without an id means nothing while it may mean several commands."""
        command = None if answer.id is None and self._overdue else self._answered(answer.id)
        if command is None:
            return
        if len(command.streams) > 1:
            self._batch = max(1, len(command.streams) // 2)
        elif command.is_joining:
            self._refused.add(command.streams[0])
            self.refusals.append(StreamRefused(command.streams[0], answer.code, answer.message))
        else:
            self.held.pop(command.streams[0], None)

    def _fitting(
        self, encode: Callable[[Sequence[str], int], bytes], streams: tuple[str, ...]
    ) -> tuple[tuple[str, ...], bytes]:
        """As many of the streams as go into one message, and that message."""
        most = self._limits.bytes_per_message
        while len(message := encode(streams, self._ids)) > most and len(streams) > 1:
            streams = streams[: max(1, len(streams) * most // len(message))]
        return streams, message

    def _give_up(self, command: _Command) -> None:
        """Ask for the same in halves, without forgetting what was asked."""
        self.unanswered += 1
        self._overdue[command.id] = command
        self._pending = None
        self.most = self._batch = max(1, len(command.streams) // 2)

    def _answered(self, number: int | None) -> _Command | None:
        """The command that an answer means, also one that is overdue."""
        command = self._pending
        if command is not None and number in (None, command.id):
            self._pending = None
        else:
            command = None if number is None else self._overdue.pop(number, None)
        if command is not None:
            self.unanswered = 0
        return command

    def _joining(self) -> list[str]:
        return [stream for stream in self._wanted if stream not in self.held and stream not in self._refused]
