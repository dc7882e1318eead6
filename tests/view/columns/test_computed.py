"""Columns that are numbers of the language."""

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.computed import ColumnFinder, computed, offered
from klagg_tui.view.columns.registry import COLUMNS, DEFAULT_KEYS, find
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role, RoleIndex
from klagg_tui.view.screener.figure import FIGURES
from klagg_tui.view.sorting import Sort, ordered
from tests.makers import START, bar
from tests.view.filter.figures import FakeFigures

SCOPE = Scope(names={"hot": "chg(1h)*2", "liquid": "vol>5"})
_VALUES = {
    "chg(24h)": -1.234, "turnover(24h)": 12_345_678.0, "trades(1h)": 512.0, "high(24h)": 102.456789, "rvol(5m)": 3.14159, "speed": 12_345.0,
    "rsi(1h)": 28.7, "corr(1h)": -0.456, "cvd(24h)": -1234.5, "chg(1h)": 0.001,
}  # fmt: skip


def _row(values: dict[str, float] | None = None, symbol: str = "BTCUSDT") -> Row:
    row = Row(symbol)
    row.take(bar(START, "100.00", "103.25", close="102", volume="2000", symbol=symbol))
    row.decimals = 2
    row.figures = FakeFigures(_VALUES if values is None else values)
    return row


def _drawn(text: str, row: Row | None = None) -> tuple[str, RoleIndex]:
    row = row or _row()
    column = computed(text, SCOPE)
    minute = row.bar(Period.M1)
    assert minute is not None
    return column.draw(row, minute, RenderContext(Period.M1, START, is_stale=False), column.width)


@pytest.mark.parametrize(
    ("text", "title", "drawn"),
    [("chg(24h)", "Chg 24h", ("-1.23%", Role.LOSS)), ("turnover(24h)", "Turn 24h", ("12.3M", Role.TEXT)), ("trades(1h)", "Trades 1h", ("512", Role.DIM)),
     ("high(24h)", "High 24h", ("102.46", Role.DIM)), ("rvol(5m)", "RVol 5m", ("3.14×", Role.ACCENT)), ("speed", "Speed", ("12.3K×", Role.ACCENT)),
     ("rsi(1h)", "RSI 1h", ("28.7", Role.DIM)), ("corr(1h)", "Corr 1h", ("-0.46", Role.LOSS)), ("cvd(24h)", "CVD 24h", ("-1.23K", Role.LOSS)),
     ("chg(1h)", "Chg 1h", (" 0.00%", Role.DIM)), ("hot", "hot", ("0.00", Role.TEXT)), ("vol/trades*chg", "vol/trades*…", ("4.00K", Role.TEXT))],
)  # fmt: skip
def test_it_is_drawn_as_what_it_counts(text: str, title: str, drawn: tuple[str, RoleIndex]) -> None:
    column = computed(text, SCOPE)
    assert (column.key, column.title) == (text, title)
    assert _drawn(text) == drawn
    assert column.note


def test_what_is_not_known_is_a_dash_and_what_is_known_in_part_is_marked() -> None:
    assert _drawn("natr(5m)") == ("–", Role.FAINT)
    partly = _row()
    partly.figures = FakeFigures(_VALUES, covered=0.5)
    assert _drawn("chg(24h)", partly) == ("≈-1.23%", Role.PARTIAL)
    assert _drawn("hot", partly) == ("0.00", Role.PARTIAL)
    assert _drawn("vol*2", partly) == ("4.00K", Role.TEXT)


def test_money_is_ordered_quote_by_quote_and_other_numbers_by_themselves() -> None:
    rows = [_row({"turnover(1h)": value, "rvol(5m)": value}, f"S{value:.0f}") for value in (1.0, 3.0, 2.0)]
    rows[1].quote, rows[2].quote = "BTC", "USDT"
    rows.append(Row("EMPTY"))
    finder = ColumnFinder(SCOPE)

    def names(key: str, *, descending: bool = True) -> list[str]:
        found = ordered(rows, Sort(key, descending), Period.M1, START, finder.find)
        return [row.symbol for row in found]

    assert names("turnover(1h)") == ["S2", "S1", "S3", "EMPTY"]
    assert names("rvol(5m)") == ["S3", "S2", "S1", "EMPTY"]
    assert names("rvol(5m)*-1", descending=False) == ["S3", "S2", "S1", "EMPTY"]
    assert names("vol+1") == ["S1", "S2", "S3", "EMPTY"], "the bar of the period on view"
    assert names("gone") == ["S3", "S2", "S1", "EMPTY"], "by name, where nothing else can be found"


def test_a_figure_has_a_value_where_the_period_on_view_has_no_bar_and_a_column_has_none() -> None:
    row = _row()
    assert computed("rsi(1h)", SCOPE).measure(row, None, START) == 28.7
    assert computed("vol*1", SCOPE).measure(row, None, START) is None
    assert computed("vol*1", SCOPE).measure(row, row.bar(Period.M1), START) == 2000


def test_the_finder_knows_every_column_and_makes_a_computed_one_once() -> None:
    finder = ColumnFinder(SCOPE)
    assert finder.find("last") is find("last")
    assert finder.find("bar.chg(1d)") is find("bar.chg(1d)") is not None
    assert finder.find("hot") is finder.find("hot") is not None
    for text in ("gone", "liquid", "chg>1", ""):
        assert finder.find(text) is None
        with pytest.raises(FilterError):
            computed(text, SCOPE)


def test_what_is_offered_is_each_column_own_number_and_figure_once() -> None:
    keys = [column.key for column in offered(ColumnFinder(SCOPE).find, SCOPE.names.items())]
    assert len(set(keys)) == len(keys)
    assert keys[: len(DEFAULT_KEYS)] == list(DEFAULT_KEYS)
    assert {column.key for column in COLUMNS} | {figure.example for figure in FIGURES.values()} <= set(keys)
    assert "hot" in keys
    assert "liquid" not in keys
