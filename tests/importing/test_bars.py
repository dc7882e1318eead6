"""Rows of kline archives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.errors import BadFile
from klagg_tui.exchange.binance.archive import KlineColumn
from klagg_tui.importing.bars import BarReader, period_of
from klagg_tui.importing.lines import Block
from klagg_tui.importing.tally import Tally

HEADER = ",".join(KlineColumn)
ROW = (
    "1723161300000,61807.70,61839.90,61760.30,61760.30,136.450,1723161359999,8432904.62160,2005,57.185,3534417.70220,0"
)
AUGUST = 1_722_470_400_000


def read(*lines: str, hint: Period | None = None) -> tuple[list[Bar], Tally]:
    tally = Tally()
    return BarReader("BTCUSDT", tally, hint).read(Block("a.csv", 1, list(lines), 0)), tally


def row(open_ms: int, close_ms: int) -> str:
    return f"{open_ms},1,1,1,1,0,{close_ms},0,0,0,0,0"


def test_a_row_becomes_a_confirmed_bar_with_every_digit() -> None:
    (bar,), tally = read(HEADER, ROW)
    assert bar == Bar(
        "BTCUSDT",
        Period.M1,
        1_723_161_300_000,
        parsing.price("61807.7"),
        parsing.price("61839.9"),
        parsing.price("61760.3"),
        parsing.price("61760.3"),
        parsing.quantity("136.45"),
        parsing.turnover("8432904.62160"),
        2005,
        parsing.quantity("57.185"),
        parsing.turnover("3534417.70220"),
        State.CONFIRMED,
    )
    assert (tally.rows, tally.bad, tally.precisions) == (1, 0, {"BTCUSDT": Precision(2, 3)})


def test_spot_rows_in_microseconds_are_the_same_bar() -> None:
    micro = ROW.replace("1723161300000", "1723161300000000").replace("1723161359999", "1723161359999999")
    assert read(micro)[0] == read(ROW)[0]


@given(st.sampled_from(Period), st.integers(0, 3_000))
def test_the_period_is_told_from_when_the_bars_close(period: Period, count: int) -> None:
    opens = [period.open_ms(AUGUST + count * DAY_MS)]
    for _ in range(3):
        opens.append(period.end_ms(opens[-1]))
    assert period_of([row(open_ms, period.end_ms(open_ms) - 1) for open_ms in opens], None) is period


def test_where_closes_say_nothing_the_steps_do_and_then_the_name() -> None:
    assert period_of([row(AUGUST + at * 300_000, 0) for at in range(3)], Period.H1) is Period.M5
    assert period_of([row(AUGUST, 0)], Period.H1) is Period.H1
    assert period_of([row(AUGUST, 0)], None) is None
    with pytest.raises(BadFile, match="how long"):
        read(row(AUGUST, 0))


def test_thirty_days_that_are_no_month_are_no_period() -> None:
    assert period_of([row(AUGUST + DAY_MS, AUGUST + 31 * DAY_MS - 1)], None) is None


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (ROW.rsplit(",", 1)[0], "11 columns instead of 12"),
        (ROW.replace("1723161300000", "1723161300001"), "opens off the grid of 1m"),
        (ROW.replace("61839.90", "61000.00"), "is below low"),
        (ROW.replace("61807.70", "0"), "open 0 lies outside"),
        (ROW.replace("57.185", "557.185"), "takers bought more"),
        (ROW.replace("61839.90", "high"), "'high' is not a number"),
        (ROW.replace("2005", "many"), "many"),
    ],
)
def test_a_bad_row_costs_that_row_and_says_what_is_wrong(bad: str, reason: str) -> None:
    bars, tally = read(HEADER, ROW, bad)
    assert len(bars) == 1
    assert tally.bad == 1
    assert "line 3" in tally.first_bad[0]
    assert reason in tally.first_bad[0]


def test_three_day_bars_may_open_on_any_day() -> None:
    bars, tally = read(*(row(AUGUST + DAY_MS * at, AUGUST + DAY_MS * (at + 3) - 1) for at in range(3)))
    assert ([bar.period for bar in bars], tally.bad) == ([Period.D3] * 3, 0)
