"""The exchange's messages and replies, whole and damaged."""

import contextlib
import gzip
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import State
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.exact import text
from klagg_tui.engine.parsing import number, turnover
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange.binance import wire
from klagg_tui.exchange.listing import Instrument, Unread
from klagg_tui.exchange.messages import Acknowledged, ContractChanged, Rejected, ServerShutdown, Skipped
from klagg_tui.exchange.venue import Failure
from tests.conftest import DATA, needs_data

TRADE: dict[str, Any] = {
    "e": "aggTrade", "E": 1_790_046_465_702, "a": 3_460_311_795, "s": "BTCUSDT", "p": "85595.90", "q": "0.411",
    "nq": "0.411", "f": 8_105_706_701, "l": 8_105_706_719, "T": 1_790_046_465_580, "m": False, "st": 1,
}  # fmt: skip
TICKER: dict[str, Any] = {
    "e": "24hrMiniTicker", "E": 5, "s": "ETHUSDT", "c": "2", "o": "1", "h": "3", "l": "0.5", "v": "10", "q": "20.5",
}  # fmt: skip
CONTRACT: dict[str, Any] = {
    "e": "contractInfo", "E": 1_669_647_330_000, "s": "币安人生USDT", "ps": "币安人生USDT", "ct": "PERPETUAL",
    "dt": 4_133_404_800_000, "ot": 1_669_647_000_000, "cs": "TRADING", "bks": [{"bs": 1}], "st": 1,
}  # fmt: skip
BAR: list[Any] = [
    1_602_669_900_000, "50.49", "50.52", "50.31", "50.33", "3811.648", 1_602_670_199_999, "192171.59398", 1517,
    "956.116", "48217.57292", "0",
]  # fmt: skip
ROW: dict[str, Any] = {"a": 7, "p": "49.73", "q": "0.001", "f": 3, "l": 4, "T": 1_602_819_697_783, "m": True}
LISTED: dict[str, Any] = {
    "symbol": "BTCUSDT", "contractType": "PERPETUAL", "status": "TRADING", "quoteAsset": "USDT",
    "onboardDate": 1_569_398_400_000, "deliveryDate": 4_133_404_800_000, "pricePrecision": 2, "quantityPrecision": 3,
    "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.10"}, {"filterType": "LOT_SIZE", "stepSize": "0.001"}],
}  # fmt: skip


def said(message: object, stream: str = "btcusdt@aggTrade") -> bytes:
    return json.dumps({"stream": stream, "data": message}).encode()


def body(reply: object) -> bytes:
    return json.dumps(reply).encode()


