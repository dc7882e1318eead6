"""The terminal app: asks the feed five times a second what changed, and lets the screen on view draw it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.theme import Theme

from klagg_tui.feed import Feed, Mode
from klagg_tui.runtime import interpreter
from klagg_tui.screens.alerts import AlertsScreen
from klagg_tui.screens.app_state import BEATS_A_SECOND, AppState
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.health import HealthScreen
from klagg_tui.screens.help import HelpScreen, bindings_of
from klagg_tui.screens.key_queue import KeyQueue
from klagg_tui.screens.market import MarketScreen
from klagg_tui.screens.palette import Tints
from klagg_tui.screens.palette_commands import KlaggCommands
from klagg_tui.screens.state_file import REAL, StateFile, path_of
from klagg_tui.screens.symbol import SymbolScreen
from klagg_tui.screens.themes import KLAGG
from klagg_tui.view import watchlists
from klagg_tui.view.alerts import Fired
from klagg_tui.view.preferences import Preferences

if TYPE_CHECKING:
    from klagg_tui.config import Screen as ScreenSettings
    from klagg_tui.runtime.worker import Runtime

BEAT_S: Final = 1 / BEATS_A_SECOND
SETTLED_S: Final = 10.0
"""By then the rows of the market are there: a hundred thousand objects that stay, for collections to pass over."""
_FIRED_IN_A_TOAST: Final = 3
_BEATS_BETWEEN_TOASTS: Final = round(App.NOTIFICATION_TIMEOUT * BEATS_A_SECOND)
"""As long as one stays: three of them cover a small terminal."""


class KlaggApp(App[bool]):
    """One market on a screen.

    Args:
        feed: the running engine.
        beginning: choices to begin with where nothing is kept.
        kept: where choices are remembered; None: nowhere.
        keymap: keys for bindings by their ids, instead of ours.
        failure: why the engine ended by itself; the app leaves when there is a reason.
    """

    TITLE = "klagg"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = App.COMMANDS | {KlaggCommands}
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
        Binding("D", "demo", "The simulated market, where the real one cannot be reached", id="demo"),
        Binding("q", "quit", "Leave klagg", id="quit"),
        # Textual's own answer is a hint at another key; people who press it want to leave, also out of an input.
        Binding("ctrl+c", "interrupt", "Leave klagg", id="interrupt", priority=True),
    ]

    def __init__(
        self,
        feed: Feed,
        beginning: Preferences | None = None,
        kept: StateFile | None = None,
        keymap: Mapping[str, str] | None = None,
        failure: Callable[[], BaseException | None] = lambda: None,
    ) -> None:
        super().__init__()
        self._failure = failure
        self._keys = KeyQueue(self, super().on_event)
        self._untold: list[Fired] = []
        """Alerts that fired since the last toast."""
        self._beats_to_toast = 0
        self.register_theme(KLAGG)
        self._kept = kept
        remembered = kept.load() if kept else beginning or Preferences()
        self.desk = AppState(feed, remembered, kept.keep if kept else _forget)
        self._symbol = SymbolScreen(self.desk)
        if keymap:
            self.set_keymap(dict(keymap))

    async def on_mount(self) -> None:
        """Begin."""
        wanted = self.desk.remembered.theme
        self.theme = wanted if wanted in self.available_themes else KLAGG.name
        self._wear()
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        self.desk.beat()
        # Mounted before anything is seen, so that opening a symbol is only drawing.
        self.install_screen(self._symbol, "symbol")
        await self.push_screen(self._symbol)
        await self.pop_screen()
        await self.push_screen(MarketScreen(self.desk))
        self.set_interval(BEAT_S, self.beat)
        self.set_timer(SETTLED_S, interpreter.freeze)
        if self._kept:
            self.set_interval(1, self._kept.flush)

    async def on_event(self, event: events.Event) -> None:
        """As Textual does, but keys in their turn."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self._keys.take(event)
        else:
            await super().on_event(event)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Of Textual's own commands those that ours do not bring already."""
        for command in super().get_system_commands(screen):
            if command.title == "Screenshot":
                yield command

    def beat(self) -> None:
        """Take in what changed; the screen on view draws it."""
        if self._failure() is not None:
            self.exit(return_code=1)
            return
        touched = self.desk.beat()
        fired = self.desk.look_for_alerts(touched)
        self._tell_of(fired)
        for screen in reversed(self.screen_stack):  # of which the last beat may find none
            if fired and isinstance(screen, AlertsScreen):
                screen.renew()
            # Under a menu or the help too: a table that looks live has to be.
            if isinstance(screen, KlaggScreen):
                if screen.is_mounted:
                    screen.beat(touched)
                break

    def _tell_of(self, fired: Sequence[Fired]) -> None:
        """Ring and show what fired; in one toast a while, so that a busy alert does not cover the market."""
        self._untold += fired
        self._beats_to_toast -= 1
        if not self._untold or self._beats_to_toast > 0:
            return
        told, self._untold, self._beats_to_toast = self._untold, [], _BEATS_BETWEEN_TOASTS
        lines = [f"{one.symbol}  {one.text}  at {self.desk.price_of(one)}" for one in told[-_FIRED_IN_A_TOAST:]]
        if len(told) > len(lines):
            lines.append(f"… and {len(told) - len(lines)} more: see Alerts")
        self.notify("\n".join(lines), title="▲ Alert", severity="warning", markup=False)
        self.bell()

    def _theme_changed(self, theme: Theme) -> None:
        self.desk.choose(theme=theme.name)
        self._wear()

    def _wear(self) -> None:
        theme = self.current_theme
        self.desk.use_theme(theme.to_color_system().generate(), is_dark=theme.dark)
        for screen in self.screen_stack:
            if isinstance(screen, KlaggScreen) and screen.is_mounted:
                screen.repaint()

    # What screens and palette call.

    @property
    def _klagg_screen(self) -> KlaggScreen | None:
        return self.screen if isinstance(self.screen, KlaggScreen) else None

    @property
    def _market(self) -> MarketScreen | None:
        return next((screen for screen in self.screen_stack if isinstance(screen, MarketScreen)), None)

    async def on_market_screen_opened(self, message: MarketScreen.Opened) -> None:
        """Show one symbol."""
        await self.open_symbol(message.symbol)

    async def open_symbol(self, symbol: str) -> None:
        """Show one symbol; n and N go through those of the table."""
        among = [row.symbol for row in self._market.table.rows] if self._market else []
        self._symbol.show(symbol, among)
        if self._symbol not in self.screen_stack:
            await self.push_screen(self._symbol)

    def wear_theme(self, name: str) -> None:
        """Change the theme."""
        self.theme = name

    def use_saved_filter(self, name: str) -> None:
        """Filter the table by a saved filter."""
        self.desk.use_filter(f"@{name}")
        if self._market:
            self._market.reorder()

    async def action_alerts(self) -> None:
        """Show the alerts."""
        if self._klagg_screen:
            symbol = self._chosen_symbol()
            row = self.desk.live.rows.get(symbol or "")
            suggestion = ""
            if row is not None and row.last is not None:
                suggestion = f"symbol={symbol} last>{self.desk.price_text(row)}"
            await self.push_screen(AlertsScreen(self.desk, suggestion))

    async def action_export(self) -> None:
        """Show the export of the chosen symbols."""
        from klagg_tui.screens.export import ExportScreen

        if self._klagg_screen and not self._is_back_at(ExportScreen):
            await self.push_screen(ExportScreen(self.desk, self._export_choices()))

    def _export_choices(self) -> list[tuple[str, tuple[str, ...]]]:
        symbol = self._chosen_symbol()
        choices: list[tuple[str, tuple[str, ...]]] = [(symbol, (symbol,))] if symbol else []
        shown = tuple(row.symbol for row in self._market.table.rows) if self._market else ()
        if self.desk.filter.text or self.desk.remembered.shown_list:
            choices.append(("The symbols of the table", shown))
        lists = self.desk.remembered.watchlists
        choices += [(f"★ {name}", watchlists.symbols_of(lists, name)) for name, symbols in lists if symbols]
        choices.append(("All symbols", tuple(self.desk.live.rows)))
        # On the symbol's own screen it is what is meant first.
        return choices if isinstance(self.screen, SymbolScreen) or not symbol else choices[1:] + choices[:1]

    def _chosen_symbol(self) -> str | None:
        if isinstance(self.screen, SymbolScreen):
            return self.screen.symbol
        row = self._market.table.current if self._market else None
        return row.symbol if row else None

    async def action_health(self) -> None:
        """Show how klagg is doing."""
        if self._klagg_screen and not self._is_back_at(HealthScreen):
            await self.push_screen(HealthScreen(self.desk))

    def _is_back_at(self, kind: type[KlaggScreen]) -> bool:
        """Whether there is such a screen already: it comes on top again, unless an export is under way above it."""
        stack = self.screen_stack
        at = next((number for number, screen in enumerate(stack) if isinstance(screen, kind)), len(stack))
        above = stack[at + 1 :]
        if not any(screen.has_class("busy") for screen in above):
            for _ in above:
                _ = self.pop_screen()  # not awaited: a click runs inside the screen that goes
        return at < len(stack)

    async def action_help(self) -> None:
        """Show the keys that hold here."""
        if self._klagg_screen:
            await self.push_screen(HelpScreen(self._klagg_screen.NAME_FOR_PEOPLE, bindings_of(self.screen)))

    def action_tints(self) -> None:
        """Green up, red up, or the colour-blind pair."""
        all_tints = list(Tints)
        current = self.desk.remembered.tints
        at = next((number for number, tints in enumerate(all_tints) if tints.value == current), 0)
        chosen = all_tints[(at + 1) % len(all_tints)]
        self.desk.choose(tints=chosen.value)
        self._wear()
        self.notify(f"Colours of gain and loss: {chosen.value}", timeout=2)

    def action_local_time(self) -> None:
        """UTC, or the time of this machine."""
        self.desk.choose(local_time=not self.desk.remembered.local_time)
        self._wear()

    async def action_quit(self) -> None:
        """Leave when the last drain is written."""
        await self._leave(for_demo=False)

    async def action_interrupt(self) -> None:
        """As everywhere else in a terminal."""
        await self.action_quit()

    async def action_demo(self) -> None:
        """Leave for the simulated market."""
        if self.desk.status.mode is Mode.OFFLINE:
            await self._leave(for_demo=True)
        else:
            self.notify("The market is there; `klagg demo` shows a simulated one.", timeout=4)

    async def _leave(self, *, for_demo: bool) -> None:
        await self.desk.feed.stop()
        if self._kept:
            self._kept.flush()
        self.exit(for_demo)


def _forget(_remembered: Preferences) -> None:
    """Choices hold until the app ends."""


def beginning_of(settings: ScreenSettings | None) -> Preferences:
    """The choices of somebody who has made none: the settings', or our own."""
    fresh = Preferences()
    if settings is None:
        return fresh
    return replace(
        fresh,
        theme=settings.theme,
        tints=settings.colours,
        local_time=settings.times == "local",
        columns=settings.columns or fresh.columns,
    )


def run(runtime: Runtime, settings: ScreenSettings | None = None, *, kept_as: str = REAL) -> bool:
    """Start the engine, show the market until the person leaves, and end when the last drain is on disk.

    Returns whether the person left for the simulated market. `kept_as` names the file of what is chosen meanwhile.

    Raises:
        KlaggError: the engine cannot start, or ended by itself.
    """
    runtime.start()
    interpreter.freeze()
    try:
        kept = StateFile(path_of(kept_as), beginning_of(settings))
        keymap = settings.keymap if settings else None
        return bool(KlaggApp(runtime, kept=kept, keymap=keymap, failure=lambda: runtime.error).run())
    finally:
        runtime.cancel()
        runtime.wait()
