from __future__ import annotations

from klagg_tui.engine.bar import State, empty_bar
from klagg_tui.engine.period import Period
from klagg_tui.engine.rollup import BarCover
from tests.makers import HOUR, MINUTE, START, SYMBOL, bar, bars


def test_the_run_of_held_minutes_ends_where_a_minute_is_missing() -> None:
    minutes = bars(9)
    cover = BarCover([*minutes[:4], *minutes[5:], *bars(1, START + 4 * MINUTE, period=Period.M5)])
    assert cover.minutes_before(START + 9 * MINUTE, 64) == minutes[5:]
    assert cover.minutes_before(START + 9 * MINUTE, 2) == minutes[7:]
    assert cover.minutes_before(START + 99 * MINUTE, 2) == []


def test_a_cover_takes_the_longest_bars_that_fit() -> None:
    hour = bar(START, "1", "9", "1", "5", "7", period=Period.H1, trade_count=70)
    quarters = [one._replace(state=State.CONFIRMED) for one in bars(6, START, period=Period.M15)]
    cover = BarCover([*quarters, hour, bar(START + 90 * MINUTE), *bars(2, START, period=Period.H4)])
    whole = cover.cover(SYMBOL, Period.D1, START, START + 91 * MINUTE, 0)
    assert whole is not None
    assert whole.open_ms == START
    assert whole.period is Period.D1
    assert whole.trade_count == hour.trade_count + sum(one.trade_count for one in quarters[4:]) + 1
    assert whole.state is State.CLOSED


def test_a_cover_without_bars_is_nothing_or_partial() -> None:
    assert BarCover(()).cover(SYMBOL, Period.D1, START, START + HOUR, START + HOUR) is None
    lacking = BarCover(()).cover(SYMBOL, Period.D1, START, START + HOUR, 0)
    assert lacking == empty_bar(SYMBOL, Period.D1, START, 0, State.PARTIAL)


def test_a_cover_does_not_look_past_its_end() -> None:
    cover = BarCover([bar(START), bar(START + HOUR)])
    whole = cover.cover(SYMBOL, Period.H1, START, START + 2 * MINUTE, START)
    assert whole is not None
    assert whole.state is State.PARTIAL
    assert whole.trade_count == 1
