"""COIN-M as its client asks for it: what a contract is worth first, and never more than 200 days at once."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from klagg_tui.engine.exact import turnover_text
from klagg_tui.engine.parsing import quantity
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.errors import UnknownSymbol, Unreachable
from klagg_tui.exchange.binance.products import COINM, SPOT
from klagg_tui.exchange.binance.rest import RestClient
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.venue import Priority
from tests.exchange.binance.test_rest import KLINE, NOW_MS, Exchange, said, serving
from tests.exchange.binance.wire.test_products import CONTRACT

TODAY_MS = NOW_MS // DAY_MS * DAY_MS
LISTING = {"symbols": [CONTRACT]}


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with serving() as exchange:
        yield exchange


def client(exchange: Exchange) -> RestClient:
    return RestClient(f"http://127.0.0.1:{exchange.port}", ExchangeClock(NOW_MS, 0), COINM, local_ms=lambda: 0.0)


async def test_the_listing_is_asked_for_the_value_of_a_contract_once(exchange: Exchange) -> None:
    row = [TODAY_MS, *KLINE]
    exchange.answers = [said(LISTING), said([row]), said([row])]
    async with client(exchange) as rest:
        for _ in range(2):
            (bar,) = await rest.bars("BTCUSD_PERP", Period.D1, TODAY_MS, limit=1, priority=Priority.SEED)
            assert (turnover_text(bar.turnover), turnover_text(bar.taker_buy_turnover)) == ("1000", "400")
    assert [request.path for request in exchange.requests] == [
        "/dapi/v1/exchangeInfo",
        "/dapi/v1/klines",
        "/dapi/v1/klines",
    ]


async def test_bars_of_what_is_not_listed_are_those_of_an_unknown_symbol(exchange: Exchange) -> None:
    exchange.answers = [said(LISTING)]
    async with client(exchange) as rest:
        with pytest.raises(UnknownSymbol):
            await rest.bars("ETHUSD_PERP", Period.D1, limit=1, priority=Priority.SEED)


async def test_many_days_are_asked_for_in_parts_of_200_days_and_given_as_one(exchange: Exchange) -> None:
    start_ms = TODAY_MS - 449 * DAY_MS
    days = [[start_ms + at * DAY_MS, *KLINE] for at in range(450)]
    exchange.answers = [said(LISTING), said(days[:200]), said(days[200:400]), said(days[400:])]
    async with client(exchange) as rest:
        bars = await rest.bars("BTCUSD_PERP", Period.D1, start_ms, limit=450, priority=Priority.HISTORY)
    assert [bar.open_ms for bar in bars] == [day[0] for day in days]
    asked = [(int(one.query["startTime"]), int(one.query["endTime"])) for one in exchange.requests[1:]]
    assert all(end - start < 200 * DAY_MS for start, end in asked)


async def test_the_newest_are_the_last_of_what_comes(exchange: Exchange) -> None:
    days = [[TODAY_MS - at * DAY_MS, *KLINE] for at in (2, 1, 0)]
    exchange.answers = [said(LISTING), said(days[1:])]
    async with client(exchange) as rest:
        bars = await rest.bars("BTCUSD_PERP", Period.D1, limit=2, priority=Priority.SEED)
    assert [bar.open_ms for bar in bars] == [day[0] for day in days[1:]]


async def test_more_rows_than_a_part_can_have_are_not_taken(exchange: Exchange) -> None:
    days = [[TODAY_MS - at * DAY_MS, *KLINE] for at in (2, 1, 0)]
    exchange.answers = [said(LISTING), said(days)]
    async with client(exchange) as rest:
        with pytest.raises(Unreachable):
            await rest.bars("BTCUSD_PERP", Period.D1, TODAY_MS - DAY_MS, limit=2, priority=Priority.SEED)


async def test_open_interest_is_asked_for_one_by_one_and_how_often_funding_is_paid_once_an_hour(
    exchange: Exchange,
) -> None:
    def held(symbol: str, amount: str) -> web.Response:
        return said({"symbol": symbol, "openInterest": amount, "time": NOW_MS})

    funding = said([{"symbol": "ETHUSD_PERP", "fundingIntervalHours": 4}])
    names = ["BTCUSD_PERP", "ETHUSD_PERP"]
    exchange.answers = [funding, held(names[0], "7"), held(names[1], "8"), held(names[0], "9")]
    async with client(exchange) as rest:
        found = await rest.quotes(names, priority=Priority.QUOTES)
        (later,) = await rest.quotes(names[:1], priority=Priority.QUOTES)
    assert [(one.symbol, one.open_interest, one.funding_every_ms) for one in found] == [
        ("BTCUSD_PERP", quantity("7"), 8 * 3_600_000),
        ("ETHUSD_PERP", quantity("8"), 4 * 3_600_000),
    ]
    assert later.open_interest == quantity("9")
    paths = [request.path.rpartition("/")[2] for request in exchange.requests]
    assert paths == ["fundingInfo", "openInterest", "openInterest", "openInterest"]


async def test_spot_has_nothing_to_ask_beside_trades(exchange: Exchange) -> None:
    url = f"http://127.0.0.1:{exchange.port}"
    async with RestClient(url, ExchangeClock(NOW_MS, 0), SPOT, local_ms=lambda: 0.0) as rest:
        assert await rest.quotes(["BTCUSDT"], priority=Priority.QUOTES) == []
    assert exchange.requests == []
