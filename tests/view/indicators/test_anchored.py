"""The volume-weighted price since a bar."""

from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.view.candles import Chart, draw
from klagg_tui.view.indicators.anchored import anchored_bar, anchored_vwap
from tests.makers import DAY, MINUTE, START, bar


def test_it_begins_with_its_bar_and_goes_on_over_the_end_of_the_day() -> None:
    bars = [
        bar(START - 2 * MINUTE, "900", volume="9"),
        bar(START - MINUTE, "200", volume="3"),
        bar(START, "100", volume="1"),
        bar(START + MINUTE, "50", volume="0"),
    ]
    assert anchored_vwap(START - MINUTE, bars, Period.M1) == [None, 200e12, 175e12, 175e12]
    assert anchored_vwap(START - MINUTE + 1, bars, Period.M1) == [None, 200e12, 175e12, 175e12]


def test_it_is_unknown_where_its_bar_is_not_there() -> None:
    bars = [bar(START, "100"), bar(START + MINUTE, "200")]
    assert anchored_vwap(START - MINUTE, bars, Period.M1) == [None, None]
    assert anchored_bar(START - 1, bars) is None
    assert anchored_bar(START + DAY, bars) == 1


def test_a_bar_whose_turnover_is_not_known_counts_for_nothing() -> None:
    unknown = bar(START, "900", volume="5")._replace(turnover=0, evidence=Evidence.NO_TURNOVER)
    assert anchored_vwap(START, [unknown, bar(START + MINUTE, "200")], Period.M1) == [None, 200e12]


def test_on_the_chart_it_is_made_of_every_bar_since_however_far_back_that_is() -> None:
    bars = [bar(START + place * MINUTE, "300" if place == 10 else "100", volume="1") for place in range(2_000)]
    lines = ["".join(piece.text for piece in row) for row in draw(bars, Chart(80, 24, Period.M1)).rows]
    assert "AVWAP" not in lines[0]
    chart = Chart(80, 24, Period.M1, 4, anchored_ms=START + 10 * MINUTE)
    lines = ["".join(piece.text for piece in row) for row in draw(bars, chart).rows]
    assert f"AVWAP  {100 + 200 / 1_990:.4f}" in lines[0]
