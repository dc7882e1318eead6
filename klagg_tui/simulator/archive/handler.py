"""The bucket over HTTP, at two addresses as the real one: files below `/data/`, and the bucket's own with its listing.

Ranges: RFC 9110, 14.2, and `If-Range`, 13.1.5. Faults of REST strike here too, in the words of S3; the archive has its own besides.
"""

from __future__ import annotations

import asyncio
import re
from email.utils import formatdate
from typing import Final

from aiohttp import web

from klagg_tui.simulator.archive.bucket import BUCKET, Bucket, Served, Stored
from klagg_tui.simulator.exchange import Exchange

_RANGE: Final = re.compile(r"bytes=(\d+)-(\d*)")
_TORN_BYTES: Final = 4 * 1024
_CRAWL_BYTES: Final = 1024
_CRAWL_S: Final = 0.02


def add_archive(app: web.Application, exchange: Exchange, bucket: Bucket) -> None:
    """Answer those paths in `app`, where the exchange publishes files."""
    if bucket.exists:
        handler = _Handler(exchange, bucket)
        app.router.add_get("/data/{key:.+}", handler.send)
        app.router.add_get(f"/{BUCKET}", handler.list)
        app.router.add_get(f"/{BUCKET}/", handler.list)


class _Handler:
    def __init__(self, exchange: Exchange, bucket: Bucket) -> None:
        self._exchange = exchange
        self._bucket = bucket

    async def list(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refused():
            return refused
        return web.Response(body=self._bucket.listing(request.query), content_type="application/xml")

    async def send(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refused():
            return refused
        key, faults = f"data/{request.match_info['key']}", self._exchange.faults
        stored = self._bucket.find(key)
        if faults.hits("gone", key):
            faults.struck("gone")
            stored = None
        if stored is None:
            return _error(404, "NoSuchKey", "The specified key does not exist.")
        first = _first_byte(request, stored)
        if first is not None and first >= len(stored.body):
            return _error(416, "InvalidRange", "The requested range is not satisfiable")
        return await self._stream(request, key, stored, first)

    async def _stream(self, request: web.Request, key: str, stored: Stored, first: int | None) -> web.StreamResponse:
        body = stored.body[first or 0 :]
        answer = web.StreamResponse(status=200 if first is None else 206)
        answer.headers["ETag"] = f'"{stored.etag}"'
        answer.headers["Accept-Ranges"] = "bytes"
        answer.headers["Last-Modified"] = formatdate(stored.modified_ms / 1000, usegmt=True)
        answer.headers["Content-Type"] = "binary/octet-stream"
        answer.content_length = len(body)
        if first is not None:
            answer.headers["Content-Range"] = f"bytes {first}-{len(stored.body) - 1}/{len(stored.body)}"
        await answer.prepare(request)
        faults, sent = self._exchange.faults, 0
        torn = len(body) > _TORN_BYTES and faults.hits("torn", key) is not None
        end = _TORN_BYTES if torn else len(body)
        try:  # a client that leaves is none of ours to complain about
            while sent < end and request.transport is not None and not request.transport.is_closing():
                crawls = faults.hits("crawl", key) is not None
                piece = body[sent : min(end, sent + _CRAWL_BYTES) if crawls else end]
                await answer.write(piece)
                sent += len(piece)
                if crawls:
                    await asyncio.sleep(_CRAWL_S)
        finally:
            self._bucket.served.append(Served(key, first or 0, sent))
        if torn:
            faults.struck("torn")
            if request.transport is not None:
                request.transport.close()
        return answer

    def _refused(self) -> web.Response | None:
        faults = self._exchange.faults
        fault = faults.active("5xx", "429", "451")
        if fault is None:
            return None
        faults.struck(fault.kind)
        if fault.kind == "451":
            return _error(403, "AccessDenied", "Access Denied")
        if fault.kind == "429":
            return _error(429, "TooManyRequests", "Please reduce your request rate.", {"Retry-After": "1"})
        return _error(503, "SlowDown", "Please reduce your request rate.")


def _first_byte(request: web.Request, stored: Stored) -> int | None:
    """From which byte on is asked; None: the whole, also where the client's part is of another edition."""
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    if found is None or request.headers.get("If-Range", f'"{stored.etag}"') != f'"{stored.etag}"':
        return None
    return int(found[1])


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return web.Response(status=status, body=body.encode(), content_type="application/xml", headers=headers)
