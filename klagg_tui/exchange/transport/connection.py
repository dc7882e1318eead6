"""One websocket: bytes in and out of the library's protocol, read many frames at once where the loop can do so (see `gulps`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from websockets.client import ClientProtocol
from websockets.frames import CloseCode, Frame
from websockets.protocol import State
from websockets.uri import WebSocketURI

from klagg_tui.exchange.transport.framing import FrameSplitter
from klagg_tui.exchange.transport.gulps import GulpLoop
from klagg_tui.unreached import reason_of

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of a message; the largest, a list over all symbols, has some 200 kB."""
MOST_PARTS: Final = 1_024
"""Fragments of a message."""
_MOST_READ: Final = 128 * 1024
"""Bytes of a read. Where it has to make room for so many each time, the loop asks the system for it and gives it back, which takes as
long as all else about waking."""
_LARGE_READ: Final = 64 * 1024
"""Bytes of a read after which more is likely to wait already."""
_LONGEST_HEAD: Final = 32 * 1024
_HEAD_END: Final = b"\r\n\r\n"


class FeedConnection(asyncio.BufferedProtocol):
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
    ) -> None:
        loop = asyncio.get_running_loop()
        self.handshake: asyncio.Future[None] = loop.create_future()
        self._protocol = ClientProtocol(uri, max_size=MOST_BYTES)
        self._splitter = FrameSplitter(MOST_BYTES, self._take_other)
        self._on_texts = on_texts
        self._on_end: Callable[[str, int], None] | None = on_end
        self._gulps = loop.gulps if isinstance(loop, GulpLoop) else None
        self._fd = -1
        self._read = memoryview(bytearray(_MOST_READ))
        self._head = b""
        self._parts: list[bytes] = []
        self._transport: asyncio.Transport | None = None

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
        if self._gulps:
            self._fd = transport.get_extra_info("socket").fileno()
            self._gulps.gather(self._fd)
        self._protocol.send_request(self._protocol.connect())
        self._flush()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        del sizehint
        return self._read

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read."""
        data = bytes(self._read[:nbytes])
        if self._gulps and len(data) >= _LARGE_READ:
            self._gulps.hurry()
        if self._protocol.state is State.CONNECTING:
            data = self._take_handshake(data)
        if self.handshake.done():
            self._on_texts(self._splitter.split(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """Report what ended it."""
        if self._gulps:
            self._gulps.release(self._fd)
        if not self.handshake.done():
            error = self._protocol.handshake_exc or exc or ConnectionResetError("closed during the handshake")
            self.handshake.set_exception(error)
        elif self._on_end:
            close = self._protocol.close_rcvd or self._protocol.close_sent
            code, reason_text = (close.code, close.reason) if close else (CloseCode.ABNORMAL_CLOSURE, "")
            reason = reason_text or (reason_of(exc) if exc else "") or "the connection was lost"
            self._on_end(f"{reason} ({code})" if close else reason, code)

    def _take_handshake(self, data: bytes) -> bytes:
        """Give the answer to the handshake to the library; returns what follows it."""
        self._head += data
        head, end, rest = self._head.partition(_HEAD_END)
        if not end and len(self._head) < _LONGEST_HEAD:
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