def with_change(message: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {name: value for name, value in {**message, **changes}.items() if value is not ...}


# What a connection brings at once


def test_a_batch_parts_trades_from_what_else_there_is_and_from_damage() -> None:
    later = with_change(TRADE, a=TRADE["a"] + 1)
    damage = b'{"stream":"x","data":{"e":"aggTrade"}}'
    came = [said(TRADE), b'{"result":null,"id":1}', damage, b"{", body(later), said(with_change(TRADE, st=2))]
    batch = wire.decode_batch(came)
    assert batch.trades == [wire.read_message(said(TRADE)), wire.read_message(said(later))]
    assert batch.others == [Acknowledged(1), Skipped("aggTrade of another market")]
    assert [raw for raw, _ in batch.damaged] == [damage, b"{"]
    assert all(isinstance(error, BadFrame) for _, error in batch.damaged)


@given(st.lists(st.sampled_from([said(TRADE), said([TRADE]), b"null", b"[]", b'{"data":7}', b'{"data":{"e":1}}'])))
def test_a_batch_says_of_each_message_what_it_says_alone(came: list[bytes]) -> None:
    batch = wire.decode_batch(came)
    alone = []
    for raw in came:
        with contextlib.suppress(BadFrame, BadNumber):
            alone.append(wire.read_message(raw))
    assert batch.trades == [frame for frame in alone if isinstance(frame, AggTrade)]
    assert batch.others == [frame for frame in alone if not isinstance(frame, AggTrade)]
    assert len(alone) + len(batch.damaged) == len(came)


# Trades


@pytest.mark.parametrize("raw", [said(TRADE), body(TRADE), said(TRADE).decode()], ids=["combined", "raw", "text"])
def test_a_trade_is_read_from_combined_and_raw_messages(raw: bytes | str) -> None:
    assert wire.read_message(raw) == AggTrade(
        "BTCUSDT", "85595.90", "0.411", 1_790_046_465_580, False,
        3_460_311_795, 8_105_706_701, 8_105_706_719, 1_790_046_465_702,
    )  # fmt: skip


def test_fields_that_came_later_may_be_absent_and_unknown_ones_are_passed_over() -> None:
    old = with_change(TRADE, nq=..., st=...)
    new = with_change(TRADE, something={"deep": [1]})
    assert wire.read_message(said(old)) == wire.read_message(said(new)) == wire.read_message(said(TRADE))


def test_trades_of_the_other_market_are_skipped() -> None:
    assert wire.read_message(said(with_change(TRADE, st=2))) == Skipped("aggTrade of another market")


def test_the_same_symbol_is_always_the_same_object() -> None:
    first, second = wire.read_message(said(TRADE)), wire.read_message(said(TRADE))
    assert isinstance(first, AggTrade)
    assert isinstance(second, AggTrade)
    assert first.symbol is second.symbol


def test_a_record_of_no_trade_comes_through_because_it_takes_an_id() -> None:
    empty = wire.read_message(said(with_change(TRADE, p="0", q="0", f=-1, l=-1)))
    assert isinstance(empty, AggTrade)
    assert (empty.is_placeholder, empty.aggregate_id) == (True, 3_460_311_795)


@pytest.mark.parametrize("text", ["1000000000000.99999999", "nan", "-1", "1e3", "1.000000001", "١٢", ""])
def test_what_price_and_quantity_say_is_left_to_the_engine(text: str) -> None:
    for field in ("p", "q"):
        read = wire.read_message(said(with_change(TRADE, **{field: text})))
        assert isinstance(read, AggTrade)
        assert text in {read.price, read.quantity}


DAMAGED_TRADES: dict[str, dict[str, object]] = {
    "an infinite price": {"p": math.inf}, "a number as price": {"p": 1.5}, "no price": {"p": ...},
    "a list as price": {"p": ["1"]}, "null as quantity": {"q": None},
    "true as id": {"a": True}, "a text as id": {"a": "7"}, "a negative id": {"a": -1}, "an id of 2**63": {"a": 2**63},
    "an id of 400 digits": {"a": 10**400}, "a broken id": {"a": 1.0}, "an object as id": {"a": {}},
    "a time before the epoch": {"T": -1}, "a time in year 10000": {"T": 253_402_300_800_000}, "no time": {"T": ...},
    "true as time": {"E": True}, "trade ids that run backwards": {"f": 9, "l": 8}, "false as first id": {"f": False},
    "a far negative first id": {"f": -2}, "a huge last id": {"l": 2**64}, "a float last id": {"l": 8e9},
    "a number as side": {"m": 0}, "no symbol": {"s": ...}, "an empty symbol": {"s": ""}, "a list as symbol": {"s": []},
    "a number as symbol": {"s": 7}, "an escape in the symbol": {"s": "\x1b[2J"}, "a long symbol": {"s": "A" * 65},
    "an address in the symbol": {"s": "a/b@c"},
}  # fmt: skip


@pytest.mark.parametrize("change", DAMAGED_TRADES.values(), ids=list(DAMAGED_TRADES))
def test_a_damaged_trade_costs_only_itself(change: dict[str, object]) -> None:
    damaged = with_change(TRADE, **change)
    for raw in (said(damaged), body(damaged)):
        with pytest.raises((BadFrame, BadNumber)):
            wire.read_message(raw)


DAMAGED_TEXTS: dict[str, bytes] = {
    "nothing": b"", "half a message": said(TRADE)[:-9], "no UTF-8": said(TRADE).replace(b"BTC", b"B\xffC"),
    "infinity": said(TRADE).replace(b"3460311795", b"Infinity"), "nan": b"NaN", "1e999": b"1e999",
    "lists 100,000 deep": b"[" * 100_000 + b"]" * 100_000, "objects 100,000 deep": b'{"data":' * 100_000 + b"1" + b"}" * 100_000,
    "a number": b"7", "a text": b'"x"', "null": b"null", "true": b"true", "an empty object": b"{}",
    "data that is a text": said("x"), "data that is null": said(None), "data without an event": said({}),
    "an event that is a number": said({"e": 7}), "an event that is a list": said({"e": [1]}), "a list of numbers": b"[1]",
    "a refusal without a code": b'{"error":{"msg":"x"},"id":1}', "a refusal that is a list": b'{"error":[1]}',
    "a refusal whose code is true": b'{"code":true,"msg":"x"}', "an answer without an id": b'{"result":null}',
    "an answer to a negative id": b'{"result":null,"id":-1}',
}  # fmt: skip


@pytest.mark.parametrize("raw", DAMAGED_TEXTS.values(), ids=list(DAMAGED_TEXTS))
def test_a_damaged_message_raises_bad_frame(raw: bytes) -> None:
    with pytest.raises(BadFrame):
        wire.read_message(raw)


SCRAPS: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 2**63, 2**64, 10**400, 1.5, "", "nan", "-1", "1", "\x00", [], {}, [[]], {"e": "aggTrade"}]
)


