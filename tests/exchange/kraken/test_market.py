"""Kraken's client and stream against the simulated exchange, and against a server that says what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import TradeFields
from klagg_tui.engine.period import Period
from klagg_tui.errors import RateLimited, UnknownSymbol, Unreachable
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.kraken import VENUE
from klagg_tui.exchange.kraken import rest as rest_module
from klagg_tui.exchange.kraken.facts import LACKS
from klagg_tui.exchange.kraken.rest import RestClient
from klagg_tui.exchange.stream import MarketStream, StreamReport
from klagg_tui.exchange.transport import http as http_module
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import Ids, Priority
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from tests.exchange.kraken.samples import BAR, MINUTE, PAIR, page, result, with_item
from tests.patience import WAIT_S

GAP = Priority.GAP
HOUR = 60 * MINUTE
SPEC = MarketSpec(symbols=40, seed=5, activity=1.0, history_days=3)
START = 1_762_777_200_000
"""When `BAR` opens."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "_FIRST_PAUSE_S", 0.001)


def client(url: str, now_ms: float) -> RestClient:
    """One that keeps no pace."""
    rest = RestClient(url, ExchangeClock(now_ms, steady_ms()))
    rest.http.budget._pace_ms = 0
    return rest


@asynccontextmanager
async def simulated(faults: str = "none") -> AsyncIterator[tuple[SimulatedExchange, RestClient]]:
    async with SimulatedExchange(SPEC, venue="kraken", speed=0, faults=faults) as exchange:
        exchange.jump(4 * HOUR + 20_500)
        async with client(exchange.rest_url, exchange.now_ms()) as rest:
            yield exchange, rest


def thinnest(exchange: SimulatedExchange) -> str:
    return exchange.face.name(min(exchange.face.listed().values(), key=lambda life: life.listing.weight).listing)


def values(bars: list[Bar] | tuple[Bar, ...]) -> list[tuple[int, ...]]:
    return [(bar.open_ms, *bar[3:8], bar.trade_count) for bar in bars]


async def test_what_rest_calls_a_symbol_is_asked_for_once() -> None:
    async with simulated() as (_, rest):
        asked = (rest.bars("BTC/USD", Period.M1, limit=3, priority=GAP) for _ in range(3))
        bars, *_ = await asyncio.gather(*asked)
        assert [bar.state for bar in bars] == [State.CONFIRMED, State.CONFIRMED, State.FORMING]
        assert rest.use().requests == 1 + 3
        with pytest.raises(UnknownSymbol):
            await rest.bars("XBT/USD", Period.M1, limit=3, priority=GAP)
        assert rest.codec is VENUE.codec


async def test_a_pair_that_is_gone_since_it_was_listed_is_unknown() -> None:
    async with simulated() as (_, rest):
        await rest.instruments()
        rest._rest_names["OLD/USD"] = "OLDUSD"
        with pytest.raises(UnknownSymbol):
            await rest.bars("OLD/USD", Period.M1, limit=3, priority=GAP)


async def test_bars_within_720_are_the_exchanges() -> None:
    async with simulated() as (exchange, rest):
        end_ms = exchange.now_ms() // MINUTE * MINUTE
        bars = await rest.bars("ETH/USD", Period.M1, end_ms - 60 * MINUTE, end_ms - 2 * MINUTE, limit=100, priority=GAP)
        assert values(bars) == values(exchange.bars("ETH/USD", Period.M1, end_ms - 60 * MINUTE, end_ms - MINUTE))
        assert {bar.evidence & LACKS for bar in bars if bar.is_traded} == {LACKS}
        some = await rest.bars("ETH/USD", Period.M1, None, bars[9].open_ms, limit=3, priority=GAP)
        assert some == bars[7:10]


@pytest.mark.parametrize("symbol", ["BTC/USD", "thinnest"])
async def test_older_minutes_are_made_of_trades_in_every_field(symbol: str) -> None:
    async with simulated() as (exchange, rest):
        name = thinnest(exchange) if symbol == "thinnest" else symbol
        end_ms = exchange.now_ms() // MINUTE * MINUTE
        from_ms = end_ms - 1_000 * MINUTE
        bars = await rest.bars(name, Period.M1, from_ms, limit=200, priority=GAP)
        assert [bar[2:12] for bar in bars] == [
            bar[2:12] for bar in exchange.bars(name, Period.M1, from_ms, from_ms + 200 * MINUTE)
        ]
        assert {(bar.state, bar.evidence) for bar in bars} == {(State.CONFIRMED, Evidence.ALL)}


