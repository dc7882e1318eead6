"""`klagg push`: what is stored, to another machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from klagg_tui.commands.shared.options import Db, database, existing_database
from klagg_tui.commands.shared.progress import ProgressLine
from klagg_tui.commands.shared.running import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from klagg_tui.commands.shared.interrupt import Interrupt
    from klagg_tui.sinks.delivery import Delivery
    from klagg_tui.sinks.target import Target

_EXAMPLES = """
[bold]Examples[/bold]

klagg push postgresql://klagg@db.example.org/market

klagg push nats://klagg@mq.example.org

klagg push postgresql://klagg@db.example.org/market --forget

klagg push s3://research/bars

klagg push file:///srv/bars
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("push", epilog=_EXAMPLES)(push)


def push(
    address: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="Where the bars go, as postgresql://USER:PASSWORD@HOST/DATABASE, nats://USER:PASSWORD@HOST, s3://BUCKET/FOLDER or "
            "file:///FOLDER.",
        ),
    ],
    is_forgotten: Annotated[
        bool,
        typer.Option("--forget", help="Deliver nothing, and keep no longer what would have to be delivered there."),
    ] = False,
    db: Db = None,
) -> None:
    """Deliver all stored bars to another machine; the next time, and by klagg record --sink, only what changed since.

    Bars may be recorded meanwhile. Ctrl+C keeps what is delivered, and the next push goes on from there.
    """
    from klagg_tui.commands.shared.interrupt import Interrupt
    from klagg_tui.formatting import counted
    from klagg_tui.runtime.stop_signals import INTERRUPTED
    from klagg_tui.sinks.targets import target_of

    target = target_of(address, database(db))
    path = existing_database(db)
    if is_forgotten:
        was_known = wait_for(_forget(path, target.name))
        typer.echo(
            f"Nothing is kept for {target.name} any more." if was_known else f"{target.name} was not known here."
        )
        return
    with Interrupt("what is delivered stays.") as interrupt, ProgressLine("bars") as line:
        delivery = wait_for(_push(path, target, interrupt, line))
    if delivery.anew:
        typer.echo(f"Everything was delivered anew: {delivery.anew}.", err=True)
    is_whole = not interrupt()
    typer.echo(f"{'' if is_whole else 'Stopped: '}{counted(delivery.delivered, 'bar')} delivered to {target.name}.")
    if target.remark and is_whole:
        typer.echo(target.remark)
    if not is_whole:
        raise typer.Exit(INTERRUPTED)


async def _forget(path: Path, name: str) -> bool:
    from klagg_tui.storage.sink_log import SinkLog

    async with await SinkLog.open(path) as source:
        return await source.forget(name)


async def _push(path: Path, target: Target, should_stop: Interrupt, line: ProgressLine) -> Delivery:
    from klagg_tui.sinks.delivery import Delivery
    from klagg_tui.storage.sink_log import SinkLog
    from klagg_tui.storage.store import Store

    async with await Store.open(path, read_only=True) as store, await SinkLog.open(path) as source:
        delivery = Delivery(source, target)
        try:
            await delivery.begin()
            total = 0 if delivery.is_complete else (await store.counts()).history
            while await delivery.step() and not should_stop():
                line.show("Delivering", min(delivery.delivered, total), total, delivery.delivered)
        finally:
            await target.close()
    return delivery
