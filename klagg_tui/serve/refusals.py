"""What a client is told that asks for what there is not, or says what is no HTTP: always `{"error": "..."}`, in words of ours."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

log = logging.getLogger(__name__)

SERVER: Final = "klagg"
"""Who answers, without versions: those would say which holes to try (RFC 9110, 10.2.4)."""
_SENTENCES: Final = {
    400: "This is no request that can be read, or one of its lines is too long.",
    404: "There is nothing at this path: /, /ws, /metrics, /api/bars, /api/derivatives, /api/symbols and /api/health are there.",
    405: "Nothing but GET, HEAD and OPTIONS is answered.",
    413: "The request is too large.",
    417: "What the header Expect asks for cannot be done.",
    500: "klagg could not answer; its log says why.",
    504: "The answer took too long.",
}
_KEPT: Final = ("Allow",)
"""Headers that belong to a status: RFC 9110, 15.5.6."""


def error_answer(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """A refusal, in the one form that all of them have."""
    return web.json_response({"error": sentence}, status=status, headers={"Server": SERVER, **(headers or {})})


async def name_server(_request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: otherwise the library tells its own name and version."""
    response.headers["Server"] = SERVER


class Protocol(web.RequestHandler):
    """Aiohttp's own, whose texts quote what was sent and whose log holds a traceback for it; here both are a line."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - the library's words
    ) -> web.StreamResponse:
        """Answer what is no HTTP, or what ended in an error.

        Raises:
            ConnectionError: a part of an answer is on its way already.
        """
        if isinstance(exc, HttpProcessingError):
            log.info("%s sent what is no request (%s)", request.remote, type(exc).__name__)
        else:
            log.error("a request of %s could not be answered", request.remote, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of an answer is on its way already")
        answer = _answer(status)
        answer.force_close()
        return answer

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer; where it is the library's own, ours in its place."""
        if isinstance(resp, web.HTTPException) and not resp.prepared:
            resp = answer_instead(resp)
        return await super().finish_response(request, resp, start_time)


def answer_instead(of: web.HTTPException) -> web.Response:
    """Our words for an answer of the library."""
    if of.status < 400:
        return of
    headers = {name: of.headers[name] for name in _KEPT if name in of.headers}
    if "Allow" in headers:
        headers["Allow"] = ", ".join([*sorted(of.headers["Allow"].split(",")), "OPTIONS"])
    return _answer(of.status, headers)


def _answer(status: int, headers: Mapping[str, str] | None = None) -> web.Response:
    return error_answer(status, _SENTENCES.get(status) or f"{HTTPStatus(status).phrase}.", headers)
