"""What the socket brings: made messages, damaged ones, and half a minute that was recorded."""

from itertools import pairwise

import pytest

from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadFrame
from klagg_tui.exchange.coinbase.wire import CODEC, decode_batch
from klagg_tui.exchange.messages import Acknowledged, Rejected, Skipped
from tests.conftest import needs_data
from tests.exchange.coinbase.samples import MATCH, MATCH_MS, body, recorded_session, with_change


def test_a_match_is_a_trade_with_the_takers_side_the_other_way_round_and_its_time_cut() -> None:
    batch = decode_batch([body(MATCH)])
    assert batch.trades == [
        ("BAND-GBP", "14.7775", "0.04", MATCH_MS, False, 881_614, 881_614, 881_614, MATCH_MS),
    ]
    assert (batch.others, batch.damaged) == ([], [])


def test_where_the_maker_bought_the_buyer_is_the_maker() -> None:
    (trade,) = decode_batch([body(with_change(MATCH, side="buy"))]).trades
    assert AggTrade(*trade).is_buyer_maker


def test_the_last_match_before_the_subscription_is_a_trade_like_any_other() -> None:
    messages = [with_change(MATCH, type="last_match", trade_id=7), with_change(MATCH, trade_id=9)]
    assert [trade[5] for trade in decode_batch(map(body, messages)).trades] == [7, 9]


@pytest.mark.parametrize(
    "changes",
    [
        {"price": 14.7775},
        {"size": None},
        {"size": ...},
        {"trade_id": "881614"},
        {"trade_id": True},
        {"trade_id": -1},
        {"trade_id": 2**63},
        {"trade_id": 1e400},
        {"side": "SELL"},
        {"side": ["sell"]},
        {"side": ...},
        {"product_id": "BAND GBP"},
        {"product_id": 7},
        {"product_id": ["BAND-GBP"]},
        {"time": ...},
        {"time": 1_618_677_810_244},
        {"time": "2021-04-17 16:43:30"},
        {"time": "2021-02-30T16:43:30.244075Z"},
        {"time": "9999-12-31T16:43:30Z"},
        {"type": ["match"]},
        {"type": {}},
        {"type": None},
    ],
    ids=str,
)
def test_a_damaged_match_costs_itself_alone(changes: dict[str, object]) -> None:
    batch = decode_batch([body(MATCH), body(with_change(MATCH, **changes)), body(with_change(MATCH, trade_id=881_615))])
    assert [trade[5] for trade in batch.trades] == [881_614, 881_615]
    assert [type(error) for _, error in batch.damaged] == [BadFrame]


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[]", b"7", b"\xff", b"[" * 100_000, b"{}"], ids=repr)
def test_what_is_no_message_is_damage(raw: bytes) -> None:
    raw = raw[:100_000]
    batch = decode_batch([raw])
    assert (batch.trades, batch.others, len(batch.damaged)) == ([], [], 1)


def test_an_acknowledgement_is_the_whole_state_of_matches() -> None:
    state = {
        "type": "subscriptions",
        "channels": [
            {"name": "heartbeat", "product_ids": ["BTC-USD", "ETH-USD", "X-USD"]},
            {"name": "matches", "product_ids": ["BTC-USD", "ETH-USD"]},
        ],
    }
    assert decode_batch([body(state)]).others == [Acknowledged(None, ("BTC-USD", "ETH-USD"), is_whole=True)]


def test_a_state_without_any_channel_serves_nothing_and_one_of_others_alone_says_nothing() -> None:
    nothing = {"type": "subscriptions", "channels": []}
    others = {"type": "subscriptions", "channels": [{"name": "level2", "product_ids": ["BTC-USD"]}]}
    assert decode_batch(map(body, [nothing, others])).others == [
        Acknowledged(None, (), is_whole=True),
        Skipped("subscriptions to other channels"),
    ]


@pytest.mark.parametrize(
    "state",
    [
        {"type": "subscriptions"},
        {"type": "subscriptions", "channels": [7]},
        {"type": "subscriptions", "channels": [{"name": "matches"}]},
        {"type": "subscriptions", "channels": [{"name": "matches", "product_ids": [7]}]},
    ],
    ids=str,
)
def test_a_state_that_cannot_be_read_acknowledges_nothing(state: object) -> None:
    batch = decode_batch([body(state)])
    assert (batch.others, len(batch.damaged)) == ([], 1)


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        (
            {"message": "Failed to subscribe", "reason": "XXX-USD is not a valid product"},
            Rejected(None, 0, "Failed to subscribe: XXX-USD is not a valid product", "XXX-USD"),
        ),
        ({"message": "XXX-USD is not a valid product"}, Rejected(None, 0, "XXX-USD is not a valid product", "XXX-USD")),
        ({"message": "Message too big"}, Rejected(None, 0, "Message too big")),
        ({"message": 7, "reason": None}, Rejected(None, 0, "")),
        ({"message": "error", "reason": "ErrSlowConsume"}, Skipped("error: too slow")),
        ({"message": "ErrSlowRead"}, Skipped("error: too slow")),
    ],
    ids=["a product", "a product in the message", "a command", "nothing to read", "too slow", "too slow to read"],
)
def test_an_error_refuses_a_product_a_command_or_nothing(message: dict[str, object], meant: object) -> None:
    assert decode_batch([body({"type": "error", **message})]).others == [meant]


def test_heartbeats_and_what_is_new_are_passed_over() -> None:
    messages = [{"type": "heartbeat", "product_id": "BTC-USD", "last_trade_id": 0}, {"type": "x" * 100}]
    assert decode_batch(map(body, messages)).others == [Skipped("heartbeat"), Skipped("x" * 40)]


def test_commands_name_products_and_no_number() -> None:
    assert CODEC.trade_stream("BTC-USD") == "BTC-USD"
    assert CODEC.subscribe(["BTC-USD", "ETH-USD"], 7) == (
        b'{"type":"subscribe","product_ids":["BTC-USD","ETH-USD"],"channels":["matches","heartbeat"]}'
    )
    assert CODEC.unsubscribe(["BTC-USD"], 8) == (
        b'{"type":"unsubscribe","product_ids":["BTC-USD"],"channels":["matches","heartbeat"]}'
    )
    assert (CODEC.path, CODEC.market_streams, CODEC.ping) == ("/", (), None)


@needs_data
def test_of_a_recorded_session_each_match_follows_the_last_one_before_the_subscription() -> None:
    batch = decode_batch(recorded_session())
    assert batch.damaged == []
    assert {type(message) for message in batch.others} == {Acknowledged, Skipped}
    states = [message for message in batch.others if isinstance(message, Acknowledged)]
    assert {len(state.streams) for state in states} == {10}
    assert len(batch.trades) == 107
    for symbol in {trade[0] for trade in batch.trades}:
        ids = [trade[5] for trade in batch.trades if trade[0] == symbol]
        assert all(later == earlier + 1 for earlier, later in pairwise(ids)), symbol
