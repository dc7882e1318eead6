"""One client's websocket as the server sees it: messages gathered for a beat, then written in one piece."""

from __future__ import annotations

from asyncio import BaseTransport, Transport
from typing import Final

from klagg_tui.simulator.face import Client, Ending, Frame

MOST_BUFFERED: Final = 16 * 2**20
"""Bytes kept for a client that does not read; then it is cut."""
_PING: Final = b"\x89\x00"
_GOING_AWAY: Final = Ending(1001, "")


class Connection:
    """Writes frames to a client. Framing is done here: a beat costs one write, not one for each message."""

    def __init__(self, transport: BaseTransport, client: Client, now_ms: int) -> None:
        assert isinstance(transport, Transport)
        self.client = client
        self.opened_ms = now_ms
        self.pinged_ms = now_ms
        self.is_silent = False
        """Whether it stays open and answers, but delivers no data."""
        self._transport = transport
        self._gathered: list[bytes] = []

    def gather(self, frame: Frame) -> None:
        """Put a message of a stream in line."""
        self._gathered.append(framed(self.client.wrapped(frame)))

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

    def close(self, ending: Ending = _GOING_AWAY) -> bool:
        """Say goodbye and close; False where it was over already."""
        if self._transport.is_closing():
            return False
        payload = ending.code.to_bytes(2, "big") + ending.reason.encode()
        self._transport.write(bytes((0x88, len(payload))) + payload)
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