@given(st.sampled_from([TRADE, CONTRACT, TICKER]), st.data())
def test_no_damage_of_a_real_message_raises_anything_else(message: dict[str, Any], data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(message)), min_size=1, max_size=3))
    damaged = with_change(message, **{name: data.draw(SCRAPS | st.just(...)) for name in names})
    for raw in (said(damaged), body(damaged), said([damaged]), body([damaged])):
        must_be_read_or_refused(lambda raw=raw: wire.read_message(raw))  # type: ignore[misc]


@given(st.sampled_from([said(TRADE), said([TICKER]), body(CONTRACT)]), st.integers(0, 300), st.binary(max_size=3))
def test_no_damaged_bytes_raise_anything_else(raw: bytes, at: int, scrap: bytes) -> None:
    must_be_read_or_refused(lambda: wire.read_message(raw[:at] + scrap + raw[at + 1 :]))


def must_be_read_or_refused(read: Callable[[], object]) -> None:
    with contextlib.suppress(BadFrame, BadNumber):
        read()


@needs_data
def test_every_recorded_trade_is_read() -> None:
    recorded = [json.loads(line) for line in (DATA / "messages/aggTrade_um_2026.jsonl").read_text().splitlines()]
    found = [wire.read_message(body(message)) for message in recorded]
    assert [trade.aggregate_id for trade in found if isinstance(trade, AggTrade)] == [
        message.get("data", message)["a"] for message in recorded
    ]


@needs_data
def test_a_recorded_session_gives_its_trades_and_skips_the_rest() -> None:
    found = [wire.read_message(raw) for raw in recorded_session()]
    trades = [frame for frame in found if isinstance(frame, AggTrade)]
    others = {frame.event for frame in found if isinstance(frame, Skipped)}
    assert len(trades) == sum(b"@aggTrade" in raw for raw in recorded_session()) > 50
    assert others == {"bookTicker", "depthUpdate", "kline"}


def recorded_session() -> Iterator[bytes]:
    with gzip.open(DATA / "um-capture-2021-07-22/ws.txt.gz", "rb") as lines:
        next(lines)
        for line in lines:
            yield line.split(b": ", 1)[1]


# Everything else that a websocket says


def test_an_answer_carries_its_id() -> None:
    assert wire.read_message(b'{"result":null,"id":1}') == Acknowledged(1)
    assert wire.read_message(b'{"result":["a@aggTrade"],"id":3}') == Acknowledged(3)


def test_both_shapes_of_a_refusal_are_understood() -> None:
    bare = b'{"code":2,"msg":"Invalid request: invalid stream"}'
    assert wire.read_message(bare) == Rejected(None, 2, "Invalid request: invalid stream")
    wrapped = b'{"error":{"code":-1100,"msg":7},"id":2}'
    assert wire.read_message(wrapped) == Rejected(2, -1100, "")


def test_a_contract_that_changed_is_reported_with_its_non_ascii_name() -> None:
    assert wire.read_message(said(CONTRACT, "!contractInfo")) == ContractChanged("币安人生USDT", True)
    assert wire.read_message(said(with_change(CONTRACT, cs="SETTLING"))) == ContractChanged("币安人生USDT", False)
    assert isinstance(wire.read_message(said(with_change(CONTRACT, st=2))), Skipped)


def test_a_server_that_shuts_down_is_heard_and_unknown_events_are_named() -> None:
    assert wire.read_message(b'{"e":"serverShutdown","E":1}') == ServerShutdown()
    assert wire.read_message(said({"e": "tradingSession"})) == Skipped("tradingSession")


# What is said to the exchange


def test_commands_are_utf8_json_with_an_integer_id() -> None:
    assert json.loads(wire.subscribe([wire.trade_stream("币安人生USDT"), wire.CONTRACTS], 4)) == {
        "method": "SUBSCRIBE",
        "params": ["币安人生usdt@aggTrade", "!contractInfo"],
        "id": 4,
    }
    assert "币".encode() in wire.subscribe(["币"], 1)
    assert json.loads(wire.unsubscribe(["a"], 5))["method"] == "UNSUBSCRIBE"


