"""Bars into a file: which, from when to when, in which format and where to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Label, ProgressBar, Select, Static

from klagg_tui import formatting
from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.errors import KlaggError
from klagg_tui.exporting.exporter import ExportProgress
from klagg_tui.exporting.files import read_target
from klagg_tui.exporting.format import Format
from klagg_tui.exporting.formats import all_formats
from klagg_tui.exporting.selection import Selection
from klagg_tui.exporting.series import symbol_in_name
from klagg_tui.names import parted
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.dialogs.export_presets import NO_PRESET, ExportPresets
from klagg_tui.view.exports import ALL_PERIODS, BARS, ExportPreset, bars_text, known, times_of, unfinished_text

_KEYS = (
    ("tab", "next field", "app.focus_next"),
    ("", "export", "screen.start"),
    ("", "presets", "screen.presets"),
    ("", "cancel or back", "screen.back"),
)
TYPING_PAUSE_S = 0.3
_LOW = 30
"""Lines that the form with its blank lines needs."""


class ExportScreen(KlaggScreen):
    """`choices` are named sets of symbols: the filtered ones, a watchlist, one."""

    HELP_TITLE, FOOT_HAS_REPLAY = "Export", False
    DEFAULT_CSS = """
    ExportScreen #form { padding: 1 2; height: 1fr; max-width: 100; overflow-y: auto; scrollbar-size-vertical: 1; }
    ExportScreen .field { height: 1; margin-bottom: 1; }
    ExportScreen .field Label { width: 12; color: $text-muted; }
    ExportScreen Input { border: none; height: 1; background: $surface; padding: 0 1; width: 1fr; }
    ExportScreen Input:focus { border: none; background: $panel; }
    ExportScreen Select { width: 1fr; }
    ExportScreen Select.-textual-compact SelectCurrent { padding: 0 1; }
    ExportScreen #estimate, ExportScreen #outcome { height: auto; margin: 0 0 1 12; color: $text; }
    ExportScreen.low #form { padding: 0 2; }
    ExportScreen.low .field { margin-bottom: 0; }
    ExportScreen .error { color: $error; }
    ExportScreen #buttons { height: 1; margin: 0 0 1 12; }
    ExportScreen Button { margin-right: 2; }
    ExportScreen ProgressBar { margin-left: 12; visibility: hidden; width: 60; }
    ExportScreen.busy ProgressBar { visibility: visible; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Cancel the export, or back to the table", id="export_back", priority=True),
        Binding("ctrl+s", "start", "Export", id="export_start", priority=True),
        Binding("ctrl+o", "presets", "Presets: choose, save, rename, delete", id="export_presets", priority=True),
    ]

    def __init__(self, state: AppState, choices: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        super().__init__(state, id="export")
        self._choices = list(choices)
        self._stop = threading.Event()
        self._replaced: Path | None = None
        """The file that was asked about, whether it may be replaced."""
        self._faulty: tuple[ExportPreset, str] | None = None
        """The form that the error on view is about."""
        self._presets = ExportPresets(self, self.choices, self.show_presets, self._fill)

    def compose(self) -> ComposeResult:
        """A form, the estimate, progress and outcome."""
        yield self.status_line
        with Vertical(id="form"):
            names = [
                (Content(f"{name} ({len(symbols):,})"), number) for number, (name, symbols) in enumerate(self._choices)
            ]
            yield _field("Symbols", Select(names, value=0, allow_blank=False, compact=True, id="symbols"))
            presets = self._presets.options()
            yield _field("Preset", Select(presets, value=NO_PRESET, allow_blank=False, compact=True, id="preset"))
            yield _field("Periods", Input(str(self.state.period), id="periods", placeholder="1m 5m 1h, or all"))
            yield _field(
                "From",
                Input(id="from", placeholder="the beginning, or like 2024-08-08T23:55, yesterday, -3d"),
            )
            yield _field("To", Input(id="to", placeholder="the end"))
            states = [(words, word) for word, (words, _) in BARS.items()]
            yield _field("Bars", Select(states, value="all", allow_blank=False, compact=True, id="states"))
            forms = all_formats()
            choices = [(form.name, form) for form in forms]
            yield _field("Format", Select(choices, value=forms[0], allow_blank=False, compact=True, id="format"))
            yield _field("File", Input(id="target"))
            yield Static("", id="estimate", markup=False)
            with Horizontal(id="buttons"):
                yield Button("Export", id="start", variant="primary", compact=True)
                yield Button("Presets …", id="presets", compact=True)
                yield Button("Back", id="leave", compact=True)
            yield ProgressBar(id="progress", show_eta=True)
            yield Static("", id="outcome", markup=False)
        yield self.notice
        yield self.footer
        yield from self.too_small()

    def on_resize(self, event: events.Resize) -> None:
        """Leave blank lines out where they would push the count out of sight."""
        self.set_class(event.size.height < _LOW, "low")

    def on_mount(self) -> None:
        """Suggest a file, and estimate what is exported."""
        self.query_one("#target", Input).value = self._suggested()
        self.query_one("#symbols").focus()
        self.beat(set())

    def beat(self, touched: set[str]) -> None:
        """Keep the status line up to date."""
        del touched
        self.status_line.show_status(self.state, subject="Export", filter_text=self.state.filter.text)
        self.show_footer(_KEYS)

    # What is chosen.

    @property
    def _symbols(self) -> tuple[str, ...]:
        number = self.query_one("#symbols", Select).value
        return self._choices[number][1] if isinstance(number, int) else ()

    @property
    def _format(self) -> Format:
        form = self.query_one("#format", Select).value
        return form if isinstance(form, Format) else all_formats()[0]

    @property
    def _states(self) -> frozenset[State] | None:
        return BARS[str(self.query_one("#states", Select).value)][1]

    @property
    def _filled(self) -> tuple[ExportPreset, str]:
        return self.choices(""), self._typed_target

    @property
    def _typed_target(self) -> str:
        return self.query_one("#target", Input).value

    def _suggested(self) -> str:
        parts = filter(None, parted(self._symbols[0])) if len(self._symbols) == 1 else ("klagg",)
        name = "-".join(map(symbol_in_name, parts))
        periods = "-".join(self.query_one("#periods", Input).value.replace(",", " ").split())
        return str(Path.home() / f"{name}-{periods}.{self._format.name}")

    def _selection(self) -> Selection:
        """What the form asks for.

        Raises:
            KlaggError: a field cannot be read.
        """
        names = self.query_one("#periods", Input).value.replace(",", " ").split()
        if not names:
            raise KlaggError("Name at least one period, for instance 1m; all is all of them.")
        if not self._symbols:
            raise KlaggError("There is no symbol in this choice.")
        begin, end = (self.query_one(f"#{field}", Input).value for field in ("from", "to"))
        from_ms, to_ms = times_of(
            begin, end, self.state.status.exchange_now_ms, local=self.state.preferences.local_time
        )
        return Selection(
            symbols=self._symbols,
            periods=self.state.feed.periods
            if names == [ALL_PERIODS]
            else tuple(dict.fromkeys(map(Period.parse, names))),
            from_ms=from_ms,
            to_ms=to_ms,
            states=self._states,
        )

    # What comes of it.

    @on(Select.Changed, "#preset")
    def _preset_chosen(self, message: Select.Changed) -> None:
        preset = known(self.state.preferences.export_presets).get(str(message.value))
        if preset is not None:
            self._fill(preset)

    def _fill(self, preset: ExportPreset) -> None:
        self.query_one("#periods", Input).value = preset.periods
        self.query_one("#from", Input).value = preset.begin
        self.query_one("#to", Input).value = preset.end
        self.query_one("#states", Select).value = preset.bars
        form = next((form for form in all_formats() if form.name == preset.format), None)
        if form is not None:
            self.query_one("#format", Select).value = form
        number = next((number for number, (name, _) in enumerate(self._choices) if name == preset.symbols), None)
        if number is not None:
            self.query_one("#symbols", Select).value = number
        elif preset.symbols:
            self._show_outcome(f"{preset.symbols} cannot be exported here: choose the symbols.", error=True)

    def choices(self, name: str) -> ExportPreset:
        """What the form says now, as a preset of that name."""
        number = self.query_one("#symbols", Select).value
        return ExportPreset(
            name,
            self.query_one("#periods", Input).value.strip(),
            self.query_one("#from", Input).value.strip(),
            self.query_one("#to", Input).value.strip(),
            str(self.query_one("#states", Select).value),
            self._choices[number][0] if isinstance(number, int) else "",
            self._format.name,
        )

    def show_presets(self, chosen: str) -> None:
        """Others can be chosen than before; `chosen` is the one that the form has now, empty for none."""
        select = self.query_one("#preset", Select)
        with self.prevent(Select.Changed):
            select.set_options(self._presets.options())
            select.value = chosen

    def action_presets(self) -> None:
        """Choose a preset, save the form as one, rename or delete one."""
        chosen = str(self.query_one("#preset", Select).value)
        self._presets.open(chosen)

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self, message: Input.Changed | Select.Changed) -> None:
        if message.control.id in ("symbols", "periods", "format"):
            target = self.query_one("#target", Input)
            if not target.value or target.value == getattr(self, "_last_suggested", target.value):
                self._last_suggested = target.value = self._suggested()
        if not self.has_class("busy"):
            if self._faulty not in (None, self._filled):
                self._show_outcome("", error=False)
            self.estimate()

    @work(exclusive=True, group="estimate")
    async def estimate(self) -> None:
        """Say how much it will be."""
        # All of the form is read before anything is waited for: the screen may be left meanwhile.
        estimate, form, target = self.query_one("#estimate", Static), self._format, self._typed_target
        try:
            selection: Selection | KlaggError = self._selection()
        except KlaggError as error:
            selection = error
        # Counting a whole market takes its time and cannot be called off: it waits for a pause in the typing.
        await asyncio.sleep(TYPING_PAUSE_S)
        estimate.set_class(False, "error")
        estimate.update("counting …")
        try:
            if isinstance(selection, KlaggError):
                raise selection
            is_there = read_target(target).exists()
            found = await self.state.feed.estimate(selection, form)
        except KlaggError as error:
            estimate.set_class(True, "error")
            estimate.update(str(error))
            return
        most = "" if selection.states is None else "at most "
        replaced = "; replaces the file that is there" if is_there else ""
        estimate.update(f"{most}{bars_text(found.bars)}, about {formatting.size(found.byte_count)}{replaced}")

    def action_start(self) -> None:
        """Write the file; where there is one of that name, asked a second time."""
        if self.has_class("busy"):
            return
        try:
            target = read_target(self._typed_target)
        except KlaggError as error:
            self._show_outcome(str(error), error=True)
            return
        if target.exists() and target != self._replaced:
            self._replaced = target
            self._show_outcome(f"{target} is there: export once more to replace it.", error=True)
            return
        self._replaced = None
        self.write(target)

    def on_button_pressed(self, message: Button.Pressed) -> None:
        """As the keys do."""
        actions = {"start": self.action_start, "leave": self.action_back, "presets": self.action_presets}
        actions[str(message.button.id)]()

    @work(exclusive=True, group="export")
    async def write(self, target: Path) -> None:
        """Export, and show the outcome."""
        self._stop.clear()
        self.add_class("busy")
        self._show_outcome("", error=False)
        try:
            done = await self.state.feed.export(
                self._selection(), target, self._format, is_split=False,
                on_progress=self._progressed, should_stop=self._stop.is_set,
            )  # fmt: skip
        except KlaggError as error:
            self._show_outcome(str(error), error=True)
        else:
            paths = ", ".join(map(str, done.paths)) or str(target)
            text = (
                "Cancelled; nothing was written."
                if done.is_stopped
                else f"{bars_text(done.bars)} in {paths}{unfinished_text(done.states)}"
            )
            self._show_outcome(text, error=done.is_stopped)
        finally:
            self.remove_class("busy")

    def _progressed(self, progress: ExportProgress) -> None:
        """From the engine's thread."""
        self.app.call_later(self._show_progress, progress)

    def _show_progress(self, progress: ExportProgress) -> None:
        for bar in self.query(ProgressBar):  # there is none where the program is being left
            bar.update(total=progress.total_bars or None, progress=progress.bars)

    def _show_outcome(self, text: str, *, error: bool) -> None:
        outcome = self.query_one("#outcome", Static)
        outcome.set_class(error, "error")
        outcome.update(text)
        self._faulty = self._filled if error else None
        if text:  # where the form is higher than the terminal
            self.call_after_refresh(outcome.scroll_visible, animate=False)

    def action_back(self) -> None:
        """Close a list that is open, cancel what runs, otherwise leave."""
        opened = next((select for select in self.query(Select) if select.expanded), None)
        if opened is not None:
            opened.expanded = False
            opened.focus()
        elif self.has_class("busy"):
            self._stop.set()
            self._show_outcome("Cancelling …", error=False)
        else:
            self.leave()

    def action_top(self) -> None:
        """Home."""
        self.action_back()


def _field(name: str, control: Input | Select[object]) -> Horizontal:
    return Horizontal(Label(name), control, classes="field")
