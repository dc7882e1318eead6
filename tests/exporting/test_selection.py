"""Which bars are meant."""

from collections.abc import Iterable

import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.exporting.selection import Selection, matching
from tests.makers import START, bar


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["*"], ["BTCUSDT", "ETHBTC", "牛来USDT"]),
        (["ethbtc", "*USDT"], ["ETHBTC", "BTCUSDT", "牛来USDT"]),
        (["*usdt", "btc*"], ["BTCUSDT", "牛来USDT"]),
    ],
)
def test_patterns_mean_names(patterns: Iterable[str], expected: list[str]) -> None:
    assert matching(patterns, ["牛来USDT", "ETHBTC", "BTCUSDT"]) == expected


@pytest.mark.parametrize(
    ("selection", "is_mixed"),
    [
        (Selection(("BTCUSDT",)), False),
        (Selection(("BTC*",)), True),
        (Selection(("BTCUSDT", "ETHUSDT")), True),
        (Selection(("BTCUSDT",), (Period.M1, Period.M5)), True),
    ],
)
def test_bars_say_whose_they_are_where_several_series_may_come(selection: Selection, *, is_mixed: bool) -> None:
    assert selection.is_mixed is is_mixed


def test_states_and_filter_choose_together() -> None:
    bars = [bar(START, "1"), bar(START, "2"), bar(START, "2", state=State.PARTIAL)]
    wanted = Selection(states=frozenset({State.CLOSED}), keep=lambda one: one.open == bars[1].open)
    assert wanted.sifted(bars) == [bars[1]]
    assert Selection().sifted(bars) == bars
