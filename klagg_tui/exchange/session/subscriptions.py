"""Which streams a connection serves, which it should, and the commands that lead from one to the other."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from klagg_tui.exchange.messages import Acknowledged, Rejected
from klagg_tui.exchange.session.events import StreamRefused
from klagg_tui.exchange.session.limits import FeedLimits
from klagg_tui.exchange.venue import StreamCodec

_HOUR_MS: Final = 3_600_000


@dataclass(slots=True)
class _Command:
    """A command that waits for its answers."""

    id: int
    streams: tuple[str, ...]
    is_joining: bool
    sent_ms: int
    open: dict[str, None]
    """Its streams that were neither acknowledged nor refused."""


class Subscriptions:
    """One command at a time, so that a refusal without an id can only mean that one.

    A command is answered once each of its streams is: by one answer to all of it, or by one for each stream. A refused command
    is asked again in halves until the stream that is at fault stands alone. So is what is not answered: exchanges were seen to
    pass over messages that are too long for them, or to answer them only after ten seconds. An answer that comes so late still counts.

    Some exchanges do not answer to unsubscribing at all, so that its silence says nothing about the connection: a
    stream is unsubscribed a few times and then taken for gone.

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
        """Commands in a row, for streams, to which no answer came in time."""
        self._codec = codec
        self._limits = limits
        self._wanted: dict[str, None] = {}
        self._refused: set[str] = set()
        self._pending: _Command | None = None
        self._overdue: dict[int, _Command] = {}
        """Commands that were not answered in time, by id, oldest first."""
        self._left: Counter[str] = Counter()
        """How often a stream was unsubscribed without an answer."""
        self.most = most or limits.streams_per_message
        """Streams in one command; fewer after one that was not answered."""
        self._batch = self.most
        self._ids = 0
        self._free_ms = 0
        self._sent_ms: deque[int] = deque(maxlen=limits.commands_per_hour or 0)
        """When the commands of the last hour were sent, as many as are allowed."""
        self._is_settled = False

    @property
    def is_complete(self) -> bool:
        """Whether everything wanted is acknowledged or refused."""
        return self._is_settled or (not self._joining() and self._pending is None)

    def want(self, streams: Collection[str]) -> None:
        """Serve these streams and no others."""
        self._wanted = dict.fromkeys(streams)
        self._is_settled = False

    def may_send(self, now_ms: int) -> bool:
        """Whether our last message was long enough ago for another one of any kind."""
        return now_ms >= self._free_ms

    def note_sent(self, now_ms: int) -> None:
        """A message of ours goes out: the next one keeps its distance."""
        self._free_ms = now_ms + self._limits.pace_ms

    def next_message(self, now_ms: int) -> bytes | None:
        """What to send now, None for nothing; asking for it counts as sending it."""
        if self._is_settled:
            return None
        if self._pending and now_ms - self._pending.sent_ms >= self._limits.answer_ms:
            self._give_up(self._pending)
        if self._pending or not self.may_send(now_ms) or self._is_hour_full(now_ms):
            return None
        leaving = [stream for stream in self.held if stream not in self._wanted]
        streams = tuple((leaving or self._joining())[: self._batch])
        if not streams:
            self._is_settled = True
            return None
        self._ids += 1
        self.note_sent(now_ms)
        self._sent_ms.append(now_ms)
        streams, message = self._fitting(self._codec.unsubscribe if leaving else self._codec.subscribe, streams)
        self._pending = _Command(self._ids, streams, not leaving, now_ms, dict.fromkeys(streams))
        return message

    def acknowledged(self, answer: Acknowledged, now_ms: int) -> tuple[str, ...]:
        """Take in an answer; returns the streams that are served from now on.

        One that means no command of ours, or what was answered before, changes nothing.
        """
        if answer.is_whole:
            return self._take_state(frozenset(answer.streams), now_ms)
        command = self._meant(answer.id, answer.streams)
        if command is None:
            return ()
        self.unanswered = 0
        streams = tuple(stream for stream in answer.streams or command.streams if stream in command.open)
        # Another answer for the same stream may never come, so it settles earlier and later commands for it too.
        return self._take(self._alike(command) if answer.streams else [command], streams, now_ms)

    def rejected(self, answer: Rejected) -> None:
        """Take in a refusal; one without an id and a stream means nothing while it may mean several commands."""
        if answer.stream is None and answer.id is None and self._overdue:
            return
        command = self._meant(answer.id, () if answer.stream is None else (answer.stream,))
        if command is None or (answer.stream is not None and answer.stream not in command.open):
            return
        self.unanswered = 0
        if answer.stream is not None:
            self._refuse(command, answer.stream, answer)
            self._settle(self._alike(command), (answer.stream,))
        elif len(command.open) > 1:
            self._batch = max(1, len(command.open) // 2)
            self._settle([command], command.streams)
        else:
            self._refuse(command, next(iter(command.open)), answer)
            self._settle([command], command.streams)

    def _is_hour_full(self, now_ms: int) -> bool:
        sent = self._sent_ms
        return bool(sent) and len(sent) == sent.maxlen and now_ms - sent[0] < _HOUR_MS

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
        self._pending = None
        self._overdue[command.id] = command
        self._batch = max(1, len(command.open) // 2)
        if not command.is_joining:
            self._let_go(command)
        elif len(command.open) == len(command.streams):  # not so much as a part was answered
            self.unanswered += 1
            self.most = self._batch

    def _let_go(self, command: _Command) -> None:
        """Take streams for gone that were unsubscribed often enough."""
        self._left.update(command.open.keys())
        for stream in [stream for stream in command.open if self._left[stream] >= self._limits.most_asks]:
            self._take(self._alike(command), (stream,), command.sent_ms)

    def _meant(self, number: int | None, streams: Sequence[str]) -> _Command | None:
        """The command that an answer means, also one that is overdue: of several the oldest, as answers come in order."""
        pending = self._pending
        if number is not None:
            return pending if pending and pending.id == number else self._overdue.get(number)
        if not streams:
            return pending
        return next((command for command in self._waiting() if not command.open.keys().isdisjoint(streams)), None)

    def _waiting(self) -> list[_Command]:
        return [*self._overdue.values(), *([self._pending] if self._pending else [])]

    def _alike(self, command: _Command) -> list[_Command]:
        return [other for other in self._waiting() if other.is_joining == command.is_joining]

    def _take_state(self, served: frozenset[str], now_ms: int) -> tuple[str, ...]:
        """Take in everything that the connection serves.

        It may be older than the last command, so what it lacks is not refused; what it still has is not left.
        """
        fresh: tuple[str, ...] = ()
        self.unanswered = 0
        for command in self._waiting():
            streams = tuple(stream for stream in command.open if (stream in served) == command.is_joining)
            if streams:
                fresh += self._take(self._alike(command), streams, now_ms)
        return fresh

    def _take(self, commands: Sequence[_Command], streams: tuple[str, ...], now_ms: int) -> tuple[str, ...]:
        """These streams of alike commands are answered; returns those that are served from now on."""
        if not streams:
            return ()
        self._is_settled = False
        is_joining = commands[0].is_joining
        self._settle(commands, streams)
        if not all(command.open for command in commands):
            self._batch = min(self.most, self._batch * 2)
        if is_joining:
            self.held.update(dict.fromkeys(streams, now_ms))
            return streams
        for stream in streams:
            self.held.pop(stream, None)
            del self._left[stream]
        return ()

    def _refuse(self, command: _Command, stream: str, answer: Rejected) -> None:
        if not command.is_joining:
            self.held.pop(stream, None)
        elif stream not in self._refused:
            self._refused.add(stream)
            self.refusals.append(StreamRefused(stream, answer.code, answer.message))

    def _settle(self, commands: Iterable[_Command], streams: Iterable[str]) -> None:
        """Strike streams off; a command without any more is over."""
        for command in commands:
            for stream in streams:
                command.open.pop(stream, None)
            if command.open:
                continue
            self._overdue.pop(command.id, None)
            if command is self._pending:
                self._pending = None

    def _joining(self) -> list[str]:
        return [stream for stream in self._wanted if stream not in self.held and stream not in self._refused]
