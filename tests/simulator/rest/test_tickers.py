"""Prices over REST: of one symbol or of all, in the documented shape and weight."""

from typing import Any

import orjson
import pytest

from klagg_tui.simulator.market.calendar import DAY, MINUTE_MS
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.rest.endpoints import RestEndpoints

SPEC = MarketSpec(symbols=5, seed=3, activity=3, history_days=3)
NOW_MS = SPEC.start_ms + 90 * MINUTE_MS + 20_500


@pytest.fixture
def desk() -> RestEndpoints:
    market = Market(SPEC)
    return RestEndpoints(market, Klines(market))


def _ask(desk: RestEndpoints, path: str, at_ms: int = NOW_MS, **values: str) -> Any:
    reply = desk.answer(f"/fapi/{path}", values, at_ms)
    assert reply.status == 200, reply.body
    return orjson.loads(reply.body)


_FIELDS = {
    "v1/ticker/24hr": "symbol priceChange priceChangePercent weightedAvgPrice lastPrice lastQty openPrice highPrice lowPrice "
    "volume quoteVolume openTime closeTime firstId lastId count",
    "v1/ticker/price": "symbol price time",
    "v2/ticker/price": "symbol price time",
    "v1/ticker/bookTicker": "symbol bidPrice bidQty askPrice askQty time",
    "v1/premiumIndex": "symbol markPrice indexPrice estimatedSettlePrice lastFundingRate interestRate nextFundingTime time",
}


@pytest.mark.parametrize(
    ("path", "one", "every"),
    [
        ("v1/ticker/24hr", 1, 40),
        ("v1/ticker/price", 1, 2),
        ("v2/ticker/price", 1, 2),
        ("v1/ticker/bookTicker", 2, 5),
        ("v1/premiumIndex", 1, 10),
    ],
)
def test_prices_of_one_and_of_all_have_the_documented_fields_and_weight(
    desk: RestEndpoints, path: str, one: int, every: int
) -> None:
    row = _ask(desk, path, symbol="BTCUSDT")
    assert desk.weight.used == one
    assert list(row) == _FIELDS[path].split()
    rows = _ask(desk, path)
    assert desk.weight.used == one + every
    assert len(rows) == SPEC.symbols + 3
    assert row in rows
    assert all(type(row[key]) is (int if key in _NUMBERS else str) for row in rows for key in row)
    refused = desk.answer(f"/fapi/{path}", {"symbol": "NONEUSDT"}, NOW_MS)
    assert orjson.loads(refused.body)["code"] == -1121


_NUMBERS = ("time", "nextFundingTime", "openTime", "closeTime", "firstId", "lastId", "count")


def test_the_day_comes_close_to_the_sum_of_its_minutes(desk: RestEndpoints) -> None:
    day = _ask(desk, "v1/ticker/24hr", symbol="BTCUSDT")
    rows = _ask(desk, "v1/klines", symbol="BTCUSDT", interval="1m", limit=str(DAY))
    assert day["openTime"] == rows[0][0]
    assert day["count"] == pytest.approx(sum(row[8] for row in rows), rel=0.1)
    assert float(day["volume"]) == pytest.approx(sum(float(row[5]) for row in rows), rel=0.1)
    assert float(day["quoteVolume"]) == pytest.approx(sum(float(row[7]) for row in rows), rel=0.1)
    for name, price in (("openPrice", rows[0][1]), ("highPrice", max(row[2] for row in rows))):
        assert float(day[name]) == pytest.approx(float(price), rel=0.02)
    assert day["lastPrice"] == rows[-1][4]
    assert float(day["lowPrice"]) < float(day["weightedAvgPrice"]) < float(day["highPrice"])
    change = float(day["lastPrice"]) - float(day["openPrice"])
    assert float(day["priceChange"]) == pytest.approx(change)
    assert float(day["priceChangePercent"]) == pytest.approx(100 * change / float(day["openPrice"]), abs=0.001)


