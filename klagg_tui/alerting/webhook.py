"""Telling by a request to an address of the user's: JSON, by POST."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import aiohttp

from klagg_tui import __version__
from klagg_tui.alert import Firing
from klagg_tui.alerting.message import as_json
from klagg_tui.errors import Undelivered
from klagg_tui.unreached import reason_of

LIMIT_S: Final = 10.0
_LATER: Final = frozenset({408, 425, 429})
"""What a server says that would take the same later."""


class Webhook:
    """An address that takes alerts.

    Args:
        url: may hold a secret: it is told by its host alone.
        limit_s: for a whole request.
    """

    name = "webhook"
    most_tries: int | None = None
    most_at_once: int | None = None

    def __init__(self, url: str, limit_s: float = LIMIT_S) -> None:
        self._url = url
        self._host = urlsplit(url).netloc.rpartition("@")[2]
        self._limit = aiohttp.ClientTimeout(total=limit_s)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, firing_id: int, firing: Firing) -> None:
        """See `Way.send`."""
        if self._session is None:  # made on the loop that uses it
            connector = aiohttp.TCPConnector(force_close=True)  # alerts are rare
            headers = {"User-Agent": f"klagg/{__version__}"}
            self._session = aiohttp.ClientSession(connector=connector, timeout=self._limit, headers=headers)
        try:
            async with self._session.post(self._url, json=as_json(firing_id, firing), allow_redirects=False) as answer:
                status = answer.status
        except TimeoutError:
            raise Undelivered(f"{self._host} does not answer within {self._limit.total:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Undelivered(f"{self._host} cannot be reached ({_reason(error)})") from error
        if 200 <= status < 300:
            return
        if status in _LATER or status >= 500:
            raise Undelivered(f"{self._host} cannot take it now ({status})")
        raise Undelivered(f"{self._host} refuses it ({status})", is_final=True)

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()


def _reason(error: Exception) -> str:
    """In a few words, without the address, which aiohttp quotes."""
    inner = getattr(error, "os_error", None) or getattr(error, "certificate_error", error)
    if isinstance(inner, aiohttp.ServerDisconnectedError):
        return "it hung up"
    # One of a certificate is a ValueError too.
    if isinstance(inner, OSError):
        return reason_of(inner)
    return "it is no address" if isinstance(inner, ValueError) else "its answer cannot be read"
