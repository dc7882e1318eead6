"""REST of the simulated exchange: shapes as recorded from the real one, weights, limits and refusals as documented."""

import gzip
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import orjson
import pytest

from klagg_tui.simulator.face import Reply
from klagg_tui.simulator.market.calendar import DAY, INTERVALS, MINUTE_MS
from klagg_tui.simulator.market.catalog import MarketSpec
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import NOTICE_MINUTES, Market
from klagg_tui.simulator.rest import bars
from klagg_tui.simulator.rest.endpoints import RestEndpoints
from tests.conftest import DATA, needs_data

SPEC = MarketSpec(symbols=12, seed=3, activity=3, history_days=30)
NOW_MS = SPEC.start_ms + 90 * MINUTE_MS + 20_500
NOW = NOW_MS // MINUTE_MS


@pytest.fixture(scope="module")
def market() -> Market:
    return Market(SPEC)


@pytest.fixture
def rest(market: Market) -> RestEndpoints:
    return RestEndpoints(market, Klines(market))


def _ask(rest: RestEndpoints, name: str, at_ms: int = NOW_MS, **values: str | int) -> Any:
    reply = rest.answer(f"/fapi/v1/{name}", {key: str(value) for key, value in values.items()}, at_ms)
    assert reply.status == 200, reply.body
    return orjson.loads(reply.body)


def _reply(rest: RestEndpoints, name: str, now_ms: int = NOW_MS, **values: str | int) -> Reply:
    return rest.answer(f"/fapi/v1/{name}", {key: str(value) for key, value in values.items()}, now_ms)


def _refused(rest: RestEndpoints, name: str, **values: str | int) -> int:
    reply = _reply(rest, name, NOW_MS, **values)
    assert reply.status == 400
    error = orjson.loads(reply.body)
    assert isinstance(error["msg"], str)
    return int(error["code"])


