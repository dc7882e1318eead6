"""Which indicators a chart has, and of which lengths: chosen from a list, or typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from klagg_tui.errors import BadIndicator
from klagg_tui.screens.dialogs.note_lines import NotedLine, NotedList, padded
from klagg_tui.view.indicators.entry import begun, parted, read_entry
from klagg_tui.view.indicators.indicator import Indicator
from klagg_tui.view.preferences import Preferences

_WORDS: Final = 22
"""Cells of names and lengths at least."""
_FOOT: Final = "enter switches · tab edits lengths, or type them: macd 5 35 5 · esc closes"


class IndicatorsDialog(ModalScreen[None]):
    """Stays until it is left: what is chosen is drawn behind it at once.

    `lacking` are the keys of those that this chart cannot have, and why.
    """

    DEFAULT_CSS = """
    IndicatorsDialog { align: center middle; background: $background 30%; }
    IndicatorsDialog > Vertical {
        width: 92; max-width: 94%; height: auto; max-height: 94%; background: $panel;
        border: round $primary 60%; border-title-color: $primary; padding: 0 1;
    }
    IndicatorsDialog Input, IndicatorsDialog Input:focus { border: none; height: 1; background: $surface; padding: 0 1; }
    IndicatorsDialog Static { color: $text-muted; height: auto; }
    IndicatorsDialog #error { color: $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("up", "cursor('up')", show=False),
        Binding("down", "cursor('down')", show=False),
        Binding("tab", "edit", "Edit its lengths"),
    ]

    def __init__(
        self,
        chosen: Callable[[], Preferences],
        switch: Callable[[str], None],
        use: Callable[[Indicator], None],
        lacking: Mapping[str, str],
    ) -> None:
        super().__init__()
        self._chosen, self._switch, self._use = chosen, switch, use
        self._lacking = lacking
        self._listed: list[Indicator] = []

    def compose(self) -> ComposeResult:
        """A line to type in, what is wrong with it, the indicators that it fits."""
        with Vertical() as box:
            box.border_title = "Indicators"
            yield Input(placeholder="a name, and lengths: rsi 21", id="entry")
            yield Static("", id="error", markup=False)
            yield NotedList(self._lines)
            yield Static(_FOOT)
            for why in dict.fromkeys(self._lacking.values()):
                yield Static(why, markup=False)

    def on_mount(self) -> None:
        """The keys go to the line."""
        self._options.can_focus = False
        self.query_one(Input).focus()
        self._list("")

    @property
    def _options(self) -> NotedList:
        return self.query_one(NotedList)

    @property
    def _offered(self) -> list[Indicator]:
        return [each for each in self._chosen().all_indicators if each.key not in self._lacking]

    def _list(self, text: str, at: int = 0) -> None:
        """List what fits the text, and say what is wrong with it."""
        self._listed = begun(text, self._offered)
        self._options.list_anew(min(at, len(self._listed) - 1) if self._listed else None)
        self.query_one("#error", Static).update(self._fault(text) or "")

    def _lines(self) -> list[NotedLine]:
        shown = self._chosen().indicators
        words = padded([each.word for each in self._listed], _WORDS)
        heads = [
            Content.assemble(
                ("● " if each.key in shown else "○ ", "b $primary"), f"{word} ", (f"{each.binding:<3}", "b $primary")
            )
            for each, word in zip(self._listed, words, strict=True)
        ]
        return [NotedLine(head, each.note) for head, each in zip(heads, self._listed, strict=True)]

    def _fault(self, text: str) -> str | None:
        try:
            self._read(text)
        except BadIndicator as error:
            return str(error)
        return None

    def _read(self, text: str) -> Indicator | None:
        """What was typed with lengths; None where that is a name alone, or less."""
        name, numbers = parted(text)
        if not text.strip() or (self._listed and not numbers):
            return None
        # The beginning of one name alone stands for it.
        key = self._listed[0].key if len(self._listed) == 1 else name
        indicator = read_entry(f"{key} {' '.join(numbers)}" if key else text)
        if indicator.key in self._lacking:
            raise BadIndicator(self._lacking[indicator.key])
        return indicator

    def on_input_changed(self, message: Input.Changed) -> None:
        """With each letter."""
        self._list(message.value)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """What was typed with its lengths is shown; of a name alone, or of none, what the cursor is on is switched."""
        try:
            indicator = self._read(message.value)
        except BadIndicator:
            return  # it is told already
        if indicator is not None:
            self._use(indicator)
            self._clear(next(at for at, each in enumerate(self._offered) if each.key == indicator.key))
        else:
            self._switch_at(self._options.highlighted)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """A click."""
        self._switch_at(message.option_index)

    def _switch_at(self, at: int | None) -> None:
        if at is not None:
            key = self._listed[at].key
            self._switch(key)
            self._clear(next(at for at, each in enumerate(self._offered) if each.key == key))

    def _clear(self, at: int) -> None:
        """An empty line, and all indicators again, the cursor on one of them."""
        with self.prevent(Input.Changed):
            self.query_one(Input).value = ""
        self._list("", at)

    def action_cursor(self, way: str) -> None:
        """The arrows move in the list, whoever has the keys."""
        self._options.action_cursor_down() if way == "down" else self._options.action_cursor_up()

    def action_edit(self) -> None:
        """Put the name and lengths under the cursor into the line."""
        at = self._options.highlighted
        if at is not None:
            line = self.query_one(Input)
            line.value = self._listed[at].entry
            line.cursor_position = len(line.value)
