"""The listing, whole and in part odd."""

import gzip
import json

import pytest

from klagg_tui.errors import BadFrame
from klagg_tui.exchange.binance import wire
from klagg_tui.exchange.listing import Instrument, Unread
from tests.conftest import DATA, needs_data
from tests.exchange.binance.samples import LISTED, body, recorded_session, with_change


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


@needs_data
def test_a_recorded_listing_is_read() -> None:
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


def test_a_listing_of_a_hundred_thousand_is_cut_with_a_count_and_takes_no_symbol_off() -> None:
    entries = [with_change(LISTED, symbol=f"X{number}USDT") for number in range(100_000)]
    reply = wire.read_instruments(body({"symbols": entries}))
    assert (len(reply.instruments), reply.unread.entries, reply.entries) == (10_000, 90_000, 100_000)
    assert "10,000th" in reply.unread.reason
    assert reply.unproven({"X99999USDT", "BTCUSDT"}) == {"X99999USDT", "BTCUSDT"}