async def test_a_page_over_the_edge_of_720_is_made_in_part() -> None:
    async with simulated() as (exchange, rest):
        end_ms = exchange.now_ms() // MINUTE * MINUTE
        bars = await rest.bars("SOL/USD", Period.M1, end_ms - 730 * MINUTE, limit=30, priority=GAP)
        truth = exchange.bars("SOL/USD", Period.M1, end_ms - 730 * MINUTE, end_ms - 700 * MINUTE)
        assert values(bars) == values(truth)
        made = [bar for bar in bars if bar.evidence == Evidence.ALL]
        sent = await rest.bars("SOL/USD", Period.M1, bars[0].open_ms, limit=30, priority=GAP, fills=False)
        assert sent == bars[len(made) :]
        assert [bar.open_ms for bar in made] == [end_ms - number * MINUTE for number in range(730, 719, -1)]


async def test_longer_bars_beyond_reach_and_periods_that_there_are_not_are_none() -> None:
    async with simulated() as (exchange, rest):
        from_ms = exchange.now_ms() - 24 * HOUR
        assert await rest.bars("BTC/USD", Period.H2, limit=3, priority=GAP) == []
        assert rest.use().requests == 0
        assert len(await rest.bars("BTC/USD", Period.H1, from_ms, limit=3, priority=GAP)) == 3
        assert await rest.bars("BTC/USD", Period.M1, exchange.now_ms() + HOUR, limit=3, priority=GAP) == []


async def test_trades_come_from_an_id_on_page_by_page() -> None:
    async with simulated() as (exchange, rest):
        minute = exchange.now_ms() // MINUTE - 200
        first = exchange.market.first_id("BTCUSDT", minute)
        (before,) = exchange.face.past.until("BTCUSDT", minute * MINUTE - 1, 1, exchange.now_ms())
        found = await rest.trades("BTC/USD", first, since_ms=before.traded_ms, limit=1_000, priority=GAP)
        assert [trade.aggregate_id for trade in found] == list(range(first, first + 1_000))
        newest = exchange.face.past.until("BTCUSDT", exchange.now_ms(), 3, exchange.now_ms())
        last = await rest.trades("BTC/USD", newest[0].aggregate_id, limit=1_000, priority=GAP)
        assert [(trade[5], trade[3]) for trade in last] == [(trade.aggregate_id, trade.traded_ms) for trade in newest]


