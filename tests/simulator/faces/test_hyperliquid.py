"""The face of Hyperliquid: what its own client reads there is the market's truth, and it is as strict as the exchange."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.engine.period import Period
from klagg_tui.errors import RateLimited, Unreachable
from klagg_tui.exchange.hyperliquid import VENUE
from klagg_tui.exchange.session import StreamRefused, StreamsUp
from klagg_tui.exchange.session.limits import FeedLimits
from klagg_tui.exchange.stream import MarketStream, StreamReport
from klagg_tui.exchange.venue import Priority
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.simulator.face import Asked, Knock
from klagg_tui.simulator.faces.hyperliquid import Hyperliquid
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market
from tests.feeds import until

SPEC = MarketSpec(symbols=8, seed=7, activity=20, history_days=5)
MINUTE = 60_000
HOUR = 60 * MINUTE
START = SPEC.start_ms
KNOWN = slice(Bar._fields.index("open_ms"), Bar._fields.index("volume") + 1)


class Calm:
    """No fault."""

    def active(self, *_kinds: str) -> None:
        return None

    def struck(self, kind: str, amount: int = 1) -> None:
        raise AssertionError(f"nothing strikes here, and {kind} {amount} times")


@pytest.fixture(scope="module")
def face() -> Hyperliquid:
    market = Market(
        MarketSpec(
            symbols=8, seed=7, activity=20, history_days=5, venue="hyperliquid", single_fills=True, in_order=True
        )
    )
    return Hyperliquid(market, Klines(market), Calm())


def asked(face: Hyperliquid, now_ms: int = START + HOUR, **question: object) -> tuple[int, Any]:
    reply = face.answer(Asked("POST", "/info", {}, orjson.dumps(question)), now_ms)
    return reply.status, orjson.loads(reply.body) if reply.body.startswith((b"{", b"[", b"null")) else reply.body


def talk(face: Hyperliquid, *messages: object) -> list[Any]:
    client = face.open(Knock("/ws", {}, {}))
    return [
        orjson.loads(said) for each in messages for said in client.answer(orjson.dumps(each).decode(), START + HOUR)
    ]


def command(coin: str, method: str = "subscribe", kind: str = "trades") -> dict[str, object]:
    return {"method": method, "subscription": {"type": kind, "coin": coin}}


async def test_its_own_client_reads_the_truth_in_every_field_that_a_candle_has() -> None:
    async with SimulatedExchange(SPEC, venue="hyperliquid", speed=0) as exchange:
        exchange.jump(HOUR)
        async with VENUE.market_data(exchange.rest_url, START) as data:
            await data.sync()
            listed = await data.instruments()
            assert listed.unread.entries == 0
            assert {"BTC", "ETH"} <= {each.symbol for each in listed.instruments}
            for name in (listed.instruments[0].symbol, listed.instruments[-1].symbol):
                for period, from_ms, to_ms in (
                    (Period.M1, START, START + HOUR - 2 * MINUTE),
                    (Period.H1, START - 30 * HOUR, START - HOUR),
                ):
                    theirs = await data.bars(name, period, from_ms, to_ms, limit=300, priority=Priority.SEED)
                    truth = exchange._exchange.bars(name, period, from_ms, to_ms + 1)
                    assert [bar[KNOWN] for bar in theirs] == [bar[KNOWN] for bar in truth], (name, period)
                    assert [bar.trade_count for bar in theirs] == [bar.trade_count for bar in truth]
                    assert {bar.state for bar in theirs} == {State.CONFIRMED}


async def test_streamed_trades_are_numbered_without_a_hole_and_make_the_bars_of_the_truth() -> None:
    trades: list[TradeFields] = []
    reports: list[StreamReport] = []
    async with (
        SimulatedExchange(SPEC, venue="hyperliquid", speed=0) as exchange,
        VENUE.market_data(exchange.rest_url, START) as data,
    ):
        stream = MarketStream(
            VENUE,
            exchange.ws_url,
            data.codec,
            on_trades=lambda found, _ms: trades.extend(found),
            on_report=reports.append,
            limits=FeedLimits.of(VENUE.streams).faster(60),
        )
        stream.follow(["BTC", "ETH", "NOSUCH"])
        running = asyncio.create_task(stream.run())
        up = {"BTC", "ETH"}
        await until(lambda: {each for told in reports if isinstance(told, StreamsUp) for each in told.symbols} == up)
        await until(lambda: any(isinstance(told, StreamRefused) for told in reports))
        for step in range(12):
            exchange.jump(20_000)
            if step == 6:
                stream.renew("BTC", "a test")
                await until(lambda: stream.states()[0].rotations == 1)
        last_ms = exchange.now_ms() - 2_000
        for name in up:
            await until(lambda name=name: max(trade[3] for trade in trades if trade[0] == name) >= last_ms - 30_000)  # type: ignore[misc]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        truth = {bar.key: bar for name in up for bar in exchange._exchange.bars(name, Period.M1, START, START + HOUR)}
    for name in up:
        own = [AggTrade(*trade) for trade in trades if trade[0] == name]
        assert [trade.aggregate_id - own[0].aggregate_id for trade in own] == list(range(len(own)))
        for minute in (1, 2):
            open_ms = START + minute * MINUTE
            within = [trade.amounts()[1] for trade in own if open_ms <= trade.traded_ms < open_ms + MINUTE]
            bar = truth[name, Period.M1, open_ms]
            assert (len(within), exact.quantity_text(sum(within))) == (bar.trade_count, exact.quantity_text(bar.volume))


class Backwards(Calm):
    """Trades of a message come newest first."""

    def __init__(self) -> None:
        self.struck_times = 0

    def active(self, *kinds: str) -> Any:
        return "backwards" if "backwards" in kinds else None

    def struck(self, kind: str, amount: int = 1) -> None:
        assert kind == "backwards"
        self.struck_times += amount


@pytest.mark.parametrize("faults", [Calm(), Backwards()], ids=["in order", "newest first"])
def test_the_trades_of_a_beat_come_in_a_message_for_each_coin(face: Hyperliquid, faults: Calm) -> None:
    face = Hyperliquid(face.market, face.klines, faults)
    minute = START // MINUTE + 1
    trades = {symbol: face.market.trades(symbol, minute)[:5] for symbol in ("BTCUSDT", "ETHUSDT")}
    in_turn = zip(*(face.trade_frames(symbol, minute, some) for symbol, some in trades.items()), strict=True)
    frames = [frame for each in in_turn for frame in each]
    messages = list(face.bundled(frames))
    assert {message.symbol: message.aggregate_id for message in messages} == {
        symbol: some[-1].aggregate_id for symbol, some in trades.items()
    }
    told = {message.symbol: [row["time"] for row in orjson.loads(message.payload)["data"]] for message in messages}
    batch = VENUE.market_data("http://127.0.0.1", START).codec.decode_batch([message.payload for message in messages])
    for symbol, some in trades.items():
        times = [trade.traded_ms for trade in some]
        assert times == sorted(times)
        assert told[symbol] == (times[::-1] if isinstance(faults, Backwards) else times)
        assert [trade[3] for trade in batch.trades if f"{trade[0]}USDT" == symbol] == times
    if isinstance(faults, Backwards):
        assert faults.struck_times == 2
        list(face.bundled(frames[:1]))
        assert faults.struck_times == 2, "a single trade has no order"


async def test_what_is_not_listed_and_what_was_never_asked_for_is_not_answered() -> None:
    async with (
        SimulatedExchange(SPEC, venue="hyperliquid", speed=0) as exchange,
        VENUE.market_data(exchange.rest_url, START) as data,
    ):
        await data.sync()
        for name, period in (("NOSUCH", Period.M1), ("BTC", Period.H6)):
            with pytest.raises(Unreachable):
                await data.bars(name, period, limit=5, priority=Priority.SEED)
        exchange.strike("429")
        with pytest.raises(RateLimited):
            await data.instruments()


def test_the_first_message_for_a_coin_holds_its_last_thirty_trades(face: Hyperliquid) -> None:
    face.told_ms = lambda _symbol: START + HOUR
    said, first = talk(face, command("BTC"))
    assert said == {"channel": "subscriptionResponse", "data": command("BTC")}
    assert len(first["data"]) == 30
    assert {trade["coin"] for trade in first["data"]} == {"BTC"}
    assert len({trade["tid"] for trade in first["data"]}) == 30


def test_what_is_held_already_or_not_held_or_not_there_is_an_error_that_quotes_it(face: Hyperliquid) -> None:
    answers = talk(
        face,
        command("BTC"),
        command("BTC"),
        command("BTC", "unsubscribe"),
        command("BTC", "unsubscribe"),
        command("NOSUCH"),
        command("BTC", kind="candle"),
        command("BTC", "resubscribe"),
        {"method": "ping"},
        "x",
        7,
    )
    told = [answer["data"] if answer["channel"] == "error" else answer["channel"] for answer in answers]
    quoted = '{"type":"trades","coin":"BTC"}'
    assert told[:6] == [
        *("subscriptionResponse", "trades", f"Already subscribed: {quoted}", "subscriptionResponse"),
        *(f"Already unsubscribed: {quoted}", 'Invalid subscription {"type":"trades","coin":"NOSUCH"}'),
    ]
    assert [each[:7] for each in told[6:]] == ["Invalid", "Invalid", "pong", "Error p", "Error p"]


def test_a_connection_to_which_nothing_is_sent_is_closed_after_a_minute(face: Hyperliquid) -> None:
    client = face.open(Knock("/ws", {}, {}))
    for client_ms in (0, 60_000):
        list(client.beat(START, client_ms))
    list(client.answer('{"method":"ping"}', START))
    for client_ms in (60_001, 120_001):
        list(client.beat(START, client_ms))
    assert client.ending is None
    list(client.beat(START, 120_002))
    assert client.ending is not None


def test_a_minute_has_room_for_sixty_questions(face: Hyperliquid) -> None:
    now_ms = START + 2 * HOUR
    assert [asked(face, now_ms, type="meta")[0] for _ in range(61)] == [200] * 60 + [429]
    assert asked(face, now_ms + MINUTE, type="meta")[0] == 200


@pytest.mark.parametrize("question", [{}, 7, {"type": "allMids"}, {"type": "candleSnapshot"}, {"type": "candleSnapshot", "req": {"coin": "BTC"}}], ids=str)  # fmt: skip
def test_what_is_no_question_is_not_understood(face: Hyperliquid, question: object) -> None:
    assert face.answer(Asked("POST", "/info", {}, orjson.dumps(question)), START).status == 422


def test_the_time_is_told_with_its_fault(face: Hyperliquid) -> None:
    face.clock_error_ms = -5_000
    assert asked(face, type="exchangeStatus") == (200, {"specialStatuses": None, "time": START + HOUR - 5_000})
    face.clock_error_ms = 0
