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
