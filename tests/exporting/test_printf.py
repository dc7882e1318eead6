"""Lines of text that the database writes."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

from hypothesis import example, given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision
from klagg_tui.exporting import row
from klagg_tui.exporting.formats import csv, jsonl
from klagg_tui.exporting.printf import row_format
from klagg_tui.exporting.row import Column, Line
from klagg_tui.exporting.series import Series
from klagg_tui.exporting.text import TextLines
from klagg_tui.storage.rows import Decimals, Packer, decimals_of
from klagg_tui.storage.schema import COLUMNS
from tests.exporting.rows import BARS, LINES, PRECISIONS, RECORDED, series, usual_bars

WHOLE = Decimals(0, 0, 0)


@st.composite
def any_lines(draw: st.DrawFn) -> Callable[[Series], Line]:
    """Formats that nobody has written yet: the time, then columns in any order with anything between them."""
    between = st.text(max_size=3).filter(lambda text: not {"\n", "\0"} & set(text))
    columns = [row.BAR[0], *draw(st.lists(st.sampled_from((*row.BAR, row.STATE)), max_size=15))]
    parts: list[str | Column] = []
    for column in columns:
        parts += [draw(between), column]
    return lambda _: (*parts, draw(between) + "\n")


@given(usual_bars() | BARS, PRECISIONS, LINES | any_lines(), st.text(max_size=5).filter(bool))
@example(RECORDED, Precision(2, 3), csv.line, "BTCUSDT")
@example(RECORDED, Precision(2, 3), csv.series_line, "100%")
@example(RECORDED, Precision(2, 3), csv.series_line, "A\0B")
@example(RECORDED, Precision(8, 8), jsonl.line, '"\n')
def test_the_database_writes_lines_to_the_letter_as_we_do(
    one: Bar, precision: Precision, line_of: Callable[[Series], Line], symbol: str
) -> None:
    what = Series(symbol, one.period, precision)
    line = line_of(what)
    stored = Packer().row(1, one)
    decimals = decimals_of(stored[4])
    printf = row_format(what, line)(decimals) if decimals else None
    if printf is None:
        return
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE history ({', '.join(COLUMNS)})")
        connection.execute(f"INSERT INTO history VALUES ({', '.join('?' * len(stored))})", stored)
        ((written,),) = connection.execute(f"SELECT printf(?, {printf.values}) FROM history", (printf.form,))
    assert written == TextLines(what, line).line(one)


def test_the_database_is_asked_for_lines_where_decimals_are_the_symbols_or_fewer() -> None:
    what = series(Precision(2, 3))
    printf_of = row_format(what, csv.line(what))
    assert printf_of(Decimals(2, 3, 5)) is not None
    assert printf_of(Decimals(3, 3, 5)) is None
    assert row_format(series(Precision(2, 3), period=Period.MO1), csv.line(what))(WHOLE) is None


def test_lines_that_would_not_sort_by_time_are_left_to_us() -> None:
    what = series(Precision(2, 3))
    time, price, *_ = row.BAR
    assert row_format(what, (time, ",", price, "\n"))(WHOLE) is not None
    for line in ((price, ",", time, "\n"), (time, "\n", price, "\n"), (time, ",", price), (time, "\0\n")):
        assert row_format(what, line)(WHOLE) is None
