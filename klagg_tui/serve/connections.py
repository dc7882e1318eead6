"""How many connections there may be, and how long one may say nothing: each costs a file descriptor, and those are few.

A connection that was opened and asks for nothing, or has been answered and asks for nothing more, is closed after a while. Where
there are too many, the one that has been idle for longest makes room; where all are busy, the new one is refused and counted.
"""

from __future__ import annotations

import asyncio
import logging
import resource
from collections.abc import Awaitable, Callable
from typing import Final, cast

from aiohttp import web

log = logging.getLogger(__name__)

IDLE_S: Final = 60.0
"""Without a request, or in the middle of one."""
_LOOK_S: Final = 1.0
_LOG_EVERY_S: Final = 60.0
_SHARE: Final = 2
"""Half of the process's file descriptors are left to database, exchange and files."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def most_connections(wanted: int) -> int:
    """As many as wanted, but no more than the system's limit for the process allows."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft // _SHARE))


class Connections:
    """Makes the protocols of a server's connections, and closes those that are idle. Belongs to the server's loop."""

    def __init__(self, make: Callable[[], asyncio.Protocol], most: int, idle_s: float) -> None:
        self.refused = 0
        """And closed to make room, since the start."""
        self._make = make
        self._most = most
        self._idle_s = idle_s
        self._busy: set[asyncio.BaseProtocol] = set()
        self._idle: dict[asyncio.BaseProtocol, float] = {}
        """Since when, by the loop's clock; the one that has been idle for longest first."""
        self._logged_s = -_LOG_EVERY_S

    def accept(self) -> asyncio.Protocol:
        """The protocol of a new connection."""
        self._forget_closed()
        if len(self._busy) + len(self._idle) >= self._most:
            self._note_refused()
            # Of those accepted in the same moment nothing can be closed yet.
            oldest = next((one for one in self._idle if _transport_of(one)), None)
            if oldest is None:
                return _Refused()
            self._close(oldest)
        protocol = self._make()
        self._idle[protocol] = self._now_s()
        return protocol

    @web.middleware
    async def watch(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Around every request: meanwhile its connection is not idle."""
        protocol = cast(asyncio.BaseProtocol, request.protocol)
        self._idle.pop(protocol, None)
        self._busy.add(protocol)
        try:
            return await handler(request)
        finally:
            self._busy.discard(protocol)
            self._idle[protocol] = self._now_s()

    async def close_idle_forever(self) -> None:
        """Close what has been idle for too long."""
        while True:
            await asyncio.sleep(min(_LOOK_S, self._idle_s))
            before_s = self._now_s() - self._idle_s
            for protocol in [one for one, since_s in self._idle.items() if since_s <= before_s]:
                self._close(protocol)

    def _forget_closed(self) -> None:
        """A protocol has no transport after its end, and none for a moment before its beginning."""
        made_before_s = self._now_s() - _LOOK_S
        for protocol, since_s in list(self._idle.items()):
            transport = _transport_of(protocol)
            if transport.is_closing() if transport else since_s < made_before_s:
                del self._idle[protocol]

    def _close(self, protocol: asyncio.BaseProtocol) -> None:
        del self._idle[protocol]
        if transport := _transport_of(protocol):
            transport.abort()

    def _note_refused(self) -> None:
        self.refused += 1
        if self._now_s() - self._logged_s >= _LOG_EVERY_S:
            self._logged_s = self._now_s()
            log.warning("%d connections are open: others were closed or refused, %d so far", self._most, self.refused)

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()


class _Refused(asyncio.Protocol):
    """A connection that is closed at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).abort()


def _transport_of(protocol: asyncio.BaseProtocol) -> asyncio.Transport | None:
    return cast("asyncio.Transport | None", getattr(protocol, "transport", None))
