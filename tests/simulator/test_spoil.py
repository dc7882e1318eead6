"""Damage to trades of any shape: the one field is changed, the rest stays."""

import orjson
import pytest

from klagg_tui.simulator.spoil import spoil_of, value_of, with_value

TEXTS = b'{"px":"1.5","sz":"2","id":"77","ts":"1790000000123","side":"buy"}'
NUMBERS = b'{"id":77,"px":1.5,"sz":2,"time":"2026-09-22T00:00:00.123456Z"}'


def test_a_field_is_found_and_changed_wherever_it_stands() -> None:
    assert (value_of(TEXTS, b"px"), value_of(NUMBERS, b"sz"), value_of(NUMBERS, b"id")) == (b'"1.5"', b"2", b"77")
    assert with_value(b'[{"a":1},{"a":1}]', b"a", b"2") == b'[{"a":2},{"a":1}]'


@pytest.mark.parametrize(
    ("payload", "time", "quote", "later"),
    [(TEXTS, b"ts", b'"', "1790086400123"), (NUMBERS, b"time", b"", "2026-09-23T00:00:00.123456Z")],
    ids=["texts", "numbers"],
)
def test_a_trade_can_be_told_a_day_ahead(payload: bytes, time: bytes, quote: bytes, later: str) -> None:
    spoil = spoil_of(b"px", b"sz", b"id", time, quote=quote)
    moved = orjson.loads(spoil.later(payload, 86_400_000))
    assert moved == orjson.loads(payload) | {time.decode(): later}


def test_every_way_changes_the_message() -> None:
    spoil = spoil_of(b"px", b"sz", b"id", b"ts")
    assert all(way(TEXTS) != TEXTS for way in spoil.ways)
    assert len({way(TEXTS) for way in spoil.ways}) == len(spoil.ways)
