"""`klagg` without a command: the terminal on the real market."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from klagg_tui.commands.settings import Chosen
from klagg_tui.errors import KlaggError

if TYPE_CHECKING:
    from klagg_tui.config import Settings
    from klagg_tui.runtime.worker import Plan


def open_terminal(chosen: Chosen) -> None:
    """Watch the market that the settings name; a simulated one where the person asks for it there.

    Raises:
        KlaggError: there is no terminal, or the engine cannot start.
    """
    from klagg_tui.runtime.plans import live_plan

    settings = chosen.load().settings
    if watch(live_plan(settings), settings):
        from klagg_tui.commands.demo import watch_demo

        watch_demo(settings)


def watch(plan: Plan, settings: Settings) -> bool:
    """Run a plan on the screen; returns whether the person left it for the simulated market."""
    require_terminal()
    from klagg_tui import logs
    from klagg_tui.app import run
    from klagg_tui.runtime.worker import Runtime

    if trouble := logs.start(settings.log.path, settings.log.level):
        typer.echo(trouble, err=True)
    return run(Runtime(plan), settings.screen)


def require_terminal() -> None:
    """Say plainly what to do where there is no terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise KlaggError("klagg needs a terminal to draw on; `klagg record` records the market without one.")