def _kind(value: object) -> object:
    """The shape of a value: types all the way down, lists by their first item."""
    if isinstance(value, dict):
        return {key: _kind(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_kind(value[0])] if value and isinstance(value[0], dict) else [_kind(item) for item in value]
    return type(value).__name__


def _recorded(name: str) -> Any:
    return orjson.loads((DATA / "rest" / name).read_bytes())[0]["data"]


@needs_data
def test_klines_have_the_recorded_shape(rest: RestEndpoints) -> None:
    ours = _ask(rest, "klines", symbol="BTCUSDT", interval="5m", limit=20)
    theirs = _recorded("fapi-v1-klines.json")
    assert {str(_kind(row)) for row in ours} == {str(_kind(row)) for row in theirs}
    assert ours[0][6] - ours[0][0] == theirs[0][6] - theirs[0][0]


@needs_data
def test_trades_have_the_recorded_shape_and_the_new_field(rest: RestEndpoints) -> None:
    ours = _ask(rest, "aggTrades", symbol="BTCUSDT", limit=5)
    theirs = _recorded("fapi-v1-aggTrades.json")
    assert all(
        _kind(row) == {**dict.fromkeys(("a", "f", "l", "T"), "int"), "p": "str", "q": "str", "nq": "str", "m": "bool"}
        for row in ours
    )
    assert set(theirs[0]) == set(ours[0]) - {"nq"}


@needs_data
def test_time_and_contracts_have_the_recorded_shape(rest: RestEndpoints) -> None:
    assert _kind(_ask(rest, "time")) == _kind(_recorded("fapi-v1-time.json"))
    theirs = orjson.loads(gzip.decompress((DATA / "exchange-info" / "um-2023.json.gz").read_bytes()))
    ours = _ask(rest, "exchangeInfo")
    assert set(ours) == set(theirs)
    assert _kind(ours["symbols"][0]) == _kind(theirs["symbols"][0])
    kinds = {entry["filterType"]: _kind(entry) for entry in theirs["symbols"][0]["filters"]}
    assert {entry["filterType"]: _kind(entry) for entry in ours["symbols"][0]["filters"]} == kinds


def test_contracts_of_all_kinds_are_listed(rest: RestEndpoints) -> None:
    contracts = _ask(rest, "exchangeInfo")["symbols"]
    kinds = {contract["contractType"] for contract in contracts}
    assert kinds == {"PERPETUAL", "CURRENT_QUARTER", "NEXT_QUARTER", "TRADIFI_PERPETUAL"}
    assert sum(contract["contractType"] == "PERPETUAL" for contract in contracts) == SPEC.symbols
    assert {contract["status"] for contract in contracts} == {"TRADING"}


def test_a_quarterly_contract_is_delivered_on_the_last_friday_of_its_quarter(rest: RestEndpoints) -> None:
    dates = {entry["symbol"]: entry["deliveryDate"] for entry in _ask(rest, "exchangeInfo")["symbols"]}
    for symbol in ("BTCUSDT_261225", "ETHUSDT_270326"):
        delivered = datetime.fromtimestamp(dates.pop(symbol) / 1000, UTC)
        assert f"{delivered:%y%m%d %H:%M %A}" == f"{symbol[-6:]} 08:00 Friday"
    assert set(dates.values()) == {4_133_404_800_000}


def test_a_quarterly_contract_trades_until_it_is_delivered() -> None:
    market = Market(SPEC)
    end = market.lives["BTCUSDT_261225"].until
    assert [market.status("BTCUSDT_261225", minute) for minute in (end - 1, end)] == ["TRADING", "DELIVERING"]
    assert market.first_id("BTCUSDT_261225", end) == market.first_id("BTCUSDT_261225", end + 1000)


def test_the_quarters_listed_are_those_ahead_of_the_start() -> None:
    start_ms = int(datetime(2026, 11, 28, tzinfo=UTC).timestamp() * 1000)
    later_ms = int(datetime(2026, 12, 20, tzinfo=UTC).timestamp() * 1000)
    listed = [list(Market(MarketSpec(symbols=1, start_ms=at_ms)).lives) for at_ms in (start_ms, later_ms)]
    assert listed == [
        ["BTCUSDT", "BTCUSDT_261225", "ETHUSDT_270326", "TSLAUSDT"],
        ["BTCUSDT", "BTCUSDT_270326", "ETHUSDT_270625", "TSLAUSDT"],
    ]


def test_ticks_are_written_with_the_decimals_of_prices(rest: RestEndpoints) -> None:
    ticks = {}
    for entry in _ask(rest, "exchangeInfo")["symbols"]:
        sizes = next(row for row in entry["filters"] if row["filterType"] == "PRICE_FILTER")
        ticks[entry["symbol"]] = sizes["tickSize"]
        assert len(sizes["tickSize"].partition(".")[2]) == len(sizes["minPrice"].partition(".")[2])
        assert len(sizes["tickSize"].partition(".")[2]) == entry["pricePrecision"]
    assert ticks["BTCUSDT"] == "0.10"


def test_shares_are_equity_and_coins_are_coins(rest: RestEndpoints) -> None:
    kinds = {entry["symbol"]: entry["underlyingType"] for entry in _ask(rest, "exchangeInfo")["symbols"]}
    assert kinds.pop("TSLAUSDT") == "EQUITY"
    assert set(kinds.values()) == {"COIN"}


def test_the_life_of_a_contract_is_told_by_its_status() -> None:
    market = Market(SPEC)
    rest = RestEndpoints(market, Klines(market))
    symbol = market.list_new(NOW + NOTICE_MINUTES)
    market.delist("SOLUSDT", NOW + NOTICE_MINUTES)

    def told(at_ms: int) -> dict[str, str]:
        return {entry["symbol"]: entry["status"] for entry in _ask(rest, "exchangeInfo", at_ms)["symbols"]}

    before, after = told(NOW_MS), told(NOW_MS + NOTICE_MINUTES * MINUTE_MS)
    assert (before[symbol], before["SOLUSDT"]) == ("PENDING_TRADING", "TRADING")
    assert (after[symbol], after["SOLUSDT"]) == ("TRADING", "SETTLING")
    assert _refused(rest, "klines", symbol=symbol, interval="1m") == -1122


def test_a_change_of_tick_is_told() -> None:
    market = Market(SPEC)
    rest = RestEndpoints(market, Klines(market))
    market.change_tick("DOGEUSDT", NOW)

    def tick(at_ms: int) -> tuple[int, str]:
        entry = next(entry for entry in _ask(rest, "exchangeInfo", at_ms)["symbols"] if entry["symbol"] == "DOGEUSDT")
        return entry["pricePrecision"], entry["filters"][0]["tickSize"]

    assert (tick(NOW_MS - MINUTE_MS), tick(NOW_MS)) == ((5, "0.00001"), (6, "0.000001"))
    rows = _ask(rest, "klines", symbol="DOGEUSDT", interval="1h", limit=1)
    assert len(rows[0][1].partition(".")[2]) == 6


@pytest.mark.parametrize(
    ("limit", "weight"), [(1, 1), (99, 1), (100, 2), (499, 2), (500, 5), (1000, 5), (1001, 10), (1500, 10)]
)
def test_klines_weigh_by_their_limit(rest: RestEndpoints, limit: int, weight: int) -> None:
    reply = _reply(rest, "klines", symbol="ADAUSDT", interval="1d", limit=limit)
    assert reply.headers["X-MBX-USED-WEIGHT-1M"] == str(weight)


def test_weights_of_the_rest_add_up_and_begin_anew_each_minute(rest: RestEndpoints) -> None:
    _reply(rest, "time")
    _reply(rest, "aggTrades", symbol="BTCUSDT", limit=1)
    assert _reply(rest, "klines", symbol="BTCUSDT", interval="1d").headers["X-MBX-USED-WEIGHT-1M"] == "26"
    assert _reply(rest, "time", NOW_MS + MINUTE_MS).headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_too_much_weight_is_429_then_418_until_the_ban_is_over(rest: RestEndpoints) -> None:
    for _ in range(120):
        assert _reply(rest, "aggTrades", symbol="BTCUSDT", limit=1).status == 200
    refused = _reply(rest, "time")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "40")
    assert orjson.loads(refused.body)["code"] == -1003
    statuses = [_reply(rest, "time").status for _ in range(30)]
    assert set(statuses) == {429, 418}
    assert statuses == sorted(statuses, reverse=True)
    banned = _reply(rest, "time", NOW_MS + MINUTE_MS)
    assert (banned.status, banned.headers["Retry-After"]) == (418, "60")
    assert f"banned until {NOW_MS + 2 * MINUTE_MS}" in orjson.loads(banned.body)["msg"]
    assert _reply(rest, "time", NOW_MS + 2 * MINUTE_MS).status == 200


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [
        ("klines", {"symbol": "NONEUSDT", "interval": "1m"}, -1121),
        ("klines", {"symbol": "btcusdt", "interval": "1m"}, -1121),
        ("klines", {"interval": "1m"}, -1102),
        ("klines", {"symbol": "BTCUSDT"}, -1102),
        ("klines", {"symbol": "BTCUSDT", "interval": "1s"}, -1120),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": 1501}, -1130),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": 0}, -1130),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": "x"}, -1102),
        ("aggTrades", {"symbol": "BTCUSDT", "limit": 1001}, -1130),
        ("aggTrades", {"symbol": "BTCUSDT", "startTime": 0, "endTime": 3_600_001}, -1127),
        ("aggTrades", {"symbol": "BTCUSDT", "fromId": 5, "startTime": 0}, -1128),
    ],
)
def test_what_the_exchange_refuses_is_refused_with_its_code(
    rest: RestEndpoints, name: str, values: dict[str, str | int], code: int
) -> None:
    assert _refused(rest, name, **values) == code