def test_the_day_holds_its_last_price_at_every_moment(desk: RestEndpoints) -> None:
    for second in range(0, 7200, 61):
        for row in _ask(desk, "v1/ticker/24hr", SPEC.start_ms + second * 1000):
            assert float(row["lowPrice"]) <= float(row["lastPrice"]) <= float(row["highPrice"])
            desk.weight.used = 0


def test_the_last_price_is_that_of_the_newest_trade(desk: RestEndpoints) -> None:
    newest = _ask(desk, "v1/aggTrades", symbol="BTCUSDT", limit="1")[0]
    assert _ask(desk, "v2/ticker/price", symbol="BTCUSDT")["price"] == newest["p"]
    assert _ask(desk, "v1/ticker/24hr", symbol="BTCUSDT")["lastId"] == newest["l"]


def test_a_symbol_that_was_listed_this_moment_has_prices() -> None:
    market = Market(SPEC)
    symbol = market.list_new(NOW_MS // MINUTE_MS + 3)
    desk = RestEndpoints(market, Klines(market))
    at_ms = (NOW_MS // MINUTE_MS + 3) * MINUTE_MS
    assert float(_ask(desk, "v1/ticker/price", at_ms, symbol=symbol)["price"]) > 0
    day = _ask(desk, "v1/ticker/24hr", at_ms, symbol=symbol)
    assert (day["count"], day["openTime"]) == (0, at_ms)


def test_a_continuous_kline_is_that_of_its_contract(desk: RestEndpoints) -> None:
    contract = {"pair": "BTCUSDT", "contractType": "CURRENT_QUARTER"}
    rows = _ask(desk, "v1/continuousKlines", NOW_MS, **contract, interval="5m", limit="100")
    assert desk.weight.used == 2
    assert rows == _ask(desk, "v1/klines", symbol="BTCUSDT_261225", interval="5m", limit="100")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"pair": "BTCUSDT", "contractType": "NEXT_QUARTER", "interval": "5m"}, -1121),
        ({"pair": "BTCUSDT", "interval": "5m"}, -1102),
        ({"pair": "BTCUSDT", "contractType": "PERPETUAL", "interval": "1s"}, -1120),
    ],
)
def test_a_continuous_kline_that_there_is_none_of_is_refused(
    desk: RestEndpoints, values: dict[str, str], code: int
) -> None:
    reply = desk.answer("/fapi/v1/continuousKlines", values, NOW_MS)
    assert orjson.loads(reply.body)["code"] == code


@pytest.mark.parametrize(("limit", "weight"), [("5", 2), ("50", 2), ("100", 5), ("500", 10), ("1000", 20)])
def test_the_order_book_is_sorted_around_the_last_price(desk: RestEndpoints, limit: str, weight: int) -> None:
    book = _ask(desk, "v1/depth", symbol="ETHUSDT", limit=limit)
    assert desk.weight.used == weight
    best = _ask(desk, "v1/ticker/bookTicker", symbol="ETHUSDT")
    assert (book["bids"][0], book["asks"][0]) == (
        [best["bidPrice"], best["bidQty"]], [best["askPrice"], best["askQty"]]
    )  # fmt: skip
    bids, asks = ([float(price) for price, _ in book[side]] for side in ("bids", "asks"))
    assert len(bids) == len(asks) == int(limit)
    assert bids == sorted(bids, reverse=True)
    assert bids[0] < asks[0]
    assert asks == sorted(asks)
    assert all(float(quantity) > 0 for side in ("bids", "asks") for _, quantity in book[side])


@pytest.mark.parametrize(("limit", "code"), [("7", -4021), ("x", -1102)])
def test_an_order_book_of_another_depth_is_refused(desk: RestEndpoints, limit: str, code: int) -> None:
    refused = desk.answer("/fapi/v1/depth", {"symbol": "BTCUSDT", "limit": limit}, NOW_MS)
    assert orjson.loads(refused.body)["code"] == code


