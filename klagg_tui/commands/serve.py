"""`klagg serve`: the recorder, and bars for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from klagg_tui.commands.shared.options import say_update, start_log
from klagg_tui.commands.shared.settings import Chosen, with_settings

if TYPE_CHECKING:
    from klagg_tui.serve.server import PushServer

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg serve

klagg serve --symbols BTCUSDT,ETHUSDT --port 9000

KLAGG_SERVE_TOKEN=... klagg serve --host 0.0.0.0
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", epilog=_EXAMPLES)(serve)


@with_settings("market", "storage", "alerts", "log", "serve", "sink")
def serve(chosen: Chosen) -> None:
    """Record the market as `klagg record` does, and push changed bars to whoever subscribes on this machine.

    A page at the address lists the symbols and shows one of them live; docs/api.md says what programs can ask, Prometheus
    among them. `klagg --serve` does the same beside the terminal.
    """
    from klagg_tui.commands.record import run_headless
    from klagg_tui.commands.shared.alarm import Alarm
    from klagg_tui.commands.shared.sinks import Sinks
    from klagg_tui.runtime.plans import live_plan
    from klagg_tui.serve.server import served

    settings = chosen.load(watches=True).settings
    start_log(settings, settings.storage.database)
    say_update(settings.storage.database)
    with Sinks(settings) as sinks:
        runtime, server = served(sinks.beside(live_plan(settings)), settings.serve)
        server.start()
        try:
            said = f"Recording into {settings.storage.database}{sinks.said}. {greeting(server)} Ctrl+C ends it."
            run_headless(runtime, said, Alarm.of(runtime, settings))
        finally:
            server.stop()


def greeting(server: PushServer) -> str:
    """One sentence: where bars are served."""
    return f"Bars at {server.url} (a page), {server.url}api/bars, {server.url.replace('http', 'ws', 1)}ws."
