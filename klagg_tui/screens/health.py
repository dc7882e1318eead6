"""How klagg itself is doing: in one line, in a line for each group, in numbers, and in the last lines of the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.widgets.pieces import Pieces
from klagg_tui.view.health.groups import AlertsNow, Graded, GroupOrder, graded_groups
from klagg_tui.view.health.log import log_pieces
from klagg_tui.view.health.overview import detail_lines, group_lines, verdict_lines
from klagg_tui.view.role import Piece, Role, sentence_lines
from klagg_tui.view.venues import health_lines

COLUMNS_FROM: Final = (0, 110, 180)
"""Widths from which the metrics stand in one column, two, three."""
_LEAST_LOG: Final = 5
_KEYS: Final = (
    ("↑↓", "scroll", "screen.scroll(1)"),
    ("", "back", "screen.back"),
    ("", "help", "app.help"),
    ("", "quit", "app.quit"),
)


class HealthScreen(KlaggScreen):
    """The verdict, the groups, their metrics as number and sparkline, then the log."""

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
        self._order = GroupOrder()

    def compose(self) -> ComposeResult:
        """Status, verdict and groups, metrics, log."""
        yield self.status_line
        with VerticalScroll(id="body", can_focus=False):
            yield self.summary
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
        now = graded_groups(state.health, state.status, self._alerts())
        graded = self._order.ordered(now, state.health.seconds)
        overview = self._overview(graded)
        self.summary.styles.height = len(overview)
        self.summary.show(overview)
        columns = sum(self.size.width >= least for least in COLUMNS_FROM)
        lines = detail_lines(graded, state.health, columns, self.size.width // columns)
        self.metrics.styles.height = len(lines)
        self.metrics.show(lines)
        self._show_log()
        self.show_footer(_KEYS)

    def _overview(self, graded: Sequence[Graded]) -> list[list[Piece]]:
        """What matters: the verdict, what needs a person, a line for each group and for each exchange."""
        state, status, width = self.state, self.state.status, self.size.width
        exchanges = health_lines(status, local=state.preferences.local_time, width=width)
        told = (
            {f"{venue.name}: {notice}" for venue in status.venues for notice in venue.notices} if exchanges else set()
        )
        lines = verdict_lines(graded, status, told, width)
        lines += [[], *group_lines(graded, state.health, status, self._alerts(), width)]
        if exchanges:
            lines += [[], *exchanges[:-1]]
        if status.not_chosen:
            lines += [[], *sentence_lines(status.not_chosen, Role.DIM, width)]
        return [*lines, []]

    def _alerts(self) -> AlertsNow:
        state = self.state
        armed = sum(not alert.has_ended for alert in state.alerts.all)
        return AlertsNow(armed, len(state.fired), state.book.desk.notices)

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
