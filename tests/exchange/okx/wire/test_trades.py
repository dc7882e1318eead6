"""Trades of replies."""

import pytest

from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange.okx.wire.trades import read_trades
from klagg_tui.exchange.units import Contract
from tests.exchange.okx.samples import BTC, CONTRACTS, TRADE, reply, with_change

CONTRACT = CONTRACTS[BTC]


def test_the_newest_first_comes_out_in_order_of_ids() -> None:
    rows = [with_change(TRADE, tradeId=str(number), source=...) for number in (9, 8, 6)]
    found = read_trades(reply(*rows), BTC, CONTRACT)
    assert [trade.aggregate_id for trade in found] == [6, 8, 9]
    assert {(trade.quantity, trade.first_trade_id == trade.last_trade_id == trade.aggregate_id) for trade in found} == {
        ("0.125", True)
    }


def test_the_last_trades_of_another_contract_of_the_name_are_left_out() -> None:
    ids = {7: 1_700_000_000_300, 6: 1_700_000_000_200, 9_000_000: 1_700_000_000_100}
    rows = [with_change(TRADE, tradeId=str(number), ts=str(at_ms), source=...) for number, at_ms in ids.items()]
    assert [trade.aggregate_id for trade in read_trades(reply(*rows), BTC, CONTRACT)] == [6, 7]


def test_nothing_is_no_trades() -> None:
    assert read_trades(reply(), BTC, CONTRACT) == []


@pytest.mark.parametrize(
    "raw",
    [
        reply(TRADE, TRADE),
        reply(with_change(TRADE, tradeId="8"), with_change(TRADE, tradeId="9")),
        reply(with_change(TRADE, instId="ETH-USDT-SWAP")),
        reply(with_change(TRADE, px="x")),
        reply(with_change(TRADE, sz="0.123456789")),
        reply([1]),
        reply(TRADE, code="51001"),
        b'{"code":"0","data":{}}',
        b"[]",
    ],
    ids=["an id twice", "rising ids", "another instrument", "a price", "a size", "a list", "an error", "an object", "no object"],
)  # fmt: skip
def test_a_reply_is_good_or_bad_as_a_whole(raw: bytes) -> None:
    with pytest.raises((BadFrame, BadNumber)):
        read_trades(raw, BTC, Contract())
