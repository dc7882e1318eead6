"""The terminal app: asks the feed five times a second what changed, and lets the screen on view draw it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from textual import events, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.theme import Theme

from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.feed import Feed, Mode
from klagg_tui.runtime import interpreter
from klagg_tui.screens.app_state import BEATS_A_SECOND, AppState
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.dialogs.alerts import AlertsScreen
from klagg_tui.screens.history import HistoryReader, HistoryReaders
from klagg_tui.screens.key_queue import KeyQueue
from klagg_tui.screens.market import MarketScreen
from klagg_tui.screens.navigation import Navigation
from klagg_tui.screens.palette import Tints
from klagg_tui.screens.palette_commands import KlaggCommands
from klagg_tui.screens.picture import save_picture
from klagg_tui.screens.playback import PLAYBACK_BINDINGS, PlaybackKeys
from klagg_tui.screens.state_file import StateFile
from klagg_tui.screens.symbol import SymbolScreen
from klagg_tui.screens.themes import KLAGG
from klagg_tui.screens.toasts import AlertToasts, TerminalSigns
from klagg_tui.screens.xterm_colours import In256
from klagg_tui.steering import Attachment, Playback
from klagg_tui.view.alerts import AlertDesk
from klagg_tui.view.preferences import Preferences

BEAT_S: Final = 1 / BEATS_A_SECOND
UNREAD_S: Final = 20.0
"""So long a sentence stands on an alert or filter that was saved and cannot be read."""
SETTLED_S: Final = 10.0
"""By then the rows of the market are there: a hundred thousand objects that stay, for collections to pass over."""


class KlaggApp(Navigation):
    """One market on a screen.

    Args:
        feed: the running engine.
        defaults: preferences where nothing was saved.
        state_file: where preferences are saved; None: nowhere.
        keymap: keys for bindings by their ids, instead of ours.
        failure: why the engine ended by itself; the app leaves when there is a reason.
        should_leave: whether a signal asks it to.
        on_shown: called once, when the first picture is there, with its period.
        desk: where alerts are kept, and people told of them outside of the screen.
        signs: what the terminal is told of an alert.
        playback: of a replay, how it is played.
        attachment: where another process may record.
        welcome: told once, behind the first picture.
    """

    TITLE = "klagg"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = {KlaggCommands}  # noqa: RUF012 - as Textual has it
    CSS = """
    Toast { background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "alerts", "Alerts: make, delete, what fired", id="alerts"),
        Binding("e", "export", "Export bars to a file", id="export"),
        Binding("h", "health", "Health: connections, delay, gaps, writes", id="health"),
        Binding("t", "change_theme", "Theme", id="theme"),
        Binding("C", "tints", "Colours of gain and loss", id="colours"),
        Binding("z", "local_time", "Times local or UTC", id="times"),
        Binding("question_mark", "help", "Help", id="help", key_display="?"),
        Binding("colon", "command_palette", "Command palette", show=False, id="palette", key_display=":"),
        # The second is what people know; a phone has no such key, and some browsers keep it for themselves.
        Binding(
            "exclamation_mark,ctrl+r",
            "take_over",
            "Record here, where the klagg that recorded has ended",
            id="take_over",
        ),
        Binding("D", "demo", "The simulated market, where the real one cannot be reached", id="demo"),
        *PLAYBACK_BINDINGS,
        Binding("q", "quit", "Leave klagg", id="quit"),
        # Textual's own answer is a hint at another key; whoever presses it wants to leave, also out of an input.
        Binding("ctrl+c", "interrupt", "Leave klagg", id="interrupt", priority=True),
    ]

    def __init__(
        self,
        feed: Feed,
        defaults: Preferences | None = None,
        state_file: StateFile | None = None,
        keymap: Mapping[str, str] | None = None,
        failure: Callable[[], BaseException | None] = lambda: None,
        should_leave: Callable[[], bool] = lambda: False,
        on_shown: Callable[[Period], None] = lambda _period: None,
        desk: AlertDesk | None = None,
        signs: TerminalSigns = TerminalSigns(),  # noqa: B008 - it never changes
        playback: Playback | None = None,
        attachment: Attachment | None = None,
        welcome: str = "",
    ) -> None:
        super().__init__()
        self._welcome = welcome
        self._attachment = attachment
        self._on_shown = on_shown
        self._is_shown = False
        self._failure = failure
        self._should_leave = should_leave
        self._is_leaving = False
        self._keys = KeyQueue(self, super().on_event)
        self.register_theme(KLAGG)
        if self.console.color_system == "256":
            self._filters.append(In256())
        self._state_file = state_file
        preferences = state_file.load() if state_file else defaults or Preferences()
        self.state = AppState(feed, preferences, state_file.update if state_file else _discard, desk)
        self._playback = PlaybackKeys(self, self.state, playback) if playback else None
        wanted = preferences.theme
        self.theme = wanted if wanted in self.available_themes else KLAGG.name  # here, or all is styled twice
        self._toasts = AlertToasts(self, signs)
        self._history = HistoryReaders(self.state)
        self._table_screen = MarketScreen(self.state)
        self._symbol = SymbolScreen(self.state)
        if keymap:
            self.set_keymap(dict(keymap))

    async def on_mount(self) -> None:
        """Begin."""
        self._refresh_colours()
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        self.state.beat()
        self.install_screen(self._symbol, "symbol")
        await self.push_screen(self._table_screen)
        self.set_interval(BEAT_S, self.beat)
        self.set_timer(SETTLED_S, interpreter.settle)
        self._tell_unread()
        if self._welcome:
            self.notify(self._welcome, timeout=UNREAD_S, markup=False)
        if self._state_file:
            self.set_interval(1, self._state_file.flush)

    def post_display_hook(self) -> None:
        """Textual painted something."""
        if not self._is_shown and self._table_screen.table.is_painted:
            self._is_shown = True
            self.call_later(self._shown)

    async def _shown(self) -> None:
        """Behind the first picture: what need not keep it waiting."""
        self._on_shown(self.state.period)
        # Mounted unseen, before somebody asks for it, so that opening a symbol is only drawing.
        await self._get_screen(self._symbol)[1]
        if self.state.preferences.on_wall:
            await self.open_wall()

    async def on_event(self, event: events.Event) -> None:
        """As Textual does, but one key after the other."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self._keys.take(event)
        else:
            await super().on_event(event)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Of Textual's own commands those that ours do not bring already."""
        for command in super().get_system_commands(screen):
            if command.title == "Screenshot":
                yield command._replace(callback=self.save_picture, help="Save a picture of the screen as SVG")

    def save_picture(self) -> None:
        """Save what is on view as SVG, and say where."""
        moment = f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}"
        try:
            path = save_picture(self.export_screenshot(), moment)
        except OSError as error:
            self.notify(f"No picture was saved: {error.strerror or error}.", severity="error")
        else:
            self.notify(f"Saved as {path}", timeout=8)

    def notify(  # noqa: D102 - Textual's
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        del markup  # what is told has names in it, which are text
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    def get_driver_class(self) -> type[Driver]:
        """Textual's own, but safe: see there."""
        chosen = super().get_driver_class()
        if sys.platform != "win32" and chosen.__name__ == "LinuxDriver":
            from klagg_tui.screens.driver import TerminalDriver

            return TerminalDriver
        return chosen

    @property
    def is_asked_to_leave(self) -> bool:
        """Whether a signal did."""
        return self._should_leave()

    def beat(self) -> None:
        """Read what changed; the screen on view draws it."""
        if self.is_asked_to_leave or getattr(self._driver, "is_gone", False):
            self.call_later(self.action_quit)
        if self._failure() is not None:
            self.exit(return_code=1)
            return
        touched = self.state.beat()
        self._read_history()
        fired = self.state.check_alerts(touched)
        self._toasts.beat(fired)
        self._tell_unread()
        for screen in reversed(self.screen_stack):  # of which the last beat may find none
            if fired and isinstance(screen, AlertsScreen):
                screen.refresh_lists()
            # Under a menu or the help too: a table that looks live has to be.
            if isinstance(screen, KlaggScreen):
                if screen.is_mounted:
                    screen.beat(touched)
                break

    def _read_history(self) -> None:
        """Say what is looked at, and read what the figures in use want of the store."""
        is_open = self.screen_stack[-1:] == [self._symbol]
        opened = self._symbol.symbol if is_open else self._table_screen.charted
        if (wall := self._wall) is not None:
            self.state.look_at(wall.on_view, wall.current)
        else:
            self.state.look_at(self._table_screen.table.visible_symbols(), opened)
        for reader in self._history.beat():
            self._read_for(reader)

    @work(group="history", exit_on_error=False)
    async def _read_for(self, reader: HistoryReader) -> None:
        """Its coroutine is made by the worker: one made before it would stay unawaited where the app ends meanwhile."""
        await reader.read()

    def _tell_unread(self) -> None:
        for sentence in self.state.take_unread():
            self.notify(sentence, title="Cannot be read", severity="warning", timeout=UNREAD_S)

    def _theme_changed(self, theme: Theme) -> None:
        self.state.choose(theme=theme.name)
        self._refresh_colours()

    def _refresh_colours(self) -> None:
        theme = self.current_theme
        has_256 = self.console.color_system == "256"
        self.state.use_theme(theme.to_color_system().generate(), is_dark=theme.dark, has_256=has_256)
        for screen in self.screen_stack:
            if isinstance(screen, KlaggScreen) and screen.is_mounted:
                screen.repaint()

    def use_theme(self, name: str) -> None:
        """Change the theme."""
        self.theme = name

    def use_saved_filter(self, name: str) -> None:
        """Filter the table by a saved filter."""
        try:
            self.state.use_filter(f"@{name}")
        except FilterError as error:
            self.notify(str(error), title=f"@{name}", severity="error")
        if self._market:
            self._market.reorder()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of a replay hold where one is played and no question lies over the screen."""
        if action == "playback":
            return self._playback is not None and self._klagg_screen is not None
        if action == "take_over":
            return self._attachment is not None and self._attachment.is_attached and self._klagg_screen is not None
        return super().check_action(action, parameters)

    def action_playback(self, what: str) -> None:
        """Pause a replay, change its speed, play on to a time."""
        if self._playback:
            self._playback.do(what)

    def action_take_over(self) -> None:
        """Record here from now on, where the klagg that recorded has ended."""
        if self._attachment is not None:
            self.notify(self._attachment.take_over(), timeout=8)

    def action_tints(self) -> None:
        """Green up, red up, or the colour-blind pair."""
        chosen = Tints.after(self.state.preferences.tints)
        self.state.choose(tints=chosen.value)
        self._refresh_colours()
        self.notify(f"Colours of gain and loss: {chosen.value}", timeout=2)

    def action_local_time(self) -> None:
        """UTC, or the time of this machine."""
        self.state.choose(local_time=not self.state.preferences.local_time)
        self._refresh_colours()

    async def action_quit(self) -> None:
        """Leave when the last changes are written."""
        await self._leave(for_demo=False)

    async def action_interrupt(self) -> None:
        """As everywhere else in a terminal."""
        await self.action_quit()

    async def action_demo(self) -> None:
        """Leave for the simulated market."""
        status = self.state.status
        if status.is_simulated or status.mode is Mode.DEMO:
            self.notify("This is the simulated market.", timeout=4)
        elif status.mode is Mode.OFFLINE:
            await self._leave(for_demo=True)
        elif status.mode is Mode.CONNECTING:
            self.notify("klagg is connecting; the simulated market is for where that fails.", timeout=4)
        else:
            self.notify("The market is there; `klagg demo` shows a simulated one.", timeout=4)

    async def _leave(self, *, for_demo: bool) -> None:
        if self._is_leaving:
            return
        self._is_leaving = True
        with suppress(Exception):  # `run` is told the same, once the terminal is given back
            await self.state.feed.stop()
        if self._state_file:
            self._state_file.flush()
        self.exit(for_demo)


def _discard(_preferences: Preferences) -> None:
    """Preferences hold until the app ends."""
