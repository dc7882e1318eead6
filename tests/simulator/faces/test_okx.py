"""The faces of OKX: what its own client reads there is the market's truth, and its traps are the exchange's."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import orjson
import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade, TradeFields
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.engine.period import Period
from klagg_tui.errors import UnknownSymbol, Unreachable
from klagg_tui.exchange.okx import SPOT, SWAP
from klagg_tui.exchange.session import StreamRefused, StreamsUp
from klagg_tui.exchange.session.limits import FeedLimits
from klagg_tui.exchange.stream import MarketStream, StreamReport
from klagg_tui.exchange.venue import MarketData, Priority, Venue
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.simulator.face import Asked, Client, Ending, Knock
from klagg_tui.simulator.faces.okx import Okx, OkxSpot, OkxSwap
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.truth import Truth
from tests.patience import WAIT_S

SPEC = MarketSpec(symbols=24, seed=7, activity=20, history_days=40)
"""The twenty-third is quoted in USDC: an inverse swap."""
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = SPEC.start_ms
BTC = "BTC-USDT-SWAP"
PROVED = slice(Bar._fields.index("open_ms"), Bar._fields.index("turnover") + 1)


class Calm:
    """No fault but those that a test names."""

    def __init__(self, *kinds: str) -> None:
        self._kinds = kinds
        self.counts = Counter[str]()

    def active(self, *kinds: str) -> Any:
        return next((kind for kind in kinds if kind in self._kinds), None)

    def struck(self, kind: str, amount: int = 1) -> None:
        self.counts[kind] += amount


def face_of(kind: type[Okx], *faults: str) -> Okx:
    market = Market(MarketSpec(symbols=24, seed=7, activity=20, history_days=40, venue=kind.key, single_fills=True))
    return kind(market, Klines(market), Calm(*faults))


def asked(face: Okx, path: str, now_ms: int = START + HOUR, **query: object) -> Any:
    reply = face.answer(Asked("GET", f"/api/v5/{path}", {name: str(value) for name, value in query.items()}), now_ms)
    return orjson.loads(reply.body)


def talk(client: Client, *messages: object) -> list[Any]:
    """What a connection answers, one text after the other."""
    said: list[Any] = []
    for message in messages:
        client.count(0)
        text = message if isinstance(message, str) else orjson.dumps(message).decode()
        said += [orjson.loads(answer) if answer != b"pong" else "pong" for answer in client.answer(text, START)]
    return said


def command(
    *names: str, operation: str = "subscribe", number: str = "7", channel: str = "trades-all"
) -> dict[str, Any]:
    return {"id": number, "op": operation, "args": [{"channel": channel, "instId": name} for name in names]}


@asynccontextmanager
async def asking(exchange: SimulatedExchange, venue: Venue) -> AsyncIterator[MarketData]:
    async with venue.market_data(exchange.rest_url, exchange.now_ms()) as data:
        await data.sync()
        yield data


# What the venue's own client reads is the truth


@pytest.mark.parametrize("venue", [SWAP, SPOT], ids=["swap", "spot"])
async def test_its_own_client_reads_the_truth_in_every_field_that_a_candle_has(venue: Venue) -> None:
    async with SimulatedExchange(SPEC, venue=venue.key, speed=0) as exchange:
        exchange.jump(HOUR)
        async with asking(exchange, venue) as data:
            listed = await data.instruments()
            assert listed.unread.entries == 0
            kinds = {instrument.contract_type for instrument in listed.instruments}
            assert kinds == set(venue.contract_types)
            for name in (listed.instruments[0].symbol, listed.instruments[-2].symbol):
                for period, from_ms, to_ms in (
                    (Period.M1, START, START + HOUR - 2 * MINUTE),
                    (Period.M1, START - 2 * DAY, START - 2 * DAY + HOUR),
                    (Period.H6, START - DAY, START - 12 * HOUR),
                    (Period.D1, START - 3 * DAY, START - DAY),
                ):
                    theirs = await data.bars(name, period, from_ms, to_ms, limit=300, priority=Priority.SEED)
                    truth = exchange._exchange.bars(name, period, from_ms, to_ms + 1)
                    assert [bar[PROVED] for bar in theirs] == [bar[PROVED] for bar in truth], (name, period)
                    assert {bar.state for bar in theirs} == {State.CONFIRMED}
                    assert all(bar.evidence == venue.candle.lacks for bar in theirs if bar.is_traded)


@pytest.mark.parametrize(
    ("venue", "kind"), [(SWAP, "linear"), (SWAP, "inverse"), (SPOT, "SPOT")], ids=["linear", "inverse", "spot"]
)
async def test_trades_by_id_add_up_to_the_truth(venue: Venue, kind: str) -> None:
    """Contracts come out in coins, or stay contracts where each is worth the same in dollars."""
    async with SimulatedExchange(SPEC, venue=venue.key, speed=0) as exchange:
        exchange.jump(3 * MINUTE)
        async with asking(exchange, venue) as data:
            listed = (await data.instruments()).instruments
            instrument = next(instrument for instrument in listed if instrument.contract_type == kind)
            name = instrument.symbol
            symbol = exchange.face.symbol_of(name)
            assert symbol is not None
            from_id = exchange.market.first_id(symbol, START // MINUTE + 1)
            last_id = exchange.market.first_id(symbol, START // MINUTE + 2) - 1
            found: list[AggTrade] = []
            while from_id <= last_id:
                page = await data.trades(name, from_id, limit=7, priority=Priority.GAP)
                found += [trade for trade in page if trade.aggregate_id <= last_id]
                from_id = page[-1].aggregate_id + 1
        ids = [trade.aggregate_id for trade in found]
        assert ids == list(range(ids[0], last_id + 1))
        [truth] = exchange._exchange.bars(name, Period.M1, START + MINUTE, START + 2 * MINUTE)
        volume = sum(quantity(trade.quantity) for trade in found)
        value = price(instrument.contract_value) if instrument.contract_value else 0
        paid = sum((value or price(trade.price)) * quantity(trade.quantity) for trade in found)
        assert (volume, paid, len(found)) == (truth.volume, truth.turnover, truth.trade_count)
        bought = sum(quantity(trade.quantity) for trade in found if not trade.is_buyer_maker)
        assert bought == truth.taker_buy_volume
        assert bool(instrument.contract_value) == (kind == "inverse")


async def test_what_was_just_traded_is_found_among_the_newest() -> None:
    """The history is a second late; `market/trades` has the rest."""
    async with SimulatedExchange(MarketSpec(symbols=2, seed=7, activity=300), venue="okx-spot", speed=0) as exchange:
        exchange.jump(MINUTE)
        async with asking(exchange, SPOT) as data:
            last = exchange.face.past.until("BTCUSDT", exchange.now_ms(), 5, exchange.now_ms())
            assert last[0].traded_ms > exchange.now_ms() - 1_000
            found = await data.trades("BTC-USDT", last[0].aggregate_id, limit=50, priority=Priority.GAP)
            assert [trade.aggregate_id for trade in found] == [trade.aggregate_id for trade in last]
            assert await data.trades("BTC-USDT", last[-1].aggregate_id + 1, limit=50, priority=Priority.GAP) == []


async def test_what_is_not_listed_is_unknown_in_status_200() -> None:
    async with SimulatedExchange(SPEC, venue="okx-spot", speed=0) as exchange, asking(exchange, SPOT) as data:
        with pytest.raises(UnknownSymbol):
            await data.bars("NO-USDT", Period.M1, limit=5, priority=Priority.SEED)


async def test_an_answer_off_the_utc_grid_is_not_taken() -> None:
    async with SimulatedExchange(SPEC, venue="okx-swap", speed=0) as exchange, asking(exchange, SWAP) as data:
        exchange.strike("utc8")
        with pytest.raises(Unreachable, match="off the grid of 1d"):
            await data.bars(BTC, Period.D1, START - 3 * DAY, START, limit=3, priority=Priority.SEED)
        assert exchange.faults.counts["utc8"] > 0


# The stream


class Watch:
    """A stream into an engine, and what it reported."""

    def __init__(self, venue: Venue, exchange: SimulatedExchange, data: MarketData, names: Mapping[str, int]) -> None:
        self.engine = KlineEngine((Period.M1,), holds_gaps=False)
        self.reports: list[StreamReport] = []
        self.trades: list[TradeFields] = []
        self.stream = MarketStream(
            venue,
            exchange.ws_url,
            data.codec,
            on_trades=lambda trades, _ms: self.trades.extend(trades),
            on_report=self.reports.append,
            limits=FeedLimits.of(venue.streams).faster(60),
        )
        for name in names:
            self.engine.handle(AddSymbol(name, 0))
        self.stream.follow(names)

    @property
    def up(self) -> set[str]:
        return {symbol for report in self.reports if isinstance(report, StreamsUp) for symbol in report.symbols}


@asynccontextmanager
async def watching(venue: Venue, exchange: SimulatedExchange, names: Iterable[str]) -> AsyncIterator[Watch]:
    async with asking(exchange, venue) as data:
        await data.instruments()
        watch = Watch(venue, exchange, data, dict.fromkeys(names, 0))
        running = asyncio.create_task(watch.stream.run())
        try:
            yield watch
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def until(is_true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_true():  # noqa: ASYNC110 - what a server sent is polled
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("venue", [SWAP, SPOT], ids=["swap", "spot"])
async def test_streamed_trades_make_the_bars_of_the_truth(venue: Venue) -> None:
    async with SimulatedExchange(SPEC, venue=venue.key, speed=0) as exchange:
        names = [exchange.face.name(life.listing) for life in exchange.face.listed().values()]
        async with watching(venue, exchange, names) as watch:
            await until(lambda: watch.up == set(names))
            for _ in range(12):
                exchange.jump(20_000)
                sent = exchange.sent
                await until(lambda sent=sent: len(watch.trades) >= sent)  # type: ignore[misc]
            assert watch.stream.counters.bad_frames == 0
            assert len(watch.trades) == exchange.sent
        reader = watch.engine.reader()
        watch.engine.take(watch.trades)
        assert watch.engine.counters.gaps == 0
        made = {bar.key: bar for bar in watch.engine.drain(reader).ended}
        compared = 0
        for name in names:
            for truth in exchange._exchange.bars(name, Period.M1, START + MINUTE, START + 3 * MINUTE):
                if (ours := made.get(truth.key)) and truth.is_traded:
                    sums = (ours.volume, ours.trade_count, ours.taker_buy_volume)
                    assert sums == (truth.volume, truth.trade_count, truth.taker_buy_volume), truth
                    assert ours[3:7] == truth[3:7]
                    compared += 1
        assert compared > 20


async def test_a_stream_that_there_is_not_is_refused_alone() -> None:
    async with SimulatedExchange(SPEC, venue="okx-swap", speed=0) as exchange:
        async with watching(SWAP, exchange, [BTC, "NO-USDT-SWAP", "ETH-USDT-SWAP"]) as watch:
            await until(lambda: watch.up == {BTC, "ETH-USDT-SWAP"})
            await until(lambda: any(isinstance(report, StreamRefused) for report in watch.reports))
        refused = [report for report in watch.reports if isinstance(report, StreamRefused)]
        assert [(report.stream, report.code) for report in refused] == [("trades-all:NO-USDT-SWAP", 60_018)]


async def test_a_contract_listed_anew_is_numbered_from_one() -> None:
    async with SimulatedExchange(SPEC, venue="okx-spot", speed=0) as exchange, asking(exchange, SPOT) as data:
        exchange.strike("delist", target="XRPUSDT")
        exchange.jump(5 * MINUTE)
        names = {instrument.symbol for instrument in (await data.instruments()).instruments}
        assert "XRP-USDT" not in names
        exchange.strike("relist", target="XRPUSDT")
        awaited = {instrument.symbol: instrument for instrument in (await data.instruments()).instruments}["XRP-USDT"]
        assert not awaited.is_followable
        exchange.jump(10 * MINUTE)
        traded = {instrument.symbol: instrument for instrument in (await data.instruments()).instruments}["XRP-USDT"]
        assert traded.is_trading
        found = await data.trades("XRP-USDT", 1, limit=20, priority=Priority.GAP)
        assert [trade.aggregate_id for trade in found] == list(range(1, 21))


# Its commands


def test_each_argument_is_answered_alone() -> None:
    client = face_of(OkxSwap).open(Knock("/ws/v5/business", {}, {}))
    good, bad, other = talk(client, command(BTC, "NO-USDT-SWAP", "ETH-USDT-SWAP"))
    assert (good["event"], good["id"], good["arg"]) == ("subscribe", "7", {"channel": "trades-all", "instId": BTC})
    assert (bad["event"], bad["code"], other["event"]) == ("error", "60018", "subscribe")
    assert set(client.streams) == {"trades:BTCUSDT", "trades:ETHUSDT"}
    assert [said["event"] for said in talk(client, command(BTC, operation="unsubscribe"))] == ["unsubscribe"]
    assert set(client.streams) == {"trades:ETHUSDT"}


def test_a_ping_is_a_bare_text() -> None:
    assert talk(face_of(OkxSpot).open(Knock("/ws/v5/business", {}, {})), "ping") == ["pong"]


@pytest.mark.parametrize("message", ["{", "7", [], {"op": "subscribe"}, {"op": "subscribe", "args": ["x"]}, command(BTC, operation="login")])  # fmt: skip
def test_what_is_no_command_is_an_invalid_request(message: object) -> None:
    [said] = talk(face_of(OkxSwap).open(Knock("/ws/v5/business", {}, {})), message)
    assert (said["event"], said["code"]) == ("error", "60012")


def test_single_trades_are_at_the_business_address_alone() -> None:
    [said] = talk(face_of(OkxSwap).open(Knock("/ws/v5/public", {}, {})), command(BTC))
    assert said["code"] == "60018"
    [said] = talk(face_of(OkxSwap).open(Knock("/ws/v5/business", {}, {})), command(BTC, channel="trades"))
    assert said["code"] == "60018"


def test_the_481st_command_of_an_hour_is_refused() -> None:
    client = face_of(OkxSwap).open(Knock("/ws/v5/business", {}, {}))
    said = talk(client, *[command(BTC)] * 481)
    assert {answer["event"] for answer in said[:480]} == {"subscribe"}
    assert said[480]["code"] == "60014"
    client.count(3_600_000)
    assert orjson.loads(next(iter(client.answer(orjson.dumps(command(BTC)).decode(), START))))["event"] == "subscribe"


def test_arguments_of_more_than_64_kilobytes_are_refused() -> None:
    client = face_of(OkxSpot).open(Knock("/ws/v5/business", {}, {}))
    client._held = dict.fromkeys(map(str, range(2_000)), "x")  # type: ignore[attr-defined]
    [said] = talk(client, command("BTC-USDT"))
    assert said["code"] == "60013"


def test_a_connection_without_a_word_is_closed_after_thirty_seconds() -> None:
    client = face_of(OkxSpot).open(Knock("/ws/v5/business", {}, {}))

    def ends_at(*times_ms: int) -> list[Ending]:
        for client_ms in times_ms:
            list(client.beat(START, client_ms))
        return [client.ending] if client.ending else []

    assert ends_at(0, 30_000) == []
    client.count(30_000)
    assert ends_at(30_001, 60_001) == []
    assert [ending.code for ending in ends_at(60_002)] == [4004]


def test_a_service_that_ends_says_so() -> None:
    text = face_of(OkxSpot).shutdown(START)
    assert text is not None
    assert orjson.loads(text)["code"] == "64008"


# Its answers


def test_contracts_are_worth_what_their_sizes_say() -> None:
    face = face_of(OkxSwap)
    entries = {entry["instId"]: entry for entry in asked(face, "public/instruments", instType="SWAP")["data"]}
    assert {entry["ctType"] for entry in entries.values()} == {"linear", "inverse"}
    assert (entries[BTC]["ctVal"], entries[BTC]["lotSz"], entries[BTC]["settleCcy"]) == ("0.01", "0.1", "USDT") or (
        float(entries[BTC]["lotSz"]) * float(entries[BTC]["ctVal"])
        == 10 ** -face.market.listing("BTCUSDT").quantity_decimals
    )
    [inverse] = [entry for entry in entries.values() if entry["ctType"] == "inverse"]
    assert (inverse["ctVal"], inverse["ctValCcy"], inverse["lotSz"]) == ("10", "USD", "1")
    assert asked(face, "public/instruments", instType="SPOT")["data"] == []


def test_rows_come_newest_first() -> None:
    face = face_of(OkxSpot)
    for path in ("market/trades", "market/history-trades"):
        ids = [int(row["tradeId"]) for row in asked(face, path, instId="BTC-USDT", limit=30)["data"]]
        assert ids == sorted(ids, reverse=True)
        assert len(ids) == 30
    times = [int(row[0]) for row in asked(face, "market/candles", instId="BTC-USDT", limit=30)["data"]]
    assert times == [times[0] - place * MINUTE for place in range(30)]


def test_pages_exclude_what_they_name() -> None:
    face = face_of(OkxSpot)
    newest = [int(row["tradeId"]) for row in asked(face, "market/history-trades", instId="BTC-USDT", limit=9)["data"]]
    older = asked(face, "market/history-trades", instId="BTC-USDT", after=newest[2], before=newest[6])["data"]
    assert [int(row["tradeId"]) for row in older] == newest[3:6]
    at_ms = START + 30 * MINUTE
    rows = asked(face, "market/candles", instId="BTC-USDT", after=at_ms, before=at_ms - 3 * MINUTE)["data"]
    assert [int(row[0]) for row in rows] == [at_ms - MINUTE, at_ms - 2 * MINUTE]
    by_time = asked(face, "market/history-trades", instId="BTC-USDT", type=2, after=at_ms, limit=1)["data"]
    assert int(by_time[0]["ts"]) < at_ms


@pytest.mark.parametrize(("bar", "hour"), [("1D", 16), ("1Dutc", 0), ("12H", 4), ("6Hutc", 0)])
def test_days_begin_at_utc_plus_8_unless_utc_is_asked_for(bar: str, hour: int) -> None:
    row = asked(face_of(OkxSwap), "market/candles", instId=BTC, bar=bar, limit=1, now_ms=START + 17 * HOUR - 12 * HOUR)[
        "data"
    ][0]
    assert int(row[0]) % DAY // HOUR % {"1D": 24, "1Dutc": 24, "12H": 12, "6Hutc": 6}[bar] == hour % 24


def test_recent_candles_reach_back_1440_bars_and_older_ones_are_final() -> None:
    face = face_of(OkxSpot)
    long_ago = START - 2 * DAY
    assert asked(face, "market/candles", instId="BTC-USDT", after=long_ago)["data"] == []
    assert len(asked(face, "market/history-candles", instId="BTC-USDT", after=long_ago, limit=5)["data"]) == 5
    assert asked(face, "market/candles", instId="BTC-USDT", limit=1)["data"][0][8] == "0"
    assert {row[8] for row in asked(face, "market/history-candles", instId="BTC-USDT", limit=5)["data"]} == {"1"}


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("market/candles", {"instId": "BTC-USDT", "bar": "8H"}, "51000"),
        ("market/candles", {"instId": "BTC-USDT", "bar": "1mutc"}, "51000"),
        ("market/candles", {"instId": "BTC-USDT", "limit": "x"}, "51000"),
        ("market/candles", {"instId": "BTC-USDT", "after": "9" * 30}, "51000"),
        ("market/trades", {"instId": "NO-USDT"}, "51001"),
        ("market/trades", {}, "51001"),
        ("public/instruments", {}, "51000"),
        ("market/books", {}, "404"),
    ],
)
def test_what_is_wrong_is_told_by_code(path: str, query: dict[str, Any], code: str) -> None:
    assert asked(face_of(OkxSpot), path, **query)["code"] == code


def test_the_21st_listing_in_two_seconds_is_one_too_many_in_status_200() -> None:
    face = face_of(OkxSpot)
    request = Asked("GET", "/api/v5/public/instruments", {"instType": "SPOT"})
    replies = [face.answer(request, START) for _ in range(21)]
    assert [reply.is_refusal for reply in replies] == [False] * 20 + [True]
    assert (replies[-1].status, orjson.loads(replies[-1].body)["code"]) == (200, "50011")
    assert not face.answer(request, START + 2_000).is_refusal


@pytest.mark.parametrize(("kind", "code"), [("429", "50011"), ("418", "50011"), ("451", "451")])
def test_faults_refuse_with_their_status(kind: str, code: str) -> None:
    reply = face_of(OkxSpot).refusal(kind, START, 9)
    assert (reply.status, orjson.loads(reply.body)["code"]) == (int(kind), code)
    assert reply.headers.get("Retry-After") == (None if kind == "451" else "9")


def test_the_time_is_told_with_its_fault() -> None:
    face = face_of(OkxSpot)
    face.clock_error_ms = -5_000
    assert asked(face, "public/time", now_ms=START)["data"] == [{"ts": str(START - 5_000)}]


@pytest.mark.parametrize("kind", [OkxSpot, OkxSwap])
@pytest.mark.parametrize(("bar", "period"), [("1m", Period.M1), ("5m", Period.M5), ("1Hutc", Period.H1)])
def test_where_candles_open_at_the_close_before_so_does_the_truth_in_its_terms(
    kind: type[Okx], bar: str, period: Period
) -> None:
    face = face_of(kind, "prevclose")
    now_ms = START + 3 * HOUR
    truth = Truth(face.market, lambda: now_ms)
    for symbol in list(face.listed())[:3]:
        name = face.name(face.market.listing(symbol))
        rows = asked(face, "market/candles", now_ms, instId=name, bar=bar.removesuffix("utc"), limit=60)["data"]
        shown = {int(row[0]): tuple(map(price, row[1:5])) for row in rows if row[-1] == "1"}
        bars = {one.open_ms: one for one in map(face.bar, truth.bars(symbol, period, min(shown), now_ms))}
        assert {open_ms: bars[open_ms][3:7] for open_ms in shown} == shown
        opens = sorted(shown)
        assert all(shown[after][0] == shown[before][3] for before, after in pairwise(opens))
        assert any(
            bars[at].open != one.open
            for one in truth.bars(symbol, period, opens[0], now_ms)
            if (at := one.open_ms) in shown
        )


def test_the_first_candle_of_a_listing_opens_at_its_first_trade_whatever_the_others_do() -> None:
    face, other = face_of(OkxSpot, "prevclose"), face_of(OkxSpot)
    symbol = next(iter(face.listed()))
    minute = face.market.listing(symbol).listed_minute
    first, second = (one.candles.of(symbol, 1, minute, START) for one in (face, other))
    assert first == second
    (bar,) = Truth(face.market, lambda: START).bars(symbol, Period.M1, minute * MINUTE, minute * MINUTE + MINUTE)
    assert face.bar(bar)[3:7] == other.bar(bar)[3:7]
