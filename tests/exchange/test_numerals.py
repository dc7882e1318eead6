"""Numbers and times keep every digit, whatever shape an exchange gives them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from klagg_tui.errors import BadFrame
from klagg_tui.exchange.fields import LATEST_MS, Json
from klagg_tui.exchange.numerals import (
    decimals_of,
    decoded_exactly,
    digits,
    moment_of_digits,
    number_text,
    product,
    rfc3339_ms,
    seconds_ms,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WHOLE = st.integers(0, 10**17)
DIGITS = st.text("0123456789", min_size=1, max_size=18)
PLAIN = st.builds(lambda whole, rest: f"{whole}.{rest}", WHOLE, DIGITS) | WHOLE.map(str)


def test_digits_that_a_float_loses_are_kept() -> None:
    raw = b'{"price":67000000.12345678,"qty":0.1000000000000000055,"trade_id":4665906}'
    value = decoded_exactly(raw)
    assert value == {"price": "67000000.12345678", "qty": "0.1000000000000000055", "trade_id": 4_665_906}
    assert repr(json.loads(raw)["qty"]) == "0.1", "which is why"


@given(PLAIN)
def test_a_number_on_the_wire_comes_out_as_it_went_in(text: str) -> None:
    assert number_text(decoded_exactly(text)) == text


@given(st.decimals(0, 10**15, allow_nan=False, places=12))
@example(Decimal("1E-8"))
@example(Decimal("1.50E+3"))
def test_exponents_are_written_out(number: Decimal) -> None:
    text = number_text(decoded_exactly(f"{number:e}"))
    assert Decimal(text) == number
    assert "e" not in text.lower()


@pytest.mark.parametrize(
    "raw",
    [b"NaN", b"Infinity", b"-Infinity", b"[" * 100_000, b"\xff", b"", b"{", b"1" * 5_000, b"\xef\xbb\xbf1"],
    ids=["nan", "infinity", "minus infinity", "deep", "no UTF-8", "empty", "cut off", "long", "byte order mark"],
)
def test_what_is_no_json_is_damage(raw: bytes) -> None:
    with pytest.raises(BadFrame, match="no JSON"):
        decoded_exactly(raw)


@pytest.mark.parametrize(
    "value",
    ["", "-1", "-1e3", "nan", "1e999999", "1e-60", "x", "١", "1" * 49, -1, 10**48, True, None, [], 1.5],
    ids=repr,
)
def test_what_is_no_number_is_damage(value: Json) -> None:
    with pytest.raises(BadFrame, match="number"):
        number_text(value)


@given(PLAIN, PLAIN)
@example("3", "0.01")
@example("10", "100")
@example("0.1", "0")
def test_a_product_is_exact(first: str, second: str) -> None:
    with localcontext(prec=200):
        assert Decimal(product(first, second)) == Decimal(first) * Decimal(second)
    assert "." not in product(first, second) or not product(first, second).endswith("0")


@pytest.mark.parametrize("text", ["", "-1", "1e3", "nan", ".5", "1" * 49])
def test_of_what_is_no_plain_number_there_is_no_product(text: str) -> None:
    with pytest.raises(BadFrame, match="number"):
        product("1", text)


@given(st.integers(0, 253_000_000_000_000_000), st.integers(1, 12), st.sampled_from(["Z", "+00:00"]))
@example(1_695_628_177_708_000, 3, "Z")
def test_a_time_is_cut_to_milliseconds(time_us: int, digits: int, zone: str) -> None:
    time = EPOCH + timedelta(microseconds=time_us)
    fraction = f"{time.microsecond:06d}999999"[:digits]
    kept_us = int(fraction[:6].ljust(6, "0"))
    said = f"{time.replace(microsecond=0, tzinfo=None).isoformat()}.{fraction}{zone}"
    assert rfc3339_ms(said) == (time.replace(microsecond=kept_us) - EPOCH) // timedelta(milliseconds=1)


def test_a_time_needs_no_fraction() -> None:
    assert rfc3339_ms("1970-01-02T00:00:01Z") == 86_401_000


@pytest.mark.parametrize(
    "value",
    [
        *("2023-09-25 07:49:37Z", "2023-09-25T07:49:37", "2023-09-25T07:49:37+02:00", "2023-W39-1T07:49:37Z"),
        *("2023-13-25T07:49:37Z", "2023-09-25T07:49:60Z", "1969-12-31T23:59:59Z", "9999-12-31T00:00:00Z"),
        *("２023-09-25T07:49:37Z", "", 1, None),
    ],
    ids=repr,
)
def test_what_is_no_time_of_utc_is_damage(value: Json) -> None:
    with pytest.raises(BadFrame, match="time"):
        rfc3339_ms(value)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1762732800.9999999", 1_762_732_800_999),
        ("1762732800", 1_762_732_800_000),
        ("1762732800.0075", 1_762_732_800_007),
        ("1.7627328e9", 1_762_732_800_000),
    ],
)
def test_seconds_are_cut_to_milliseconds(raw: str, expected: int) -> None:
    assert seconds_ms(decoded_exactly(raw)) == expected


@pytest.mark.parametrize("value", [LATEST_MS // 1_000, "-1.5", None], ids=repr)
def test_what_are_no_seconds_is_damage(value: Json) -> None:
    with pytest.raises(BadFrame, match=r"number|time"):
        seconds_ms(value)


@pytest.mark.parametrize("read", [number_text, rfc3339_ms, seconds_ms])
@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60))
def test_nothing_else_than_damage_is_raised(read: Callable[[Json], object], value: Json) -> None:
    with suppress(BadFrame):
        read(value)


def test_decimals_are_those_that_a_number_needs() -> None:
    assert [decimals_of(text) for text in ("1", "0.10", "0.000000000001")] == [0, 1, 12]


def test_whole_numbers_and_times_are_texts_of_digits() -> None:
    assert digits("9223372036854775807") == 2**63 - 1
    assert moment_of_digits("1630048897897") == 1_630_048_897_897


@pytest.mark.parametrize("value", [7, None, "", "-1", "1.0", "9223372036854775808", "9" * 20, "٣", "1_0", ["1"]])
def test_what_is_no_text_of_digits_is_no_whole_number(value: object) -> None:
    with pytest.raises(BadFrame):
        digits(value)  # type: ignore[arg-type]


def test_a_time_beyond_the_calendar_is_damage() -> None:
    with pytest.raises(BadFrame, match="time"):
        moment_of_digits("253370764800000")
