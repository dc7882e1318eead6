"""One aggregate trade, from the stream and from a reply."""

import json
import math

import pytest

from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange.binance import wire
from klagg_tui.exchange.messages import Skipped
from tests.conftest import DATA, needs_data
from tests.exchange.binance.samples import ROW, TRADE, body, recorded, said, with_change


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
    "a far negative first id": {"f": -2}, "a huge last id": {"l": 2**64}, "a million fills": {"f": 1, "l": 10**6 + 1}, "a float last id": {"l": 8e9},
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


@needs_data
def test_every_recorded_trade_is_read() -> None:
    recorded = [json.loads(line) for line in (DATA / "messages/aggTrade_um_2026.jsonl").read_text().splitlines()]
    found = [wire.read_message(body(message)) for message in recorded]
    assert [trade.aggregate_id for trade in found if isinstance(trade, AggTrade)] == [
        message.get("data", message)["a"] for message in recorded
    ]


@pytest.mark.parametrize("change", DAMAGED_TRADES.values(), ids=list(DAMAGED_TRADES))
def test_what_is_damage_in_the_stream_is_damage_in_a_reply(change: dict[str, object]) -> None:
    if not change.keys() <= ROW.keys():
        return  # a reply's rows name no symbol and no time of sending
    with pytest.raises((BadFrame, BadNumber)):
        wire.read_trades(body([with_change(ROW, **change)]), "LTCUSDT")


def test_trades_of_a_reply_carry_their_own_time_as_event_time() -> None:
    (trade,) = wire.read_trades(body([ROW]), "LTCUSDT")
    assert trade == AggTrade("LTCUSDT", "49.73", "0.001", ROW["T"], True, 7, 3, 4, ROW["T"])


DAMAGED_ROWS: dict[str, object] = {
    "no list": {}, "a row that is no object": [[]], "no price": [with_change(ROW, p=...)], "ids run back": [ROW, ROW],
    "a side that is a number": [with_change(ROW, m=1)], "a text as first id": [with_change(ROW, f="3")],
    "trade ids backwards": [with_change(ROW, f=5)], "a negative id": [with_change(ROW, a=-1)],
    "an id of true": [with_change(ROW, a=True)], "quantity nan": [with_change(ROW, q="nan")], "a price of 61 digits": [with_change(ROW, p="9" * 61)],
    "a price that went by way of a float": [with_change(ROW, p="49.730000000003")],
}  # fmt: skip


@pytest.mark.parametrize("reply", DAMAGED_ROWS.values(), ids=list(DAMAGED_ROWS))
def test_damaged_trades_of_a_reply_are_refused(reply: object) -> None:
    with pytest.raises((BadFrame, BadNumber)):
        wire.read_trades(body(reply), "LTCUSDT")


@needs_data
def test_recorded_trades_of_replies_are_read() -> None:
    for reply in recorded("fapi-v1-aggTrades"):
        assert len(wire.read_trades(body(reply), "LTCUSDT")) == len(reply)
