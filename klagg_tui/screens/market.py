"""Home: the whole market in one table."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from klagg_tui.market.model import Row
from klagg_tui.market.role import Piece, Role
from klagg_tui.market.sorting import ordered
from klagg_tui.screens.desk import Desk
from klagg_tui.screens.header import StatusLine, TabsLine
from klagg_tui.screens.heads import ColumnHeads
from klagg_tui.screens.line import Line, Touch
from klagg_tui.screens.table import MarketTable

RESORT_BEATS: Final = 5
"""Beats between two live re-sorts: once a second."""


class MarketScreen(Screen[None]):
    """One row a symbol."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *[
            Binding(str((number + 1) % 10), f"period({number})", f"Period {number + 1}", show=False)
            for number in range(10)
        ],
        Binding("left_square_bracket", "shift_period(-1)", "Shorter period", show=False),
        Binding("right_square_bracket", "shift_period(1)", "Longer period", show=False),
        Binding("space", "freeze", "Freeze"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="market")
        self.desk = desk
        self._beats = 0

    def compose(self) -> ComposeResult:
        """Status, tabs, column heads, table, foot."""
        yield StatusLine(self.desk, id="status")
        yield TabsLine(self.desk, id="tabs")
        yield ColumnHeads(self.desk, id="heads")
        yield MarketTable(self.desk)
        yield Line(self.desk, id="foot")

    def on_mount(self) -> None:
        """Show what there is."""
        self.table.focus()
        self.reorder()

    @property
    def table(self) -> MarketTable:
        """The table."""
        return self.query_one(MarketTable)

    def beat(self, touched: set[str]) -> None:
        """A fifth of a second went by."""
        self._beats += 1
        table = self.table
        if not self.desk.is_frozen:
            if self._beats % RESORT_BEATS == 0 or len(table.rows) != len(self.desk.picture.rows):
                self.reorder()
            table.changed(touched)
        self._tell()

    def repaint(self) -> None:
        """Draw everything anew, in other colours."""
        if self.is_mounted:
            self.table.redraw()
            for line in self.query(Line):
                line.refresh()

    def reorder(self) -> None:
        """Filter and sort."""
        rows = ordered(self._chosen(), self.desk.remembered.sorting, self.desk.period, self.desk.now_ms)
        if rows != self.table.rows:
            self.table.show(rows)
        self._tell()

    def _chosen(self) -> list[Row]:
        return list(self.desk.picture.rows.values())

    def _tell(self) -> None:
        desk = self.desk
        self.query_one(StatusLine).tell(desk, len(self.table.rows))
        self.query_one(TabsLine).tell(desk, [Piece(" all symbols ", Role.STRONG)], "")
        self.query_one(ColumnHeads).tell(self.table.placed, desk.remembered.sorting)
        self._tell_foot()

    def _tell_foot(self) -> None:
        foot = self.query_one("#foot", Line)
        if self.desk.status.notices:
            foot.show([Piece(f" {self.desk.status.notices[0]}", Role.WARN)])
            return
        keys = (("/", "filter", "filter"), ("s", "sort", "sort"), ("space", "freeze", "freeze"), ("q", "quit", "quit"))
        pieces: list[Piece] = []
        for key, name, action in keys:
            pieces += [Touch(f" {key}", Role.KEY, f"screen.{action}"), Touch(f" {name} ", Role.DIM, f"screen.{action}")]
        foot.show(pieces)

    def on_market_table_laid(self) -> None:
        """The heads follow the columns."""
        self.query_one(ColumnHeads).tell(self.table.placed, self.desk.remembered.sorting)

    async def on_line_clicked(self, message: Line.Clicked) -> None:
        """A click on a piece is the action it stands for."""
        await self.run_action(message.action)

    def action_period(self, number: int) -> None:
        """Show another period."""
        if number < len(self.desk.feed.periods):
            self.desk.choose(period=str(self.desk.feed.periods[number]))
            self.table.redraw()
            self.reorder()

    def action_shift_period(self, step: int) -> None:
        """Show the next shorter or longer period."""
        self.action_period(max(0, self.desk.feed.periods.index(self.desk.period) + step))

    def action_sort_by(self, key: str) -> None:
        """Sort by a column; by the same again turns round."""
        self.desk.remembered = self.desk.remembered.with_sort(self.desk.remembered.sorting.by(key))
        self.desk.choose()
        self.reorder()

    def action_freeze(self) -> None:
        """Let the picture stand still, or go on."""
        if self.desk.is_frozen:
            self.desk.thaw()
        else:
            self.desk.freeze()
        self.table.redraw()
        self.reorder()
