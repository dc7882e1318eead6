"""Every column of the registry."""

from klagg_tui.engine.period import Period
from klagg_tui.view import filter as filters
from klagg_tui.view.columns.column import RenderContext, Unit
from klagg_tui.view.columns.registry import COLUMNS, find
from klagg_tui.view.layout import Widths, place
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role
from tests.makers import START, bar


def _row(symbol: str, close: str, volume: str = "1") -> Row:
    row = Row(symbol)
    row.take(bar(START, "100", close=close, volume=volume, symbol=symbol))
    return row


def test_every_column_draws_no_wider_than_its_place() -> None:
    context = RenderContext(Period.M1, START, is_stale=False)
    row = _row("BTCUSDT", "101")
    row.last_trade_ms = START
    one = row.bar(Period.M1)
    assert one is not None
    for placed in place(COLUMNS, 300, Widths(12, 10)):
        if placed.column.parts is not None:
            text = "".join(piece for piece, _ in placed.column.parts(row, one, context, placed.width))
            assert len(text) == placed.width
        assert len(placed.column.draw(row, one, context, placed.width)[0]) <= placed.width


def test_no_two_columns_share_a_name() -> None:
    names = [name for column in COLUMNS for name in (column.key, *column.aliases)]
    assert len(set(names)) == len(names)
    assert all(name.isascii() and name.isalpha() and name.islower() for name in names), "the filter reads no other"


def test_another_name_means_the_same_column_in_a_filter() -> None:
    row = _row("BTCUSDT", "101")
    for column in COLUMNS:
        for name in column.aliases:
            if column.unit is not Unit.TEXT:
                assert filters.read(f"{name}={column.key}").matches(row, Period.M1, START) is (
                    column.measure(row, row.bar(Period.M1), START) is not None
                )


def test_the_period_columns_show_a_dash_where_there_is_no_bar_and_fade_where_it_is_stale() -> None:
    row = _row("BTCUSDT", "101")
    one = row.bar(Period.M1)
    assert one is not None
    context = RenderContext(Period.M1, START, is_stale=False)
    minute, day = find("bar.chg(1m)"), find("bar.chg(1d)")
    assert minute is not None
    assert minute.parts is not None
    assert day is not None
    assert day.parts is not None
    assert [text for text, _ in day.parts(row, one, context, 7)] == ["      –"]
    assert [text for text, _ in minute.parts(row, one, context, 11)] == ["┃ ", "  +1.00% "]
    assert {role for _, role in minute.parts(row, one, context._replace(is_stale=True), 11)} == {Role.FAINT}
    assert minute.draw(row, one, context, 11) == ("+1.00%", Role.GAIN)
