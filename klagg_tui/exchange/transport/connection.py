"""One websocket: bytes in and out of the library's protocol, read many frames at once.

At a realistic pace every frame would wake the loop, and waking costs more than the frame. After each read the socket is
left alone for a moment, so that frames gather and are taken at once. The more a read brought the shorter that moment is:
where much comes, few frames pay for a wake anyway, and the rest need not wait so long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from websockets.client import ClientProtocol
from websockets.frames import CloseCode, Frame
from websockets.protocol import State
from websockets.uri import WebSocketURI

from klagg_tui.exchange.transport.framing import FrameSplitter

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of a message; the largest, a list over all symbols, has some 200 kB."""
MOST_PARTS: Final = 1_024
"""Fragments of a message."""
READ_PAUSE_S: Final = 0.02
_LARGE_READ: Final = 32 * 1024
"""Bytes of a read after which the socket is not left alone at all: more is likely to wait already."""
_HEAD_END: Final = b"\r\n\r\n"


class FeedConnection(asyncio.Protocol):
    """Made by the loop's `create_connection`; usable once `handshake` is done.

    Args:
        uri: what to ask for.
        on_texts: called after each read with its text messages, in order; there may be none.
        on_end: called once, after the handshake, with the reason why the connection is over, and the close code (1006 where there was none).
    """

    def __init__(
        self,
        uri: WebSocketURI,
        on_texts: Callable[[list[bytes]], None],
        on_end: Callable[[str, int], None],
        read_pause_s: float = READ_PAUSE_S,
    ) -> None:
        self.handshake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._protocol = ClientProtocol(uri, max_size=MOST_BYTES)
        self._splitter = FrameSplitter(MOST_BYTES, self._take_other)
        self._on_texts = on_texts
        self._on_end: Callable[[str, int], None] | None = on_end
        self._read_pause_s = read_pause_s
        self._head = b""
        self._parts: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._pause: asyncio.TimerHandle | None = None

    def send(self, payload: bytes) -> None:
        """Send a text message; nothing happens where the connection is over."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_text(payload)
            self._flush()

    def ping(self) -> None:
        """Send a ping; its answer comes as a read without texts."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_ping(b"klagg")
            self._flush()

    def close(self) -> None:
        """Close it in order; `on_end` is not called."""
        self._on_end = None
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
            self._flush()
        if self._transport:
            self._transport.close()

    # Called by the loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the handshake."""
        self._transport = cast(asyncio.Transport, transport)
        # Under TLS the loop would go on to read, up to half a megabyte, while we pause.
        if limit := getattr(transport, "set_read_buffer_limits", None):
            limit(high=1)
        self._protocol.send_request(self._protocol.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take what was read."""
        size = len(data)
        if self._protocol.state is State.CONNECTING:
            data = self._take_handshake(data)
        if self.handshake.done():
            self._on_texts(self._splitter.split(data))
            if size < _LARGE_READ and self._on_end and self._transport and not self._transport.is_closing():
                self._transport.pause_reading()
                pause_s = self._read_pause_s * (1 - size / _LARGE_READ)
                self._pause = asyncio.get_running_loop().call_later(pause_s, self._transport.resume_reading)

    def connection_lost(self, exc: Exception | None) -> None:
        """Report what ended it."""
        if self._pause:
            self._pause.cancel()
        if not self.handshake.done():
            error = self._protocol.handshake_exc or exc or ConnectionResetError("closed during the handshake")
            self.handshake.set_exception(error)
        elif self._on_end:
            close = self._protocol.close_rcvd or self._protocol.close_sent
            code, reason_text = (close.code, close.reason) if close else (CloseCode.ABNORMAL_CLOSURE, "")
            reason = reason_text or (str(exc) if exc else "") or "the connection was lost"
            self._on_end(f"{reason} ({code})" if close else reason, code)

    def _take_handshake(self, data: bytes) -> bytes:
        """Give the answer to the handshake to the library; returns what follows it."""
        self._head += data
        head, end, rest = self._head.partition(_HEAD_END)
        if not end and len(self._head) < _LARGE_READ:
            return b""
        self._head = b""
        self._protocol.receive_data(head + end)
        if self._protocol.state is State.CONNECTING and rest:
            self._protocol.receive_data(rest)  # the body of a refusal
        self._protocol.events_received()
        self._flush()
        if self._protocol.state is State.OPEN:
            self.handshake.set_result(None)
            return rest
        if self._protocol.handshake_exc and self._transport:
            self._transport.close()
        return b""

    def _take_other(self, frame: bytes) -> list[bytes]:
        """Control frames, fragments and damage: the library knows."""
        self._protocol.receive_data(frame)
        texts = [text for event in self._protocol.events_received() if (text := self._assembled(event)) is not None]
        self._flush()
        if self._protocol.state is not State.OPEN and self._transport:
            self._transport.close()
        return texts

    def _assembled(self, event: Frame | object) -> bytes | None:
        if not isinstance(event, Frame) or event.opcode >= 8:  # control frames
            return None
        self._parts.append(bytes(event.data))
        if not event.fin:
            if len(self._parts) > MOST_PARTS:  # the library bounds their bytes, and empty ones have none
                self._protocol.fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
                self._parts.clear()
            return None
        text = b"".join(self._parts)
        self._parts.clear()
        return text

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data and self._transport and not self._transport.is_closing():
                self._transport.write(data)
