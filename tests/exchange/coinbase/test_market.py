"""Coinbase's client and stream against the simulated exchange, and against a server that says what it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from email.utils import formatdate
from itertools import pairwise

import pytest
from aiohttp import web

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import TradeFields
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.coinbase import VENUE
from klagg_tui.exchange.coinbase.facts import LACKS
from klagg_tui.exchange.coinbase.rest import RestClient
from klagg_tui.exchange.session import FeedLimits
from klagg_tui.exchange.stream import MarketStream, StreamReport
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import MarketData, Priority
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from tests.exchange.coinbase.samples import MINUTE, ROW, START, with_change
from tests.patience import WAIT_S

GAP = Priority.GAP
HOUR = 60 * MINUTE
SPEC = MarketSpec(symbols=40, seed=5, activity=1.0, history_days=3)


@asynccontextmanager
async def simulated(faults: str = "none") -> AsyncIterator[tuple[SimulatedExchange, MarketData]]:
    async with SimulatedExchange(SPEC, venue="coinbase", speed=0, faults=faults) as exchange:
        exchange.jump(4 * HOUR + 20_500)
        async with VENUE.market_data(exchange.rest_url, exchange.now_ms()) as data:
            yield exchange, data


def thinnest(exchange: SimulatedExchange) -> str:
    return exchange.face.name(min(exchange.face.listed().values(), key=lambda life: life.listing.weight).listing)


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - what is waited for is somebody else's state
        await asyncio.sleep(0.02)


def values(bars: list[Bar] | tuple[Bar, ...]) -> list[tuple[int, ...]]:
    return [(bar.open_ms, *bar[3:8]) for bar in bars]


async def test_empty_minutes_are_flat_bars_and_all_are_the_truth() -> None:
    async with simulated() as (exchange, data):
        symbol, end_ms = thinnest(exchange), exchange.now_ms() // MINUTE * MINUTE
        bars = await data.bars(symbol, Period.M1, end_ms - 600 * MINUTE, end_ms - 2 * MINUTE, limit=700, priority=GAP)
        assert len(bars) == 599
        assert values(bars) == values(exchange.bars(symbol, Period.M1, end_ms - 600 * MINUTE, end_ms - MINUTE))
        sent = await data.bars(
            symbol, Period.M1, bars[0].open_ms, bars[-1].open_ms, limit=700, priority=GAP, fills=False
        )
        assert sent == [bar for bar in bars if bar.is_traded]
        assert {bar.state for bar in bars} == {State.CONFIRMED}
        assert {bar.evidence for bar in bars if bar.is_traded} == {LACKS | Evidence.CANDLE_ONLY}
        assert {bar.evidence for bar in bars if not bar.is_traded} == {Evidence.CANDLE_ONLY}


async def test_minutes_whose_candles_are_missing_though_they_were_traded_are_not_filled_in() -> None:
    async with simulated("nobars@0s+10h") as (exchange, data):
        end_ms = exchange.now_ms() // MINUTE * MINUTE - MINUTE
        for symbol in (thinnest(exchange), "BTC-USD"):
            bars = await data.bars(symbol, Period.M1, end_ms - 280 * MINUTE, end_ms - MINUTE, limit=280, priority=GAP)
            truth = {bar.open_ms: bar for bar in exchange.bars(symbol, Period.M1, end_ms - 280 * MINUTE, end_ms)}
            assert values(bars) == values([truth[bar.open_ms] for bar in bars])
            missing = truth.keys() - {bar.open_ms for bar in bars}
            assert missing
            assert exchange.faults.counts["nobars"] > 0
            if symbol == "BTC-USD":
                assert missing >= {
                    bar.open_ms for bar in truth.values() if bar.is_traded and bar.open_ms // MINUTE % 7 == 3
                }


async def test_the_newest_bars_end_with_the_one_under_way() -> None:
    async with simulated() as (exchange, data):
        bars = await data.bars("BTC-USD", Period.M5, limit=3, priority=GAP)
        assert [bar.state for bar in bars] == [State.CONFIRMED, State.CONFIRMED, State.FORMING]
        assert bars[-1].open_ms == exchange.now_ms() // (5 * MINUTE) * 5 * MINUTE
        assert await data.bars("BTC-USD", Period.M1, exchange.now_ms() + MINUTE, limit=3, priority=GAP) == []


async def test_of_periods_that_it_does_not_have_there_are_no_bars_and_nothing_is_asked() -> None:
    async with simulated() as (_, data):
        assert await data.bars("BTC-USD", Period.W1, limit=3, priority=GAP) == []
        assert data.use().requests == 0


async def test_behind_its_end_a_product_that_is_no_longer_traded_has_no_bars() -> None:
    async with SimulatedExchange(SPEC, venue="coinbase", speed=0, faults="delist@1m:DOGEUSDT") as exchange:
        for _ in range(3):
            exchange.jump(20 * MINUTE)
        async with VENUE.market_data(exchange.rest_url, exchange.now_ms()) as data:
            listed = {product.symbol: product for product in (await data.instruments()).instruments}
            assert not listed["DOGE-USD"].is_followable
            bars = await data.bars("DOGE-USD", Period.M1, exchange.now_ms() - HOUR, limit=100, priority=GAP)
            assert 15 < len(bars) < 40
            assert bars[-1].is_traded
            assert await data.bars("DOGE-USD", Period.M1, bars[-1].end_ms, limit=100, priority=GAP) == []


async def test_trades_come_from_an_id_on_to_the_newest() -> None:
    async with simulated() as (exchange, data):
        symbol = thinnest(exchange)
        minute = exchange.now_ms() // MINUTE
        first = exchange.market.first_id(exchange.face.symbol_of(symbol) or "", minute - 60)
        found = await data.trades(symbol, first, limit=1_000, priority=GAP)
        assert [trade.aggregate_id for trade in found] == list(range(first, first + len(found)))
        some = await data.trades(symbol, first + 1, limit=3, priority=GAP)
        assert some == found[1:4]
        assert await data.trades(symbol, found[-1].aggregate_id + 1, limit=1_000, priority=GAP) == []


async def test_the_clock_is_the_exchanges() -> None:
    async with simulated() as (exchange, data):
        exchange.jump(3_000)
        await data.sync()
        assert abs(data.now_ms() - exchange.now_ms()) < 1_000
        assert data.clock.is_set
        assert data.codec is VENUE.codec


async def test_the_stream_begins_with_the_last_match_and_leaves_nothing_out() -> None:
    async with simulated() as (exchange, data):
        names = ["BTC-USD", "ETH-USD", thinnest(exchange)]
        trades: list[TradeFields] = []
        reports: list[StreamReport] = []
        stream = MarketStream(
            VENUE,
            exchange.ws_url,
            on_trades=lambda batch, _ms: trades.extend(batch),
            on_report=reports.append,
            limits=replace(FeedLimits.of(VENUE.streams), answer_ms=500),
        )
        stream.follow([*names, "NOSUCH-USD"])
        running = asyncio.create_task(stream.run())
        try:
            async with asyncio.timeout(WAIT_S):
                await until(lambda: sum(state.covered for state in stream.states()) == len(names))
                exchange.jump(5 * MINUTE)
                count = exchange.sent
                await until(lambda: len({trade[0] for trade in trades}) == len(names) and len(trades) >= count)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert any("NOSUCH-USD is not a valid product" in str(report) for report in reports)
        assert stream.counters.bad_frames == 0
        for name in names:
            ids = list(dict.fromkeys(trade[5] for trade in trades if trade[0] == name))
            assert all(later == earlier + 1 for earlier, later in pairwise(ids))
            (before,) = await data.trades(name, ids[0], limit=1, priority=GAP)
            assert tuple(before) in trades


# Answers made by hand


class Server:
    """Answers the questions for candles of each period and for trades with what it was given."""

    def __init__(self) -> None:
        self.candles: dict[str, list[list[float]]] = {}
        self.trades: list[dict[str, object]] = []
        self.years: list[int] = []
        """Of the next answers about the time."""
        self.asked: list[web.Request] = []
        self.date_ms = START + HOUR

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        rows: object = self.trades
        if request.path.endswith("/candles"):
            rows = self.candles.get(request.query["granularity"], [])
        if request.path == "/time":
            rows = {"iso": f"{self.years.pop(0)}-01-01T00:00:00Z"}
        date = formatdate(self.date_ms / 1000, usegmt=True)
        return web.Response(body=json.dumps(rows).encode(), headers={"Date": date})


@asynccontextmanager
async def answering(now_ms: int = START + HOUR) -> AsyncIterator[tuple[Server, RestClient]]:
    server = Server()
    app = web.Application()
    app.router.add_get("/{path:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    clock = ExchangeClock(now_ms, steady_ms())
    try:
        async with RestClient(f"http://127.0.0.1:{runner.addresses[0][1]}", clock) as rest:
            yield server, rest
    finally:
        await runner.cleanup()


def row(number: int, price: int = 5, step: int = 60, volume: float = 1) -> list[float]:
    return [START // 1000 + number * step, price, price, price, price, volume]


async def minutes(rest: RestClient, count: int = 5) -> list[Bar]:
    return await rest.bars("X-USD", Period.M1, START, START + (count - 1) * MINUTE, limit=count, priority=GAP)


@pytest.mark.parametrize(
    ("date_ms", "states"),
    [
        (0, ["confirmed", "confirmed", "confirmed", "forming", "forming"]),
        (START + 4 * MINUTE + 30_000, ["confirmed"] * 4 + ["forming"]),
        (START + 4 * MINUTE + 29_000, ["confirmed"] * 3 + ["forming"] * 2),
    ],
    ids=["by newer ones", "by the date", "not by a date that is too near"],
)
async def test_a_bar_is_final_where_the_answer_shows_that_it_is_over(date_ms: int, states: list[str]) -> None:
    async with answering() as (server, rest):
        server.date_ms = date_ms
        server.candles = {"60": [row(3), row(0)], "300": [row(0, step=300, volume=2)]}
        assert [bar.state.label for bar in await minutes(rest)] == states


async def test_nothing_is_final_that_our_clock_does_not_take_for_over() -> None:
    async with answering(now_ms=START + 2 * MINUTE + 500) as (server, rest):
        server.candles = {"60": [row(2), row(1), row(0)]}
        states = [bar.state for bar in await minutes(rest)]
        assert states == [State.CONFIRMED, State.CONFIRMED, State.FORMING]


async def test_a_page_that_is_whole_is_one_request() -> None:
    async with answering() as (server, rest):
        server.candles = {"60": [row(number) for number in (5, 4, 3, 2, 1, 0, -1)]}
        assert len(await minutes(rest)) == 5
        assert [request.query["granularity"] for request in server.asked] == ["60"]
        assert server.asked[0].query["start"] == str(START // 1000)
        assert server.asked[0].query["end"] == str(START // 1000 + 240)


@pytest.mark.parametrize(
    ("candles", "asked"),
    [
        ({"300": [row(-2, 7, 300)]}, ["60", "300"]),
        ({"3600": [row(-50, 7, 3600)]}, ["60", "300", "3600"]),
        ({"86400": [row(-50, 7, 86400)]}, ["60", "300", "3600", "86400"]),
    ],
    ids=["within a day", "within days", "within years"],
)
async def test_the_price_before_a_quiet_page_is_looked_for_further_and_further_back(
    candles: dict[str, list[list[float]]], asked: list[str]
) -> None:
    async with answering() as (server, rest):
        server.candles = {
            step: [[at - at % int(step), *prices] for at, *prices in rows] for step, rows in candles.items()
        }
        bars = await minutes(rest)
        assert [bar.close // 10**12 for bar in bars] == [7] * 5
        assert not any(bar.is_traded for bar in bars)
        assert [request.query["granularity"] for request in server.asked] == asked


async def test_before_the_first_trade_there_is_nothing_and_that_is_looked_for_once() -> None:
    async with answering() as (server, rest):
        server.candles = {"60": [row(3)], "300": [row(0, step=300)]}
        assert [bar.open_ms for bar in await minutes(rest)] == [START + 3 * MINUTE, START + 4 * MINUTE]
        assert len(server.asked) == 2 + 1 + 5
        assert await minutes(rest, 3) == []
        assert len(server.asked) == 2 + 1 + 5 + 2


async def test_trades_that_were_not_asked_for_are_left_out() -> None:
    async with answering() as (server, rest):
        server.trades = [with_change(ROW, trade_id=number) for number in (12, 9, 8, 7, 6)]
        found = await rest.trades("X-USD", 7, limit=3, priority=GAP)
        assert [trade.aggregate_id for trade in found] == [7, 8, 9]
        assert dict(server.asked[0].query) == {"limit": "3", "after": "10"}
        await rest.trades("X-USD", 7, limit=5_000, priority=GAP)
        assert dict(server.asked[1].query) == {"limit": "1000", "after": "1007"}


async def test_a_time_that_nothing_confirms_is_asked_for_again_and_then_left() -> None:
    async with answering() as (server, rest):
        server.years = [2031, 2032, 2033, 2034]
        await rest.sync()
        assert len(server.asked) == 3
        assert abs(rest.now_ms() - START - HOUR) < 5_000
