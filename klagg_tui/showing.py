"""The engine with its screen, from start to end: whoever leaves, and however, the last changes are on disk."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from textual.binding import BindingsMap

from klagg_tui.app import KlaggApp
from klagg_tui.errors import KlaggError
from klagg_tui.feed import Feed
from klagg_tui.hints import ended, hint_or_all
from klagg_tui.runtime import interpreter
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.state_file import REAL, StateFile, defaults_from, path_of
from klagg_tui.screens.toasts import TerminalSigns
from klagg_tui.steering import Attachment, Playback
from klagg_tui.view.alerts.terminals import form_of
from klagg_tui.view.preferences import Preferences

if TYPE_CHECKING:
    from klagg_tui.alerting.desk import Desk
    from klagg_tui.config import Alerts as AlertSettings
    from klagg_tui.config import Screen as ScreenSettings
    from klagg_tui.engine.period import Period
    from klagg_tui.runtime.stop_signals import StopSignals

_LEAVE_S: Final = 3.0
"""As long may a screen take to go."""


class Runner(Feed, Protocol):
    """What is shown: an engine, or a window on one of another process; see `Runtime`."""

    def start(self) -> None:
        """Wait until there is something to be shown."""
        ...

    def go_on(self, shown: Period | None = None) -> None:
        """The first picture was shown."""
        ...

    @property
    def error(self) -> BaseException | None:
        """Why it ended by itself."""
        ...

    def cancel(self) -> None:
        """Begin to stop."""
        ...

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait for the end."""
        ...


def run(
    runtime: Runner,
    stop: StopSignals,
    settings: ScreenSettings | None = None,
    *,
    names: Mapping[str, str] | None = None,
    state_name: str = REAL,
    begin: Callable[[Preferences], Preferences] | None = None,
    alerts: AlertSettings | None = None,
    desk: Desk | None = None,
    playback: Playback | None = None,
    attachment: Attachment | None = None,
    welcome: Callable[[], str] = lambda: "",
) -> bool:
    """Start the engine, show the market until the user or a signal ends it, and end when the last changes are on disk.

    Returns whether the user left for the simulated market. `names` are own names of the settings and what they stand for;
    `state_name` names the file of the preferences, `begin` makes of them those that this start is to have; `alerts` say what the
    terminal is told of alerts, which `desk` keeps;
    `playback` is that of a replay, `attachment` that of a market which another process may record; what `welcome` gives is told once,
    when the screen is there.

    Raises:
        KlaggError: the engine cannot start, ended by itself, or could not write its last state.
    """
    stop.on_abort = _restore_terminal()
    runtime.start()
    interpreter.freeze()
    has_left = threading.Event()
    # From within the signal: a terminal that takes nothing more holds up the screen, and must hold up neither disk nor end.
    stop.on_stop = lambda: _end_without_screen(runtime, stop.on_abort, has_left, desk)
    if desk:
        desk.start()
    app = KlaggApp(
        runtime,
        state_file=StateFile(path_of(state_name), defaults_from(settings, names), begin),
        keymap=settings.keymap if settings else None,
        failure=lambda: runtime.error,
        should_leave=lambda: stop.came,
        on_shown=runtime.go_on,
        desk=desk,
        signs=TerminalSigns(alerts.bell, form_of(alerts.terminal, os.environ)) if alerts else TerminalSigns(),
        playback=playback,
        attachment=attachment,
        welcome=welcome(),
    )
    try:
        is_for_demo = not stop.came and bool(app.run())
    finally:
        has_left.set()
        if desk:
            desk.stop()
        runtime.cancel()
        runtime.wait()
    if app.return_code:
        raise KlaggError("The screen ended by an error of its own, shown above; the last state is written.")
    return is_for_demo


def unknown_action(keymap: Mapping[str, str]) -> str:
    """A sentence on the first name of a keymap that no action has, with what is near; empty where all are known."""
    import klagg_tui.screens.export
    import klagg_tui.screens.wall  # noqa: F401 - loaded when somebody opens them; their keys have names too

    bound = BindingsMap()
    for kind in (KlaggApp, KlaggScreen, *_below(KlaggScreen)):
        bound = BindingsMap.merge((bound, BindingsMap(kind.__dict__.get("BINDINGS", ()))))
    names = list(dict.fromkeys(binding.id for _, binding in bound if binding.id))
    strange = next((name for name in keymap if name not in names), None)
    return "" if strange is None else ended(f"screen.keymap: there is no action {strange}{hint_or_all(strange, names)}")


def _below(kind: type[KlaggScreen]) -> list[type[KlaggScreen]]:
    return [below for each in kind.__subclasses__() for below in (each, *_below(each))]


def _end_without_screen(
    runtime: Runner, restore: Callable[[], None], has_left: threading.Event, desk: Desk | None
) -> None:
    """Write the last state; where the screen has not gone some seconds behind that, go without it."""

    def end() -> None:
        status = 0
        try:
            runtime.wait()
        except Exception:  # noqa: BLE001 - it was logged; there is no screen left to say it on
            status = 1
        if not has_left.wait(_LEAVE_S):
            if desk:
                desk.stop()
            restore()
            os._exit(status)

    runtime.cancel()
    threading.Thread(target=end, name="klagg-end", daemon=True).start()


def _restore_terminal() -> Callable[[], None]:
    """What gives the terminal back as it is now, from within a signal."""
    if sys.platform == "win32":
        return lambda: None
    from klagg_tui.screens.driver import TerminalState

    return TerminalState().restore
