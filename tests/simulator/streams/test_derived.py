"""Streams that follow from trades: equal to what REST answers at the same moment, at their documented pace."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import orjson
import pytest

from klagg_tui.simulator.face import Asked
from klagg_tui.simulator.faces.binance_coinm import BinanceCoinm
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import LATEST_MS, Market
from klagg_tui.simulator.rest.endpoints import RestEndpoints
from klagg_tui.simulator.streams.derived import DerivedStreams
from klagg_tui.simulator.streams.names import route_of

SPEC = MarketSpec(symbols=4, seed=3, activity=2, history_days=3, straddle_every=3)
START_MS = SPEC.start_ms
SOON_MS = START_MS + 1000
QUIET = "1000SATSUSDT"


class NoFaults:
    """Nothing is wrong."""

    def active(self, *_kinds: str) -> None:
        """None of any kind."""

    def struck(self, kind: str, amount: int = 1) -> None:
        """Never."""


class Listener:
    """Reads streams of a market, one step of time after the other."""

    def __init__(self, *names: str, spec: MarketSpec = SPEC, start_ms: int = SOON_MS) -> None:
        self.market = Market(spec)
        self.endpoints = RestEndpoints(self.market, Klines(self.market))
        self.derived = DerivedStreams(self.market, Klines(self.market))
        self.now_ms = start_ms
        self.derived.follow(names, start_ms)

    def hear(self, until_ms: int, step_ms: int = 50, speed: float = 1) -> list[tuple[int, str, Any]]:
        """Moment, stream and message of everything that comes until then."""
        heard = []
        while self.now_ms < until_ms:
            self.now_ms += step_ms
            frames = self.derived.due(self.now_ms, speed)
            heard += [(self.now_ms, frame.stream, orjson.loads(frame.payload)) for frame in frames]
        return heard

    def rest(self, name: str, at_ms: int, **values: object) -> Any:
        self.endpoints.weight.used = 0
        reply = self.endpoints.answer(f"/fapi/v1/{name}", {key: str(value) for key, value in values.items()}, at_ms)
        assert reply.status == 200, reply.body
        return orjson.loads(reply.body)


def _as_row(k: dict[str, Any]) -> list[Any]:
    return [k[key] for key in ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")]


@pytest.mark.parametrize("interval", ["1m", "3m", "1h"])
def test_a_kline_is_at_every_moment_the_one_that_rest_answers(interval: str) -> None:
    listener = Listener(f"btcusdt@kline_{interval}", start_ms=START_MS + 59 * MINUTE_MS - 2000)
    heard = listener.hear(START_MS + 64 * MINUTE_MS + 1000)
    assert len(heard) > 100
    for at_ms, stream, message in heard:
        k = message["k"]
        assert (stream, message["e"], message["E"]) == (f"btcusdt@kline_{interval}", "kline", at_ms)
        assert (message["s"], k["s"], k["i"]) == ("BTCUSDT", "BTCUSDT", interval)
        # In the first moments of a minute the one before is still being published, and the stream waits for it.
        if k["x"] or at_ms % MINUTE_MS > 2 * LATEST_MS:
            assert [_as_row(k)] == listener.rest(
                "klines", at_ms, symbol="BTCUSDT", interval=interval, startTime=k["t"], limit=1
            )
    closed = [message["k"]["t"] for _, _, message in heard if message["k"]["x"]]
    length_ms = {"1m": 1, "3m": 3, "1h": 60}[interval] * MINUTE_MS
    assert closed == list(range(closed[0], START_MS + 64 * MINUTE_MS - length_ms + 1, length_ms))


def test_a_closed_kline_is_the_sum_of_its_trades_and_names_the_first_and_the_last() -> None:
    spec = MarketSpec(symbols=4, seed=3, activity=2, history_days=3, straddle_every=0)
    listener = Listener("btcusdt@kline_1m", spec=spec)
    closed = [message["k"] for _, _, message in listener.hear(START_MS + 5 * MINUTE_MS) if message["k"]["x"]]
    assert len(closed) == 4
    for k in closed:
        trades = listener.market.trades("BTCUSDT", k["t"] // MINUTE_MS)
        assert (k["f"], k["L"]) == (trades[0].first_trade_id, trades[-1].last_trade_id)
        assert k["n"] == sum(trade.last_trade_id - trade.first_trade_id + 1 for trade in trades)
        decimals = listener.market.listing("BTCUSDT").quantity_decimals
        assert round(float(k["v"]) * 10**decimals) == sum(trade.quantity for trade in trades)


def test_klines_name_ids_that_follow_each_other_also_where_a_trade_straddles() -> None:
    listener = Listener("btcusdt@kline_1m")
    closed = [message["k"] for _, _, message in listener.hear(START_MS + 12 * MINUTE_MS) if message["k"]["x"]]
    steps = [later["f"] - earlier["L"] for earlier, later in pairwise(closed)]
    straddled = [
        step
        for k, step in zip(closed[1:], steps, strict=True)
        if listener.market.carried("BTCUSDT", k["t"] // MINUTE_MS)
    ]
    assert set(straddled) == {1}
    assert min(steps) >= 1


def test_a_kline_stream_is_sent_four_times_a_second_at_most_and_only_when_it_changed() -> None:
    listener = Listener(f"{QUIET.lower()}@kline_1m", "btcusdt@kline_1m", spec=MarketSpec(symbols=4, activity=30))
    heard = listener.hear(START_MS + MINUTE_MS, step_ms=10)
    moments = [at_ms for at_ms, stream, _ in heard if stream.startswith("btc")]
    assert min(later - earlier for earlier, later in pairwise(moments)) >= 250
    assert len(moments) > 100
    for stream in (f"{QUIET.lower()}@kline_1m", "btcusdt@kline_1m"):
        forming = [message["k"]["n"] for _, name, message in heard if name == stream]
        assert len(set(forming)) == len(forming)


def test_an_empty_kline_is_closed_flat_and_names_no_trades() -> None:
    spec = MarketSpec(symbols=6, activity=0.05, history_days=3)
    listener = Listener("dogeusdt@kline_1m", spec=spec)
    closed = [message["k"] for _, _, message in listener.hear(START_MS + 20 * MINUTE_MS) if message["k"]["x"]]
    assert len(closed) == 19
    empty = [k for k in closed if not k["n"]]
    assert empty
    assert all(k["o"] == k["h"] == k["l"] == k["c"] and (k["f"], k["L"]) == (-1, -1) for k in empty)


def test_a_leap_of_time_closes_every_kline_in_turn() -> None:
    listener = Listener("btcusdt@kline_1m", "btcusdt@kline_15m")
    heard = listener.hear(START_MS + 32 * MINUTE_MS, step_ms=32 * MINUTE_MS)
    assert listener.now_ms == SOON_MS + 32 * MINUTE_MS
    for interval, minutes in (("1m", 1), ("15m", 15)):
        mine = [message["k"] for _, _, message in heard if message["k"]["i"] == interval and message["k"]["x"]]
        opens = range(START_MS, START_MS + 32 * MINUTE_MS - minutes * MINUTE_MS + 1, minutes * MINUTE_MS)
        assert [k["t"] for k in mine] == list(opens)
        asked = listener.rest(
            "klines", listener.now_ms, symbol="BTCUSDT", interval=interval, startTime=START_MS, limit=len(mine)
        )
        assert [_as_row(k) for k in mine] == asked
    assert listener.hear(listener.now_ms + 30_000)


def test_many_long_klines_begin_a_few_at_a_time() -> None:
    spec = MarketSpec(symbols=20, activity=100, history_days=2)
    names = [f"{symbol.lower()}@kline_1d" for symbol in Market(spec).lives]
    listener = Listener(*names, spec=spec, start_ms=START_MS + 20 * MINUTE_MS)
    assert len(listener.hear(listener.now_ms + 250, step_ms=250)) == 8
    heard = listener.hear(listener.now_ms + 10_000, step_ms=250)
    assert len({stream for _, stream, _ in heard}) > 12


def test_a_continuous_kline_is_that_of_its_contract() -> None:
    names = ("btcusdt_perpetual@continuousKline_1m", "btcusdt_current_quarter@continuousKline_1m")
    listener = Listener(*names, "btcusdt@kline_1m", "btcusdt_261225@kline_1m")
    heard = listener.hear(START_MS + 3 * MINUTE_MS)
    for continuous, plain, contract in (
        (names[0], "btcusdt@kline_1m", "PERPETUAL"),
        (names[1], "btcusdt_261225@kline_1m", "CURRENT_QUARTER"),
    ):
        messages = [message for _, stream, message in heard if stream == continuous]
        plains = [message for _, stream, message in heard if stream == plain]
        assert messages
        assert {(message["e"], message["ps"], message["ct"]) for message in messages} == {
            ("continuous_kline", "BTCUSDT", contract)
        }
        assert [message["k"] for message in messages] == [
            {key: value for key, value in message["k"].items() if key != "s"} for message in plains
        ]


def test_names_that_are_not_quite_right_stay_silent() -> None:
    names = ("BTCUSDT@kline_1m", "btcusdt@kline_7m", "btcusdt_perpetual@continuousKline_1s", "btcusdt@kline")
    listener = Listener(*names, "nosuch@ticker", "!kline@arr", "btcusdt@markPrice@5s", "btcusdt@depth", "!ticker")
    assert listener.hear(START_MS + 2 * MINUTE_MS) == []


def test_a_symbol_that_is_listed_or_delisted_begins_or_ends() -> None:
    listener = Listener(spec=SPEC)
    minute = START_MS // MINUTE_MS
    new = listener.market.list_new(minute + 3)
    listener.market.delist("ETHUSDT", minute + 3)
    names = [f"{new.lower()}@kline_1m", "ethusdt@kline_1m", "ethusdt@bookTicker", f"{new.lower()}@bookTicker"]
    listener.derived.follow(names, SOON_MS)
    heard = listener.hear(START_MS + 6 * MINUTE_MS)
    opens = {
        symbol: {
            message["k"]["t"] // MINUTE_MS - minute
            for _, _, message in heard
            if message["s"] == symbol and "k" in message
        }
        for symbol in (new, "ETHUSDT")
    }
    assert opens["ETHUSDT"] == {0, 1, 2}
    assert min(opens[new]) == 3


def _fields(message: dict[str, Any]) -> list[str]:
    return list(message)


def test_tickers_are_those_of_rest_at_their_pace() -> None:
    names = ("btcusdt@ticker", "btcusdt@miniTicker")
    listener = Listener(*names, spec=MarketSpec(symbols=4, activity=30, history_days=3))
    heard = listener.hear(START_MS + 65_000)
    for at_ms, stream, message in heard:
        if at_ms % MINUTE_MS < 2 * LATEST_MS:
            continue
        day = listener.rest("ticker/24hr", at_ms, symbol="BTCUSDT")
        assert (message["c"], message["o"], message["h"], message["l"]) == (
            day["lastPrice"], day["openPrice"], day["highPrice"], day["lowPrice"]
        )  # fmt: skip
        assert (message["v"], message["q"]) == (day["volume"], day["quoteVolume"])
        if stream == "btcusdt@ticker":
            assert [message[key] for key in "pPwQOCFLn"] == [
                day[key]
                for key in (
                    "priceChange", "priceChangePercent", "weightedAvgPrice", "lastQty", "openTime", "closeTime",
                    "firstId", "lastId", "count",
                )
            ]  # fmt: skip
    for name, event in zip(names, ("24hrTicker", "24hrMiniTicker"), strict=True):
        moments = [at_ms for at_ms, stream, message in heard if stream == name and message["e"] == event]
        assert min(later - earlier for earlier, later in pairwise(moments)) == 2000


def test_an_all_market_array_has_what_changed_and_two_of_the_other_market_every_second() -> None:
    listener = Listener("!ticker@arr", "!miniTicker@arr", spec=MarketSpec(symbols=30, activity=15, history_days=3))
    heard = listener.hear(START_MS + 20_000)
    assert {stream for _, stream, _ in heard} == {"!ticker@arr", "!miniTicker@arr"}
    for stream in ("!ticker@arr", "!miniTicker@arr"):
        arrays = [rows for _, name, rows in heard if name == stream]
        assert [row["s"] for row in arrays[-1][-2:]] == ["BTCUSD_PERP", "ETHUSD_PERP"]
        assert {row["st"] for row in arrays[-1]} == {1, 2}
        assert _fields(arrays[-1][0]) == _fields(arrays[-1][-1])
        assert 2 < len(arrays[-1]) < 30
        moments = [at_ms for at_ms, name, _ in heard if name == stream]
        assert {later - earlier for earlier, later in pairwise(moments)} == {1000}


def test_a_market_that_runs_fast_is_not_sent_faster_than_clients_can_read() -> None:
    listener = Listener("!miniTicker@arr", "btcusdt@kline_1m")
    heard = listener.hear(START_MS + 10 * MINUTE_MS, step_ms=600, speed=60)
    moments = {at_ms for at_ms, stream, _ in heard if stream.startswith("!")}
    assert min(later - earlier for earlier, later in pairwise(sorted(moments))) >= 15_000
    assert len([1 for _, _, message in heard if isinstance(message, dict) and message["k"]["x"]]) == 9


def test_mark_prices_come_every_second_or_every_third() -> None:
    names = ("btcusdt@markPrice", "btcusdt@markPrice@1s", "btcusdt_261225@markPrice")
    heard = Listener(*names).hear(SOON_MS + 30_000)
    counts = Counter(stream for _, stream, _ in heard)
    assert counts == {"btcusdt@markPrice": 10, "btcusdt@markPrice@1s": 30, "btcusdt_261225@markPrice": 10}
    assert {tuple(message) for _, _, message in heard} == {("e", "E", "s", "p", "ap", "i", "P", "r", "T", "st")}
    funding = {message["s"]: (message["r"] != "", message["T"]) for _, _, message in heard}
    assert funding == {"BTCUSDT": (True, START_MS + 8 * 3_600_000), "BTCUSDT_261225": (False, 0)}


def test_all_mark_prices_come_in_two_arrays_shares_apart() -> None:
    heard = Listener("!markPrice@arr", "!markPrice@arr@1s").hear(SOON_MS + 6000)
    assert Counter(stream for _, stream, _ in heard) == {"!markPrice@arr": 4, "!markPrice@arr@1s": 12}
    first, second = (rows for _, stream, rows in heard[:2])
    assert [row["s"] for row in second] == ["TSLAUSDT"]
    assert "BTCUSDT" in {row["s"] for row in first}


def test_shares_alone_or_none_are_one_array() -> None:
    listener = Listener("!markPrice@arr@1s")
    listener.market.delist("TSLAUSDT", START_MS // MINUTE_MS)
    heard = listener.hear(SOON_MS + 1000)
    assert len(heard) == 1


def test_a_mark_price_is_near_the_trades_and_the_same_over_rest() -> None:
    listener = Listener("btcusdt@markPrice@1s", "btcusdt@ticker")
    for at_ms, _, message in listener.hear(START_MS + 30_000):
        if message["e"] == "markPriceUpdate":
            row = listener.rest("premiumIndex", at_ms, symbol="BTCUSDT")
            assert (message["p"], message["i"], message["r"]) == (
                row["markPrice"], row["indexPrice"], row["lastFundingRate"]
            )  # fmt: skip
            last = float(listener.rest("ticker/price", at_ms, symbol="BTCUSDT")["price"])
            assert abs(float(message["p"]) / last - 1) < 0.01


def test_best_prices_follow_each_trade_at_once_and_stand_a_tick_apart() -> None:
    listener = Listener("btcusdt@bookTicker", spec=MarketSpec(symbols=4, activity=5, history_days=3, straddle_every=0))
    heard = listener.hear(START_MS + 30_000, step_ms=10)
    trades = listener.market.trades("BTCUSDT", START_MS // MINUTE_MS)
    # The first tells of the last trade before the minute.
    assert {message["u"] for _, _, message in heard[1:]} <= {trade.last_trade_id for trade in trades}
    tick = 0.10
    for at_ms, _, message in heard:
        assert float(message["a"]) - float(message["b"]) == pytest.approx(tick)
        assert set(message) == {"e", "u", "E", "T", "s", "b", "B", "a", "A", "st"}
        assert message["T"] <= at_ms == message["E"]
        row = listener.rest("ticker/bookTicker", at_ms, symbol="BTCUSDT")
        assert (message["b"], message["A"]) == (row["bidPrice"], row["askQty"])


def test_best_prices_of_all_come_every_five_seconds_one_message_each() -> None:
    listener = Listener("!bookTicker", spec=MarketSpec(symbols=10, activity=50, history_days=3))
    heard = listener.hear(START_MS + 21_000)
    assert {stream for _, stream, _ in heard} == {"!bookTicker"}
    moments = sorted({at_ms for at_ms, _, _ in heard})
    assert {later - earlier for earlier, later in pairwise(moments)} == {5000}
    assert max(Counter((at_ms, message["s"]) for at_ms, _, message in heard).values()) == 1


def test_nothing_is_made_while_nobody_reads() -> None:
    listener = Listener("btcusdt@aggTrade", "!contractInfo@never")
    assert listener.hear(START_MS + 2000) == []
    listener = Listener("btcusdt@kline_1m")
    listener.hear(START_MS + 2000)
    listener.derived.follow((), listener.now_ms)
    assert listener.hear(listener.now_ms + 60_000) == []
    listener.derived.follow(("btcusdt@kline_1m",), listener.now_ms)
    assert listener.hear(listener.now_ms + 20_000)


def _routes(names: Iterable[str]) -> set[str]:
    return {route_of(name) for name in names}


def test_streams_have_the_documented_routes() -> None:
    assert _routes(
        ("btcusdt@bookTicker", "!bookTicker", "btcusdt@depth", "btcusdt@depth5@100ms", "btcusdt@rpiDepth@500ms")
    ) == {"public"}
    assert _routes(
        (
            "btcusdt@aggTrade",
            "btcusdt@kline_1m",
            "!miniTicker@arr",
            "btcusdt@markPrice@1s",
            "!contractInfo",
            "x@forceOrder",
        )
    ) == {"market"}


def test_liquidations_come_once_with_their_contract_and_to_all() -> None:
    names = ("!forceOrder@arr", "btcusdt@forceOrder")
    heard = Listener(*names).hear(SOON_MS + 90 * MINUTE_MS, step_ms=500)
    everything = [message["o"] for _, stream, message in heard if stream == "!forceOrder@arr"]
    own = [message["o"] for _, stream, message in heard if stream == "btcusdt@forceOrder"]
    assert own == [order for order in everything if order["s"] == "BTCUSDT"]
    assert len(own) > 1
    assert len({(order["s"], order["T"]) for order in everything}) == len(everything)
    assert {order["S"] for order in everything} == {"BUY", "SELL"}
    assert all(0 <= message["E"] - message["o"]["T"] <= 1500 for _, _, message in heard)


def test_the_coin_margined_market_tells_of_its_own_contracts() -> None:
    face = BinanceCoinm(Market(SPEC), Klines(Market(SPEC)), NoFaults())
    face.follow(["!markPrice@arr", "!forceOrder@arr"], SOON_MS)
    frames = [frame for step in range(60 * 60) for frame in face.due(SOON_MS + step * 1000, 1)]
    rows = [row for frame in frames if frame.stream == "!markPrice@arr" for row in orjson.loads(frame.payload)]
    orders = [orjson.loads(frame.payload) for frame in frames if frame.stream == "!forceOrder@arr"]
    assert "BTCUSD_PERP" in {row["s"] for row in rows}
    assert {row["st"] for row in [*rows, *orders]} == {2}
    assert {order["o"]["s"] for order in orders} <= {row["s"] for row in rows}
    assert all(order["o"]["z"].isdigit() for order in orders)
    assert orders
    asked = Asked("GET", "/dapi/v1/openInterest", {"symbol": "BTCUSD_PERP"}, b"")
    answer = orjson.loads(face.answer(asked, SOON_MS).body)
    assert (answer["symbol"], answer["pair"], answer["time"]) == ("BTCUSD_PERP", "BTCUSD", SOON_MS)
    assert int(answer["openInterest"]) > 0
