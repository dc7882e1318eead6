"""Every column of the registry."""

from klagg_tui.engine.period import Period
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.registry import COLUMNS
from klagg_tui.view.layout import Widths, place
from klagg_tui.view.model import Row
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
