"""The columns of figures, by what is read in them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.figures import figure_column, heat_column, named
from klagg_tui.view.columns.registry import find, view_columns
from klagg_tui.view.layout import Widths, place
from klagg_tui.view.model import Row
from klagg_tui.view.preferences import Preferences, from_plain
from klagg_tui.view.role import Role
from klagg_tui.view.screener.figure import FIGURES, WHOLE, FigureCall, parsed
from klagg_tui.view.sorting import Sort, ordered
from tests.makers import START, bar

CONTEXT = RenderContext(Period.M1, START, is_stale=False)


class Told:
    """Figures that are what they are told to be."""

    def __init__(self, value: float | None, coverage: float = 1.0) -> None:
        self.told_last: float | None = None
        self._value, self._coverage = value, coverage

    def value(self, call: FigureCall, bars: Sequence[Bar | None]) -> float | None:
        return self._value

    def coverage(self, call: FigureCall, bars: Sequence[Bar | None]) -> float:
        return self._coverage

    def look(self, call: FigureCall, bars: Sequence[Bar | None]) -> tuple[float | None, bool]:
        return self._value, self._coverage >= WHOLE


def row_with(value: float | None, coverage: float = 1.0, *, quote: str = "USDT") -> Row:
    row = Row("ETHUSDT")
    row.take(bar(START, "100.25", symbol="ETHUSDT"))
    row.quote = quote
    row.figures = Told(value, coverage)
    return row


def drawn(text: str, row: Row) -> tuple[str, int]:
    column = figure_column(parsed(text, DEFAULT_PERIODS))
    current = row.bar(Period.M1)
    assert current is not None
    return column.draw(row, current, CONTEXT, place([column], 200, Widths(10, 10))[0].width)


@pytest.mark.parametrize(
    ("text", "value", "seen", "role"),
    [
        ("chg(24h)", 4.238, "+4.24%", Role.GAIN),
        ("chg(24h)", -4.2, "-4.20%", Role.LOSS),
        ("chg(24h)", 0.001, " 0.00%", Role.DIM),
        ("range(24h)", 12.5, "12.50%", Role.DIM),
        ("turnover(24h)", 1.24e9, "1.24B", Role.TEXT),
        ("delta(1h)", 1.5e6, "+1.50M", Role.GAIN),
        ("delta(1h)", -1.5e6, "-1.50M", Role.LOSS),
        ("delta(1h)", 0.0, "0", Role.DIM),
        ("from_high(24h)", -3.0, "-3.00%", Role.DIM),
        ("vol(24h)", 950.0, "950", Role.DIM),
        ("trades(1h)", 12_400.0, "12.4K", Role.DIM),
        ("high(24h)", 101.5, "101.50", Role.DIM),
        ("high(24h)", 70_123.4, "70,123.40", Role.DIM),
        ("rvol(5m)", 2.99, "2.99×", Role.TEXT),
        ("rvol(5m)", 12.34, "12.3×", Role.ACCENT),
        ("rvol(5m)", 1_234.0, "1.23K×", Role.ACCENT),
        ("rsi(1h)", 24.96, "25.0", Role.DIM),
        ("corr(1h)", 0.87, "+0.87", Role.GAIN),
        ("corr(1h)", None, "–", Role.FAINT),
    ],
)
def test_a_figure_is_drawn_by_what_it_counts(text: str, value: float | None, seen: str, role: Role) -> None:
    assert drawn(text, row_with(value)) == (seen, role)


def test_an_amount_of_another_quote_stands_back() -> None:
    assert drawn("turnover(24h)", row_with(5.0, quote="TRY")) == ("5.00", Role.FAINT)
    assert drawn("delta(24h)", row_with(5.0, quote="TRY")) == ("+5.00", Role.FAINT)


def test_what_is_known_in_part_is_marked_and_the_sign_before_it_gives_way_where_room_is_short() -> None:
    assert drawn("chg(24h)", row_with(4.238, 0.5)) == ("≈+4.24%", Role.PARTIAL)
    assert drawn("chg(24h)", row_with(4.238, WHOLE)) == ("+4.24%", Role.GAIN)
    column = figure_column(parsed("chg(24h)", DEFAULT_PERIODS))
    row = row_with(4.238, 0.5)
    current = row.bar(Period.M1)
    assert current is not None
    assert column.draw(row, current, CONTEXT, 6) == ("+4.24%", Role.PARTIAL)


@pytest.mark.parametrize("key", FIGURES)
@pytest.mark.parametrize("value", [0.0, 1.0, -1.0, 123_456.789, 99.96, 9.996])
def test_every_figure_fits_its_column(key: str, value: float) -> None:
    column = named(FIGURES[key].example)
    assert column is not None
    row = row_with(value, 0.5)
    current = row.bar(Period.M1)
    assert current is not None
    (placed,) = place([column], 200, Widths(10, 12))
    assert len(column.draw(row, current, CONTEXT, placed.width)[0]) <= placed.width
    assert column.measure(row, current, START) == value
    assert placed.width >= len(column.title)


def test_a_column_is_found_by_the_figure_as_it_is_written() -> None:
    column = find("rvol(5m,20)")
    assert column is not None
    assert (column.key, column.title) == ("rvol(5m)", "RVol 5m")
    assert find("speed") is named("speed")
    assert find("rvol") is find("rvol(5m)")
    assert find("nonsense(5m)") is None
    assert find("chg(1d)") is not find("bar.chg(1d)")


def test_a_view_takes_figures_among_its_columns() -> None:
    columns = view_columns(("symbol", "last", "chg(24h)", "rubbish", "turnover(24h)"), (), all_periods=False)
    assert [column.title for column in columns] == ["Symbol", "Last", "Chg 24h", "Turn 24h"]
    mixed = view_columns(("symbol", "turnover(24h)"), (), all_periods=False, mixes_quotes=True)
    assert mixed[-1].title == "$Turn 24h"
    assert place(mixed, 99, Widths(10, 10))[-1].width >= len(mixed[-1].title)


def test_rows_are_sorted_by_a_figure_and_those_without_it_come_last() -> None:
    rows = [row_with(value) for value in (1.0, None, 3.0, 2.0)]
    assert [row.figure(FigureCall("chg", (5,))) for row in ordered(rows, Sort("chg(5m)"), Period.M1, START)] == [
        3.0,
        2.0,
        1.0,
        None,
    ]


def test_figures_are_remembered_as_columns() -> None:
    kept = from_plain({"columns": ["symbol", "rvol(5m)", "[gone]"], "sort": "chg(24h)"}, Preferences())
    assert kept.columns == ("symbol", "rvol(5m)")
    assert kept.sort == "chg(24h)"


@pytest.mark.parametrize(
    ("value", "coverage", "wide", "narrow"),
    [(12.34, 1.0, "  +12.34% ", "+12.34%"), (12.34, 0.5, " ≈+12.34% ", "≈+12.3%"), (-123.4, 0.5, " ≈-123.4% ", "≈-123% "), (0.0, 1.0, "    0.00% ", " 0.00% ")],
)  # fmt: skip
def test_the_heat_of_a_change_fits_also_where_room_is_short(
    value: float, coverage: float, wide: str, narrow: str
) -> None:
    parts = heat_column(1440).parts
    assert parts is not None
    row = row_with(value, coverage)
    assert [parts(row, bar(START), CONTEXT, 10)[0][0], parts(row, bar(START), CONTEXT, 7)[0][0]] == [
        wide,
        narrow,
    ]


def test_the_heat_of_a_change_fades_where_it_is_from_before_and_is_a_dash_where_there_is_none() -> None:
    heated = heat_column(5)
    assert heated.parts is not None
    assert (heated.key, heated.title) == ("chg(5m)", "5m")
    assert heated.parts(row_with(1.0), bar(START), CONTEXT, 10)[0][1] > Role.HEAT
    stale = CONTEXT._replace(is_stale=True)
    assert heated.parts(row_with(1.0), bar(START), stale, 10) == (("   +1.00% ", Role.FAINT),)
    assert heated.parts(row_with(None), bar(START), CONTEXT, 7) == (("      –", Role.FAINT),)
