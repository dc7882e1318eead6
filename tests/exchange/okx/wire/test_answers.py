"""Answers that hold no market data, errors within status 200 among them."""

import pytest

from klagg_tui.errors import BadFrame
from klagg_tui.exchange.okx.wire.answers import read_error, read_time
from klagg_tui.exchange.venue import Failure
from tests.exchange.okx.samples import body, reply


def test_the_time_is_a_text() -> None:
    assert read_time(reply({"ts": "1597026383085"})) == 1_597_026_383_085


@pytest.mark.parametrize(
    "raw",
    [reply(), reply({"ts": "1"}, {"ts": "2"}), reply({"ts": 1}), reply(7), reply({"ts": "1"}, code="50001"), b"[]"],
    ids=["nothing", "two times", "a number", "no object", "an error", "a list"],
)
def test_what_has_not_one_time_is_refused(raw: bytes) -> None:
    with pytest.raises(BadFrame):
        read_time(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (reply(code="51001", message="Instrument ID doesn't exist"), Failure(51001, "Instrument ID doesn't exist", None, True)),
        (reply(code="50011", message="Too Many Requests"), Failure(50011, "Too Many Requests", status=429)),
        (reply(code="50001", message="Service temporarily unavailable"), Failure(50001, "Service temporarily unavailable", status=503)),
        (reply(code="50014", message=None), Failure(50014, "")),
        (reply(code=7, message="x" * 600), Failure(0, "x" * 500)),
        (reply(code="٣"), Failure(0, "")),
    ],
    ids=["unknown symbol", "too many", "out of service", "no words", "a number", "another script"],
)  # fmt: skip
def test_an_error_is_one_whatever_the_status(raw: bytes, expected: Failure) -> None:
    assert read_error(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [b'{"code":"0","msg":"","data":[]}', body({"data": [], "code": "0", "msg": ""}), b"<html>", b"[]", b'{"code":"1"}'],
    ids=["as it is written", "in another order", "no JSON", "a list", "no words at all"],
)
def test_what_is_no_error_is_left_to_whoever_reads_the_body(raw: bytes) -> None:
    assert read_error(raw) is None
