"""`klagg follow`: the market that a recorder elsewhere delivers, in the terminal."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from klagg_tui.commands.shared.options import say_update, start_log
from klagg_tui.commands.shared.running import wait_for
from klagg_tui.commands.shared.settings import Chosen, with_settings

if TYPE_CHECKING:
    from klagg_tui.runtime.source import Plan

_EXAMPLES = """
[bold]Examples[/bold]

klagg follow nats://klagg@mq.example.org

klagg follow nats://klagg@mq.example.org --copy market.db
"""
_STATE = "follow"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("follow", epilog=_EXAMPLES)(follow)


@with_settings("screen", "log")
def follow(
    chosen: Chosen,
    address: Annotated[
        str, typer.Argument(metavar="URL", help="Where another klagg delivers its bars, as nats://USER:PASSWORD@HOST.")
    ],
    copy: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Keep the copy in this file, and go on with it the next time; by default it is thrown away.",
        ),
    ] = None,
) -> None:
    """Watch the market that klagg record --sink delivers to NATS, from any machine and without asking an exchange.

    History comes from the stream, and then what is new. Bars under way come where the recorder has --sink-forming.
    """
    from klagg_tui.commands.shared.watch import require_terminal
    from klagg_tui.runtime.stop_signals import StopSignals
    from klagg_tui.runtime.worker import Runtime
    from klagg_tui.showing import run
    from klagg_tui.sinks.nats_connection import require_library

    settings = chosen.load().settings
    require_library()
    require_terminal("`klagg record --from` keeps a copy without one")
    with StopSignals() as stop, tempfile.TemporaryDirectory(prefix="klagg-follow-") as folder:
        plan = wait_for(_plan(address, copy or Path(folder) / "copy.db"))
        start_log(settings, copy)
        if copy:
            say_update(copy)
        run(Runtime(plan), stop, settings.screen, names=settings.names, state_name=_STATE)


async def _plan(address: str, path: Path) -> Plan:
    from klagg_tui.runtime.source import Plan
    from klagg_tui.sinks.nats_feed import StreamFeed, content_of

    marks, periods = await content_of(address)
    return Plan(lambda: StreamFeed(address), periods, path, marks[0], others=marks[1:])
