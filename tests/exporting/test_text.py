"""Bars as lines of text."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import as_decimal, turnover_as_decimal
from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision
from klagg_tui.exporting.files import Series
from klagg_tui.exporting.text import (
    COLUMNS,
    Layout,
    csv_layout,
    csv_line,
    encoded,
    json_layout,
    json_line,
    line_of,
    series_csv_layout,
    series_csv_line,
    wording_of,
)
from klagg_tui.storage.rows import Packer
from klagg_tui.storage.schema import COLUMNS as ROW_COLUMNS
from tests.makers import START, bar

ROW = "1723161300000,61807.70,61839.90,61760.30,61760.30,136.450,1723161359999,8432904.62160,2005,57.185,3534417.70220,0\n"
RECORDED = bar(
    1_723_161_300_000,
    "61807.7",
    "61839.9",
    "61760.3",
    "61760.3",
    "136.45",
    turnover_text="8432904.6216",
    trade_count=2005,
    taker_buy_volume="57.185",
    taker_buy_turnover="3534417.7022",
)
AMOUNTS = st.integers(0, 10**22)
BARS = st.builds(
    Bar,
    symbol=st.just("BTCUSDT"),
    period=st.sampled_from(Period),
    open_ms=st.just(START),
    **dict.fromkeys(("open", "high", "low", "close", "volume", "taker_buy_volume"), AMOUNTS),
    **dict.fromkeys(("turnover", "taker_buy_turnover"), st.integers(0, 10**40)),
    trade_count=st.integers(0, 10**12),
    state=st.sampled_from(State),
)
GRAINS = st.builds(Precision, st.integers(0, 8), st.integers(0, 8))
LAYOUTS = st.sampled_from([csv_layout, series_csv_layout, json_layout])


@st.composite
def usual_bars(draw: st.DrawFn) -> Bar:
    """Bars whose values need few decimals, as a market's do."""
    price, quantity = draw(st.integers(0, 5)), draw(st.integers(0, 3))
    kinds = [(10 ** (8 - price), 10**9)] * 4 + [(10 ** (8 - quantity), 10**9)] * 2
    kinds += [(10 ** (16 - price - quantity), 10**15)] * 2
    o, h, low, c, volume, bought, paid, spent = (unit * draw(st.integers(0, most)) for unit, most in kinds)
    one = draw(BARS)
    return Bar(one.symbol, one.period, START, o, h, low, c, volume, paid, one.trade_count, bought, spent, one.state)


@given(usual_bars() | BARS, GRAINS, LAYOUTS, st.text(max_size=5).filter(bool))
@example(RECORDED, Precision(2, 3), csv_layout, "BTCUSDT")
@example(RECORDED, Precision(2, 3), series_csv_layout, "100%")
@example(RECORDED, Precision(2, 3), series_csv_layout, "A\0B")
@example(RECORDED, Precision(8, 8), json_layout, '"\n')
def test_the_database_writes_lines_to_the_letter_as_we_do(
    one: Bar, grain: Precision, layout_of: Callable[[Series], Layout], symbol: str
) -> None:
    what = Series(symbol, one.period, grain)
    layout = layout_of(what)
    row = Packer().row(1, one)
    printf = wording_of(what, layout)(row[4])
    if printf is None:
        return
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE history ({', '.join(ROW_COLUMNS)})")
        connection.execute(f"INSERT INTO history VALUES ({', '.join('?' * len(row))})", row)
        ((written,),) = connection.execute(f"SELECT printf(?, {printf.values}) FROM history", (printf.form,))
    assert written == line_of(what, layout)(one)


def test_the_database_is_asked_for_lines_where_decimals_are_the_symbols_or_fewer() -> None:
    what = series(Precision(2, 3))
    wording = wording_of(what, csv_layout(what))
    assert wording(Packer().row(1, RECORDED)[4]) is not None
    assert wording(Packer().row(1, bar(START, "1.001"))[4]) is None
    assert wording_of(series(Precision(2, 3), period=Period.MO1), csv_layout(what))(0) is None


def series(grain: Precision, symbol: str = "BTCUSDT", period: Period = Period.M1) -> Series:
    return Series(symbol, period, grain)


def test_a_line_equals_the_exchanges_own_to_the_letter() -> None:
    assert csv_line(series(Precision(2, 3)))(RECORDED) == ROW


def test_spot_turnovers_have_eight_decimals_however_fine_prices_and_quantities_are() -> None:
    line = csv_line(series(Precision(8, 8)))(RECORDED)
    assert ",61807.70000000," in line
    assert ",8432904.62160000," in line


def test_whole_numbers_have_no_point() -> None:
    assert csv_line(series(Precision(0, 0)))(bar(START, "100", volume="7")).startswith(f"{START},100,100,100,100,7,")


def test_lines_of_several_series_begin_with_symbol_and_period() -> None:
    assert series_csv_line(series(Precision(2, 3)))(RECORDED) == f"BTCUSDT,1m,{ROW}"
    named = series(Precision(2, 3), symbol='A,"%d"')
    text = series_csv_line(named)(RECORDED._replace(symbol='A,"%d"'))
    assert next(csv.reader(io.StringIO(text)))[:2] == ['A,"%d"', "1m"]


def test_a_json_line_holds_texts_that_no_reader_rounds() -> None:
    named = series(Precision(2, 3), symbol='币"%s')
    assert json.loads(json_line(named)(RECORDED)) == {
        "symbol": '币"%s',
        "period": "1m",
        "open_time": 1_723_161_300_000,
        "open": "61807.70",
        "high": "61839.90",
        "low": "61760.30",
        "close": "61760.30",
        "volume": "136.450",
        "close_time": 1_723_161_359_999,
        "quote_volume": "8432904.62160",
        "count": 2005,
        "taker_buy_volume": "57.185",
        "taker_buy_quote_volume": "3534417.70220",
        "state": "closed",
    }


@given(BARS, GRAINS)
def test_no_digit_of_any_bar_is_lost_at_any_grain(any_bar: Bar, grain: Precision) -> None:
    text = csv_line(series(grain, period=any_bar.period))(any_bar)
    row = dict(zip(COLUMNS.split(","), text.rstrip("\n").split(","), strict=True))
    for name in ("open", "high", "low", "close", "volume", "taker_buy_volume"):
        assert Decimal(row[name]) == as_decimal(getattr(any_bar, name))
    assert Decimal(row["quote_volume"]) == turnover_as_decimal(any_bar.turnover)
    assert Decimal(row["taker_buy_quote_volume"]) == turnover_as_decimal(any_bar.taker_buy_turnover)
    assert (int(row["open_time"]), int(row["close_time"])) == (any_bar.open_ms, any_bar.end_ms - 1)
    assert int(row["count"]) == any_bar.trade_count


@given(BARS, GRAINS)
def test_json_and_csv_say_the_same(any_bar: Bar, grain: Precision) -> None:
    of_json = json.loads(json_line(series(grain, period=any_bar.period))(any_bar))
    of_csv = csv_line(series(grain, period=any_bar.period))(any_bar).rstrip("\n").split(",")[:-1]
    assert [str(of_json[name]) for name in COLUMNS.split(",")[:-1]] == of_csv
    assert of_json["state"] == any_bar.state.label


def test_many_lines_are_one_piece_of_bytes() -> None:
    assert encoded(csv_line(series(Precision(2, 3))), [RECORDED, RECORDED]) == (ROW * 2).encode()
