"""The time, and why a request was refused."""

import pytest

from klagg_tui.errors import BadFrame
from klagg_tui.exchange.binance import wire
from klagg_tui.exchange.venue import Failure
from tests.exchange.binance.samples import body


def test_the_time_is_read_or_refused() -> None:
    assert wire.read_time(b'{"serverTime":1620099477465}') == 1_620_099_477_465
    for damaged in (b'{"serverTime":"1"}', b"{}", b"[]", b"<html>"):
        with pytest.raises(BadFrame):
            wire.read_time(damaged)


def test_a_ban_says_until_when() -> None:
    banned = {"code": -1003, "msg": "Way too many requests; IP(1.2.3.4) banned until 1790046465702. Please use ..."}
    failure = wire.read_failure(body(banned))
    assert (failure.code, failure.banned_until_ms) == (-1003, 1_790_046_465_702)


def test_a_code_counts_without_words_too() -> None:
    assert wire.read_failure(b'{"code":-1121}') == Failure(-1121, is_unknown_symbol=True)


@pytest.mark.parametrize("raw", [b"", b"<html>502</html>", b"[]", b"7", b'{"code":"x","msg":7}'], ids=repr)
def test_any_other_body_of_a_failure_says_nothing(raw: bytes) -> None:
    assert wire.read_failure(raw) == Failure()
