"""Bars as lines of text, written by Python."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import price_as_decimal, quantity_as_decimal, turnover_as_decimal
from klagg_tui.engine.precision import Precision
from klagg_tui.exporting.formats import csv
from klagg_tui.exporting.text import TextLines
from tests.exporting.rows import BARS, LINES, PRECISIONS, RECORDED, ROW, series
from tests.makers import START, bar

COLUMNS = csv.HEAD.rstrip().split(",")


def lines(precision: Precision, **more: object) -> TextLines:
    what = series(precision, **more)  # type: ignore[arg-type]
    return TextLines(what, csv.line(what))


def test_spot_turnovers_have_eight_decimals_however_fine_prices_and_quantities_are() -> None:
    line = lines(Precision(8, 8)).line(RECORDED)
    assert ",61807.70000000," in line
    assert ",8432904.62160000," in line


def test_whole_numbers_have_no_point() -> None:
    assert lines(Precision(0, 0)).line(bar(START, "100", volume="7")).startswith(f"{START},100,100,100,100,7,")


@given(BARS, PRECISIONS)
def test_no_digit_of_any_bar_is_lost_at_any_precision(any_bar: Bar, precision: Precision) -> None:
    text = lines(precision, period=any_bar.period).line(any_bar)
    row = dict(zip(COLUMNS, text.rstrip("\n").split(","), strict=True))
    for name in ("open", "high", "low", "close"):
        assert Decimal(row[name]) == price_as_decimal(getattr(any_bar, name))
    for name in ("volume", "taker_buy_volume"):
        assert Decimal(row[name]) == quantity_as_decimal(getattr(any_bar, name))
    assert Decimal(row["quote_volume"]) == turnover_as_decimal(any_bar.turnover)
    assert Decimal(row["taker_buy_quote_volume"]) == turnover_as_decimal(any_bar.taker_buy_turnover)
    assert (int(row["open_time"]), int(row["close_time"])) == (any_bar.open_ms, any_bar.end_ms - 1)
    assert int(row["count"]) == any_bar.trade_count


@given(st.lists(BARS, max_size=5), PRECISIONS, LINES)
def test_many_lines_are_what_each_bar_says_alone(bars: list[Bar], precision: Precision, line_of: object) -> None:
    what = series(precision)
    bars = [one._replace(period=what.period) for one in bars]
    made = TextLines(what, line_of(what))  # type: ignore[operator]
    assert made.lines(bars) == [made.line(one) for one in bars]


def test_many_lines_are_one_piece_of_bytes() -> None:
    assert lines(Precision(2, 3)).encoded([RECORDED, RECORDED]) == (ROW * 2).encode()
    assert lines(Precision(2, 3)).encoded([]) == b""
