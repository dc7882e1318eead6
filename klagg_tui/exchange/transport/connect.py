"""Opening a websocket: name, proxy, TLS and handshake, and plain reasons where that fails."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from python_socks import ProxyError
from python_socks.async_.asyncio import Proxy
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
from websockets.uri import WebSocketURI, parse_uri

from klagg_tui.errors import ConfigError, ExchangeError, GeoBlocked, Refused, Unreachable
from klagg_tui.exchange.limits import Refusal
from klagg_tui.exchange.transport.connection import FeedConnection
from klagg_tui.exchange.transport.proxy import proxy_for
from klagg_tui.texts import without_password
from klagg_tui.unreached import reason_of

OPEN_S: Final = 15.0


def stream_uri(url: str, path: str) -> WebSocketURI:
    """The address of the market streams at a host; an address with a path of its own is left as it is.

    Raises:
        ConfigError: it is no websocket address.
    """
    try:
        return parse_uri(url if urlsplit(url).path.strip("/") else url.rstrip("/") + path)
    except (InvalidURI, ValueError) as error:
        raise ConfigError(
            f"{without_password(url)} is no address of market streams: it must be ws://… or wss://…"
        ) from error


async def connect(
    uri: WebSocketURI,
    make: Callable[[], FeedConnection],
    refusals: Mapping[int, Refusal],
    proxy: str | None = None,
) -> FeedConnection:
    """A connection whose handshake is done.

    Raises:
        GeoBlocked, Refused: the handshake was refused; `code` is the status.
        Unreachable: it did not come so far.
    """
    try:
        async with asyncio.timeout(OPEN_S):
            return await _open(uri, make, proxy)
    except InvalidStatus as error:
        raise _refusal(error.response.status_code, refusals) from error
    except TimeoutError as error:
        raise Unreachable(f"no answer within {OPEN_S:.0f} s") from error
    except (OSError, InvalidHandshake, ProxyError, EOFError) as error:
        raise Unreachable(reason_of(error)) from error


def _refusal(status: int, refusals: Mapping[int, Refusal]) -> ExchangeError:
    if status == 451:
        return GeoBlocked("this place is not served (451)")
    known = refusals.get(status)
    return Refused(f"it {known.words} ({status})" if known else f"the handshake was answered with {status}", status)


async def _open(uri: WebSocketURI, make: Callable[[], FeedConnection], proxy: str | None) -> FeedConnection:
    loop = asyncio.get_running_loop()
    context = _tls() if uri.secure else None
    address = proxy_for(f"{'wss' if uri.secure else 'ws'}://{uri.host}:{uri.port}", proxy)
    if address is None:
        transport, connection = await loop.create_connection(make, uri.host, uri.port, ssl=context)
    else:
        tunnel = await Proxy.from_url(address, rdns=True).connect(uri.host, uri.port)
        server_hostname = uri.host if uri.secure else None
        transport, connection = await loop.create_connection(
            make, sock=tunnel, ssl=context, server_hostname=server_hostname
        )
    try:
        await connection.handshake
    except BaseException:
        transport.close()
        raise
    return connection


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
