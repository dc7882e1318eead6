"""All connections of the simulated exchange, and who reads which stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from klagg_tui.simulator.market.calendar import DAY, MINUTE_MS
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.streams.connection import Connection
from klagg_tui.simulator.streams.derived import DerivedStreams
from klagg_tui.simulator.streams.feed import Feed
from klagg_tui.simulator.streams.frames import Frame, server_shutdown
from klagg_tui.simulator.streams.names import route_of

_LIFE_MS: Final = DAY * MINUTE_MS
"""After that the exchange closes a connection."""
_PING_MS: Final = 3 * MINUTE_MS


class Hub:
    """Hands frames to the connections that read their streams.

    `strikes` counts what happens to a client, as `Faults.strikes` does.
    """

    def __init__(
        self, market: Market, feed: Feed, derived: DerivedStreams, strikes: Callable[[str, int, str], None]
    ) -> None:
        self._market = market
        self._feed = feed
        self._derived = derived
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
            for stream in connection.subscriptions.streams:
                if route_of(stream) == connection.route:
                    self._readers.setdefault(stream, []).append(connection)
        for symbol, life in self._market.lives.items():
            if life.listing.stream in self._readers:
                self._feed.follow(symbol)
            else:
                self._feed.leave(symbol)
        self._derived.follow(self._readers, now_ms)

    def deliver(self, frames: Iterable[Frame]) -> None:
        """Put frames in line for whoever reads them."""
        for frame in frames:
            for connection in self._readers.get(frame.stream, ()):
                connection.gather(frame)

    def flush(self, now_ms: int) -> None:
        """Write everything out; see to pings, to the end of a connection's life and to clients that do not read."""
        for connection in tuple(self._connections):
            if not connection.flush():
                self._strikes("slow reader", now_ms, "a client did not read and was cut")
            if now_ms - connection.pinged_ms >= _PING_MS:
                connection.ping(now_ms)
            if now_ms - connection.opened_ms >= _LIFE_MS and connection.close():
                self._strikes("end of life", now_ms, "a connection was 24 hours old")

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
        for connection in self._connections:
            connection.say(server_shutdown(now_ms))
        return tuple(self._connections)

    def close(self, connections: Iterable[Connection]) -> int:
        """Close those that are still there in good order; how many there were."""
        return sum(connection.close() for connection in connections if connection in self._connections)