@pytest.mark.parametrize(("limit", "weight"), [(1, 1), (99, 1), (100, 2), (499, 2), (500, 5), (1000, 5), (1500, 10)])
def test_bars_weigh_by_their_number(limit: int, weight: int) -> None:
    assert wire.bars_request("A", Period.M1, limit=limit).cost == weight


def test_requests_name_only_what_is_asked_for() -> None:
    bars = wire.bars_request("BTCUSDT", Period.MO1, start_ms=0, limit=9)
    assert bars.parameters == (("symbol", "BTCUSDT"), ("interval", "1M"), ("startTime", "0"), ("limit", "9"))
    trades = wire.trades_request("BTCUSDT", from_id=0, limit=1000)
    assert trades.parameters == (("symbol", "BTCUSDT"), ("fromId", "0"), ("limit", "1000"))
    assert trades.cost == 20


# REST replies


def test_bars_are_confirmed_once_over_and_forming_before() -> None:
    over_ms = BAR[0] + 300_000
    (bar,) = wire.read_bars(body([BAR]), "LTCUSDT", Period.M5, over_ms)
    assert (bar.symbol, bar.open_ms, bar.state) == ("LTCUSDT", BAR[0], State.CONFIRMED)
    assert [text(value) for value in (bar.open, bar.high, bar.low, bar.close)] == ["50.49", "50.52", "50.31", "50.33"]
    assert (bar.volume, bar.turnover, bar.trade_count) == (number("3811.648"), turnover("192171.59398"), 1517)
    assert (bar.taker_buy_volume, bar.taker_buy_turnover) == (number("956.116"), turnover("48217.57292"))
    assert wire.read_bars(body([BAR]), "LTCUSDT", Period.M5, over_ms - 1)[0].state is State.FORMING


def test_three_day_bars_may_open_on_any_day() -> None:
    for day in (18_000, 18_001, 18_002):
        row = [day * DAY_MS, *BAR[1:]]
        assert wire.read_bars(body([row]), "X", Period.D3, 0)[0].open_ms == day * DAY_MS


def replaced(index: int, value: object) -> list[Any]:
    return [*BAR[:index], value, *BAR[index + 1 :]]


DAMAGED_BARS: dict[str, object] = {
    "no list": {}, "a bar that is no list": [7], "a bar cut short": [BAR[:9]], "a price that is null": [replaced(1, None)],
    "a high under the close": [replaced(2, "50.32")], "a low over the open": [replaced(3, "50.50")],
    "a count that is true": [replaced(8, True)], "a count that is broken": [replaced(8, 1.5)],
    "a negative turnover": [replaced(7, "-1")], "a high of 12 digits": [replaced(2, "9" * 12)], "an open off the grid": [replaced(0, BAR[0] + 1)],
    "a time far off": [replaced(0, 10**300)], "the same bar twice": [BAR, BAR],
}  # fmt: skip


@pytest.mark.parametrize("reply", DAMAGED_BARS.values(), ids=list(DAMAGED_BARS))
def test_damaged_bars_are_refused(reply: object) -> None:
    with pytest.raises((BadFrame, BadNumber)):
        wire.read_bars(body(reply), "LTCUSDT", Period.M5, 0)


def test_trades_of_a_reply_carry_their_own_time_as_event_time() -> None:
    (trade,) = wire.read_trades(body([ROW]), "LTCUSDT")
    assert trade == AggTrade("LTCUSDT", "49.73", "0.001", ROW["T"], True, 7, 3, 4, ROW["T"])


DAMAGED_ROWS: dict[str, object] = {
    "no list": {}, "a row that is no object": [[]], "no price": [with_change(ROW, p=...)], "ids run back": [ROW, ROW],
    "a side that is a number": [with_change(ROW, m=1)], "a text as first id": [with_change(ROW, f="3")],
    "trade ids backwards": [with_change(ROW, f=5)], "a negative id": [with_change(ROW, a=-1)],
    "an id of true": [with_change(ROW, a=True)], "quantity nan": [with_change(ROW, q="nan")], "a price of 61 digits": [with_change(ROW, p="9" * 61)],
}  # fmt: skip


@pytest.mark.parametrize("reply", DAMAGED_ROWS.values(), ids=list(DAMAGED_ROWS))
def test_damaged_trades_of_a_reply_are_refused(reply: object) -> None:
    with pytest.raises((BadFrame, BadNumber)):
        wire.read_trades(body(reply), "LTCUSDT")


