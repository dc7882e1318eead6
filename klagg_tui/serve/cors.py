"""What a page of another origin may read: CORS headers on every answer, and preflights (the Fetch standard, 3.2).

They permit nothing of their own. A browser is told that a page may read what the access policy would let it read anyway, so a page that
is refused gets no such header, not on errors either. A preflight needs no token, since browsers send it without; the request after it does.
"""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from klagg_tui.serve.access import AccessPolicy, malformed
from klagg_tui.serve.refusals import error_answer

_METHODS: Final = "GET, HEAD"
_HEADERS: Final = "Authorization, Content-Type"
"""What a page may send beside what it always may: the token, and what many libraries send with every request."""
_MAX_AGE_S: Final = "600"
"""So long a browser need not ask again."""


class Cors:
    """The middleware and the signal of one server."""

    def __init__(self, access: AccessPolicy) -> None:
        self._access = access

    @web.middleware
    async def preflight(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer OPTIONS at every path that there is, and a preflight at any: its page is to read the 404 that follows."""
        if request.method != hdrs.METH_OPTIONS:
            return await handler(request)
        if refusal := self._access.refusal(request.headers, None, is_public=True):
            return error_answer(refusal.status, refusal.reason)
        is_preflight = {hdrs.ORIGIN, hdrs.ACCESS_CONTROL_REQUEST_METHOD} <= set(request.headers)
        if not is_preflight and not isinstance(request.match_info.http_exception, web.HTTPMethodNotAllowed):
            return await handler(request)
        return web.Response(status=204, headers={hdrs.ALLOW: f"{_METHODS}, OPTIONS"})

    async def tell(self, request: web.Request, response: web.StreamResponse) -> None:
        """For `on_response_prepare`: also errors that are the library's."""
        vary(response, hdrs.ORIGIN)
        origins = request.headers.getall(hdrs.ORIGIN, ())
        # What is malformed cannot be compared, and is refused anyway.
        if not origins or malformed(request.headers.getall(hdrs.HOST, ()), origins):
            return
        if self._access.refusal(request.headers, None, is_public=True):
            return
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origins[0]
        if request.method == hdrs.METH_OPTIONS:
            vary(response, hdrs.ACCESS_CONTROL_REQUEST_METHOD, hdrs.ACCESS_CONTROL_REQUEST_HEADERS)
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = _METHODS
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = _HEADERS
            response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = _MAX_AGE_S


def vary(response: web.StreamResponse, *names: str) -> None:
    """Say that an answer depends on these headers of the request too (RFC 9110, 12.5.5)."""
    told = [name for name in response.headers.get(hdrs.VARY, "").split(", ") if name]
    response.headers[hdrs.VARY] = ", ".join(dict.fromkeys([*told, *names]))
