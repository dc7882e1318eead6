"""One client's websocket as the server sees it: messages gathered for a beat, then written in one piece."""

from __future__ import annotations

from asyncio import BaseTransport, Transport
from typing import Final

from klagg_tui.simulator.streams.control import Subscriptions
from klagg_tui.simulator.streams.frames import Frame
from klagg_tui.simulator.streams.names import Route

MOST_BUFFERED: Final = 16 * 2**20
"""Bytes kept for a client that does not read; then it is cut."""
_PING: Final = b"\x89\x00"
_GOING_AWAY: Final = b"\x88\x02\x03\xe9"


class Connection:
    """Writes frames to a client. Framing is done here: a beat costs one write, not one for each message."""

    def __init__(self, transport: BaseTransport, subscriptions: Subscriptions, now_ms: int, route: Route) -> None:
        assert isinstance(transport, Transport)
        self.subscriptions = subscriptions
        self.opened_ms = now_ms
        self.pinged_ms = now_ms
        self.is_silent = False
        """Whether it stays open and answers, but delivers no data."""
        self.route = route
        """Streams of other routes are acknowledged and never sent."""
        self._transport = transport
        self._gathered: list[bytes] = []

    def gather(self, frame: Frame) -> None:
        """Put a message of a stream in line."""
        if self.subscriptions.combined:
            self._gathered.append(framed(b'{"stream":"%b","data":%b}' % (frame.stream.encode(), frame.payload)))
        else:
            self._gathered.append(framed(frame.payload))

    def flush(self) -> bool:
        """Write what was gathered; False where the client is too far behind and was cut."""
        if self._gathered and not self.is_silent and not self._transport.is_closing():
            self._transport.write(b"".join(self._gathered))
        self._gathered.clear()
        if self._transport.get_write_buffer_size() > MOST_BUFFERED:
            self.cut()
            return False
        return True

    def say(self, text: bytes) -> None:
        """Write a message that belongs to no stream, at once."""
        if not self._transport.is_closing():
            self._transport.write(framed(text))

    def ping(self, now_ms: int) -> None:
        """Ask for a sign of life, as the exchange does."""
        self.pinged_ms = now_ms
        if not self._transport.is_closing():
            self._transport.write(_PING)

    def cut(self) -> bool:
        """Break the connection without a word; False where it was over already."""
        was_open = not self._transport.is_closing()
        self._transport.abort()
        return was_open

    def close(self) -> bool:
        """Say goodbye and close; False where it was over already."""
        if self._transport.is_closing():
            return False
        self._transport.write(_GOING_AWAY)
        self._transport.close()
        return True


def framed(payload: bytes) -> bytes:
    """A text message as one unmasked websocket frame."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
