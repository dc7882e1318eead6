"""All connections of the simulated exchange, and who reads which stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from klagg_tui.simulator.face import Face, Frame
from klagg_tui.simulator.streams.connection import Connection
from klagg_tui.simulator.streams.feed import Feed

_HOUR_MS: Final = 3_600_000


class Hub:
    """Hands frames to the connections that read their streams.

    `strikes` counts what happens to a client, as `Faults.strikes` does.
    """

    def __init__(self, feed: Feed, face: Face, strikes: Callable[[str, int, str], None]) -> None:
        self._feed = feed
        self._face = face
        self._strikes = strikes
        self._connections: dict[Connection, None] = {}
        self._readers: dict[str, list[Connection]] = {}

    def __len__(self) -> int:
        return len(self._connections)

    def reads(self, stream: str) -> bool:
        """Whether anybody reads the stream."""
        return stream in self._readers

    def join(self, connection: Connection, now_ms: int) -> None:
        """A client has connected."""
        self._connections[connection] = None
        self.resubscribed(now_ms)

    def leave(self, connection: Connection, now_ms: int) -> None:
        """A client has gone."""
        self._connections.pop(connection, None)
        self.resubscribed(now_ms)

    def resubscribed(self, now_ms: int) -> None:
        """Look again at who reads what."""
        self._readers = {}
        for connection in self._connections:
            for stream in connection.client.streams:
                self._readers.setdefault(stream, []).append(connection)
        for symbol in self._face.listed():
            if self._face.trade_stream(symbol) in self._readers:
                self._feed.follow(symbol)
            else:
                self._feed.leave(symbol)
        self._face.follow(self._readers, now_ms)

    def deliver(self, frames: Iterable[Frame]) -> None:
        """Put frames in line for whoever reads them."""
        for frame in frames:
            for connection in self._readers.get(frame.stream, ()):
                connection.gather(frame)

    def flush(self, now_ms: int, client_ms: int) -> None:
        """Write everything out; see to heartbeats, pings, the end of a connection's life and clients that do not read."""
        face = self._face
        for connection in tuple(self._connections):
            if not connection.flush():
                self._strikes("slow reader", now_ms, "a client did not read and was cut")
            for text in connection.client.beat(now_ms, client_ms):
                connection.say(text)
            if (ending := connection.client.take_ending()) and connection.close(ending):
                self._strikes(ending.kind, now_ms, ending.words)
            if face.ping_ms is not None and now_ms - connection.pinged_ms >= face.ping_ms:
                connection.ping(now_ms)
            if face.life_ms is not None and now_ms - connection.opened_ms >= face.life_ms and connection.close():
                hours = face.life_ms // _HOUR_MS
                self._strikes("end of life", now_ms, f"a connection was {hours} hours old")

    def cut(self, most: int | None = None) -> int:
        """Break connections, the oldest first; how many there were."""
        return sum(connection.cut() for connection in tuple(self._connections)[:most])

    def silence(self) -> int:
        """Let the present connections deliver nothing; how many there are."""
        for connection in self._connections:
            connection.is_silent = True
        return len(self._connections)

    def end_silence(self) -> None:
        """Let every connection deliver again; what was withheld is gone."""
        for connection in self._connections:
            connection.is_silent = False

    def announce_shutdown(self, now_ms: int) -> tuple[Connection, ...]:
        """Warn every client that its connection ends soon; those that were warned."""
        if (warning := self._face.shutdown(now_ms)) is not None:
            for connection in self._connections:
                connection.say(warning)
        return tuple(self._connections)

    def close(self, connections: Iterable[Connection]) -> int:
        """Close those that are still there in good order; how many there were."""
        return sum(connection.close() for connection in connections if connection in self._connections)
