"""One coin on every exchange: how far its prices are apart, where it is traded most, who moved first."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.widgets.coin_table import CoinHeaders, CoinTable
from klagg_tui.screens.widgets.header import TabsLine
from klagg_tui.screens.widgets.pieces import Pieces
from klagg_tui.screens.widgets.row_cursor import RowCursor
from klagg_tui.view.coin import CoinSort, compared, fitting, movement, rows_of, rule_lines, sorted_markets, summary
from klagg_tui.view.model import Row
from klagg_tui.view.moves import NO_MOVE, PriceTrails
from klagg_tui.view.role import Piece, Role

_KEYS: Final = (
    ("", "open", "screen.open"),
    ("", "sort", "screen.sort"),
    ("", "turn round", "screen.turn"),
    ("", "freeze", "screen.freeze"),
    ("", "back", "screen.back"),
    ("", "help", "app.help"),
    ("", "quit", "app.quit"),
)
_RULES_FROM: Final = 20
"""Lines of height from which on there is room for the rules."""


class CoinScreen(KlaggScreen):
    """A line for each symbol that trades the coin."""

    HELP_TITLE = "One coin on every exchange"
    DEFAULT_CSS = """
    CoinScreen #summary { height: auto; }
    CoinScreen #rules { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace,b", "back", "Back", id="coin_back"),
        Binding("s", "sort", "Sort by the next column", id="coin_sort"),
        Binding("S,r", "turn", "Turn the order round", show=False, id="coin_turn"),
        Binding("space", "freeze", "Freeze the picture, or go on", id="coin_freeze"),
    ]

    class Opened(Message):
        """A symbol is to be shown."""

        def __init__(self, symbol: str) -> None:
            super().__init__()
            self.symbol = symbol

    def __init__(self, state: AppState, base: str, subject: str = "") -> None:
        super().__init__(state, id="coin")
        self.base = base
        self._subject = subject
        """The symbol that it was asked for, to be named where its coin is not known."""
        self.tabs = TabsLine(state, id="tabs")
        self.summary = Pieces(state, id="summary")
        self.headers = CoinHeaders(state, id="headers")
        self.table = CoinTable(state)
        self.rules = Pieces(state, id="rules")
        self.sort = CoinSort()
        self._trails = PriceTrails()
        self._moved = NO_MOVE
        """As long as the screen is frozen, what it was then."""
        self._watched_ms = 0
        self._beat = state.beats
        """The last one with which prices were looked at."""

    def show_coin(self, base: str, subject: str) -> None:
        """Show another one."""
        self.base, self._subject = base, subject
        self._trails, self._moved = PriceTrails(), NO_MOVE
        self.beat(set())

    def compose(self) -> ComposeResult:
        """Status, periods, what the prices say, the markets, what the numbers mean."""
        yield self.status_line
        yield self.tabs
        yield self.summary
        yield self.headers
        yield self.table
        yield self.rules
        yield self.notice
        yield self.footer
        yield from self.too_small()

    def on_mount(self) -> None:
        """Show what there is."""
        self.table.focus()
        self.call_after_refresh(self.beat, set())

    def beat(self, touched: set[str]) -> None:
        """Note the prices, and show how they stand to each other."""
        del touched
        live = self.state.live
        if not self.base and (row := live.rows.get(self._subject)):
            self.base = row.base  # as soon as a listing says it
        now_ms = self.state.status.exchange_now_ms
        passed, self._beat = self.state.beats - self._beat, self.state.beats
        if passed > 1:  # under another screen nobody looked: who moved first meanwhile is not known
            self._trails = PriceTrails()
        self._trails.watched_ms(now_ms)
        for row in rows_of(live, self.base):
            if row.last is not None and row.last_trade_ms is not None:
                self._trails.note(row.symbol, row.last_trade_ms, row.last)
        self._show()

    def repaint(self) -> None:
        """Draw everything again, in other colours."""
        super().repaint()
        for drawn in self.query(Pieces):
            drawn.refresh()
        self.table.refresh()

    def period_changed(self) -> None:
        """Other bars."""
        self._show()

    def _show(self) -> None:
        state = self.state
        rows = rows_of(state.shown_market, self.base)
        now_ms = state.now_ms
        stale = state.stale_venues
        if not state.is_frozen:
            live = [row.symbol for row in rows if row.venue not in stale]
            self._moved, self._watched_ms = self._trails.moved(live, now_ms), self._trails.watched_ms(now_ms)
        coin = compared(self.base, rows, state.render_context, stale, self._moved)
        columns = fitting(self.size.width)
        self.status_line.show_status(state, subject=self.base or self._subject)
        self.tabs.show_tabs(state, [Piece(" The same coin on every exchange ", Role.DIM)], "")
        self._show_summary([summary(coin), movement(coin, self._watched_ms)] if rows else [])
        self.headers.show_headers(columns, self.sort)
        self.table.empty_text = self._empty_text()
        self.table.show_markets(sorted_markets(coin.markets, self.sort, now_ms), columns)
        has_room = self.size.height >= _RULES_FROM and bool(rows)
        rules = rule_lines(self.size.width - 2) if has_room else []
        self.rules.styles.height = len(rules)
        self.rules.show([[Piece(f" {rule}", Role.DIM)] for rule in rules])
        self.show_footer(_KEYS)

    def _show_summary(self, sentences: Sequence[str]) -> None:
        roles = (Role.STRONG, Role.ACCENT)
        width = max(20, self.size.width - 2)
        lines = [
            [Piece(f" {line}", role)]
            for role, text in zip(roles, sentences, strict=False)
            for line in wrap(text, width)
        ]
        self.summary.styles.height = len(lines) + 1
        self.summary.show(lines)

    def _empty_text(self) -> str:
        if self.base:
            return f"No symbol of {self.base} is watched any more."
        return (
            f"No listing has said yet which coin {self._subject} is: it is read from there, never cut from the name.\n"
            "It comes with the exchange's first answer; what is only stored has none."
        )

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.table.current

    def on_row_cursor_opened(self, message: RowCursor.Opened) -> None:
        """Pass it on to the app."""
        self.post_message(self.Opened(message.symbol))

    def action_open(self) -> None:
        """Open the symbol under the cursor."""
        self.table.action_open()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.sort = self.sort.after(fitting(self.size.width))
        self._show()

    def action_sort_by(self, key: str) -> None:
        """Sort by a column; by the same again turns round."""
        self.sort = self.sort.by(key)
        self._show()

    def action_turn(self) -> None:
        """The other way round."""
        self.action_sort_by(self.sort.key)

    def action_freeze(self) -> None:
        """Freeze the screen, or go on."""
        if self.state.is_frozen:
            self.state.unfreeze()
        else:
            self.state.freeze()
        self._show()

    def action_back(self) -> None:
        """To the screen below."""
        self.leave()

    def action_top(self) -> None:
        """Home."""
        self.leave()
