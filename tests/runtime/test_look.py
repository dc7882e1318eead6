"""Which history comes first."""

from klagg_tui.engine.period import Period
from klagg_tui.runtime.look import Look

PERIODS = (Period.M1, Period.M5, Period.H1)


def test_what_is_opened_comes_before_what_is_on_view_and_the_period_shown_before_longer_and_shorter_ones() -> None:
    found = list(Look(("A", "B"), Period.M5, "C").series(PERIODS))
    assert [(symbol, str(period)) for (symbol, period), _ in found] == [
        *(("C", "5m"), ("C", "1h"), ("C", "1m")),
        *(("A", "5m"), ("B", "5m")),
        *(("A", "1h"), ("B", "1h"), ("A", "1m"), ("B", "1m")),
    ]
    assert [series for series, is_on_screen in found if is_on_screen] == [
        ("C", Period.M5),
        ("A", Period.M5),
        ("B", Period.M5),
    ]


def test_nobody_looks_at_anything_at_first() -> None:
    assert list(Look().series(PERIODS)) == []
