"""Which columns the table has, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from klagg_tui.errors import FilterError
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.dialogs.ask import Ask
from klagg_tui.screens.dialogs.note_lines import NotedLine, NotedList, padded
from klagg_tui.view import filter as filters
from klagg_tui.view.columns.column import Column
from klagg_tui.view.columns.computed import offered
from klagg_tui.view.columns.registry import DEFAULT_KEYS
from klagg_tui.view.columns.symbol import SYMBOL
from klagg_tui.view.columns.venue import VENUE

_TITLES: Final = 16
"""Cells of the titles at least."""
_FOOT: Final = (
    "space shows, hides or removes · shift+↑↓ moves · a adds a figure or expression · d resets · ? help · enter takes · "
    "esc leaves"
)


def columns_choice(state: AppState) -> ColumnsChoice:
    """That of the market table, its own names among them."""

    def error(text: str) -> str | None:
        try:
            filters.read_number(text, state.scope)
        except FilterError as unreadable:
            return str(unreadable)
        return None

    chosen, hidden = state.preferences, () if state.live.has_venues else (VENUE.key,)
    return ColumnsChoice(chosen.columns, state.find_column, error, chosen.names, hidden)


class ColumnsChoice(ModalScreen[tuple[str, ...] | None]):
    """Gives the chosen keys in order, None when left by Esc."""

    HELP_TITLE = "Columns"

    DEFAULT_CSS = """
    ColumnsChoice { align: center middle; background: $background 50%; }
    ColumnsChoice > Vertical {
        width: 96; max-width: 94%; height: auto; max-height: 94%; background: $panel;
        border: round $primary 60%; border-title-color: $primary; padding: 0 1;
    }
    ColumnsChoice Static { color: $text-muted; height: auto; dock: bottom; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Close"),
        Binding("space", "switch", "Show or hide"),
        Binding("shift+up,K", "move(-1)", "Further left"),
        Binding("shift+down,J", "move(1)", "Further right"),
        Binding("a", "add", "Add a figure or an expression"),
        Binding("d", "defaults", "As delivered"),
        Binding("question_mark", "app.help", "Help", show=False),
        Binding("j", "cursor('down')", show=False),
        Binding("k", "cursor('up')", show=False),
    ]

    def __init__(
        self,
        keys: Sequence[str],
        find: Callable[[str], Column | None],
        error: Callable[[str], str | None],
        names: Iterable[tuple[str, str]] = (),
        hidden: Collection[str] = (),
    ) -> None:
        """`find` finds computed ones too, `error` says why a text is none; `names` are own ones.

        `hidden` are not to be chosen now, and whether they are chosen stays as it is.
        """
        super().__init__()
        self._find, self._error = find, error
        self._hidden = [key for key in keys if key in hidden]
        shown = [column for key in keys if key not in hidden and (column := find(key)) is not None]
        others = [column for column in offered(find, names) if column.key not in hidden]
        self._columns = {column.key: column for column in (SYMBOL, *shown, *others)}
        self._chosen = {SYMBOL.key, *(column.key for column in shown)}
        first = [] if SYMBOL in shown else [SYMBOL.key]
        self._order = list(dict.fromkeys([*first, *(column.key for column in shown), *self._columns]))

    def compose(self) -> ComposeResult:
        """The columns from left to right, as lines."""
        with Vertical() as box:
            box.border_title = "Columns"
            yield NotedList(self._lines)
            yield Static(_FOOT)

    def _lines(self) -> list[NotedLine]:
        columns = [self._columns[key] for key in self._order]
        titles = padded([column.title for column in columns], _TITLES)
        return [self._line(column, title) for column, title in zip(columns, titles, strict=True)]

    def _line(self, column: Column, title: str) -> NotedLine:
        sign = "✔" if column.key in self._chosen else " "
        return NotedLine(Content.assemble((sign, "b $primary"), f"  {title} "), column.note)

    @property
    def _options(self) -> NotedList:
        return self.query_one(NotedList)

    def _refresh_lines(self, at: int) -> None:
        self._options.list_anew(at)

    def action_cursor(self, way: str) -> None:
        """As the arrows do."""
        self._options.action_cursor_down() if way == "down" else self._options.action_cursor_up()

    def action_switch(self) -> None:
        """Show or hide; the name is always there."""
        at = self._options.highlighted or 0
        if self._order[at] != SYMBOL.key:
            self._chosen ^= {self._order[at]}
            self._refresh_lines(at)

    def action_move(self, step: int) -> None:
        """Further left or right."""
        at = self._options.highlighted or 0
        to = at + step
        if 0 <= to < len(self._order):
            self._order[at], self._order[to] = self._order[to], self._order[at]
            self._refresh_lines(to)

    def action_add(self) -> None:
        """Write one that is not among them."""
        note = "A figure such as chg(15m) or rsi(1h,14), an own name, or any number: abs(chg(1h))/natr(5m)"
        _ = self.app.push_screen(Ask("Add a column", note, "", self._error), self._add)

    def _add(self, text: str | None) -> None:
        column = self._find(text) if text is not None else None
        if column is None:
            return
        if column.key not in self._columns:
            self._columns[column.key] = column
            self._order.insert(len([key for key in self._order if key in self._chosen]), column.key)
        self._chosen.add(column.key)
        self._refresh_lines(self._order.index(column.key))

    def action_defaults(self) -> None:
        """As delivered."""
        usual = [key for key in DEFAULT_KEYS if key in self._columns]
        self._order = list(dict.fromkeys([*usual, *self._columns]))
        self._chosen = set(usual)
        self._refresh_lines(0)

    def on_option_list_option_selected(self) -> None:
        """Enter takes what is chosen."""
        chosen = [key for key in self._order if key in self._chosen]
        at = chosen.index(SYMBOL.key) + 1
        _ = self.dismiss((*chosen[:at], *self._hidden, *chosen[at:]))
