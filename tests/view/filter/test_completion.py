"""The rest of what is being typed."""

import pytest

from klagg_tui.feed import InstrumentFacts
from klagg_tui.view.filter.completion import completed
from klagg_tui.view.filter.scope import Scope
from klagg_tui.view.model import Row

SCOPE = Scope(saved={"mine": "btc"}, names={"hottest": "chg(5m)"})


def _rows() -> list[Row]:
    rows = []
    for symbol, base, quote in (
        ("okx-swap:BTC-USDT-SWAP", "BTC", "USDT"),
        ("okx-spot:BTC-USDC", "BTC", "USDC"),
        ("okx-spot:BCH-USDT", "BCH", "USDT"),
    ):
        row = Row(symbol)
        row.learn(InstrumentFacts(row.venue, "", row.title, base, quote))
        rows.append(row)
    return rows


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("venue:o", "venue:okx-spot"),
        ("chg>1 !venue:okx-sw", "chg>1 !venue:okx-swap"),
        ("base:b", "base:btc"),
        ("base:BTC,bc", "base:BTC,bch"),
        ("(quote:U", "(quote:Usdt"),
        ("exchange=okx-s", "exchange=okx-spot"),
        ("rv", "rvol(5m)"),
        ("btc !FROM_h", "btc !FROM_high(24h)"),
        ("chg>hot", "chg>hottest"),
        ("tak", "taker"),
        ("@mo", "@movers"),
        ("chg>1 @m", "chg>1 @mine"),
    ],
)
def test_the_value_that_most_rows_have_is_offered(typed: str, whole: str) -> None:
    assert completed(typed, _rows(), SCOPE) == whole


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "btc",
        "venue:",
        "venue:okx*",
        "base:btc",
        "base:x",
        "base:b ",
        "chg>1",
        "xbase:b",
        "r",
        "btc-ra",
        "taker",
        "/ra",
    ],
)
def test_nothing_is_offered_where_nothing_fits(typed: str) -> None:
    assert completed(typed, _rows(), SCOPE) is None
