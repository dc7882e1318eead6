"""What is done about a gap, by what is missing and what asking costs."""

from __future__ import annotations

import pytest

from klagg_tui.engine.events import PendingGap
from klagg_tui.exchange.limits import PageCost, RequestLimits
from klagg_tui.runtime.live.remedies import Remedies, Remedy
from tests.makers import DAY, MINUTE, START, bar, trade

LIMITS = RequestLimits(
    cost_per_minute=600, bar_pages=(PageCost(30, 1),), trade_page=PageCost(100, 20), trades_reach_ms=DAY
)
NOW = START + 20 * MINUTE


def gap(
    next_id: int | None, held_id: int | None = None, *, has_minute: bool = True, traded_ms: int = START
) -> PendingGap:
    held = () if held_id is None else (trade(held_id),)
    return PendingGap(next_id, held, bar(START) if has_minute else None, traded_ms)


@pytest.mark.parametrize(
    ("waits", "now_ms", "remedy"),
    [
        (gap(None), NOW, Remedy.RELEASE),
        (gap(None, 7), NOW, Remedy.SEED),
        (gap(5), NOW, Remedy.VERIFY),
        (gap(5), START + 21 * MINUTE, Remedy.VERIFY),
        (gap(5), START + 21 * MINUTE + 1, Remedy.FETCH_BARS),
        (gap(5, has_minute=False), NOW, Remedy.FETCH_BARS),
        (gap(5, 8), NOW, Remedy.FETCH_TRADES),
        (gap(5, 305), NOW, Remedy.FETCH_TRADES),
        (gap(5, 306), NOW, Remedy.FETCH_BARS),
        (gap(5, 8), START + DAY, Remedy.FETCH_BARS),
    ],
)
def test_the_remedy_is_the_cheapest_that_brings_all_trades(waits: PendingGap, now_ms: int, remedy: Remedy) -> None:
    assert Remedies(LIMITS).remedy(waits, 1, now_ms) is remedy


def test_where_many_symbols_wait_bars_cost_less_than_trades() -> None:
    remedies = Remedies(LIMITS)
    assert remedies.remedy(gap(5, 8), 10, NOW) is Remedy.FETCH_TRADES
    assert remedies.remedy(gap(5, 8), 11, NOW) is Remedy.FETCH_BARS
