"""What Hyperliquid's websocket says, and the numbers that its trades get."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from typing import TypeAlias

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.events import AggTrade
from klagg_tui.exchange.hyperliquid import VENUE
from klagg_tui.exchange.hyperliquid.wire.runs import _REMEMBERED, PER_MS
from klagg_tui.exchange.messages import Acknowledged, Batch, Rejected, Skipped
from tests.conftest import DATA, needs_data

NOW_MS = 1_730_160_006_192
Decode: TypeAlias = Callable[[Iterable[bytes]], Batch]


def row(number: int, coin: str = "BTC", at_ms: int | None = None, **changed: object) -> dict[str, object]:
    said_ms = NOW_MS + number if at_ms is None else at_ms
    made = {"coin": coin, "side": "B", "px": "69997.0", "sz": "0.38111", "time": said_ms, "hash": "0x0", "tid": number}
    return {**made, **changed}


def said(*rows: dict[str, object]) -> bytes:
    return orjson.dumps({"channel": "trades", "data": rows})


def trades(decode: Decode, *raws: bytes) -> list[AggTrade]:
    batch = decode(raws)
    assert not batch.damaged
    return [AggTrade(*trade) for trade in batch.trades]


def ids(decode: Decode, *raws: bytes) -> list[int]:
    return [trade.aggregate_id for trade in trades(decode, *raws)]


def decoders(count: int) -> list[Decode]:
    """Of connections of one stream."""
    codec = VENUE.codec
    assert codec.open_decoder is not None
    return [codec.open_decoder() for _ in range(count)]


def numbers(first: int, last: int) -> bytes:
    return said(*(row(number) for number in range(first, last + 1)))


@needs_data
def test_recorded_trades_are_read_in_their_order() -> None:
    with gzip.open(DATA / "venues/hyperliquid/ws-2024-trades.jsonl.gz") as lines:
        found = trades(VENUE.codec.decode_batch, *lines)
    assert [(trade.symbol, trade.price, trade.quantity) for trade in found] == [
        *[("FXS", "1.9008", "10.5"), ("FXS", "1.9014", "9.1")],
        *[("BTC", "69997.0", "0.38111"), ("BTC", "69997.0", "0.33458"), ("BTC", "69997.0", "0.83613")],
        ("BTC", "69998.0", "0.00714"),
    ]
    assert [trade.is_buyer_maker for trade in found] == [True, True, False, False, False, False]
    assert [trade.aggregate_id - found[2].traded_ms * PER_MS for trade in found[2:]] == [0, 1, 2, 3]
    assert found[1].aggregate_id == found[0].aggregate_id + 1 == found[0].traded_ms * PER_MS + 1


def test_each_trade_is_one_and_was_sent_when_it_was_made() -> None:
    at_ms = NOW_MS + 7
    number = at_ms * PER_MS
    assert trades(VENUE.codec.decode_batch, said(row(7))) == [
        AggTrade("BTC", "69997.0", "0.38111", at_ms, False, number, number, number, at_ms)
    ]


@pytest.mark.parametrize("is_newest_first", [False, True])
def test_a_first_message_that_reaches_back_to_known_trades_continues_the_run(is_newest_first: bool) -> None:
    first, second = decoders(2)
    begun = ids(first, numbers(1, 30), numbers(31, 40))
    rows = [row(number) for number in range(35, 61)]
    found = ids(second, said(*(reversed(rows) if is_newest_first else rows)))
    assert found == [begun[-1] + number for number in range(1, 21)]


def test_a_first_message_without_a_known_trade_leaves_a_number_out() -> None:
    first, second = decoders(2)
    begun = ids(first, numbers(1, 30))
    assert ids(second, numbers(50, 60), numbers(61, 61))[0] == begun[-1] + 2
    assert ids(second, said(row(1, "ETH"))) == [(NOW_MS + 1) * PER_MS], "which is another coin's affair"


def test_trades_of_two_connections_are_counted_once_whichever_is_ahead() -> None:
    first, second = decoders(2)
    found = ids(first, numbers(1, 30))
    found += ids(second, numbers(5, 33))
    for number in range(34, 60, 2):
        found += ids(first, numbers(number - 1, number)) + ids(second, numbers(number, number + 1))
    assert found == list(range(found[0], found[0] + 59))


def test_a_connection_that_is_always_second_shows_that_it_delivers() -> None:
    first, second = decoders(2)
    ids(first, numbers(1, 33))
    batch = second([numbers(1, 30)])
    assert (batch.trades, batch.repeated) == ([], set()), "a first message is of the past"
    assert second([numbers(31, 31), said(row(1, "ETH"))]).repeated == {"BTC"}
    assert second([numbers(34, 34)]).repeated == set()


def test_a_coin_that_left_and_comes_back_begins_with_a_first_message() -> None:
    (decode,) = decoders(1)
    begun = ids(decode, numbers(1, 30))
    assert decode([answered("unsubscribe")]).others == [Acknowledged(None, ("BTC",))]
    assert decode([answered("subscribe")]).others == [Acknowledged(None, ("BTC",))]
    assert ids(decode, numbers(50, 60))[0] == begun[-1] + 2


def test_of_trades_of_one_block_the_order_told_is_kept() -> None:
    (decode,) = decoders(1)
    found = trades(decode, said(*(row(number, at_ms=NOW_MS) for number in (3, 1, 2, 1))))
    assert len(found) == 3
    assert ids(decode, said(*(row(number, at_ms=NOW_MS) for number in (1, 2, 3)))) == []


def test_what_is_older_than_all_that_is_remembered_is_not_new() -> None:
    first, second = decoders(2)
    most = 2 * _REMEMBERED
    begun = ids(first, numbers(1, most))
    assert ids(second, numbers(1, most)) == []
    assert ids(second, numbers(most + 1, most + 1)) == [begun[-1] + 1]


def test_a_block_with_more_trades_than_are_remembered_is_counted_once() -> None:
    first, second = decoders(2)
    block = said(*(row(number, at_ms=NOW_MS) for number in range(2 * _REMEMBERED)))
    assert len(ids(first, block)) == 2 * _REMEMBERED
    assert ids(second, block) == []


def test_a_later_run_of_the_program_has_higher_numbers() -> None:
    (before,), (after,) = decoders(1), decoders(1)
    assert ids(before, said(*(row(number, at_ms=NOW_MS) for number in range(999))))[-1] < ids(after, numbers(1, 1))[0]


@given(st.data())
def test_however_connections_overlap_every_trade_is_numbered_once_and_without_a_hole(data: st.DataObject) -> None:
    made = decoders(4)
    at, found, live = 30, ids(made[0], numbers(1, 30)), [made[0]]
    reached = {id(made[0]): 30}
    for decode in made[1:]:
        found += ids(decode, numbers(max(1, at - data.draw(st.integers(0, 29))), at))
        reached[id(decode)] = at
        live.append(decode)
        for each in data.draw(st.permutations(live)):
            until = at + data.draw(st.integers(1, 5))
            if until > reached[id(each)]:
                found += ids(each, numbers(reached[id(each)] + 1, until))
                reached[id(each)] = until
        at = min(reached.values())
    assert found == list(range(found[0], found[0] + max(reached.values())))


def answered(method: str, **subscription: object) -> bytes:
    asked = subscription or {"type": "trades", "coin": "BTC"}
    return orjson.dumps({"channel": "subscriptionResponse", "data": {"method": method, "subscription": asked}})


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"channel": "pong"}, Skipped("pong")),
        (
            {"channel": "error", "data": 'Already subscribed: {"type":"trades","coin":"kPEPE"}'},
            Acknowledged(None, ("kPEPE",)),
        ),
        (
            {"channel": "error", "data": 'Already unsubscribed: {"type":"trades","coin":"BTC"}'},
            Acknowledged(None, ("BTC",)),
        ),
        (
            {"channel": "error", "data": 'Invalid subscription {"type":"trades","coin":"XX"}'},
            Rejected(None, 0, 'Invalid subscription {"type":"trades","coin":"XX"}', "XX"),
        ),
        ({"channel": "error", "data": "Too many requests"}, Skipped("error: Too many requests")),
    ],
    ids=["pong", "subscribed already", "left already", "refused", "of something else"],
)
def test_answers_and_errors_name_the_coin(message: dict[str, object], expected: object) -> None:
    assert VENUE.codec.decode_batch([orjson.dumps(message)]) == Batch([], [expected], [], set())  # type: ignore[list-item]


@pytest.mark.parametrize(
    "changed",
    [
        *({"side": "C"}, {"side": []}, {"px": 1.5}, {"sz": None}, {"time": -1}, {"time": "1"}, {"tid": 2**63}),
        *({"tid": True}, {"coin": "a b"}, {"coin": 7}, {"coin": []}),
    ],
    ids=str,
)
def test_a_damaged_trade_costs_only_itself_and_leaves_a_number_out(changed: dict[str, object]) -> None:
    (decode,) = decoders(1)
    begun = ids(decode, numbers(1, 1))
    batch = decode([said({**row(2), **changed}, row(3))])
    assert len(batch.damaged) == 1
    assert [trade[5] for trade in batch.trades] == [begun[0] + 1]
    is_known = changed.get("coin") is None
    assert ids(decode, numbers(4, 4)) == [begun[0] + 2 + is_known]


def test_a_damaged_trade_of_a_coin_that_has_no_run_leaves_nothing_out() -> None:
    (decode,) = decoders(1)
    assert len(decode([said(row(1, px=None))]).damaged) == 1
    assert ids(decode, numbers(2, 2)) == [(NOW_MS + 2) * PER_MS]


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"[]", b"{}", b'{"channel":"trades"}', b'{"channel":"error"}', b'{"channel":"subscriptionResponse"}'),
        *(answered("subscribe", type="trades"), b'{"channel":"error","data":"Invalid subscription {x}"}'),
    ],
    ids=repr,
)
def test_a_damaged_message_costs_only_itself(raw: bytes) -> None:
    batch = VENUE.codec.decode_batch([raw, said(row(1))])
    assert [bad for bad, _ in batch.damaged] == [raw]
    assert len(batch.trades) == 1


@given(
    st.sampled_from([*row(1)]),
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.lists(st.just("A")),
    st.integers(0, 130),
)
def test_whatever_is_damaged_nothing_is_raised(name: str, value: object, cut: int) -> None:
    raw = said({**row(1), name: value}, row(2))
    batch = VENUE.codec.decode_batch([raw, raw[:cut]])
    assert len(batch.trades) + len(batch.damaged) >= 2


def test_commands_are_one_coin_long() -> None:
    codec = VENUE.codec
    assert VENUE.streams.streams_per_message == 1
    subscription = {"type": "trades", "coin": "kPEPE"}
    stream = codec.trade_stream("kPEPE")
    assert orjson.loads(codec.subscribe([stream], 7)) == {"method": "subscribe", "subscription": subscription}
    assert orjson.loads(codec.unsubscribe([stream], 8)) == {"method": "unsubscribe", "subscription": subscription}
    assert codec.ping == b'{"method":"ping"}'
