"""Single fields of the exchange's messages."""

from __future__ import annotations

import pytest

from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields


@pytest.mark.parametrize(
    "name", ["BTCUSDT", "BTCUSDT_260925", "1000SHIBUSDT", "币安人生USDT", "牛来USDT", "[red]X[/red]USDT", "BTC-USD"]
)
def test_names_of_any_alphabet_are_symbols(name: str) -> None:
    assert fields.symbol(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "BTC USDT",
        "BTC\nUSDT",
        "BTC\x1bUSDT",
        "BTC\u202eUSDT",
        "BTC\u3164USDT",
        "\uffa0",
        "BTC\u115f",
        "a\\b",
        "a@b",
        "[]",
    ],
)
def test_what_cannot_be_seen_or_is_no_letter_is_in_no_name(name: str) -> None:
    with pytest.raises(BadFrame, match="name is damaged"):
        fields.symbol(name)


@pytest.mark.parametrize(("value", "said"), [("too often", "too often"), ("x" * 501, "x" * 500), (7, ""), (None, "")])
def test_words_are_texts_of_bounded_length(value: fields.Json, said: str) -> None:
    assert fields.words(value) == said


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"7", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_object_has_an_empty_body(raw: bytes) -> None:
    assert fields.body_of(raw) == {}
    assert fields.body_of(b'{"code":1}') == {"code": 1}


def test_an_odd_row_costs_only_itself_whatever_is_wrong_with_it() -> None:
    rows: list[fields.Json] = [{"a": 1}, {}, {"a": -1}, 7, {"a": "x"}, {"a": 2}]
    assert list(fields.each_readable(rows, lambda row: fields.whole(fields.mapping(row)["a"]))) == [1, 2]


def test_a_field_says_one_of_what_is_known() -> None:
    assert fields.one_of({"online"}, "online", "status") == "online"
    with pytest.raises(BadFrame, match=r"^the status 'o{40}' is unknown$"):
        fields.one_of({"online"}, "o" * 99, "status")
    with pytest.raises(BadFrame, match="a text was expected"):
        fields.one_of({"online"}, None, "status")


def test_a_symbol_is_found_by_the_name_of_its_field() -> None:
    assert fields.symbol_in({"id": "BTC-USD"}, "id") == "BTC-USD"
    with pytest.raises(KeyError, match="id"):
        fields.symbol_in({}, "id")


@pytest.mark.parametrize("entry", [7, {"id": 7}, {"id": ""}])
def test_a_damaged_entry_has_no_symbol(entry: fields.Json) -> None:
    with pytest.raises(BadFrame):
        fields.symbol_in(entry, "id")
