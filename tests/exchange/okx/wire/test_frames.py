"""What a websocket delivers, whole and damaged."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange.messages import Acknowledged, Batch, Rejected, ServerShutdown, Skipped
from klagg_tui.exchange.okx.wire.frames import codec, decode_batch
from klagg_tui.exchange.units import SpotContracts
from tests.conftest import needs_data
from tests.exchange.okx.samples import (
    BTC,
    CONTRACTS,
    INVERSE,
    TRADE,
    body,
    decoded,
    pushed,
    recorded_messages,
    with_change,
)


def test_a_trade_of_contracts_comes_out_in_coins() -> None:
    assert decoded(pushed(TRADE)).trades == [
        AggTrade(
            BTC, "42219.9", "0.125", 1_630_048_897_897, False, 130_639_474, 130_639_474, 130_639_474, 1_630_048_897_897
        )
    ]


def test_the_side_is_the_takers() -> None:
    sides = [trade[4] for trade in decoded(pushed(TRADE), pushed(with_change(TRADE, side="sell"))).trades]
    assert sides == [False, True]


def test_a_trade_of_an_inverse_contract_stays_in_contracts() -> None:
    row = with_change(TRADE, instId=INVERSE, sz="3")
    assert [trade[2] for trade in decoded(pushed(row, symbol=INVERSE)).trades] == ["3"]


def test_a_trade_of_spot_is_in_coins_whether_it_is_listed_or_not() -> None:
    batch = decode_batch(SpotContracts(), [pushed(with_change(TRADE, instId="X-USDT"), symbol="X-USDT")])
    assert [trade[:3] for trade in batch.trades] == [("X-USDT", "42219.9", "12.5")]


def test_a_trade_of_an_instrument_that_nobody_listed_is_damage() -> None:
    raw = pushed(with_change(TRADE, instId="NEW-USDT-SWAP"), symbol="NEW-USDT-SWAP")
    batch = decoded(raw)
    assert batch.trades == []
    assert [(text, type(error)) for text, error in batch.damaged] == [(raw, BadFrame)]


def test_a_codec_learns_of_contracts_while_it_is_in_use() -> None:
    contracts = dict(CONTRACTS)
    language = codec(contracts)
    new = pushed(with_change(TRADE, instId="NEW-USDT-SWAP"), symbol="NEW-USDT-SWAP")
    assert len(language.decode_batch([new]).damaged) == 1
    contracts["NEW-USDT-SWAP"] = CONTRACTS[BTC]
    assert len(language.decode_batch([new]).trades) == 1


def test_rows_without_a_name_are_of_the_channels_instrument() -> None:
    assert [trade[0] for trade in decoded(pushed(with_change(TRADE, instId=...))).trades] == [BTC]


def test_a_message_may_hold_several_trades() -> None:
    rows = [with_change(TRADE, tradeId=str(number)) for number in (5, 6, 7)]
    assert [trade[5] for trade in decoded(pushed(*rows)).trades] == [5, 6, 7]


def test_a_damaged_message_costs_itself_alone() -> None:
    damage = pushed(with_change(TRADE, px=...))
    batch = decoded(pushed(TRADE), damage, b"{", pushed(TRADE))
    assert len(batch.trades) == 2
    assert [raw for raw, _ in batch.damaged] == [damage, b"{"]


def test_the_answer_to_a_ping_is_no_json_and_no_damage() -> None:
    assert decoded(b"pong") == Batch([], [Skipped("pong")], [])


ANSWERS: dict[str, tuple[object, object]] = {
    "subscribed": (
        {"id": "7", "event": "subscribe", "arg": {"channel": "trades-all", "instId": BTC}, "connId": "a4d3ae55"},
        Acknowledged(7, (f"trades-all:{BTC}",)),
    ),
    "subscribed, as in 2022": (
        {"event": "subscribe", "arg": {"channel": "trades", "instId": "BTC-USDT"}},
        Acknowledged(None, ("trades:BTC-USDT",)),
    ),
    "unsubscribed": (
        {"id": "8", "event": "unsubscribe", "arg": {"channel": "trades-all", "instId": BTC}, "connId": "a4d3ae55"},
        Acknowledged(8, (f"trades-all:{BTC}",)),
    ),
    "an unknown instrument": (
        {
            "id": "9", "event": "error", "code": "60018", "connId": "a4d3ae55",
            "msg": "Wrong URL or channel:trades-all,instId:FOO-USDT doesn't exist. Please use the correct URL, channel.",
        },
        Rejected(
            9, 60018, "Wrong URL or channel:trades-all,instId:FOO-USDT doesn't exist. Please use the correct URL, channel.",
            "trades-all:FOO-USDT",
        ),
    ),
    "an unknown instrument, as others saw it": (
        {"event": "error", "msg": "Wrong URL or channel:trades-all, instId:A-B doesn't exist.", "code": "60018"},
        Rejected(None, 60018, "Wrong URL or channel:trades-all, instId:A-B doesn't exist.", "trades-all:A-B"),
    ),
    "a bad command": (
        {"id": "1512", "event": "error", "code": "60012", "msg": 'Invalid request: {"op": "subscribe"}', "connId": "a"},
        Rejected(1512, 60012, 'Invalid request: {"op": "subscribe"}'),
    ),
    "a refusal without words": ({"event": "error", "code": "60014", "msg": None}, Rejected(None, 60014, "")),
    "the end of a service": (
        {"event": "notice", "code": "64008", "msg": "The connection will soon be closed for a service upgrade."},
        ServerShutdown(),
    ),
    "another notice": ({"event": "notice", "code": "1"}, Skipped("notice")),
    "another event": ({"event": "channel-conn-count", "connCount": "3"}, Skipped("channel-conn-count")),
    "another channel": (
        {"arg": {"channel": "tickers", "instId": BTC}, "data": [{"last": "1"}]},
        Skipped("tickers"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("message", "expected"), ANSWERS.values(), ids=list(ANSWERS))
def test_what_is_no_trade_is_an_answer_or_passed_over(message: object, expected: object) -> None:
    assert decoded(body(message))[:3] == ([], [expected], [])


DAMAGED: dict[str, bytes] = {
    "nothing": b"", "half a message": pushed(TRADE)[:-9], "no UTF-8": pushed(TRADE).replace(b"BTC", b"B\xffC"),
    "another text": b"pang", "nan": b"NaN", "a number": b"7", "a list": b"[1]", "null": b"null", "an empty object": b"{}",
    "lists 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "data without an argument": body({"data": [TRADE]}), "an argument that is a list": body({"arg": [], "data": [TRADE]}),
    "a channel that is a number": pushed(TRADE, channel=7), "an instrument that is none": pushed(TRADE, symbol="B\x00"),
    "data that is an object": body({"arg": {"channel": "trades-all", "instId": BTC}, "data": TRADE}),
    "a row that is a list": pushed([TRADE]), "a row of another instrument": pushed(with_change(TRADE, instId=INVERSE)),
    "a price that is a number": pushed(with_change(TRADE, px=1.5)), "a size that is no number": pushed(with_change(TRADE, sz="x")),
    "a size that is null": pushed(with_change(TRADE, sz=None)), "a negative size": pushed(with_change(TRADE, sz="-1")),
    "a side that nobody knows": pushed(with_change(TRADE, side="both")), "a side that is a list": pushed(with_change(TRADE, side=[])),
    "an id that is a number": pushed(with_change(TRADE, tradeId=7)), "an endless id": pushed(with_change(TRADE, tradeId="9" * 30)),
    "a time that is a number": pushed(with_change(TRADE, ts=1630048897897)), "no time": pushed(with_change(TRADE, ts=...)),
    "an answer without an argument": b'{"event":"subscribe"}', "an event that is a number": b'{"event":7}',
    "a refusal without a code": b'{"event":"error","msg":"x"}', "an id that is an object": b'{"event":"error","code":"1","id":{"a":1}}',
}  # fmt: skip


@pytest.mark.parametrize("raw", DAMAGED.values(), ids=list(DAMAGED))
def test_damage_is_told_with_its_message(raw: bytes) -> None:
    batch = decoded(raw)
    assert batch[:2] == ([], [])
    assert [text for text, _ in batch.damaged] == [raw]
    assert isinstance(batch.damaged[0][1], (BadFrame, BadNumber))


SCRAPS: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 2**63, 1.5, "", "nan", "-1", "1", "\x00", [], {}, [[]], {"instId": BTC}]
)
KNOWN = [json for json, _ in ANSWERS.values()]


@given(st.sampled_from([*KNOWN, orjson.loads(pushed(TRADE))]), st.data())
def test_no_damage_of_a_real_message_raises(message: dict[str, Any], data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(message)), min_size=1, max_size=3))
    row = with_change(
        TRADE, **{name: data.draw(SCRAPS | st.just(...)) for name in data.draw(st.sets(st.sampled_from(sorted(TRADE))))}
    )
    for raw in (body(with_change(message, **{name: data.draw(SCRAPS | st.just(...)) for name in names})), pushed(row)):
        batch = decoded(raw)
        assert len(batch.trades) + len(batch.others) + len(batch.damaged) <= 1 or len(batch.trades) > 0


def test_commands_name_each_stream_and_their_own_number() -> None:
    language = codec(CONTRACTS)
    streams = [language.trade_stream(symbol) for symbol in (BTC, "BTC-USDT")]
    assert streams == [f"trades-all:{BTC}", "trades-all:BTC-USDT"]
    asked = orjson.loads(language.subscribe(streams, 7))
    assert asked == {
        "id": "7",
        "op": "subscribe",
        "args": [{"channel": "trades-all", "instId": BTC}, {"channel": "trades-all", "instId": "BTC-USDT"}],
    }
    assert orjson.loads(language.unsubscribe(streams[:1], 8)) == {
        "id": "8",
        "op": "unsubscribe",
        "args": [{"channel": "trades-all", "instId": BTC}],
    }
    assert (language.ping, language.path) == (b"ping", "/ws/v5/business")


@needs_data
def test_the_recorded_ids_follow_each_other_one_by_one() -> None:
    """Recorded on the channel `trades` of 2022, which sent each trade alone, as `trades-all` does today."""
    raws = [raw.replace(b'"channel":"trades"', b'"channel":"trades-all"') for raw in recorded_messages()]
    batch = decode_batch(SpotContracts(), raws)
    assert batch.damaged == []
    assert {type(other) for other in batch.others} <= {Acknowledged, Skipped}
    acknowledged = [other.streams for other in batch.others if isinstance(other, Acknowledged)]
    assert ("trades-all:BTC-USDT",) in acknowledged
    ids: dict[str, list[int]] = {}
    for trade in batch.trades:
        ids.setdefault(trade[0], []).append(trade[5])
    assert {symbol: len(found) for symbol, found in ids.items()} == {
        "BTC-USDT": 69,
        "BTC-USD-220527": 4,
        "UNI-USD-SWAP": 1,
    }
    assert all(found == list(range(found[0], found[0] + len(found))) for found in ids.values())