def test_a_listing_has_the_decimals_that_are_written_though_its_steps_are_coarser() -> None:
    reply = wire.read_instruments(body({"symbols": [LISTED]}))
    assert reply.instruments == (Instrument("BTCUSDT", "USDT", "PERPETUAL", True, 2, 3, 1_569_398_400_000),)
    assert (reply.unread.entries, reply.cost_limit) == (0, None)


def test_an_odd_listing_costs_only_itself() -> None:
    odd = [
        7,
        {},
        with_change(LISTED, symbol=""),
        with_change(LISTED, pricePrecision=-1),
        with_change(LISTED, status=None),
        with_change(LISTED, status="RESTING"),
    ]
    reply = wire.read_instruments(body({"symbols": [*odd, LISTED]}))
    assert ([listing.symbol for listing in reply.instruments], reply.unread.entries) == (["BTCUSDT"], 6)
    assert reply.unread == Unread(6, frozenset({"BTCUSDT"}), "an object was expected")


def test_the_weight_limit_is_the_one_of_a_minute() -> None:
    orders = {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 1200}
    weight = with_change(orders, rateLimitType="REQUEST_WEIGHT", limit=2400)
    assert wire.read_instruments(body({"symbols": [LISTED], "rateLimits": [7, orders, weight]})).cost_limit == 2400
    for odd in (with_change(weight, intervalNum=5), with_change(weight, limit="x"), with_change(weight, limit=0)):
        assert wire.read_instruments(body({"symbols": [LISTED], "rateLimits": [odd]})).cost_limit is None


@pytest.mark.parametrize(
    "reply", [{}, [], {"symbols": 7}, {"symbols": []}], ids=["empty", "a list", "a number", "nothing"]
)
def test_no_list_of_symbols_is_damage(reply: object) -> None:
    with pytest.raises(BadFrame):
        wire.read_instruments(body(reply))


def test_the_time_is_read_or_refused() -> None:
    assert wire.read_time(b'{"serverTime":1620099477465}') == 1_620_099_477_465
    for damaged in (b'{"serverTime":"1"}', b"{}", b"[]", b"<html>"):
        with pytest.raises(BadFrame):
            wire.read_time(damaged)


def test_a_ban_says_until_when() -> None:
    banned = {"code": -1003, "msg": "Way too many requests; IP(1.2.3.4) banned until 1790046465702. Please use ..."}
    failure = wire.read_failure(body(banned))
    assert (failure.code, failure.banned_until_ms) == (-1003, 1_790_046_465_702)


@pytest.mark.parametrize(
    "raw", [b"", b"<html>502</html>", b"[]", b"7", b'{"code":-1}', b'{"code":"x","msg":7}'], ids=repr
)
def test_any_other_body_of_a_failure_says_nothing(raw: bytes) -> None:
    assert wire.read_failure(raw) == Failure()


@needs_data
def test_recorded_replies_are_read() -> None:
    for reply in recorded("fapi-v1-klines"):
        assert len(wire.read_bars(body(reply), "LTCUSDT", Period.M5, 2 * 10**12)) == len(reply)
    for reply in recorded("fapi-v1-aggTrades"):
        assert len(wire.read_trades(body(reply), "LTCUSDT")) == len(reply)
    with gzip.open(DATA / "exchange-info/um-2023.json.gz", "rb") as packed:
        reply = wire.read_instruments(packed.read())
    assert (len(reply.instruments), reply.unread.entries, reply.cost_limit) == (220, 0, 6000)


@needs_data
def test_recorded_trades_are_written_with_the_decimals_of_their_listing() -> None:
    with gzip.open(DATA / "exchange-info/um-2023.json.gz", "rb") as packed:
        listed = {one.symbol: one for one in wire.read_instruments(packed.read()).instruments}
    frames = [json.loads(raw)["data"] for raw in recorded_session() if b"@aggTrade" in raw]
    written = [(frame["s"], len(frame["p"].partition(".")[2]), len(frame["q"].partition(".")[2])) for frame in frames]
    known = [one for one in written if one[0] in listed]
    assert known
    for symbol, price, quantity in known:
        assert (listed[symbol].price_decimals, listed[symbol].quantity_decimals) == (price, quantity)


def recorded(name: str) -> list[Any]:
    replies = [entry["data"] for entry in json.loads((DATA / f"rest/{name}.json").read_text())]
    return [reply for reply in replies if isinstance(reply, list)]
