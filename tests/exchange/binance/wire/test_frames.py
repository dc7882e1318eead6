"""What a websocket delivers, whole and damaged."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange.binance import wire
from klagg_tui.exchange.messages import Acknowledged, ContractChanged, Rejected, ServerShutdown, Skipped
from tests.conftest import needs_data
from tests.exchange.binance.samples import (
    CONTRACT,
    TICKER,
    TRADE,
    body,
    recorded_session,
    said,
    with_change,
)


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
def test_a_recorded_session_gives_its_trades_and_skips_the_rest() -> None:
    found = [wire.read_message(raw) for raw in recorded_session()]
    trades = [frame for frame in found if isinstance(frame, AggTrade)]
    others = {frame.event for frame in found if isinstance(frame, Skipped)}
    assert len(trades) == sum(b"@aggTrade" in raw for raw in recorded_session()) > 50
    assert others == {"bookTicker", "depthUpdate", "kline"}


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