async def test_without_a_time_trades_that_are_not_among_the_newest_are_none() -> None:
    async with simulated() as (exchange, rest):
        first = exchange.market.first_id("BTCUSDT", exchange.now_ms() // MINUTE - 2_000)
        assert await rest.trades("BTC/USD", first, limit=10, priority=GAP) == []


async def test_an_error_with_status_200_is_one() -> None:
    async with simulated() as (exchange, rest):
        exchange.strike("429", lasts_ms=HOUR)
        with pytest.raises(RateLimited):
            await rest.instruments()


async def test_the_clock_is_the_exchanges_to_the_second() -> None:
    async with simulated() as (exchange, rest):
        await rest.sync()
        assert abs(exchange.now_ms() - rest.now_ms()) < 1_000


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - what is waited for is somebody else's state
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("faults", ["none", "holes@0s+10h"], ids=["whole", "holes"])
async def test_the_stream_leaves_out_what_rest_has(faults: str) -> None:
    async with simulated(faults) as (exchange, rest):
        names = ["BTC/USD", "DOGE/USD", thinnest(exchange)]
        trades: list[TradeFields] = []
        reports: list[StreamReport] = []
        stream = MarketStream(
            VENUE, exchange.ws_url, on_trades=lambda batch, _ms: trades.extend(batch), on_report=reports.append
        )
        stream.follow([*names, "NOSUCH/USD"])
        running = asyncio.create_task(stream.run())
        try:
            async with asyncio.timeout(WAIT_S):
                await until(lambda: sum(state.covered for state in stream.states()) == len(names))
                exchange.jump(10 * MINUTE)
                await until(lambda: {trade[0] for trade in trades} == set(names))
                near_ms = exchange.now_ms() - MINUTE
                await until(lambda: max(trade[3] for trade in trades if trade[0] == "BTC/USD") >= near_ms)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert any("Currency pair not supported NOSUCH/USD" in str(report) for report in reports)
        assert stream.counters.bad_frames == 0
        busy = [trade for trade in trades if trade[0] == "BTC/USD"]
        gaps = [(earlier, later) for earlier, later in pairwise(busy) if later[5] != earlier[5] + 1]
        assert bool(gaps) is (faults != "none")
        assert (exchange.faults.counts["holes"] > len(gaps)) is bool(gaps)
        assert VENUE.ids is Ids.DENSE_IN_REST
        rest.clock = rest.http.clock = ExchangeClock(exchange.now_ms(), steady_ms())
        for earlier, later in gaps[:2]:
            count = later[5] - earlier[5] - 1
            missing = await rest.trades("BTC/USD", earlier[5] + 1, since_ms=earlier[3], limit=count, priority=GAP)
            assert [trade.aggregate_id for trade in missing] == list(range(earlier[5] + 1, later[5]))


# Answers made by hand


class Server:
    """Answers with a list of pairs, with bars, and with trades by their time, at most `most` of them."""

    def __init__(self) -> None:
        self.bars: list[list[Any]] = []
        self.rows: list[list[Any]] = []
        self.asked: list[web.Request] = []
        self.has_last = True
        self.date_ms = START

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        what = request.path.rpartition("/")[2]
        body = result({"XXBTZUSD": PAIR}) if what == "AssetPairs" else result({"XXBTZUSD": self.bars})
        if what == "Trades":
            since = int(request.query.get("since", "0"))
            rows = [row for row in self.rows if row[2] * 1_000_000_000 >= since][:1_000]
            last = f"{int(rows[-1][2] * 1_000_000_000)}" if rows else str(since)
            body = page(*rows, last=last if self.has_last else None)
        return web.Response(body=body, headers={"Date": formatdate(self.date_ms / 1000, usegmt=True)})

    @property
    def sinces(self) -> list[int]:
        return [int(request.query["since"]) for request in self.asked if "since" in request.query]


@asynccontextmanager
async def answering(now_ms: int = START + 24 * HOUR) -> AsyncIterator[tuple[Server, RestClient]]:
    server = Server()
    app = web.Application()
    app.router.add_get("/{path:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with client(f"http://127.0.0.1:{runner.addresses[0][1]}", now_ms) as rest:
            yield server, rest
    finally:
        await runner.cleanup()


def traded(number: int, at_ms: int) -> list[Any]:
    return ["5.0", "1.00000000", at_ms / 1000, "b", "l", "", number]


@pytest.mark.parametrize("has_last", [True, False], ids=["with last", "without last"])
async def test_a_walk_goes_on_from_page_to_page(has_last: bool) -> None:
    async with answering() as (server, rest):
        server.has_last = has_last
        server.rows = [traded(100 + number, START + 10 * number) for number in range(2_600)]
        found = await rest.trades("BTC/USD", 1_300, since_ms=START + 1_000, limit=1_000, priority=GAP)
        assert [trade.aggregate_id for trade in found] == list(range(1_300, 2_300))
        assert server.sinces[0] == START * 1_000_000
        assert len(server.sinces) == 3


async def test_a_thousand_trades_of_one_millisecond_are_passed_where_more_are_of_it_there_is_no_way() -> None:
    async with answering() as (server, rest):
        burst = [traded(101 + number, START + 2_000) for number in range(990)]
        server.rows = [
            traded(100, START),
            *burst,
            *(traded(1_091 + number, START + 2_001 + number) for number in range(50)),
        ]
        found = await rest.trades("BTC/USD", 1_085, since_ms=START + 1_000, limit=20, priority=GAP)
        assert [trade.aggregate_id for trade in found] == list(range(1_085, 1_105))
        server.rows = [traded(100, START), *(traded(101 + number, START + 2_000) for number in range(1_200))]
        found = await rest.trades("BTC/USD", 1_090, since_ms=START + 1_000, limit=20, priority=GAP)
        assert [trade.aggregate_id for trade in found] == list(range(1_090, 1_101))


async def test_a_full_page_of_what_had_come_is_asked_for_again_from_its_very_moment() -> None:
    async with answering() as (server, rest):
        server.rows = [traded(100 + number, START + number // 500) for number in range(3_000)]
        found = await rest.trades("BTC/USD", 100, since_ms=START + 1_000, limit=1_000, priority=GAP)
        assert [trade.aggregate_id for trade in found] == list(range(100, 1_100))
        found = await rest.trades("BTC/USD", 1_095, since_ms=START + 1_000, limit=10, priority=GAP)
        assert [trade.aggregate_id for trade in found] == list(range(1_095, 1_105))


async def test_made_bars_end_where_thirty_pages_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "MOST_PAGES", 3)
    async with answering() as (server, rest):
        server.rows = [traded(100 + number, START - MINUTE + 100 * number) for number in range(9_000)]
        bars = await rest.bars("BTC/USD", Period.M1, START, START + 9 * MINUTE, limit=10, priority=GAP)
        assert len(server.sinces) == 3
        assert [(bar.open_ms - START) // MINUTE for bar in bars] == [0, 1, 2]
        assert {bar.trade_count for bar in bars} == {600}


async def test_made_bars_end_before_a_missing_id() -> None:
    async with answering() as (server, rest):
        numbers = [number for number in range(3_000) if number != 1_500]
        server.rows = [traded(100 + number, START - MINUTE + 100 * number) for number in numbers]
        bars = await rest.bars("BTC/USD", Period.M1, START, START + 3 * MINUTE, limit=10, priority=GAP)
        assert [(bar.open_ms - START) // MINUTE for bar in bars] == [0]


async def test_made_bars_go_on_flat_where_nothing_more_was_traded() -> None:
    async with answering() as (server, rest):
        server.rows = [traded(100, START - 3 * HOUR)]
        bars = await rest.bars("BTC/USD", Period.M1, START, START + 3 * MINUTE, limit=10, priority=GAP)
        assert [(bar.volume, bar.close // 10**12) for bar in bars] == [(0, 5)] * 4
        assert [(START - since // 1_000_000) // MINUTE for since in server.sinces[:2]] == [10, 360]


async def test_before_the_first_trade_no_bars_are_made() -> None:
    async with answering() as (server, rest):
        assert await rest.bars("BTC/USD", Period.M1, START, START + 3 * MINUTE, limit=10, priority=GAP) == []
        server.rows = [traded(1, START + MINUTE), traded(2, START + 5 * MINUTE)]
        bars = await rest.bars("BTC/USD", Period.M1, START, START + 3 * MINUTE, limit=10, priority=GAP)
        assert [(bar.open_ms - START) // MINUTE for bar in bars] == [1, 2, 3]


async def test_a_new_pair_without_bars_has_none_made() -> None:
    async with answering(START + HOUR) as (server, rest):
        assert await rest.bars("BTC/USD", Period.M1, START, START + 3 * MINUTE, limit=10, priority=GAP) == []
        assert server.sinces == []


async def test_before_the_first_of_few_bars_none_are_made() -> None:
    async with answering(START + 5 * HOUR) as (server, rest):
        server.bars = [BAR, with_item(BAR, 0, BAR[0] + 60)]
        server.rows = [traded(1, START - 3 * MINUTE)]
        bars = await rest.bars("BTC/USD", Period.M1, START - 3 * MINUTE, limit=10, priority=GAP)
        assert [bar.open_ms for bar in bars] == [START, START + MINUTE]
        assert server.sinces == []


async def test_the_newer_bar_shows_that_one_is_over() -> None:
    async with answering(START + HOUR) as (server, rest):
        server.bars = [BAR, with_item(BAR, 0, BAR[0] + 60)]
        bars = await rest.bars("BTC/USD", Period.M1, START, START + 3 * MINUTE, limit=10, priority=GAP)
        assert [bar.state for bar in bars] == [State.CONFIRMED, State.FORMING]


async def test_a_damaged_answer_is_none() -> None:
    async with answering(START + HOUR) as (server, rest):
        server.bars = [BAR[:3]]
        with pytest.raises(Unreachable, match="cannot be read"):
            await rest.bars("BTC/USD", Period.M1, limit=10, priority=GAP)
