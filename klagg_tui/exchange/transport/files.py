"""Files over HTTP: a body at once, or in pieces from some byte on; what passes is tried again, what does not is a plain sentence."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeVar
from urllib.parse import urlsplit

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from yarl import URL

from klagg_tui import __version__
from klagg_tui.errors import ExchangeError, GeoBlocked, Refused, Unreachable
from klagg_tui.exchange.transport.headers import whole
from klagg_tui.exchange.transport.proxy import proxy_for
from klagg_tui.texts import without_login
from klagg_tui.unreached import reason_of

T = TypeVar("T")

log = logging.getLogger(__name__)

TRIES: Final = 6
"""Without a byte more between them."""
_BODY_TRIES: Final = 4
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_SILENT_S: Final = 30.0
"""How long nothing may come: a slow answer is none that is lost."""
_MOST_BODY_BYTES: Final = 8 * 1024**2
_PIECE_BYTES: Final = 256 * 1024
_NO_ANSWER: Final = (aiohttp.ClientError, TimeoutError, OSError, ProxyError, ProxyConnectionError, ProxyTimeoutError)


class Busy(Unreachable):
    """The host asks to wait (429, 5xx); `wait_s` as it says, None where it does not."""

    def __init__(self, message: str, wait_s: int | None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class Opened(NamedTuple):
    """An answer with a file's bytes."""

    first: int
    """The place of its first byte in the file: 0 where it is sent from its beginning in spite of what was asked."""
    etag: str
    pieces: AsyncIterator[bytes]


class FileClient:
    """To be used in an `async with` block, by one event loop.

    Args:
        proxy: `http://…` or `socks5://…`; without one the environment's counts.
        pause_s: before the second try; each later one is twice as long.
    """

    def __init__(self, base_url: str, *, proxy: str | None = None, pause_s: float = _FIRST_PAUSE_S) -> None:
        self._base_url = base_url.rstrip("/")
        self._host = urlsplit(without_login(base_url)).netloc or base_url
        self._proxy = proxy
        self._pause_s = pause_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        address = proxy_for(self._base_url, self._proxy)
        self._session = aiohttp.ClientSession(
            connector=ProxyConnector.from_url(address, rdns=True) if address else None,
            # Packed once more, a range would be one of something else.
            headers={"User-Agent": f"klagg/{__version__}", "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(),  # none: see `HttpClient`
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def body(self, path: str, **parameters: str) -> bytes:
        """All of a small answer.

        Raises:
            Refused: its `code` is 404 where there is nothing.
            ExchangeError: there is no answer, after as many tries as make sense.
        """

        async def ask() -> bytes:
            async with self._asked(path, parameters, {}) as response:
                parts: list[bytes] = []
                async for piece in self._pieces(response):
                    parts.append(piece)
                    if sum(map(len, parts)) > _MOST_BODY_BYTES:
                        raise Unreachable(
                            f"{self._host} gave an answer of more than 8 MB: it was cut off and not read."
                        )
                return b"".join(parts)

        return await self.patiently(ask, tries=_BODY_TRIES)

    @asynccontextmanager
    async def open(self, path: str, first: int = 0, etag: str = "") -> AsyncIterator[Opened]:
        """A file from some byte on, one try; `etag`: of the edition that the bytes before are of, else it comes from its beginning.

        Raises:
            Refused: its `code` is 404 where there is nothing, 416 where the file has no such byte.
            ExchangeError: there is no answer, or it breaks off.
        """
        headers = {"Range": f"bytes={first}-", "If-Range": f'"{etag}"'} if first else {}
        async with self._asked(path, {}, headers) as response:
            at = first if response.status == 206 else 0
            shown = response.headers.get("ETag", "").removeprefix("W/").strip('"')
            yield Opened(at, shown, self._pieces(response))

    async def patiently(
        self, ask: Callable[[], Awaitable[T]], progress: Callable[[], int] = lambda: 0, tries: int = TRIES
    ) -> T:
        """What `ask` gives, which is tried again where nothing came; `progress` grows where something did.

        Raises:
            ExchangeError: the last of its failures.
        """
        failed, before, pause_s = 0, progress(), self._pause_s
        while True:
            try:
                return await ask()
            except Unreachable as error:
                if progress() > before:
                    failed, before, pause_s = 0, progress(), self._pause_s
                failed += 1
                if failed >= tries:
                    raise
                log.info("%s: %s", self._host, error)
                told_s = getattr(error, "wait_s", None) or 0
                await asyncio.sleep(max(min(told_s, _LONGEST_PAUSE_S), pause_s * random.uniform(0.5, 1.5)))
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    @asynccontextmanager
    async def _asked(
        self, path: str, parameters: dict[str, str], headers: dict[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        assert self._session is not None, "to be used in a with statement"
        url = URL(self._base_url).joinpath(path.lstrip("/")) if path else URL(self._base_url)
        try:
            async with asyncio.timeout(_SILENT_S):
                response = await self._session.get(url.extend_query(parameters), headers=headers, allow_redirects=False)
        except _NO_ANSWER as error:
            raise self._unreachable(error) from error
        try:
            if response.status not in {200, 206}:
                raise self._failure(path, response)
            yield response
        finally:
            response.close()

    async def _pieces(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        try:
            while True:
                async with asyncio.timeout(_SILENT_S):
                    piece = await response.content.read(_PIECE_BYTES)
                if not piece:
                    return
                yield piece
        except _NO_ANSWER as error:
            raise self._unreachable(error) from error

    def _failure(self, path: str, response: aiohttp.ClientResponse) -> ExchangeError:
        status = response.status
        if status == 429 or status >= 500:
            return Busy(f"{self._host} is in trouble ({status}).", whole(response.headers.get("Retry-After")))
        if status == 451:
            return GeoBlocked(f"{self._host} does not serve this place (451).")
        if status == 404:
            return Refused(f"{self._host} has no {path} (404).", status)
        if 300 <= status < 400:
            return Refused(f"{self._host} sends elsewhere ({status}), where klagg does not follow.", status)
        return Refused(f"{self._host} refused {path} ({status}).", status)

    def _unreachable(self, error: BaseException) -> Unreachable:
        inner = getattr(error, "os_error", None) or error.__cause__
        cause = inner if isinstance(inner, OSError) else error
        if isinstance(error, aiohttp.ClientPayloadError):
            return Unreachable(f"{self._host} broke off in the middle of an answer.")
        late = f"nothing came for {_SILENT_S:g} s"
        reason = late if isinstance(error, TimeoutError) else reason_of(cause)
        return Unreachable(f"{self._host} cannot be reached ({reason}).")