def test_an_unknown_path_is_not_found(rest: RestEndpoints) -> None:
    assert _reply(rest, "nothing").status == 404


@pytest.mark.parametrize("interval", INTERVALS)
def test_the_latest_klines_end_with_the_forming_one(rest: RestEndpoints, interval: str) -> None:
    rows = _ask(rest, "klines", symbol="BTCUSDT", interval=interval, limit=3)
    assert rows[-1][0] <= NOW_MS <= rows[-1][6]
    assert all(later[0] == earlier[6] + 1 for earlier, later in pairwise(rows))


def test_start_and_end_are_open_times_and_both_are_included(rest: RestEndpoints) -> None:
    start_ms, end_ms = (NOW - 20) * MINUTE_MS, (NOW - 10) * MINUTE_MS
    rows = _ask(rest, "klines", symbol="BTCUSDT", interval="1m", startTime=start_ms, endTime=end_ms)
    assert [row[0] for row in rows] == list(range(start_ms, end_ms + 1, MINUTE_MS))
    inner = _ask(rest, "klines", symbol="BTCUSDT", interval="1m", startTime=start_ms + 1, endTime=end_ms - 1)
    assert inner == rows[1:-1]
    assert _ask(rest, "klines", symbol="BTCUSDT", interval="1m", endTime=end_ms, limit=11) == rows
    first = _ask(rest, "klines", symbol="BTCUSDT", interval="1m", startTime=start_ms, limit=4)
    assert first == rows[:4]


def test_klines_of_the_future_and_before_the_listing_are_none(rest: RestEndpoints) -> None:
    assert _ask(rest, "klines", symbol="BTCUSDT", interval="1m", startTime=NOW_MS + MINUTE_MS) == []
    assert _ask(rest, "klines", symbol="BTCUSDT", interval="1m", endTime=1_600_000_000_000) == []


def test_a_name_that_is_not_ascii_is_answered(rest: RestEndpoints) -> None:
    assert len(_ask(rest, "klines", symbol="币安人生USDT", interval="1h", limit=7)) == 7


