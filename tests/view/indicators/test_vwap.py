"""The volume-weighted average price."""

from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.view.indicators.vwap import vwap
from tests.makers import DAY, MINUTE, START, bar


def test_a_volume_weighted_price_begins_anew_each_day() -> None:
    bars = [
        bar(START - 2 * MINUTE, "100", volume="1"),
        bar(START - MINUTE, "200", volume="3"),
        bar(START, "50", volume="1"),
        bar(START + MINUTE, "50", volume="0"),
    ]
    assert vwap(bars, Period.M1) == [100e12, 175e12, 50e12, 50e12]
    assert vwap([bar(volume="0")], Period.M1) == [None]


def test_a_volume_weighted_price_of_days_looks_back_a_while() -> None:
    bars = [bar(START + i * DAY, "100" if i < 20 else "200", period=Period.D1) for i in range(40)]
    assert vwap(bars, Period.D1)[19] == 100e12
    assert vwap(bars, Period.D1)[39] == 200e12


def test_a_bar_whose_turnover_is_not_known_has_no_weighted_price_and_counts_for_none() -> None:
    unknown = bar(START, "900", volume="5")._replace(turnover=0, evidence=Evidence.NO_TURNOVER)
    bars = [bar(START - MINUTE, "100"), unknown, bar(START + MINUTE, "200")]
    assert vwap(bars[1:], Period.M1) == [None, 200e12]
    days = [unknown._replace(open_ms=START + i * DAY) for i in range(20)] + [bar(START + 20 * DAY, "100")]
    assert vwap(days, Period.D1) == [None] * 20 + [100e12]
