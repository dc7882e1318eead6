"""What is sent to the exchange: commands of the stream, requests over HTTP."""

import json

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.exchange.binance import wire
from klagg_tui.exchange.binance.products import UM

CODEC = wire.codec(UM)


def test_commands_are_utf8_json_with_an_integer_id() -> None:
    assert json.loads(CODEC.subscribe([wire.trade_stream("币安人生USDT"), wire.CONTRACTS], 4)) == {
        "method": "SUBSCRIBE",
        "params": ["币安人生usdt@aggTrade", "!contractInfo"],
        "id": 4,
    }
    assert "币".encode() in CODEC.subscribe(["币"], 1)
    assert json.loads(CODEC.unsubscribe(["a"], 5))["method"] == "UNSUBSCRIBE"


@pytest.mark.parametrize(("limit", "weight"), [(1, 1), (99, 1), (100, 2), (499, 2), (500, 5), (1000, 5), (1500, 10)])
def test_bars_weigh_by_their_number(limit: int, weight: int) -> None:
    assert wire.bars_request("A", Period.M1, limit=limit).cost == weight


def test_requests_name_only_what_is_asked_for() -> None:
    bars = wire.bars_request("BTCUSDT", Period.MO1, start_ms=0, limit=9)
    assert bars.parameters == (("symbol", "BTCUSDT"), ("interval", "1M"), ("startTime", "0"), ("limit", "9"))
    trades = wire.trades_request("BTCUSDT", from_id=0, limit=1000)
    assert trades.parameters == (("symbol", "BTCUSDT"), ("fromId", "0"), ("limit", "1000"))
    assert trades.cost == 20
