"""The formats: all in one register, each with the letters it promises."""

import csv as reader
import io
import json
import pkgutil
from pathlib import Path

import pytest
from hypothesis import given

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision
from klagg_tui.exporting import formats
from klagg_tui.exporting.format import Format, Holds
from klagg_tui.exporting.formats import NAMES, all_formats, csv, format_of, jsonl, parquet
from klagg_tui.exporting.series import Series
from klagg_tui.exporting.text import TextLines
from tests.exporting.rows import BARS, PRECISIONS, RECORDED, ROW, series


def test_every_module_of_the_folder_is_a_format_that_can_be_asked_for_by_its_name() -> None:
    assert sorted(NAMES) == sorted(module.name for module in pkgutil.iter_modules(formats.__path__))
    assert tuple(form.name for form in all_formats()) == NAMES


def test_no_two_formats_claim_a_files_name() -> None:
    suffixes = [suffix for form in all_formats() for suffix in form.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    for form in all_formats():
        assert format_of(Path("bars").with_suffix(form.suffixes[0])) is form
        assert format_of(Path(f"bars{form.suffixes[0]}.gz")) is form


@pytest.mark.parametrize("form", [csv.FORMAT, jsonl.FORMAT])
def test_a_format_of_text_begins_with_its_head_and_goes_on_with_lines(form: Format) -> None:
    file = io.BytesIO()
    writer = form.open_writer(file, Holds.ONE_SERIES)
    writer.begin(series(Precision(2, 3)))
    writer.write([RECORDED])
    writer.close()
    *head, line = file.getvalue().decode().splitlines()
    assert head == [csv.HEAD.rstrip()] * (form is csv.FORMAT)
    assert line.count("61807.70") == 1


def csv_line(what: Series) -> TextLines:
    return TextLines(what, csv.line(what))


def json_line(what: Series) -> TextLines:
    return TextLines(what, jsonl.line(what))


def test_a_line_equals_the_exchanges_own_to_the_letter() -> None:
    assert csv_line(series(Precision(2, 3))).line(RECORDED) == ROW


def test_lines_of_several_series_begin_with_symbol_and_period() -> None:
    one = series(Precision(2, 3))
    assert TextLines(one, csv.series_line(one)).line(RECORDED) == f"BTCUSDT,1m,{ROW}"
    named = series(Precision(2, 3), symbol='A,"%d"')
    text = TextLines(named, csv.series_line(named)).line(RECORDED._replace(symbol='A,"%d"'))
    assert next(reader.reader(io.StringIO(text)))[:2] == ['A,"%d"', "1m"]


def test_a_json_line_holds_texts_that_no_reader_rounds() -> None:
    named = series(Precision(2, 3), symbol='币"%s')
    assert json.loads(json_line(named).line(RECORDED)) == {
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


@given(BARS, PRECISIONS)
def test_json_and_csv_say_the_same(any_bar: Bar, precision: Precision) -> None:
    what = series(precision, period=any_bar.period)
    of_json = json.loads(json_line(what).line(any_bar))
    of_csv = csv_line(what).line(any_bar).rstrip("\n").split(",")[:-1]
    told = [str(of_json[name]) for name in csv.HEAD.split(",")[:-1]]
    for place, amount in ((-2, any_bar.taker_buy_volume), (-1, any_bar.taker_buy_turnover)):
        if not amount:
            told[place] = "0"  # as the exchange's files have it
    assert told == of_csv
    assert of_json["state"] == any_bar.state.name.lower()


@pytest.mark.parametrize(
    ("symbol", "period", "expected"),
    [
        ("BTCUSDT", Period.M1, "BTCUSDT-1m.csv"),
        ("BTCUSDT_261225", Period.MO1, "BTCUSDT_261225-1mo.csv"),
        ("牛来USDT", Period.H1, "牛来USDT-1h.csv"),
        ("A/B.C%D", Period.M1, "A%2FB%2EC%25D-1m.csv"),
    ],
)
def test_a_files_name_says_symbol_and_period_on_any_file_system(symbol: str, period: Period, expected: str) -> None:
    what = Series(symbol, period, Precision())
    assert csv.FORMAT.file_name(what) == Path(expected)
    assert jsonl.FORMAT.file_name(what) == Path(expected.replace(".csv", ".jsonl"))
    name, _, ending = expected.removesuffix(".csv").rpartition("-")
    assert parquet.FORMAT.file_name(what) == Path(f"symbol={name}", f"period={ending}", "bars.parquet")
