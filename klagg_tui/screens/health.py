"""How klagg itself is doing: connections, delay, gaps, writes, memory, and the last lines of the log."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from klagg_tui import formatting
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.base import KlaggScreen, progress_pieces
from klagg_tui.screens.widgets.header import market_name
from klagg_tui.screens.widgets.pieces import Pieces
from klagg_tui.view.health import column_lines, log_pieces
from klagg_tui.view.role import Piece, Role, sentence_lines
from klagg_tui.view.venues import health_lines

TWO_COLUMNS_FROM: Final = 110
_LEAST_LOG: Final = 5
_KEYS: Final = (("", "back", "screen.back"), ("", "help", "app.help"), ("", "quit", "app.quit"))


class HealthScreen(KlaggScreen):
    """Metrics as number and sparkline, then the log."""

    HELP_TITLE = "Health"
    DEFAULT_CSS = """
    HealthScreen #metrics { height: auto; }
    HealthScreen #body { scrollbar-size-vertical: 1; height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace,h", "back", "Back to the table", id="health_back"),
        Binding("up,k", "scroll(-1)", "Scroll up", show=False),
        Binding("down,j", "scroll(1)", "Scroll down", show=False),
        Binding("pageup,ctrl+b", "scroll(-20)", "Scroll a page up", show=False),
        Binding("pagedown,ctrl+f", "scroll(20)", "Scroll a page down", show=False),
    ]

    def __init__(self, state: AppState) -> None:
        super().__init__(state, id="health")
        self.summary = Pieces(state, id="summary")
        self.metrics = Pieces(state, id="metrics")
        self.log_lines = Pieces(state, id="log")

    def compose(self) -> ComposeResult:
        """Status, state of summary, metrics, log."""
        yield self.status_line
        yield self.summary
        with VerticalScroll(id="body", can_focus=False):
            yield self.metrics
            yield self.log_lines
        yield self.footer
        yield from self.too_small()

    def on_mount(self) -> None:
        """Show what there is."""
        self.call_after_refresh(self.beat, set())

    def repaint(self) -> None:
        """Draw everything again, in other colours."""
        super().repaint()
        for drawn in self.query(Pieces):
            drawn.refresh()

    def beat(self, touched: set[str]) -> None:
        """Bring everything up to date."""
        del touched
        state = self.state
        self.status_line.show_status(state, subject="Health", filter_text=state.filter.text)
        summary = self._summary()
        self.summary.styles.height = len(summary)
        self.summary.show(summary)
        columns = 2 if self.size.width >= TWO_COLUMNS_FROM else 1
        width = self.size.width // columns
        lines = column_lines(state.health.lines(width - 2), columns, width)
        self.metrics.styles.height = len(lines)
        self.metrics.show(lines)
        self._show_log()
        self.show_footer(_KEYS)

    def _summary(self) -> list[list[Piece]]:
        status, width = self.state.status, self.size.width
        market = market_name(self.state)
        lines = [[Piece(f" {market}: {status.connection or formatting.NOTHING}", Role.STRONG)]]
        if status.progress is not None:
            done = f"{formatting.whole(status.progress.done)} of {formatting.whole(status.progress.total)}"
            lines.append([*progress_pieces(status.progress, 30), Piece(f" {done}", Role.DIM)])
        if status.owed:
            lines += sentence_lines(status.owed, Role.WARN, width)
        if status.not_chosen:
            lines += sentence_lines(status.not_chosen, Role.DIM, width)
        exchanges = health_lines(status, local=self.state.preferences.local_time, width=width)
        told = (
            {f"{venue.name}: {notice}" for venue in status.venues for notice in venue.notices} if exchanges else set()
        )
        for notice in status.notices:
            if notice not in told:
                lines += sentence_lines(notice, Role.WARN, width, "▲ ")
        lines += exchanges[:-1]
        return [*lines, []]

    def _show_log(self) -> None:
        # The newest that there is room for; some of them also where one has to scroll to them.
        room = self.size.height - 4 - len(self.summary.text.split("\n")) - self.metrics.text.count("\n")
        lines = self.state.status.log_lines[-max(_LEAST_LOG, room) :]
        self.log_lines.styles.height = len(lines) + 2
        self.log_lines.show([[], [Piece(" Log", Role.TITLE)], *map(log_pieces, lines)])

    def action_scroll(self, lines: int) -> None:
        """Where a small terminal does not hold all."""
        self.query_one("#body").scroll_relative(y=lines, animate=False)

    def action_back(self) -> None:
        """To the table."""
        self.leave()

    def action_top(self) -> None:
        """Home."""
        self.leave()
