"""Large answers get smaller on their way, for whoever says that it can read them so (RFC 9110, 12.5.3)."""

from __future__ import annotations

import asyncio
import gzip
import re
from typing import Final

from aiohttp import hdrs, web

from klagg_tui.serve.cors import vary

LARGE_BYTES: Final = 4_096
"""Below, a packet or three, nothing is gained."""
_LEVEL: Final = 1
"""Five thousand recorded bars, 1.7 MB, shrink to a fifth in 7 ms; level 6 takes 21 ms to make them a sixth."""
_CODING: Final = re.compile(
    r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?"
)
_NAMES: Final = ("gzip", "x-gzip")


def accepts_gzip(header: str | None) -> bool:
    """Whether a header `Accept-Encoding` wants gzip; where it says nothing of it, it does not."""
    weights: dict[str, float] = {}
    for part in (header or "").split(","):
        if found := _CODING.fullmatch(part):
            weights[found[1].lower()] = float(found[2] or 1)
    named = [weights[name] for name in _NAMES if name in weights]
    return max(named) > 0 if named else weights.get("*", 0) > 0


async def compress(request: web.Request, response: web.Response) -> web.Response:
    """The same answer, its body compressed where that is large and wanted; other requests go on meanwhile."""
    body = response.body
    if not isinstance(body, bytes) or len(body) < LARGE_BYTES:
        return response
    vary(response, hdrs.ACCEPT_ENCODING)
    if accepts_gzip(",".join(request.headers.getall(hdrs.ACCEPT_ENCODING, ()))):
        response.body = await asyncio.to_thread(gzip.compress, body, _LEVEL, mtime=0)
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"
    return response
