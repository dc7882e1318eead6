"""Columns by what somebody wrote."""

import pytest

from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.errors import FilterError
from klagg_tui.view.chosen_columns import ChosenColumns, offered_columns
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.registry import COLUMNS, DEFAULT_KEYS
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role
from klagg_tui.view.screener.figure import FIGURES
from tests.makers import START, bar
from tests.view.columns.test_figures import Told

NAMES = {"hot": "chg(5m)*2", "calm": "chg(5m)<1"}
FIND = ChosenColumns(Scope(names=NAMES, periods=DEFAULT_PERIODS))
CONTEXT = RenderContext(Period.M1, START, is_stale=False)


def _row(value: float | None = 2.0, coverage: float = 1.0) -> Row:
    row = Row("A")
    row.take(bar(START, "100", close="101", volume="7", symbol="A"))
    row.figures = Told(value, coverage)
    return row


def test_a_column_is_found_by_a_name_a_figure_an_own_name_or_any_number() -> None:
    found = {text: FIND(text) for text in ("price", "change( 1d )", "hot", "vol*chg(1h)", "bar.chg(1M)", "rvol(5m,20)")}
    keys = {text: column.key for text, column in found.items() if column is not None}
    assert keys == {
        "price": "last", "change( 1d )": "chg(24h)", "hot": "hot", "vol*chg(1h)": "vol*chg(1h)",
        "bar.chg(1M)": "bar.chg(1M)", "rvol(5m,20)": "rvol(5m)",
    }  # fmt: skip
    assert FIND("hot") is FIND("hot")


@pytest.mark.parametrize("text", ["", "calm", "lats", "rsi(3m)", "chg(8d)", "chg(1h)>1"])
def test_what_is_no_column_says_why(text: str) -> None:
    assert FIND(text) is None
    assert FIND.errors[text].endswith((".", "?"))
    with pytest.raises(FilterError):
        FIND.read(text)


def test_a_column_of_numbers_is_drawn_short_and_marked_where_not_all_is_known() -> None:
    column = FIND("hot")
    assert column is not None
    assert {str(call) for call in column.calls} == {"chg(5m)"}
    row = _row()
    assert column.measure(row, row.bar(Period.M1), START) == 4.0
    assert column.measure(row, None, START) is None
    one = bar(START)
    assert column.draw(row, one, CONTEXT, 8) == ("4.00", Role.TEXT)
    assert column.draw(_row(0.0001), one, CONTEXT, 8) == ("2e-04", Role.TEXT)
    assert column.draw(_row(-12345.0), one, CONTEXT, 8) == ("-24.7K", Role.TEXT)
    assert column.draw(_row(2.0, 0.9), one, CONTEXT, 8) == ("≈4.00", Role.PARTIAL)
    assert column.draw(_row(None), one, CONTEXT, 8) == ("–", Role.FAINT)


def test_a_long_expression_has_a_short_title() -> None:
    column = FIND("chg(5m) + chg(15m) + chg(1h)")
    assert column is not None
    assert column.title == "chg(5m) + chg(1…"


def test_what_is_offered_is_each_column_own_number_and_figure_once() -> None:
    keys = [column.key for column in offered_columns(FIND, NAMES.items())]
    assert len(set(keys)) == len(keys)
    assert keys[: len(DEFAULT_KEYS)] == list(DEFAULT_KEYS)
    assert {column.key for column in COLUMNS} <= set(keys)
    assert "hot" in keys
    assert "calm" not in keys
    assert len([key for key in keys if key.partition("(")[0] in FIGURES]) >= len(FIGURES)
