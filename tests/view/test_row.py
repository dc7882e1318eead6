"""One symbol as it is drawn: what is drawn or computed once for a state of it equals what is made anew."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.spark import SPARK
from klagg_tui.view.role import Role
from klagg_tui.view.row import Row
from klagg_tui.view.screener.figure import FIGURES, OF_BARS, FigureCall
from klagg_tui.view.sparkline import sparkline
from tests.makers import MINUTE, START, bar

CALL = FigureCall("turnover", (5,))


class Counted:
    """Figures that tell how often they were asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.told_last: float | None = None

    def value(self, _call: FigureCall, _bars: Sequence[Bar | None]) -> float | None:
        self.asked += 1
        return float(self.asked)

    def coverage(self, _call: FigureCall, _bars: Sequence[Bar | None]) -> float:
        return 1.0

    def look(self, call: FigureCall, bars: Sequence[Bar | None]) -> tuple[float | None, bool]:
        return self.value(call, bars), True


def test_a_figure_is_computed_once_for_a_state_of_the_row_and_a_minute() -> None:
    row, figures = Row("BTCUSDT"), Counted()
    row.figures = figures
    assert [row.settled(CALL, 7), row.settled(CALL, 7)] == [1.0, 1.0]
    assert row.settled(CALL, 8) == 2.0
    row.take(bar(START, "100"))
    assert [row.settled(CALL, 8), row.settled(CALL, 8)] == [3.0, 3.0]
    assert row.settled(FigureCall("turnover", (6,)), 8) == 4.0
    row.figures = Counted()
    assert row.settled(CALL, 8) == 1.0


def test_only_what_is_made_of_the_symbols_own_bars_stays_for_a_minute() -> None:
    assert FIGURES.keys() >= OF_BARS
    assert not [key for key in OF_BARS if FIGURES[key].is_told]
    assert OF_BARS.isdisjoint({"speed", "corr", "beta", "funding_in"})


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 40)), min_size=1, max_size=90),
    st.sampled_from((1, 2, 3, 8, 16, 40)),
)
def test_the_line_of_closes_is_the_plain_one_in_every_frame(steps: list[tuple[bool, int]], width: int) -> None:
    row, at_ms, closes = Row("BTCUSDT"), START, list[float]()
    context = RenderContext(Period.M1, START, is_stale=False)
    for is_over, price in steps:
        if is_over and closes:
            row.take_closed(bar(at_ms, f"{closes[-1]:.0f}"))
            at_ms += MINUTE
        if not closes or is_over:
            closes.append(price)
        closes[-1] = price
        row.take(bar(at_ms, str(price)))
        text, role = SPARK.draw(row, row.bar(Period.M1), context, width)
        shown = closes[-min(width, 64) :] if len(closes) > 1 else []
        if len(row.closes(Period.M1, width)) < 2:
            assert text == ""
            continue
        assert text == sparkline(shown, width)
        rise = shown[-1] - shown[0]
        assert role == (Role.GAIN_VOLUME if rise > 0 else Role.LOSS_VOLUME if rise < 0 else Role.DIM)


def test_a_line_is_drawn_anew_where_a_close_is_another_than_before() -> None:
    row = Row("BTCUSDT")
    context = RenderContext(Period.M1, START, is_stale=False)
    for at, price in enumerate((10, 20, 30, 15)):
        row.take(bar(START + at * MINUTE, str(price)))
    before = SPARK.draw(row, row.bar(Period.M1), context, 8)[0]
    row.take_closed(bar(START + MINUTE, "29"))
    after = SPARK.draw(row, row.bar(Period.M1), context, 8)[0]
    assert after == sparkline([10, 29, 30, 15], 8) != before
    assert SPARK.draw(row, row.bar(Period.M1), context, 3)[0] == sparkline([29, 30, 15], 3)
