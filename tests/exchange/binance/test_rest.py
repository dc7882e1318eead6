"""The REST client against real servers on the loopback address."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from email.utils import formatdate

import pytest
from aiohttp import web
from yarl import URL

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.errors import ConfigError, GeoBlocked, RateLimited, Refused, Unreachable
from klagg_tui.exchange.binance.rest import RestClient
from klagg_tui.exchange.transport import http as http_module
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.http import TRIES, Answer
from klagg_tui.exchange.venue import Priority
from tests.proxies import Passage, connect_proxy, rude_proxy, socks_proxy

LISTED = {
    "symbol": "BTCUSDT",
    "quoteAsset": "USDT",
    "contractType": "PERPETUAL",
    "status": "TRADING",
    "pricePrecision": 2,
    "quantityPrecision": 3,
}
NOW_MS = 1_790_000_040_000
DATE = formatdate(NOW_MS // 1000, usegmt=True)
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
KLINE = ["1", "2", "0.5", "1.5", "10", 0, "15", 3, "4", "6", "0"]
Proxy = Callable[[], AbstractAsyncContextManager[Passage]]
Handler = Callable[[web.Request], Awaitable[web.Response]]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "_FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(http_module, "_LONGEST_WAIT_S", 0.001)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Exchange:
    """Answers one after the other with what it was given, then with the time; each answer is dated by its own clock."""

    def __init__(self) -> None:
        self.answers: list[web.Response | Handler] = []
        self.requests: list[web.Request] = []
        self.port = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        if not self.answers:
            return said({"serverTime": NOW_MS})
        answer = self.answers.pop(0)
        if not isinstance(answer, web.Response):
            return await answer(request)
        answer.headers.setdefault("Date", DATE)
        return answer


@asynccontextmanager
async def serving() -> AsyncIterator[Exchange]:
    exchange = Exchange()
    app = web.Application()
    app.router.add_get("/{path:.*}", exchange.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    exchange.port = runner.addresses[0][1]
    try:
        yield exchange
    finally:
        await runner.cleanup()


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with serving() as exchange:
        yield exchange


def client(exchange: Exchange, *, proxy: str | None = None, time_out_s: float = 5.0) -> RestClient:
    return RestClient(
        f"http://127.0.0.1:{exchange.port}/",
        ExchangeClock(NOW_MS, 0),
        proxy=proxy,
        local_ms=lambda: 0.0,
        time_out_s=time_out_s,
    )


def said(body: object, status: int = 200, **headers: str) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(status=status, body=json.dumps(body).encode(), headers=named)


async def test_the_clock_is_set_by_the_exchanges_time_and_speed(exchange: Exchange) -> None:
    exchange.answers = [said({"serverTime": NOW_MS + 5_000}, X_KLAGG_SPEED="60")]
    async with client(exchange) as rest:
        await rest.sync()
        assert (rest.now_ms(), rest.clock.speed) == (NOW_MS + 5_000, 60)


@pytest.mark.parametrize("speed", ["fast", "0", "-1", "nan", "inf", "1e9"])
async def test_an_odd_speed_is_taken_for_none(exchange: Exchange, speed: str) -> None:
    exchange.answers = [said({"serverTime": NOW_MS}, X_KLAGG_SPEED=speed)]
    async with client(exchange) as rest:
        await rest.sync()
        assert rest.clock.speed == 1


async def test_the_speed_of_the_exchange_itself_is_the_worlds_whatever_it_says(exchange: Exchange) -> None:
    exchange.answers = [said({"serverTime": NOW_MS}, X_KLAGG_SPEED="100000")]
    address = f"http://127.0.0.1:{exchange.port}"
    async with RestClient(address, ExchangeClock(NOW_MS, 0), local_ms=lambda: 0.0, has_speed=False) as rest:
        await rest.sync()
        assert rest.clock.speed == 1


@pytest.mark.parametrize("said_ms", [253_339_228_800_000, NOW_MS + DAY], ids=["year 9998", "a day ahead"])
async def test_a_time_that_the_answers_own_date_contradicts_is_asked_for_again_and_not_believed(
    exchange: Exchange, said_ms: int
) -> None:
    exchange.answers = [said({"serverTime": said_ms}) for _ in range(5)]
    async with client(exchange) as rest:
        await rest.sync()
        assert rest.now_ms() == NOW_MS
        assert "not believed" in rest.clock.trouble
    assert len(exchange.requests) == 2


async def test_a_time_that_the_answers_date_confirms_is_believed_the_second_time(exchange: Exchange) -> None:
    exchange.answers = [said({"serverTime": NOW_MS}) for _ in range(2)]
    clock = ExchangeClock(NOW_MS - 400 * DAY, 0)
    async with RestClient(f"http://127.0.0.1:{exchange.port}", clock, local_ms=lambda: 0.0) as rest:
        await rest.sync()
        assert rest.now_ms() == NOW_MS
        assert rest.clock.trouble.startswith("This machine's clock is 400 days behind the exchange's")


async def test_bars_that_were_over_when_asked_for_are_confirmed(exchange: Exchange) -> None:
    minute_ms = NOW_MS // MINUTE * MINUTE
    exchange.answers = [said([[minute_ms - MINUTE, *KLINE], [minute_ms, *KLINE]])]
    async with client(exchange) as rest:
        bars = await rest.bars("X", Period.M1, minute_ms - MINUTE, minute_ms, limit=2, priority=Priority.SEED)
    assert [bar.state for bar in bars] == [State.CONFIRMED, State.FORMING]
    assert dict(exchange.requests[0].query) == {
        "symbol": "X",
        "interval": "1m",
        "startTime": str(minute_ms - MINUTE),
        "endTime": str(minute_ms),
        "limit": "2",
    }


async def test_a_bar_under_way_is_not_confirmed_because_our_clock_is_a_day_ahead(exchange: Exchange) -> None:
    minute_ms = NOW_MS // MINUTE * MINUTE
    exchange.answers = [said([[minute_ms - 2 * MINUTE, *KLINE], [minute_ms, *KLINE]])]
    clock = ExchangeClock(NOW_MS + DAY, 0)
    async with RestClient(f"http://127.0.0.1:{exchange.port}", clock, local_ms=lambda: 0.0) as rest:
        bars = await rest.bars("X", Period.M1, None, None, limit=2, priority=Priority.SEED)
    assert [bar.state for bar in bars] == [State.CONFIRMED, State.FORMING]


async def test_names_that_are_not_ascii_arrive_as_they_are(exchange: Exchange) -> None:
    exchange.answers = [said([])]
    async with client(exchange) as rest:
        assert await rest.trades("币安人生USDT", 5, limit=1000, priority=Priority.GAP) == []
    assert exchange.requests[0].query["symbol"] == "币安人生USDT"
    assert "%E5%B8%81" in exchange.requests[0].raw_path


async def test_the_listing_tells_how_much_may_be_asked(exchange: Exchange) -> None:
    rule = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000}
    huge = {**rule, "limit": 10**18}
    exchange.answers = [said({"symbols": [LISTED], "rateLimits": rules}) for rules in ([huge], [rule])]
    exchange.answers.append(said({"symbols": [LISTED]}))
    async with client(exchange) as rest:
        assert len((await rest.instruments()).instruments) == 1
        assert rest.use().limit == 24_000
        await rest.instruments()
        await rest.instruments()
        assert rest.use().limit == 6000


async def test_the_weight_header_is_the_truth(exchange: Exchange) -> None:
    exchange.answers = [said({"serverTime": NOW_MS}, X_MBX_USED_WEIGHT_1M="1234")]
    async with client(exchange) as rest:
        await rest.sync()
        assert rest.http.budget.used(NOW_MS) == 1234


async def test_trouble_at_the_exchange_is_tried_again(exchange: Exchange) -> None:
    exchange.answers = [said({}, 503), said("no time")]
    async with client(exchange) as rest:
        with pytest.raises(Unreachable, match="cannot be read"):
            await rest.sync()
        assert rest.use()[2:] == (2, 1)


async def test_lasting_trouble_is_reported_after_three_tries(exchange: Exchange) -> None:
    exchange.answers = [said({}, 502), said({}, 502), said({}, 504)]
    async with client(exchange) as rest:
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1:\d+ is in trouble \(504\)"):
            await rest.sync()
    assert len(exchange.requests) == 3


async def test_an_exchange_that_does_not_answer_is_reported(exchange: Exchange) -> None:
    async def sleep(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    exchange.answers = [sleep, sleep, sleep]
    async with client(exchange, time_out_s=0.05) as rest:
        with pytest.raises(Unreachable, match=r"no answer within 0\.05 s"):
            await rest.sync()


async def test_an_answer_that_is_cut_off_is_no_answer(exchange: Exchange) -> None:
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    exchange.answers = [cut] * 9
    async with client(exchange) as rest:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await rest.sync()
        assert rest.use().retries == 2


@pytest.mark.parametrize(
    ("answer", "wait_ms", "is_banned"),
    [
        (said({"code": -1003, "msg": "x"}, 429, Retry_After="7"), 7_000, False),
        (said({"code": -1003, "msg": "x"}, 429), MINUTE - NOW_MS % MINUTE, False),
        (said({"code": -1003, "msg": f"IP banned until {NOW_MS + 300_000}."}, 418), 300_000, True),
        (said("", 418, Retry_After="soon"), 120_000, True),
        (said("<html>Request blocked</html>", 403), 60_000, False),
    ],
    ids=["429 with seconds", "429 without", "418 with a moment", "418 without", "403"],
)
async def test_after_being_told_to_stop_nothing_is_sent_before_the_time(
    exchange: Exchange, answer: web.Response, wait_ms: int, is_banned: bool
) -> None:
    exchange.answers = [answer]
    local_ms = 0.0
    rest = RestClient(f"http://127.0.0.1:{exchange.port}", ExchangeClock(NOW_MS, 0), local_ms=lambda: local_ms)
    async with rest:
        with pytest.raises(RateLimited) as raised:
            await rest.sync()
        assert (raised.value.retry_at_ms, raised.value.banned) == (NOW_MS + wait_ms, is_banned)
        assert f"({answer.status}): it is asked again in {wait_ms // 1000} s" in str(raised.value)
        waiting = asyncio.create_task(rest.sync())
        local_ms = wait_ms - 1
        for _ in range(5):
            await asyncio.sleep(0.002)
        assert len(exchange.requests) == 1
        local_ms = wait_ms
        await waiting
        assert len(exchange.requests) >= 2  # that the time stood still is doubted, and asked for again


@pytest.mark.parametrize("ahead_ms", [HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])
@pytest.mark.parametrize(
    ("message", "headers"),
    [("x", {"Retry-After": "1"}), (f"IP banned until {NOW_MS + 1_000}.", {})],
    ids=["seconds", "moment"],
)
async def test_a_ban_lasts_as_long_whatever_this_machines_clock_says(
    exchange: Exchange, message: str, headers: dict[str, str], ahead_ms: int
) -> None:
    exchange.answers = [said({"code": -1003, "msg": message}, 418, **headers)]
    local_ms = 0.0
    # The clock is this machine's until the exchange tells its time, and then jumps by the hour.
    rest = RestClient(
        f"http://127.0.0.1:{exchange.port}", ExchangeClock(NOW_MS + ahead_ms, 0), local_ms=lambda: local_ms
    )
    async with rest:
        with pytest.raises(RateLimited, match="asked again in 1 s"):
            await rest.sync()
        rest.http.set_clock(Answer(b"", {}, 0, 0), NOW_MS)
        waiting = asyncio.create_task(rest.sync())
        local_ms = 999
        for _ in range(5):
            await asyncio.sleep(0.002)
        assert len(exchange.requests) == 1
        local_ms = 1_000
        await waiting


async def test_a_date_that_cannot_be_read_leaves_our_own_clock(exchange: Exchange) -> None:
    exchange.answers = [said({"code": -1003, "msg": f"IP banned until {NOW_MS + 9_000}."}, 418, Date="soon")]
    async with client(exchange) as rest:
        with pytest.raises(RateLimited, match="asked again in 9 s"):
            await rest.sync()


@pytest.mark.parametrize(
    "answer",
    [
        said({"code": -1003, "msg": "x"}, 418, Retry_After="99999999999"),
        said({"code": -1003, "msg": "IP banned until 99999999999999."}, 418),
    ],
    ids=["seconds", "moment"],
)
async def test_a_ban_longer_than_any_documented_one_is_not_believed(exchange: Exchange, answer: web.Response) -> None:
    exchange.answers = [answer]
    async with client(exchange) as rest:
        with pytest.raises(RateLimited) as raised:
            await rest.sync()
        assert raised.value.retry_at_ms == NOW_MS + 3 * DAY


async def test_a_refusal_that_was_cut_says_so_with_the_number(exchange: Exchange) -> None:
    exchange.answers = [said({"code": -1003, "msg": "x"}, 418, Retry_After="99999999999")]
    async with client(exchange) as rest:
        with pytest.raises(RateLimited, match=r"in 259200 s \(it said 99,999,999,999 s, which no ban lasts\)"):
            await rest.sync()


async def test_a_shorter_refusal_does_not_shorten_a_longer_one(exchange: Exchange) -> None:
    """Two requests were under way: the answer to the second comes behind the ban, and asks for less."""
    both_are_there, asked = asyncio.Event(), asyncio.Event()

    async def ban(_: web.Request) -> web.Response:
        asked.set()
        await both_are_there.wait()
        return said({"code": -1003, "msg": "x"}, 418, Retry_After="300")

    async def slow_down(_: web.Request) -> web.Response:
        both_are_there.set()
        await asyncio.wait([banned])
        return said({"code": -1003, "msg": "x"}, 429, Retry_After="5")

    exchange.answers = [ban, slow_down]
    local_ms = 0.0
    rest = RestClient(f"http://127.0.0.1:{exchange.port}", ExchangeClock(NOW_MS, 0), local_ms=lambda: local_ms)
    async with rest:
        banned = asyncio.create_task(rest.sync())
        await asked.wait()
        slowed = asyncio.create_task(rest.sync())
        assert [type(error) for error in await asyncio.gather(banned, slowed, return_exceptions=True)] == [
            RateLimited
        ] * 2
        waiting = asyncio.create_task(rest.sync())
        local_ms = 299_999
        for _ in range(5):
            await asyncio.sleep(0.002)
        assert len(exchange.requests) == 2
        local_ms = 300_000
        await waiting


async def test_a_wait_that_is_given_up_holds_nobody_back(exchange: Exchange) -> None:
    async with client(exchange) as rest:
        exchange.answers = [said({}, 429, Retry_After="1")]
        with pytest.raises(RateLimited):
            await rest.sync()
        waiting = asyncio.create_task(rest.sync())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert rest.http.budget.wait_ms(1, Priority.HISTORY, NOW_MS + 1_000) == 0


async def test_a_place_that_is_not_served_is_reported_with_what_can_be_done(exchange: Exchange) -> None:
    exchange.answers = [said({"code": 0, "msg": "Service unavailable from a restricted location"}, 451)]
    async with client(exchange) as rest:
        with pytest.raises(GeoBlocked, match="klagg demo"):
            await rest.sync()
        assert rest.use().requests == 1


@pytest.mark.parametrize(
    ("answer", "words", "code"),
    [
        (said({"code": -1121, "msg": "Invalid symbol."}, 400), "refused: Invalid symbol", -1121),
        (said("?", 404), "refused: status 404", 0),
    ],
)
async def test_a_refusal_carries_the_exchanges_words_and_code(
    exchange: Exchange, answer: web.Response, words: str, code: int
) -> None:
    exchange.answers = [answer]
    async with client(exchange) as rest:
        with pytest.raises(Refused, match=words) as raised:
            await rest.sync()
        assert raised.value.code == code


async def test_a_refusal_is_one_printable_line_whatever_the_exchange_says(exchange: Exchange) -> None:
    exchange.answers = [said({"code": -1121, "msg": "no\n2026 ERROR klagg: \x1b[2J\u202eforged"}, 400)]
    async with client(exchange) as rest:
        with pytest.raises(Refused) as raised:
            await rest.sync()
    assert str(raised.value).endswith(r"refused: no\n2026 ERROR klagg: \x1b[2J\u202eforged")


async def test_a_login_in_the_address_is_told_to_nobody() -> None:
    async with RestClient("http://me:hunter2@127.0.0.1:9", ExchangeClock(0, 0)) as rest:
        with pytest.raises(Unreachable) as raised:
            await rest.sync()
    assert str(raised.value).startswith("127.0.0.1:9 cannot be reached")


def sent_to(where: str, status: int = 302) -> web.Response:
    return web.Response(status=status, headers={"Location": where})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_an_answer_that_sends_to_another_host_is_not_followed(exchange: Exchange, status: int) -> None:
    async with serving() as other:
        for where in (
            f"http://127.0.0.1:{other.port}/fapi/v1/time",
            f"http://localhost:{exchange.port}/",
            f"//localhost:{exchange.port}/",
            "file:///etc/passwd",
            "http://[",
        ):
            exchange.answers = [sent_to(where, status) for _ in range(TRIES)]
            async with client(exchange) as rest:
                with pytest.raises(Unreachable, match=r"sends elsewhere .* where klagg does not follow"):
                    await rest.sync()
        assert other.requests == []


async def test_an_answer_that_sends_elsewhere_on_the_same_host_is_followed_and_not_for_ever(exchange: Exchange) -> None:
    exchange.answers = [sent_to("/elsewhere?a=1"), said({"serverTime": NOW_MS})]
    async with client(exchange) as rest:
        await rest.sync()
        assert [request.path_qs for request in exchange.requests] == ["/fapi/v1/time", "/elsewhere?a=1"]
        exchange.answers = [sent_to("/elsewhere") for _ in range(100)]
        with pytest.raises(Unreachable, match="round in circles"):
            await rest.sync()


@pytest.mark.parametrize(
    ("location", "follows"),
    [
        ("https://fapi.example/x", True),
        ("https://fapi.example:443/x", True),
        ("http://fapi.example/x", False),
        ("https://fapi.example:8443/x", False),
        ("https://other.example/x", False),
        ("https://fapi.example.evil.example/x", False),
        ("https://fapi.example@evil.example/x", False),
    ],
)
def test_no_answer_makes_klagg_speak_openly_or_with_others(location: str, *, follows: bool) -> None:
    http = RestClient("https://fapi.example", ExchangeClock(0, 0)).http
    if follows:
        assert str(http._elsewhere(URL("https://fapi.example/fapi/v1/time"), location)) == "https://fapi.example/x"
        assert http._elsewhere(URL("http://fapi.example/fapi/v1/time"), location).scheme == "https"
        return
    with pytest.raises(Unreachable):
        http._elsewhere(URL("https://fapi.example/fapi/v1/time"), location)


async def test_nobody_there_is_one_sentence_with_host_and_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    rest = RestClient(f"http://127.0.0.1:{port}", ExchangeClock(0, 0))
    async with rest:
        with pytest.raises(Unreachable) as raised:
            await rest.sync()
    assert str(raised.value) == (f"127.0.0.1:{port} cannot be reached (nobody answers there).")


async def test_a_name_that_is_not_known_asks_for_a_network() -> None:
    async with RestClient("https://no-such-host.invalid", ExchangeClock(0, 0)) as rest:
        with pytest.raises(Unreachable, match="name not known: no network"):
            await rest.sync()


@pytest.mark.parametrize(("proxy", "scheme"), [(connect_proxy, "http"), (socks_proxy, "socks5")])
async def test_requests_go_through_the_proxy(exchange: Exchange, proxy: Proxy, scheme: str) -> None:
    async with proxy() as passage, client(exchange, proxy=f"{scheme}://127.0.0.1:{passage.port}") as rest:
        await rest.sync()
        assert passage.targets == [("127.0.0.1", exchange.port)]


async def test_a_proxy_that_is_not_there_is_reported(exchange: Exchange) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with client(exchange, proxy=f"socks5://127.0.0.1:{port}") as rest:
        with pytest.raises(Unreachable, match=f"Couldn't connect to proxy 127.0.0.1:{port}\\)"):
            await rest.sync()
    assert exchange.requests == []


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_hangs_up_is_reported(exchange: Exchange, scheme: str) -> None:
    async with rude_proxy() as passage, client(exchange, proxy=f"{scheme}://127.0.0.1:{passage.port}") as rest:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await rest.sync()


async def test_what_is_no_proxy_is_reported_at_once(exchange: Exchange) -> None:
    with pytest.raises(ConfigError):
        async with client(exchange, proxy="ftp://x:1"):
            pass


async def test_a_body_without_end_is_cut_off_at_the_bound(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "MOST_BODY_BYTES", 1024**2)
    sent = 0

    async def pour(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 65_536)
            sent += 65_536

    exchange.answers = [pour] * 3  # type: ignore[list-item]
    async with client(exchange) as rest:
        with pytest.raises(Unreachable, match="more than 1 MB: it was cut off"):
            await rest.sync()
    assert sent < 3 * 16 * 1024**2


async def test_more_rows_than_were_asked_for_are_not_taken(exchange: Exchange) -> None:
    minute_ms = NOW_MS // MINUTE * MINUTE
    exchange.answers = [said([[minute_ms + at * MINUTE, *KLINE] for at in range(3)])]
    async with client(exchange) as rest:
        with pytest.raises(Unreachable, match="3 rows where 2 were asked for"):
            await rest.bars("X", Period.M1, limit=2, priority=Priority.SEED)


async def test_trades_before_the_one_that_was_asked_for_are_not_taken(exchange: Exchange) -> None:
    """Whoever asks page after page would ask for ever."""
    row = {"a": 4, "p": "1", "q": "1", "f": 1, "l": 1, "T": NOW_MS, "m": True}
    exchange.answers = [said([row])]
    async with client(exchange) as rest:
        with pytest.raises(Unreachable, match="trade 4 of X where 5 was asked for"):
            await rest.trades("X", 5, limit=10, priority=Priority.GAP)
