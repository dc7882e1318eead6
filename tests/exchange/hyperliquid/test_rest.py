"""Asking Hyperliquid, against a real server on the loopback address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.utils import formatdate

import orjson
import pytest
from aiohttp import web

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.errors import RateLimited, Unreachable
from klagg_tui.exchange.hyperliquid import VENUE
from klagg_tui.exchange.hyperliquid.rest import RestClient
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.venue import Priority

MINUTE = 60_000
NOW_MS = 1_730_160_020_000 // MINUTE * MINUTE + 20_000
OPEN_MS = NOW_MS // MINUTE * MINUTE


class Exchange:
    """Has a bar for each minute up to now, and those alone."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []
        self.port = 0
        self.status = 200
        self.quiet: set[int] = set()
        """Opens of minutes without trades."""

    async def answer(self, request: web.Request) -> web.Response:
        question = orjson.loads(await request.read())
        self.asked.append(question)
        body = getattr(self, f"_{question['type']}")(question)
        headers = {"Date": formatdate(NOW_MS // 1000, usegmt=True)}
        return web.Response(status=self.status, body=orjson.dumps(body), headers=headers)

    def _exchangeStatus(self, _: object) -> object:  # noqa: N802  # the exchange's own word
        return {"time": NOW_MS, "specialStatuses": None}

    def _meta(self, _: object) -> object:
        return {"universe": [{"name": "BTC", "szDecimals": 5, "maxLeverage": 40}]}

    def _candleSnapshot(self, question: dict[str, dict[str, int]]) -> object:  # noqa: N802
        asked = question["req"]
        first = asked["startTime"] // MINUTE * MINUTE
        return [
            {
                "t": at_ms,
                "T": at_ms + MINUTE - 1,
                "s": "BTC",
                "i": "1m",
                "o": "1",
                "c": "1",
                "h": "1",
                "l": "1",
                "v": "1",
                "n": 1,
            }
            for at_ms in range(first, min(asked["endTime"], NOW_MS) + 1, MINUTE)
            if at_ms not in self.quiet
        ]


@pytest.fixture
async def exchange(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Exchange]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    exchange = Exchange()
    app = web.Application()
    app.router.add_post("/info", exchange.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    exchange.port = runner.addresses[0][1]
    yield exchange
    await runner.cleanup()


def client(exchange: Exchange, now_ms: int = NOW_MS) -> RestClient:
    return RestClient(f"http://127.0.0.1:{exchange.port}", ExchangeClock(now_ms, 0), local_ms=lambda: 0.0)


async def test_the_clock_is_set_by_the_exchanges_status(exchange: Exchange) -> None:
    async with client(exchange, NOW_MS - 1_000) as rest:
        await rest.sync()
        assert rest.now_ms() == NOW_MS
        assert rest.use().used == 2


async def test_a_time_far_off_is_asked_for_once_more(exchange: Exchange) -> None:
    async with client(exchange, NOW_MS - 86_400_000) as rest:
        await rest.sync()
        assert rest.now_ms() == NOW_MS
    assert len(exchange.asked) == 2


async def test_the_listing_is_asked_for(exchange: Exchange) -> None:
    async with client(exchange) as rest:
        found = await rest.instruments()
    assert [each.symbol for each in found.instruments] == ["BTC"]


async def test_bars_are_those_that_open_within_what_was_asked_for(exchange: Exchange) -> None:
    async with client(exchange) as rest:
        bars = await rest.bars(
            "BTC", Period.M1, OPEN_MS - 5 * MINUTE + 1, OPEN_MS - MINUTE, limit=9, priority=Priority.SEED
        )
    assert [bar.open_ms for bar in bars] == [OPEN_MS - back * MINUTE for back in (4, 3, 2, 1)]
    assert {bar.state for bar in bars} == {State.CONFIRMED}


@pytest.mark.parametrize("ahead_ms", [0, 86_400_000], ids=["a right clock", "a clock a day ahead"])
async def test_the_newest_bars_end_with_the_forming_one(exchange: Exchange, ahead_ms: int) -> None:
    async with client(exchange, NOW_MS + ahead_ms) as rest:
        bars = await rest.bars("BTC", Period.M1, limit=3 + ahead_ms // MINUTE, priority=Priority.SEED)
    assert [bar.open_ms for bar in bars][-3:] == [OPEN_MS - back * MINUTE for back in (2, 1, 0)]
    assert [bar.state for bar in bars][-2:] == [State.CONFIRMED, State.FORMING]


async def test_quiet_minutes_have_flat_bars_wherever_they_lie(exchange: Exchange) -> None:
    exchange.quiet = {OPEN_MS - back * MINUTE for back in (6, 5, 3, 1, 0)}
    async with client(exchange) as rest:
        bars = await rest.bars("BTC", Period.M1, OPEN_MS - 5 * MINUTE, OPEN_MS, limit=9, priority=Priority.SEED)
    counts = {(OPEN_MS - bar.open_ms) // MINUTE: bar.trade_count for bar in bars}
    assert counts == {5: 0, 4: 1, 3: 0, 2: 1}, "the minute that has just ended may still get one"


async def test_no_more_bars_come_than_were_asked_for(exchange: Exchange) -> None:
    async with client(exchange) as rest:
        bars = await rest.bars("BTC", Period.M1, OPEN_MS - 9 * MINUTE, limit=4, priority=Priority.SEED)
    assert [bar.open_ms for bar in bars] == [OPEN_MS - back * MINUTE for back in (9, 8, 7, 6)]


async def test_what_lies_in_the_future_is_not_asked_for(exchange: Exchange) -> None:
    async with client(exchange) as rest:
        assert await rest.bars("BTC", Period.M1, OPEN_MS + MINUTE, limit=4, priority=Priority.SEED) == []
    assert not exchange.asked


async def test_trades_are_never_asked_for(exchange: Exchange) -> None:
    async with client(exchange) as rest:
        assert await rest.trades("BTC", 5, since_ms=OPEN_MS, limit=1_000, priority=Priority.GAP) == []
    assert not exchange.asked


async def test_too_many_requests_are_followed_by_a_rest(exchange: Exchange) -> None:
    exchange.status = 429
    async with client(exchange) as rest:
        with pytest.raises(RateLimited):
            await rest.instruments()


async def test_the_venue_makes_the_client() -> None:
    rest = VENUE.market_data("http://127.0.0.1:9", NOW_MS)
    assert rest.codec is rest.codec
    assert rest.codec is not VENUE.codec
    async with rest:
        with pytest.raises(Unreachable):
            await rest.sync()
