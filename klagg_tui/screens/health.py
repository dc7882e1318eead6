"""How klagg itself is doing: connections, delay, gaps, writes, memory, and the last lines of the log."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from klagg_tui import formatting
from klagg_tui.market.health import column_lines
from klagg_tui.market.role import Piece, Role
from klagg_tui.screens.base import KlaggScreen, foot_pieces
from klagg_tui.screens.desk import Desk
from klagg_tui.screens.pieces import Pieces

TWO_COLUMNS_FROM: Final = 110
_KEYS: Final = (("esc", "back", "screen.back"), ("?", "help", "app.help"), ("q", "quit", "app.quit"))


class HealthScreen(KlaggScreen):
    """Figures as number and sparkline, then the log."""

    NAME_FOR_PEOPLE = "Health"
    DEFAULT_CSS = """
    HealthScreen #figures { height: auto; }
    HealthScreen #log { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace,h", "back", "Back to the table", id="health_back")
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="health")
        self.affairs = Pieces(desk, id="affairs")
        self.figures = Pieces(desk, id="figures")
        self.log_lines = Pieces(desk, id="log")

    def compose(self) -> ComposeResult:
        """Status, state of affairs, figures, log."""
        yield self.status_line
        yield self.affairs
        yield self.figures
        yield self.log_lines
        yield self.foot
        yield from self.too_small()

    def on_mount(self) -> None:
        """Show what there is."""
        self.call_after_refresh(self.beat, set())

    def repaint(self) -> None:
        """Draw everything anew, in other colours."""
        super().repaint()
        for drawn in self.query(Pieces):
            drawn.refresh()

    def beat(self, touched: set[str]) -> None:
        """Bring everything up to date."""
        del touched
        desk = self.desk
        self.status_line.tell(desk, subject="Health")
        affairs = self._affairs()
        self.affairs.styles.height = len(affairs)
        self.affairs.show(affairs)
        columns = 2 if self.size.width >= TWO_COLUMNS_FROM else 1
        width = self.size.width // columns
        lines = column_lines(desk.health.lines(width - 2), columns, width)
        self.figures.styles.height = len(lines)
        self.figures.show(lines)
        self._show_log()
        self.foot.show(foot_pieces(desk, _KEYS))

    def _affairs(self) -> list[list[Piece]]:
        status = self.desk.status
        lines = [[Piece(f" {status.market}: {status.connection or formatting.NOTHING}", Role.STRONG)]]
        if status.progress is not None:
            what, done, total = status.progress
            share = done / total if total else 0.0
            cells = 30
            full = round(share * cells)
            lines.append([
                Piece(f" {what} ", Role.DIM), Piece("━" * full, Role.LINE_A), Piece("━" * (cells - full), Role.GRID),
                Piece(f" {share:.0%}", Role.TEXT),
            ])  # fmt: skip
        lines += [[Piece(f" ▲ {notice}", Role.WARN)] for notice in status.notices]
        return [*lines, []]

    def _show_log(self) -> None:
        room = max(0, self.log_lines.size.height - 2)
        lines = self.desk.status.log_lines[-room:] if room else ()
        self.log_lines.show([[], [Piece(" Log", Role.TITLE)], *[[Piece(f" {line}", Role.DIM)] for line in lines]])

    def action_back(self) -> None:
        """To the table."""
        self.leave()

    def action_top(self) -> None:
        """Home."""
        self.leave()
