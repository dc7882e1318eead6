"""What the socket brings: numbers as digits, an answer for each pair, and damage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.errors import BadFrame
from klagg_tui.exchange.kraken.wire.frames import CODEC, decode_batch
from klagg_tui.exchange.messages import Acknowledged, Rejected, Skipped
from tests.exchange.kraken.samples import TRADE, TRADE_MS, update


def test_a_trade_is_read_as_its_digits_and_its_time_is_cut() -> None:
    batch = decode_batch([update(TRADE)])
    number = 4_665_906
    assert batch.trades == [("BTC/USD", "0.51170", "40.0", TRADE_MS, True, number, number, number, TRADE_MS)]
    assert (batch.others, batch.damaged) == ([], [])


def test_a_message_holds_many_trades_and_the_taker_is_the_one_who_buys() -> None:
    later = TRADE.replace(b"4665906", b"4665909").replace(b"sell", b"buy")
    assert [(trade[5], trade[4]) for trade in decode_batch([update(TRADE, later)]).trades] == [
        (4_665_906, True),
        (4_665_909, False),
    ]


@given(
    st.integers(0, 10**17).map(str),
    st.text("0123456789", max_size=30),
)
def test_no_number_passes_through_a_float(whole: str, fraction: str) -> None:
    written = f"{whole}.{fraction}" if fraction else whole
    batch = decode_batch([update(TRADE.replace(b"0.51170", written.encode()))])
    assert batch.trades[0][1] == written


@pytest.mark.parametrize(
    ("written", "read"), [("5.117e-1", "0.5117"), ("4E1", "40"), ("1e-8", "0.00000001"), ("105433", "105433")]
)
def test_a_number_with_an_exponent_is_written_out(written: str, read: str) -> None:
    batch = decode_batch([update(TRADE.replace(b"40.0", written.encode()))])
    assert batch.trades[0][2] == read


@pytest.mark.parametrize(
    "damage",
    [
        (b"0.51170", b"null"),
        (b"0.51170", b"NaN"),
        (b"0.51170", b"Infinity"),
        (b"0.51170", b"1e999999999"),
        (b"0.51170", b"-1"),
        (b"0.51170", b"true"),
        (b"0.51170", b"1" * 5000),
        (b'"qty"', b'"QTY"'),
        (b"4665906", b"4665906.5"),
        (b"4665906", b"-1"),
        (b"4665906", b"9223372036854775808"),
        (b'"sell"', b'"SELL"'),
        (b'"sell"', b"[]"),
        (b"BTC/USD", b"BTC USD"),
        (b'"BTC/USD"', b"{}"),
        (b"2023-09-25T", b"2023-09-31T"),
        (b"2023-09-25T", b"25.9.2023 "),
        (b'"2023-09-25T07:49:37.708706Z"', b"null"),
    ],
    ids=lambda damage: f"{damage[0][:12]} {damage[1][:30]}",
)
def test_a_damaged_trade_costs_its_message_alone(damage: tuple[bytes, bytes]) -> None:
    batch = decode_batch([update(TRADE), update(TRADE, TRADE.replace(*damage)), update(TRADE)])
    assert len(batch.trades) == 2
    assert [type(error) for _, error in batch.damaged] == [BadFrame]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b"{}",
        b'{"channel":7}',
        b'{"channel":"trade","data":{}}',
        b'{"channel":"trade","data":[7]}',
        b'{"method":"subscribe","success":true}',
        b'{"method":"subscribe","success":true,"result":{"symbol":7}}',
        b'{"method":"subscribe","success":true,"result":{"symbol":"A/B"},"req_id":"x"}',
        b'{"method":"subscribe","success":false,"symbol":"A B"}',
    ],
    ids=lambda raw: str(raw[:60]),
)
def test_what_is_no_message_is_damage(raw: bytes) -> None:
    batch = decode_batch([raw])
    assert (batch.trades, batch.others, len(batch.damaged)) == ([], [], 1)


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        (
            b'{"method":"subscribe","result":{"channel":"trade","symbol":"BTC/USD"},"success":true,"time_in":"","req_id":7}',
            Acknowledged(7, ("BTC/USD",)),
        ),
        (
            b'{"method":"unsubscribe","result":{"channel":"trade","symbol":"BTC/USD"},"success":true,"req_id":8}',
            Acknowledged(8, ("BTC/USD",)),
        ),
        (
            b'{"error":"Currency pair not supported XXX/USD","method":"subscribe","req_id":7,"success":false,"symbol":"XXX/USD"}',
            Rejected(7, 0, "Currency pair not supported XXX/USD", "XXX/USD"),
        ),
        (b'{"error":7,"method":"subscribe","success":false}', Rejected(None, 0, "")),
        (b'{"Error":"Exceeded msg rate"}', Rejected(None, 0, "Exceeded msg rate")),
        (b'{"channel":"heartbeat"}', Skipped("heartbeat")),
        (b'{"channel":"status","type":"update","data":[{"system":"online"}]}', Skipped("status")),
        (b'{"method":"pong","time_in":"2023-09-24T14:10:23.799685Z"}', Skipped("pong")),
        (b'{"channel":"trade","type":"odd"}', Skipped("trade")),
    ],
    ids=lambda value: "" if isinstance(value, tuple) else str(value[:40]),
)
def test_answers_name_a_pair_and_the_rest_is_passed_over(raw: bytes, meant: object) -> None:
    assert decode_batch([raw]).others == [meant]


def test_commands_name_pairs_and_want_no_snapshot() -> None:
    assert CODEC.trade_stream("BTC/USD") == "BTC/USD"
    assert CODEC.subscribe(["BTC/USD", "ETH/EUR"], 7) == (
        b'{"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD","ETH/EUR"],"snapshot":false},"req_id":7}'
    )
    assert CODEC.unsubscribe(["BTC/USD"], 8) == (
        b'{"method":"unsubscribe","params":{"channel":"trade","symbol":["BTC/USD"]},"req_id":8}'
    )
    assert (CODEC.path, CODEC.market_streams, CODEC.ping) == ("/v2", (), b'{"method":"ping"}')
