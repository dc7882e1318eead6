"""A plan on the screen, for every command that opens one."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

import typer

from klagg_tui.commands.shared.options import say_update, start_log
from klagg_tui.commands.shared.start import NOWHERE, Begin, Start
from klagg_tui.commands.shared.status_line import can_move_its_cursor
from klagg_tui.config.table import BY_NAME
from klagg_tui.errors import BadUsage, KlaggError
from klagg_tui.runtime.stop_signals import StopSignals

if TYPE_CHECKING:
    from klagg_tui.alerting.desk import Desk
    from klagg_tui.attach.shared import SharedRuntime
    from klagg_tui.config import Settings
    from klagg_tui.runtime.source import Plan
    from klagg_tui.showing import Runner
    from klagg_tui.steering import Attachment


_THE_RECORDERS: Final = {
    *(("storage", key) for key in ("keep", "flush_seconds")),
    *(("alerts", key) for key in ("desktop", "command", "webhook")),
}
"""Settings that hold for who records, beside all of the market and of sinks."""
REAL: Final = "screen"
"""The file of the preferences of real markets: see `screens.state_file`."""


def watch(
    plan: Plan,
    settings: Settings,
    start: Start = NOWHERE,
    *,
    is_served: bool = False,
    state_name: str = REAL,
    typed: Collection[str] = (),
) -> bool:
    """Run a plan on the screen; returns whether the person left it for the simulated market.

    `is_served`: bars are there for other programs meanwhile. `state_name`: see `app.run`. `typed`: names of settings that were.

    Raises:
        BadUsage: the screen cannot start like that.
    """
    require_terminal()
    begin = start.begin(settings, plan.periods, state_name)
    with StopSignals() as stop:
        return watch_until(stop, plan, settings, begin, is_served=is_served, state_name=state_name, typed=typed)


def watch_until(
    stop: StopSignals,
    plan: Plan,
    settings: Settings,
    begin: Begin | None = None,
    *,
    is_served: bool = False,
    state_name: str = REAL,
    typed: Collection[str] = (),
) -> bool:
    """The same, where signals are listened to already."""
    from klagg_tui.attach.shared import SharedRuntime

    require_keymap(settings)
    start_log(settings, plan.database)
    if plan.database:
        say_update(plan.database)
    server = None
    runtime: Runner
    # Who serves has to record: where another klagg does, that one is the one to serve.
    shared = None if is_served else SharedRuntime(plan, _say)
    if shared is None:
        from klagg_tui.serve.server import served

        runtime, server = served(plan, settings.serve)
        server.start()
    else:
        runtime = shared
        runtime.begin()  # what is stored is read while the screen is loaded
    try:
        from klagg_tui.alerting.ways import unsent_text
        from klagg_tui.showing import run

        return run(
            runtime,
            stop,
            settings.screen,
            names=settings.names,
            state_name=state_name,
            begin=begin,
            alerts=settings.alerts,
            desk=desk_of(plan, settings, shared) if state_name == REAL else None,
            attachment=shared,
            welcome=lambda: (
                _greeting(plan, shared, typed)
                if state_name == REAL
                else unsent_text(settings.alerts, "A simulated market")
            ),
        )
    finally:
        if server is not None:
            server.stop()


def desk_of(plan: Plan, settings: Settings, attachment: Attachment | None = None) -> Desk | None:
    """Where the alerts of a real market are kept and told of; None where nothing is kept.

    Where another klagg records, it tells of them and writes down what fires: once is enough.
    """
    from klagg_tui.alerting.desk import Desk
    from klagg_tui.alerting.ways import ways_of

    if plan.database is None:
        return None
    return Desk(
        plan.database,
        ways_of(settings.alerts),
        watches=lambda: attachment is None or not attachment.is_attached,
    )


def _say(told: str) -> None:
    typer.echo(told, err=True)


def _greeting(plan: Plan, shared: SharedRuntime | None, typed: Collection[str]) -> str:
    """What a window is told first; nothing where this klagg records."""
    if shared is None or not shared.is_attached:
        return ""
    told = f"This is a window on the klagg (process {shared.pid}) that records into {plan.database}: what is recorded, and how people"
    told += " are told of alerts, is its settings' choice; the view is yours."
    passed_over = [BY_NAME[name].flag for name in typed if _is_the_recorders(name)]
    return f"{told} Passed over until this klagg records: {', '.join(passed_over)}." if passed_over else told


def _is_the_recorders(name: str) -> bool:
    """Whether a setting holds for who records, and not for a window."""
    section, _, key = name.partition(".")
    return section in {"market", "sink"} or (section, key) in _THE_RECORDERS


def require_keymap(settings: Settings) -> None:
    """Refuse keys for what there is not.

    Raises:
        BadUsage: the keymap names an action that there is not.
    """
    if settings.screen.keymap:
        from klagg_tui.showing import unknown_action

        if problem := unknown_action(settings.screen.keymap):
            raise BadUsage(problem)


def require_terminal(without: str = "`klagg record` records the market without one") -> None:
    """Say plainly what to do where there is no terminal to draw on; `without`: what does the same or nearly so."""
    is_in_browser = "TEXTUAL_DRIVER" in os.environ
    if not is_in_browser and not (sys.stdin.isatty() and sys.stdout.isatty() and can_move_its_cursor()):
        raise KlaggError(f"klagg needs a terminal to draw on; {without}.")
