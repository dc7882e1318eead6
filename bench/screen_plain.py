"""What a plain `DataTable` makes of the same changes: the yardstick."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from klagg_tui.engine.period import Period
from klagg_tui.feed import Feed
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.registry import DEFAULT_KEYS, view_columns
from klagg_tui.view.model import Market

SPARK_WIDTH = 16


class PlainTable(App[None]):
    """The same columns, written cell by cell where a symbol changed."""

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        self.market = Market()
        self.columns = view_columns(DEFAULT_KEYS, feed.periods, all_periods=False)
        self.market.screener.use(frozenset().union(*(column.calls for column in self.columns)))

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for column in self.columns:
            table.add_column(column.title, key=column.key)
        self.market.apply(self.feed.take_changes())  # type: ignore[arg-type]  # the first one is always there
        for symbol in self.market.rows:
            table.add_row(*self._cells(symbol), key=symbol)
        table.focus()
        self.set_interval(0.2, self.beat)

    def _cells(self, symbol: str) -> list[str]:
        row = self.market.rows[symbol]
        context = RenderContext(Period.M5, self.feed.status().exchange_now_ms, is_stale=False)
        bar = row.bar(Period.M5)
        if bar is None:
            return [symbol, *[""] * (len(self.columns) - 1)]
        return [column.draw(row, bar, context, SPARK_WIDTH)[0] for column in self.columns]

    def beat(self) -> None:
        changes = self.feed.take_changes()
        if changes is None:
            return
        table = self.query_one(DataTable)
        for symbol in self.market.apply(changes):
            for column, text in zip(self.columns, self._cells(symbol), strict=True):
                table.update_cell(symbol, column.key, text)