def test_single_trades_add_up_to_their_aggregates(desk: RestEndpoints) -> None:
    fills = _ask(desk, "v1/trades", symbol="BTCUSDT", limit="200")
    assert len(fills) == 200
    ids = [fill["id"] for fill in fills]
    assert ids == sorted(set(ids))
    whole = [row for row in _ask(desk, "v1/aggTrades", symbol="BTCUSDT", limit="50") if row["f"] > ids[0]]
    assert whole
    for row in whole:
        mine = [fill for fill in fills if row["f"] <= fill["id"] <= row["l"]]
        assert sum(float(fill["qty"]) for fill in mine) == pytest.approx(float(row["q"]))
        assert {(fill["price"], fill["time"], fill["isBuyerMaker"]) for fill in mine} == {
            (row["p"], row["T"], row["m"])
        }
        worth = sum(float(fill["quoteQty"]) for fill in mine)
        assert worth == pytest.approx(float(row["p"]) * float(row["q"]))
        assert any(fill["isRPITrade"] for fill in mine) == (row["q"] != row["nq"])


@pytest.mark.parametrize("interval", ["1m", "1h", "1d"])
@pytest.mark.parametrize("name", ["markPriceKlines", "indexPriceKlines", "premiumIndexKlines"])
def test_klines_of_prices_have_the_shape_of_klines_and_no_volume(desk: RestEndpoints, name: str, interval: str) -> None:
    subject = {"pair": "BTCUSDT"} if name == "indexPriceKlines" else {"symbol": "BTCUSDT"}
    rows = _ask(desk, f"v1/{name}", NOW_MS, **subject, interval=interval, limit="3")
    plain = _ask(desk, "v1/klines", symbol="BTCUSDT", interval=interval, limit="3")
    assert [(row[0], row[6]) for row in rows] == [(row[0], row[6]) for row in plain]
    for row, traded in zip(rows, plain, strict=True):
        prices = [float(text) for text in row[1:5]]
        assert min(prices) == prices[2]
        assert max(prices) == prices[1]
        assert [type(value) for value in row] == [type(value) for value in traded]
        if name == "markPriceKlines":
            assert prices[0] == pytest.approx(float(traded[1]), rel=0.01)
        elif name == "premiumIndexKlines":
            assert max(map(abs, prices)) < 0.001
    mark = _ask(desk, "v1/premiumIndex", symbol="BTCUSDT")
    if name != "premiumIndexKlines":
        assert rows[-1][4] == mark["markPrice" if name == "markPriceKlines" else "indexPrice"]


def test_funding_is_paid_every_eight_hours(desk: RestEndpoints) -> None:
    rows = _ask(desk, "v1/fundingRate", symbol="BTCUSDT", limit="5")
    assert [row["fundingTime"] for row in rows] == [SPEC.start_ms - 8 * 3_600_000 * ago for ago in (4, 3, 2, 1, 0)]
    assert list(rows[0]) == ["symbol", "fundingRate", "fundingTime", "markPrice"]
    since = _ask(desk, "v1/fundingRate", NOW_MS, symbol="BTCUSDT", startTime=str(rows[1]["fundingTime"]), limit="3")
    assert since == rows[1:4]
    before = _ask(desk, "v1/fundingRate", NOW_MS, symbol="BTCUSDT", endTime=str(rows[3]["fundingTime"]), limit="2")
    assert before == rows[2:4]
    told = _ask(desk, "v1/premiumIndex", rows[-1]["fundingTime"] - 1, symbol="BTCUSDT")
    assert told["lastFundingRate"] == rows[-1]["fundingRate"]
    assert _ask(desk, "v1/fundingRate", symbol="BTCUSDT_261225") == []


def test_funding_of_all_is_that_of_each_perpetual(desk: RestEndpoints) -> None:
    perpetuals = [row["symbol"] for row in _ask(desk, "v1/fundingInfo")]
    assert len(perpetuals) == SPEC.symbols + 1
    rows = _ask(desk, "v1/fundingRate", limit=str(len(perpetuals)))
    assert [row["symbol"] for row in rows] == perpetuals
    assert {row["fundingTime"] for row in rows} == {SPEC.start_ms}


def test_open_interest_is_some_contracts(desk: RestEndpoints) -> None:
    row = _ask(desk, "v1/openInterest", symbol="BTCUSDT")
    assert float(row.pop("openInterest")) > 0
    assert row == {"symbol": "BTCUSDT", "time": NOW_MS}