def test_trades_from_an_id_on_go_on_without_holes(rest: RestEndpoints, market: Market) -> None:
    first = market.first_id("BTCUSDT", NOW - 30)
    rows = _ask(rest, "aggTrades", symbol="BTCUSDT", fromId=first + 3, limit=50)
    assert [row["a"] for row in rows] == list(range(first + 3, first + 53))


def test_the_newest_trades_come_where_nothing_else_is_said(rest: RestEndpoints) -> None:
    rows = _ask(rest, "aggTrades", symbol="BTCUSDT")
    assert len(rows) == 500
    assert NOW_MS - 60_000 < rows[-1]["T"] <= NOW_MS
    assert _ask(rest, "aggTrades", symbol="BTCUSDT", fromId=rows[-1]["a"] + 1) == []


def test_trades_of_a_time_lie_in_it(rest: RestEndpoints) -> None:
    limits = {"startTime": NOW_MS - 600_000, "endTime": NOW_MS - 300_000}
    rows = _ask(rest, "aggTrades", symbol="ETHUSDT", limit=1000, **limits)
    assert rows
    assert all(limits["startTime"] <= row["T"] <= limits["endTime"] for row in rows)
    until = _ask(rest, "aggTrades", symbol="ETHUSDT", limit=len(rows), endTime=limits["endTime"])
    assert until[-1] == rows[-1]


def test_a_span_of_exactly_one_hour_is_taken(rest: RestEndpoints) -> None:
    span = {"startTime": NOW_MS - 3_600_000, "endTime": NOW_MS}
    assert _ask(rest, "aggTrades", symbol="BTCUSDT", limit=3, **span)[0]["T"] >= span["startTime"]


def test_trades_older_than_a_day_cannot_be_had(rest: RestEndpoints, market: Market) -> None:
    old = market.first_id("BTCUSDT", NOW - DAY - 60)
    assert _ask(rest, "aggTrades", symbol="BTCUSDT", fromId=old) == []
    day_ago_ms = NOW_MS - DAY * MINUTE_MS
    rows = _ask(rest, "aggTrades", symbol="BTCUSDT", startTime=day_ago_ms - 600_000, endTime=day_ago_ms + 600_000)
    assert rows
    assert rows[0]["T"] >= day_ago_ms


def test_a_trade_that_is_not_published_is_not_told(rest: RestEndpoints, market: Market) -> None:
    trade = market.trades("BTCUSDT", NOW - 2)[1]
    early = _ask(rest, "aggTrades", trade.event_ms - 1, symbol="BTCUSDT", limit=1)
    due = _ask(rest, "aggTrades", trade.event_ms, symbol="BTCUSDT", limit=1)
    assert early[0]["a"] < trade.aggregate_id <= due[0]["a"]


def test_a_wrong_clock_is_told_and_nothing_else_changes(rest: RestEndpoints) -> None:
    rows = _ask(rest, "klines", symbol="BTCUSDT", interval="1m", limit=2)
    rest.clock_error_ms = -5000
    assert _ask(rest, "time")["serverTime"] == NOW_MS - 5000
    assert _ask(rest, "klines", symbol="BTCUSDT", interval="1m", limit=2) == rows


def test_what_was_prepared_is_answered_as_what_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a page begins before what is kept or ends behind it, and of a symbol younger than that."""
    monkeypatch.setattr(bars, "_PREPARED", {"1m": 60, **dict.fromkeys(("5m", "1h", "1d", "1w"), 12)})
    market = Market(MarketSpec(symbols=3, seed=3, activity=1, history_days=30))
    computed, prepared = RestEndpoints(market, Klines(market)), RestEndpoints(market, Klines(market))
    prepared.prepare(NOW_MS - 5 * MINUTE_MS)
    asked: list[dict[str, int]] = [
        {"limit": 9},
        {"limit": 49, "endTime": NOW_MS - 30 * MINUTE_MS},
        {"limit": 40, "startTime": NOW_MS - 60 * MINUTE_MS},
        {"limit": 99, "startTime": NOW_MS - 80 * MINUTE_MS},
        {"limit": 10, "startTime": NOW_MS - 3 * MINUTE_MS},
        {"limit": 10, "startTime": 0, "endTime": 5},
    ]
    for symbol in [*market.lives][:3]:
        for interval in ("1m", "3m", "5m", "1h", "1d", "1w"):
            for values in asked:
                found = _ask(prepared, "klines", symbol=symbol, interval=interval, **values)
                assert found == _ask(computed, "klines", symbol=symbol, interval=interval, **values)
