"""What pages of other origins are told: preflights, and headers on every answer. Nobody may read who might not before."""

from __future__ import annotations

import aiohttp
import pytest

from klagg_tui.serve.access import AccessPolicy
from tests.serve.serving import raw_answer, serving

GOOD = "https://good.example"
ELSEWHERE = "https://elsewhere.example"
GRANT = "Access-Control-Allow-Origin"
OPEN = AccessPolicy("127.0.0.1", 0, token="secret-token", origins=(GOOD,))
ASKS = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}


async def answer(
    method: str, url: str, headers: dict[str, str]
) -> tuple[int, dict[str, str], dict[str, str] | list[object] | None]:
    async with aiohttp.ClientSession() as session, session.request(method, url, headers=headers) as answered:
        is_json = answered.content_type == "application/json"
        body = await answered.json() if is_json and method != "HEAD" else None
        return answered.status, {name.title(): value for name, value in answered.headers.items()}, body


@pytest.mark.parametrize(
    "path", ["api/bars?symbol=X", "api/symbols", "api/health", "metrics", "", "ws", "nothing/there"]
)
async def test_a_preflight_of_a_permitted_page_is_answered_without_a_token(path: str) -> None:
    async with serving(OPEN) as server:
        status, headers, body = await answer("OPTIONS", server.url + path, {"Origin": GOOD, **ASKS})
    assert (status, body, headers[GRANT]) == (204, None, GOOD)
    assert headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert "Authorization" in headers["Access-Control-Allow-Headers"]
    assert {"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"} <= set(
        headers["Vary"].split(", ")
    )
    assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "http://good.example", f"{GOOD}:8443", "http://localhost:1"])
async def test_a_preflight_of_another_page_is_refused_and_grants_nothing(origin: str) -> None:
    async with serving(OPEN) as server:
        for path in ("api/bars", "nothing/there", ""):
            status, headers, body = await answer("OPTIONS", server.url + path, {"Origin": origin, **ASKS})
            assert status == 403
            assert body is not None
            assert list(body) == ["error"]
            assert not [name for name in headers if name.startswith("Access-Control")]


async def test_a_name_made_to_point_here_gets_no_preflight_either() -> None:
    async with serving(OPEN) as server:
        host = f"elsewhere.example:{server.port}"
        asked = {"Host": host, "Origin": f"http://{host}", **ASKS}
        for method in ("OPTIONS", "GET"):
            status, headers, _ = await answer(method, f"{server.url}api/symbols", asked)
            assert status == 403
            assert GRANT not in headers


async def test_a_preflight_opens_nothing_the_request_after_it_needs_the_token() -> None:
    async with serving(OPEN) as server:
        url = f"{server.url}api/symbols"
        assert (await answer("OPTIONS", url, {"Origin": GOOD, **ASKS}))[0] == 204
        assert (await answer("GET", url, {"Origin": GOOD}))[0] == 401
        status, headers, _ = await answer("GET", url, {"Origin": GOOD, "Authorization": "Bearer secret-token"})
        assert (status, headers[GRANT]) == (200, GOOD)
        status, headers, body = await answer("GET", url, {"Origin": ELSEWHERE, "Authorization": "Bearer secret-token"})
        assert status == 403
        assert GRANT not in headers
        assert body is not None
        assert list(body) == ["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "api/symbols", 401),
        ("GET", "api/bars?token=secret-token", 400),
        ("GET", "nothing/there", 404),
        ("OPTIONS", "nothing/there", 404),
        ("POST", "api/bars", 405),
        ("DELETE", "", 405),
        ("GET", "ws?token=secret-token", 426),
    ],
)
async def test_a_permitted_page_can_read_errors_too(method: str, path: str, status: int) -> None:
    async with serving(OPEN) as server:
        code, headers, body = await answer(method, server.url + path, {"Origin": GOOD})
        assert (code, headers[GRANT]) == (status, GOOD)
        assert body is not None
        assert list(body) == ["error"]
        _, headers, _ = await answer(method, server.url + path, {"Origin": ELSEWHERE})
        assert GRANT not in headers
        assert "Origin" in headers["Vary"].split(", "), "what is kept for one page is not for another"


async def test_an_error_of_our_own_can_be_read_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> bytes:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("klagg_tui.serve.answers.Answers.health", fails)
    async with serving(OPEN) as server:
        status, headers, body = await answer("GET", f"{server.url}api/health?token=secret-token", {"Origin": GOOD})
    assert (status, headers[GRANT]) == (500, GOOD)
    assert body == {"error": "klagg could not answer; its log says why."}


async def test_options_without_a_page_says_what_there_is() -> None:
    async with serving() as server:
        status, headers, _ = await answer("OPTIONS", f"{server.url}api/bars", {})
        assert (status, headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
        assert GRANT not in headers
        status, headers, _ = await answer("PUT", f"{server.url}api/bars", {})
        assert (status, headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    "headers",
    [
        ("Host: 127.0.0.1", f"Origin: {GOOD}", f"Origin: {ELSEWHERE}"),
        ("Host: 127.0.0.1", "Origin: http://["),
        (f"Origin: {GOOD}",),
    ],
)
async def test_what_is_malformed_is_granted_nothing(headers: tuple[str, ...]) -> None:
    async with serving(OPEN) as server:
        for method in ("GET", "OPTIONS"):
            told = await raw_answer(server.port, f"{method} /api/symbols HTTP/1.1", headers)
            assert told.split()[1] == "400"
            assert GRANT not in told
        assert "500" not in (await raw_answer(server.port, "OPTIONS * HTTP/1.1", ("Host: 127.0.0.1",))).split("\r\n")[0]
