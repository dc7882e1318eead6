"""The bars of a chart."""

from klagg_tui.engine.period import Period
from klagg_tui.view.series import Series
from tests.makers import MINUTE, START, bar


def test_a_series_takes_new_bars_at_its_end_and_older_ones_at_its_front() -> None:
    series = Series("BTCUSDT", Period.M1)
    series.take([bar(START + MINUTE, "2"), bar(START, "9", symbol="ETHUSDT"), bar(START, "9", period=Period.M5)])
    series.take([bar(START + MINUTE, "3")])
    assert series.take_history((bar(START, "1"), bar(START + MINUTE, "2")), 2) == 1
    assert [one.open // 10**12 for one in series.bars] == [1, 3]
    assert series.reaches_back
    assert series.take_history((), 2) == 0
    assert not series.reaches_back


def test_a_bar_that_was_missing_finds_its_place() -> None:
    series = Series("BTCUSDT", Period.M1)
    assert series.take([bar(START + i * MINUTE) for i in (0, 2, 1, 2)]) == 1
    assert [one.open_ms for one in series.bars] == [START + i * MINUTE for i in range(3)]
