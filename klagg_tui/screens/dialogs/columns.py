"""Which columns the table has, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from klagg_tui.screens.dialogs.ask import Ask
from klagg_tui.view.columns.column import Column
from klagg_tui.view.columns.registry import BY_KEY, COLUMNS, DEFAULT_KEYS


class ColumnsChoice(ModalScreen[tuple[str, ...] | None]):
    """Gives the chosen keys in order, None when left by Esc."""

    DEFAULT_CSS = """
    ColumnsChoice { align: center middle; background: $background 50%; }
    ColumnsChoice > Vertical {
        width: 72; max-width: 94%; height: auto; max-height: 94%; background: $panel;
        border: round $primary 60%; border-title-color: $primary; padding: 0 1;
    }
    ColumnsChoice OptionList { background: transparent; border: none; height: auto; padding: 0; }
    ColumnsChoice OptionList:focus { border: none; background-tint: transparent; }
    ColumnsChoice Static { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Close"),
        Binding("space", "switch", "Show or hide"),
        Binding("shift+up,K", "move(-1)", "Further left"),
        Binding("shift+down,J", "move(1)", "Further right"),
        Binding("a", "add", "Add a figure"),
        Binding("d", "defaults", "As delivered"),
        Binding("j", "cursor('down')", show=False),
        Binding("k", "cursor('up')", show=False),
    ]

    def __init__(
        self,
        keys: Sequence[str],
        find: Callable[[str], Column | None],
        error: Callable[[str], str | None],
        hidden: Collection[str] = (),
    ) -> None:
        """`find` finds computed ones too, `error` says why a text is none.

        `hidden` are not to be chosen now; whether they are chosen stays as it is.
        """
        super().__init__()
        self._find, self._error = find, error
        self._hidden = [key for key in keys if key in hidden]
        known = [column.key for column in COLUMNS if column.key not in hidden]
        self._offered = [*known, *(key for key in keys if key not in BY_KEY and find(key))]
        shown = [key for key in keys if key in self._offered]
        self._order = [*shown, *(key for key in self._offered if key not in shown)]
        self._chosen = set(shown)

    def compose(self) -> ComposeResult:
        """The columns from left to right, as lines."""
        with Vertical() as box:
            box.border_title = "Columns"
            yield OptionList(*self._lines())
            yield Static(
                "space shows or hides · shift+↑↓ moves · a adds a figure · d as delivered · enter takes · esc leaves"
            )

    def _lines(self) -> list[Content]:
        return [
            Content.assemble(
                ("✔" if column.key in self._chosen else " ", "b $primary"),
                f"  {column.title:<12} ",
                (column.note, "$text-muted"),
            )
            for key in self._order
            if (column := self._find(key)) is not None
        ]

    @property
    def _options(self) -> OptionList:
        return self.query_one(OptionList)

    def _refresh_lines(self, at: int) -> None:
        self._options.clear_options().add_options(self._lines())
        self._options.highlighted = at

    def action_cursor(self, way: str) -> None:
        """As the arrows do."""
        self._options.action_cursor_down() if way == "down" else self._options.action_cursor_up()

    def action_switch(self) -> None:
        """Show or hide; the name is always there."""
        at = self._options.highlighted or 0
        if self._order[at] != "symbol":
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
        """Ask for a figure or another number, and show it at the end."""

        def use(text: str | None) -> None:
            if text:
                self._order = [*(key for key in self._order if key != text), text]
                self._chosen.add(text)
                self._refresh_lines(len(self._order) - 1)

        note = "A figure like chg(24h) or rvol(5m), a number like vol/trades, or a name of your own."
        _ = self.app.push_screen(Ask("Add a column", note, "", self._error), use)

    def action_defaults(self) -> None:
        """As delivered."""
        self._order = list(self._offered)
        self._chosen = set(DEFAULT_KEYS)
        self._refresh_lines(0)

    def on_option_list_option_selected(self) -> None:
        """Enter takes what is chosen."""
        chosen = [key for key in self._order if key in self._chosen]
        at = chosen.index("symbol") + 1
        _ = self.dismiss((*chosen[:at], *self._hidden, *chosen[at:]))
