"""Columns of figures."""

import pytest

from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS, Period
from klagg_tui.feed import InstrumentFacts
from klagg_tui.view.columns.column import Column, RenderContext
from klagg_tui.view.columns.figures import figure_column, heat_column
from klagg_tui.view.columns.registry import find
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role
from klagg_tui.view.screener.figure import FIGURES, Figure, FigureCall, parsed
from tests.makers import START, bar

CONTEXT = RenderContext(Period.M1, START, is_stale=False)


class Told:
    """Figures that are what they are told to be."""

    def __init__(self, value: float | None, coverage: float = 1.0) -> None:
        self._value = value
        self._coverage = coverage

    def value(self, _call: FigureCall, _bars: object) -> float | None:
        return self._value

    def coverage(self, _call: FigureCall, _bars: object) -> float:
        return self._coverage

    def frozen(self, _bars: object) -> "Told":
        return self


def row_of(value: float | None, coverage: float = 1.0, quote: str = "USDT") -> Row:
    row = Row("A")
    row.learn(InstrumentFacts(quote=quote))
    row.take(bar(START, "100.5", symbol="A"))
    row.figures = Told(value, coverage)
    return row


def column(text: str) -> Column:
    return figure_column(parsed(text, DEFAULT_PERIODS))


def drawn(text: str, value: float | None, coverage: float = 1.0, quote: str = "USDT") -> tuple[str, int]:
    row = row_of(value, coverage, quote)
    return column(text).draw(row, bar(START), CONTEXT, 12)


@pytest.mark.parametrize(
    ("text", "value", "told", "role"),
    [
        ("chg(24h)", 1.234, "+1.23%", Role.GAIN),
        ("chg(24h)", -1.234, "-1.23%", Role.LOSS),
        ("chg(24h)", 0.001, " 0.00%", Role.DIM),
        ("from_high(24h)", -3.0, "-3.00%", Role.DIM),
        ("range(24h)", 3.0, "3.00%", Role.DIM),
        ("range(24h)", 4321.0, "4321%", Role.DIM),
        ("turnover(24h)", 1.5e9, "1.50B", Role.TEXT),
        ("vol(24h)", 1.5e9, "1.50B", Role.DIM),
        ("trades(1h)", 1234.0, "1.23K", Role.DIM),
        ("delta(1h)", 2e6, "+2.00M", Role.GAIN),
        ("delta(1h)", -2e6, "-2.00M", Role.LOSS),
        ("high(24h)", 100.25, "100.2", Role.DIM),
        ("rvol(5m)", 2.94, "2.9×", Role.DIM),
        ("rvol(5m)", 3.0, "3.0×", Role.ACCENT),
        ("rvol(5m)", 12345.0, "12.3K×", Role.ACCENT),
        ("rsi(1h)", 29.6, "30", Role.DIM),
        ("corr(1h)", 0.934, "+0.93", Role.DIM),
        ("chg(24h)", None, "–", Role.FAINT),
    ],
)
def test_a_figure_is_drawn_by_its_unit(text: str, value: float | None, told: str, role: Role) -> None:
    assert drawn(text, value) == (told, role)
    assert column(text).measure(row_of(value), None, START) == value


def test_what_is_not_known_wholly_is_marked() -> None:
    assert drawn("chg(24h)", 0.0, 0.5) == ("≈0.00%", Role.PARTIAL)
    assert drawn("turnover(24h)", 1.5e9, 0.999) == ("≈1.50B", Role.PARTIAL)
    parts = heat_column(1440).parts
    assert parts is not None
    for width, text in ((10, " ≈+12.34% "), (7, "≈+12.3%")):
        assert parts(row_of(12.34, 0.5), bar(START), CONTEXT, width)[0][0] == text
    assert parts(row_of(-123.4, 0.5), bar(START), CONTEXT, 7)[0][0] == "≈-123%"[:7].rjust(7)


def test_an_amount_of_other_money_is_faint() -> None:
    assert drawn("turnover(24h)", 2.0, quote="EUR") == ("2.00", Role.FAINT)


def test_the_heat_of_a_change_fades_where_it_is_from_before_and_is_a_dash_where_there_is_none() -> None:
    heated = heat_column(5)
    assert heated.parts is not None
    assert heated.key == "chg(5m)"
    assert heated.parts(row_of(1.0), bar(START), CONTEXT, 10)[0][1] > Role.HEAT
    assert heated.parts(row_of(1.0), bar(START), CONTEXT._replace(is_stale=True), 10) == (("   +1.00% ", Role.FAINT),)
    assert heated.parts(row_of(None), bar(START), CONTEXT, 7) == (("      –", Role.FAINT),)


@pytest.mark.parametrize("figure", FIGURES.values(), ids=lambda figure: figure.key)
def test_every_figure_is_a_column_by_its_name_and_asks_for_itself(figure: Figure) -> None:
    found = find(figure.example)
    assert found is not None
    assert find(found.key) is found
    assert {str(call) for call in found.calls} == {found.key}
    assert found.title.startswith(figure.title)
    assert find(figure.example + "x") is None


def test_a_row_that_nobody_computes_figures_of_has_none() -> None:
    row = Row("A")
    row.take(bar(START - MINUTE_MS, "100", symbol="A"))
    assert column("chg(24h)").measure(row, None, START) is None
