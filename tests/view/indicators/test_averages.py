"""Moving averages."""

from klagg_tui.engine.period import Period
from klagg_tui.view.indicators.averages import average
from tests.makers import MINUTE, START, bar


def test_an_average_begins_when_there_are_bars_enough() -> None:
    bars = [bar(START + i * MINUTE, str(i + 1)) for i in range(4)]
    assert average(3, bars, Period.M1) == [None, None, 2 * 10**12, 3 * 10**12]
