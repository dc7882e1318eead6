"""Bars as lines of text."""

import csv
import io
import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import as_decimal, turnover_as_decimal
from klagg_tui.engine.period import Period
from klagg_tui.storage.export_files import Series
from klagg_tui.storage.export_text import COLUMNS, csv_line, encoded, json_line, series_csv_line
from klagg_tui.storage.grain import Grain
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
GRAINS = st.builds(Grain, st.integers(0, 8), st.integers(0, 8))


def series(grain: Grain, symbol: str = "BTCUSDT", period: Period = Period.M1) -> Series:
    return Series(symbol, period, grain)


def test_a_line_equals_the_exchanges_own_to_the_letter() -> None:
    assert csv_line(series(Grain(2, 3)))(RECORDED) == ROW


def test_spot_turnovers_have_eight_decimals_however_fine_prices_and_quantities_are() -> None:
    line = csv_line(series(Grain(8, 8)))(RECORDED)
    assert ",61807.70000000," in line
    assert ",8432904.62160000," in line


def test_whole_numbers_have_no_point() -> None:
    assert csv_line(series(Grain(0, 0)))(bar(START, "100", volume="7")).startswith(f"{START},100,100,100,100,7,")


def test_lines_of_several_series_begin_with_symbol_and_period() -> None:
    assert series_csv_line(series(Grain(2, 3)))(RECORDED) == f"BTCUSDT,1m,{ROW}"
    named = series(Grain(2, 3), symbol='A,"%d"')
    text = series_csv_line(named)(RECORDED._replace(symbol='A,"%d"'))
    assert next(csv.reader(io.StringIO(text)))[:2] == ['A,"%d"', "1m"]


def test_a_json_line_holds_texts_that_no_reader_rounds() -> None:
    named = series(Grain(2, 3), symbol='币"%s')
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
def test_no_digit_of_any_bar_is_lost_at_any_grain(any_bar: Bar, grain: Grain) -> None:
    text = csv_line(series(grain, period=any_bar.period))(any_bar)
    row = dict(zip(COLUMNS.split(","), text.rstrip("\n").split(","), strict=True))
    for name in ("open", "high", "low", "close", "volume", "taker_buy_volume"):
        assert Decimal(row[name]) == as_decimal(getattr(any_bar, name))
    assert Decimal(row["quote_volume"]) == turnover_as_decimal(any_bar.turnover)
    assert Decimal(row["taker_buy_quote_volume"]) == turnover_as_decimal(any_bar.taker_buy_turnover)
    assert (int(row["open_time"]), int(row["close_time"])) == (any_bar.open_ms, any_bar.end_ms - 1)
    assert int(row["count"]) == any_bar.trade_count


@given(BARS, GRAINS)
def test_json_and_csv_say_the_same(any_bar: Bar, grain: Grain) -> None:
    of_json = json.loads(json_line(series(grain, period=any_bar.period))(any_bar))
    of_csv = csv_line(series(grain, period=any_bar.period))(any_bar).rstrip("\n").split(",")[:-1]
    assert [str(of_json[name]) for name in COLUMNS.split(",")[:-1]] == of_csv
    assert of_json["state"] == any_bar.state.name.lower()


def test_many_lines_are_one_piece_of_bytes() -> None:
    assert encoded(csv_line(series(Grain(2, 3))), [RECORDED, RECORDED]) == (ROW * 2).encode()
