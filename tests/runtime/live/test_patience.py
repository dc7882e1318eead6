"""How long symbols would wait, by what exchanges allow."""

from __future__ import annotations

import pytest

from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.exchange.limits import RequestUse
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import Priority
from klagg_tui.runtime.live.patience import Load, Patience
from tests.makers import DAY, HOUR, MINUTE, START

NOW_MS = START + DAY + 5 * HOUR + 10 * MINUTE + 20_000
"""A Friday, twenty seconds into a minute."""


def patience(key: str) -> Patience:
    of = venue(key)
    return Patience(of.requests, DEFAULT_PERIODS, of.candle.periods)


def use(key: str, used: int = 0) -> RequestUse:
    return RequestUse(used, venue(key).requests.cost_per_minute, 0, 0)


@pytest.mark.parametrize(
    ("key", "symbols", "used", "wait_s"),
    [
        ("binance-um", 530, 0, 0),  # all in one minute's weight
        ("binance-um", 530, 1_000, 40),  # the rest of them in the next
        ("kraken", 1, 0, 3),
        ("kraken", 300, 0, 940),  # 900 requests, 54 in a minute: in fifteen of these after this one
        ("hyperliquid", 15, 0, 0),
        ("hyperliquid", 47, 0, 100),
    ],
)
def test_new_symbols_wait_for_as_long_as_the_limits_say(key: str, symbols: int, used: int, wait_s: int) -> None:
    made = patience(key)
    load = made.seed(NOW_MS).times(symbols)
    assert made.wait_ms(load, Priority.SEED, use(key, used), NOW_MS) == wait_s * 1_000


def test_missing_trades_of_a_symbol_cost_a_page() -> None:
    assert patience("kraken").gap == Load(1, 1)
    assert Load(1, 2).more(Load(3, 4)) == Load(4, 6)


def test_where_the_exchange_told_no_limit_the_documented_one_counts() -> None:
    made = patience("kraken")
    assert made.wait_ms(Load(5, 5), Priority.GAP, RequestUse(0, 0, 0, 0), NOW_MS) == 5_000
