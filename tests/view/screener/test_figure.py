from __future__ import annotations

import pytest

from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.errors import FilterError
from klagg_tui.view.screener.figure import BY_NAME, FIGURES, FigureCall, call, parsed


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("chg(24h)", "chg(24h)"),
        ("chg(1d)", "chg(24h)"),
        ("Change( 1440m )", "chg(24h)"),
        ("turnover(1w)", "turnover(7d)"),
        ("vol(90m)", "vol(90m)"),
        ("trades(120m)", "trades(2h)"),
        ("rvol(5m)", "rvol(5m)"),
        ("rvol(5m,20)", "rvol(5m)"),
        ("rvol(5m, 10)", "rvol(5m,10)"),
        ("from_high", "from_high(24h)"),
        ("corr()", "corr(1h)"),
        ("speed", "speed"),
        ("natr(5m,14)", "natr(5m)"),
        ("macd(1h,12,26,5)", "macd(1h,12,26,5)"),
        ("macd(1h,10)", "macd(1h,10)"),
        ("bb(1h,20,2)", "bb(1h)"),
        ("bb(1h,20,2.5)", "bb(1h,20,2.5)"),
        ("bollinger(4h,10)", "bb(4h,10)"),
    ],
)
def test_a_call_has_one_way_to_be_written_which_reads_back_as_the_same(text: str, canonical: str) -> None:
    made = parsed(text, DEFAULT_PERIODS)
    assert str(made) == canonical
    assert parsed(canonical, DEFAULT_PERIODS) == made
    assert hash(parsed(canonical, DEFAULT_PERIODS)) == hash(made)


def test_a_call_holds_minutes_periods_and_numbers() -> None:
    assert call("rvol", ["1h"], DEFAULT_PERIODS) == FigureCall("rvol", (60, 20))
    assert call("bb", ["4h", "10"], DEFAULT_PERIODS) == FigureCall("bb", (Period.H4, 10, 2.0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rvoll(5m)", "There is no figure 'rvoll'; near: rvol"),
        ("voltility(5m)", "near: volatility"),
        ("zzz", "There is no figure 'zzz'; there are chg, turnover"),
        ("chg(8d)", "8d is too long: a window has at most 7d."),
        ("chg(0m)", "0m is too short: chg has a window of 1m or more."),
        ("corr(2m)", "2m is too short: corr has a window of 3m or more."),
        ("chg(1M)", "'1M' is no length; write minutes, hours or days, as 5m, 4h or 7d."),
        ("chg(24)", "'24' is no length"),
        ("rsi(15m)", "Bars of 15m are not kept; there are 1m, 5m, 30m, 1h, 4h, 1d, 1w."),
        ("rsi(7m)", "'7m' is no period; there are 1m, 3m"),
        ("rsi(1h,1)", "bars of rsi is a whole number from 2 to 500, not '1'."),
        ("rsi(1h,14.5)", "bars of rsi is a whole number from 2 to 500, not '14.5'."),
        ("bb(1h,20,0)", "deviations of bb is a number above 0, such as 2.5, not '0'."),
        ("bb(1h,20,x)", "deviations of bb is a number above 0"),
        ("chg(24h,2)", "chg takes at most 1 in its brackets; write it as chg(24h)."),
        ("speed(1h)", "speed takes nothing in its brackets; write it as speed."),
        ("rvol(1d)", "rvol(24h,20) looks back more than 7d; at most rvol(24h,6)."),
        ("rvol(7d)", "rvol(7d,20) looks back more than 7d."),
        ("macd(1h,26,12)", "The first average of macd is the faster one: 26 is not below 12."),
        ("chg(24h", "'chg(24h' is no figure; write it as chg(24h)."),
        ("", "'' is no figure"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(text: str, said: str) -> None:
    with pytest.raises(FilterError) as refused:
        parsed(text, DEFAULT_PERIODS)
    assert said in str(refused.value)


def test_every_example_is_a_call_of_its_own_figure() -> None:
    for figure in FIGURES.values():
        assert parsed(figure.example, DEFAULT_PERIODS).figure is figure


def test_no_name_stands_for_two_figures() -> None:
    assert len(BY_NAME) == sum(1 + len(figure.aliases) for figure in FIGURES.values())


def test_every_figure_has_a_usual_length() -> None:
    for figure in FIGURES.values():
        assert call(figure.key, (), DEFAULT_PERIODS).args == tuple(one.default for one in figure.parameters)
    assert str(parsed("rsi(,14)", DEFAULT_PERIODS)) == "rsi(1h)"
    with pytest.raises(FilterError, match=r"natr means bars of 5m, which are not kept; write for example natr\(1h\)"):
        call("natr", (), (Period.M1, Period.H1))
