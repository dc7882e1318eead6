"""Questions that the exchanges put differently: in a body, at a pace, and with errors in answers that look well."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from klagg_tui import __version__
from klagg_tui.errors import ExchangeError, RateLimited, Refused, UnknownSymbol, Unreachable
from klagg_tui.exchange.limits import PageCost, Refusal, RequestLimits
from klagg_tui.exchange.transport import http as http_module
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.http import HttpClient
from klagg_tui.exchange.transport.rules import HttpRules
from klagg_tui.exchange.venue import Failure, Priority, Request
from tests.feeds import until

NOW_MS = 1_790_000_040_000
ASKED = Request("/info", (("a", "b"),))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "_FIRST_PAUSE_S", 0.001)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Exchange:
    """Answers everything alike."""

    def __init__(self) -> None:
        self.port = 0
        self.status = 200
        self.is_silent = False
        self.body = b"{}"
        self.moved: dict[str, str] = {}
        self.requests: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.times: list[float] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.times.append(time.monotonic())
        self.requests.append((request.method, request.path_qs, await request.read(), dict(request.headers)))
        if self.is_silent:
            await asyncio.sleep(20)
        if target := self.moved.get(request.path):
            return web.Response(status=307, headers={"Location": target})
        return web.Response(status=self.status, body=self.body)


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    exchange = Exchange()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", exchange.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    exchange.port = runner.addresses[0][1]
    yield exchange
    await runner.cleanup()


def read_failure(raw: bytes) -> Failure:
    return Failure(status=429) if b"often" in raw else Failure(message=raw.decode())


def read_error(raw: bytes) -> Failure | None:
    """As Kraken says it, with texts, or OKX, with codes."""
    error = json.loads(raw).get("error")
    return Failure(**error) if error else None


def client(
    exchange: Exchange,
    *,
    pace_ms: int = 0,
    read_error: Callable[[bytes], Failure | None] | None = read_error,
    speed: float = 1.0,
    time_out_s: float = http_module.TIME_OUT_S,
) -> HttpClient:
    rules = HttpRules(
        requests=RequestLimits(1_200, (PageCost(1, 1),), PageCost(1, 1), 0, pace_ms),
        refusals={429: Refusal("asked for fewer requests", pause_ms=7_000)},
        longest_pause_ms=60_000,
        blocked_advice="try elsewhere",
        read_failure=read_failure,
        read_error=read_error,
    )
    clock = ExchangeClock(NOW_MS, time.monotonic() * 1000)
    now_ms = time.monotonic() * 1000
    clock.sample(now_ms, now_ms, NOW_MS, speed)
    url = f"http://127.0.0.1:{exchange.port}"
    return HttpClient(url, clock, rules, local_ms=lambda: time.monotonic() * 1000, time_out_s=time_out_s)


async def test_a_request_with_a_body_is_posted_as_json_and_repeated_where_the_answer_sends(exchange: Exchange) -> None:
    exchange.moved = {"/info": "/moved"}
    async with client(exchange) as http:
        answer = await http.get(Request("/info", body=b'{"type":"meta"}'), Priority.SEED)
    assert answer.body == b"{}"
    assert [(method, path, body) for method, path, body, _ in exchange.requests] == [
        ("POST", "/info", b'{"type":"meta"}'),
        ("POST", "/moved", b'{"type":"meta"}'),
    ]
    assert exchange.requests[1][3]["Content-Type"] == "application/json"


async def test_every_request_tells_who_asks(exchange: Exchange) -> None:
    async with client(exchange) as http:
        await http.get(ASKED, Priority.SEED)
    method, path, body, headers = exchange.requests[0]
    assert (method, path, body) == ("GET", "/info?a=b", b"")
    assert headers["User-Agent"] == f"klagg/{__version__}"
    assert "Content-Type" not in headers


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        ({"code": 51001, "is_unknown_symbol": True}, UnknownSymbol, "refused: error 51001"),
        ({"message": "EGeneral:Invalid arguments"}, Refused, "refused: EGeneral:Invalid arguments"),
        ({"message": "too many requests", "status": 429}, RateLimited, "asked for fewer requests .429.: .* in 7 s"),
        ({"message": "maintenance", "status": 503}, Unreachable, "is in trouble .503."),
        ({"status": 400}, Refused, "refused: status 400"),
    ],
)
async def test_an_error_within_an_answer_that_looks_well_is_one(
    exchange: Exchange, error: dict[str, object], kind: type[ExchangeError], words: str
) -> None:
    exchange.body = json.dumps({"error": error}).encode()
    async with client(exchange) as http:
        with pytest.raises(kind, match=words):
            await http.get(ASKED, Priority.SEED)
    assert len(exchange.requests) == (3 if error.get("status") == 503 else 1)


async def test_where_errors_have_their_own_status_no_answer_is_searched_for_one(exchange: Exchange) -> None:
    exchange.body = b'{"error": {"code": 1}}'
    async with client(exchange, read_error=None) as http:
        assert (await http.get(ASKED, Priority.SEED)).body == exchange.body
        assert http.use().used == 1, "what an exchange does not count is counted here"


async def test_a_refusal_may_mean_another_status_than_it_has(exchange: Exchange) -> None:
    exchange.status, exchange.body = 403, b"access too often"
    async with client(exchange) as http:
        with pytest.raises(RateLimited):
            await http.get(ASKED, Priority.SEED)


async def test_requests_keep_their_pace_in_the_exchanges_time_and_the_urgent_one_goes_first(exchange: Exchange) -> None:
    async with client(exchange, pace_ms=3_000, speed=10) as http:
        await http.get(ASKED, Priority.SEED)
        later = [
            asyncio.create_task(http.get(Request(f"/{priority.name}"), priority))
            for priority in (Priority.HISTORY, Priority.CONFIRM, Priority.GAP)
        ]
        await asyncio.gather(*later)
    assert [path for _, path, _, _ in exchange.requests[1:]] == ["/GAP", "/CONFIRM", "/HISTORY"]
    pauses = [after - before for before, after in zip(exchange.times, exchange.times[1:], strict=False)]
    assert all(pause >= 0.25 for pause in pauses)


@pytest.mark.parametrize("turns", range(5))
async def test_whoever_is_told_to_stop_stops_also_in_the_moment_in_which_the_time_is_over(
    exchange: Exchange, turns: int
) -> None:
    exchange.is_silent = True
    async with client(exchange, time_out_s=0.02) as http:
        asked = asyncio.create_task(http.get(ASKED, Priority.SEED))
        await until(lambda: exchange.requests)
        time.sleep(0.03)  # noqa: ASYNC251 - the process pauses: by its end the time is over
        for _ in range(turns):
            await asyncio.sleep(0)
        asked.cancel()
        await asyncio.wait({asked})
    assert asked.cancelled()


async def test_an_exchange_that_does_not_answer_in_time_cannot_be_reached(exchange: Exchange) -> None:
    exchange.is_silent = True
    async with client(exchange, time_out_s=0.02) as http:
        with pytest.raises(Unreachable, match=r"no answer within 0\.02 s"):
            await http.get(ASKED, Priority.SEED)
    assert len(exchange.requests) == http_module.TRIES
