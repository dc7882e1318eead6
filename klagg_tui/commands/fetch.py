"""`klagg fetch`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from klagg_tui.commands.shared.options import Db, database, names_of, periods_of, say_update, settings_of
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.progress import ProgressLine
from klagg_tui.commands.shared.running import wait_for
from klagg_tui.errors import BadUsage

if TYPE_CHECKING:
    from klagg_tui.commands.shared.interrupt import Interrupt
    from klagg_tui.engine.period import Period
    from klagg_tui.fetching.outcome import Fetched
    from klagg_tui.fetching.request import Request

_EXAMPLES = """
[bold]Examples[/bold]

klagg fetch BTCUSDT --from 2024-01 --to 2024-06 --what aggTrades

klagg fetch BTCUSDT ETHUSDT --from 2023-01 --period 1m,1h

klagg fetch BTCUSDT --market spot --from 2024-03-15 --to 2024-04-02 --db spot.db

klagg fetch BTCUSD_PERP --from 2024-01 --to 2024-01 --keep archives
"""
_NOTES_SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("fetch", epilog=_EXAMPLES)(fetch)


def fetch(
    ctx: typer.Context,
    symbols: Annotated[list[str], typer.Argument(help="Symbols as the exchange writes them, as BTCUSDT.")],
    from_: Annotated[
        str, typer.Option("--from", metavar="MONTH", help="First month or day, as 2024-01 or 2024-01-31.")
    ],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="MONTH", help="Last month or day, itself included. Default: yesterday."),
    ] = None,
    what: Annotated[str, typer.Option("--what", "-w", metavar="KIND", help="klines or aggTrades.")] = "klines",
    period: Annotated[
        list[str] | None,
        typer.Option("--period", "-p", metavar="PERIOD", help="Of klines, as 1m or 1m,1h. Default: 1m."),
    ] = None,
    market: Annotated[
        str | None,
        typer.Option(
            *("--market", "-m"),
            metavar="um|cm|spot",
            help="USDⓈ-M or COIN-M futures, or spot. Default: as the symbol shows it, else um.",
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Keep the files there, as the archive has them. Default: they go."),
    ] = None,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=16, metavar="NUMBER", help="Files that come beside each other.")
    ] = 4,
    archive_url: Annotated[
        str | None,
        typer.Option("--archive-url", metavar="URL", help="A mirror of the archive, or klagg simulate's imitation."),
    ] = None,
    db: Db = None,
) -> None:
    """Fetch archives of the exchange and import them, in one go.

    A month's file comes first, days for the rest; checksums are verified. What the database has whole is not fetched,
    and what was interrupted goes on where it stopped.
    Ctrl+C keeps what is whole.
    """
    from klagg_tui.commands.shared.interrupt import Interrupt
    from klagg_tui.fetching.parts import asked
    from klagg_tui.fetching.remote import Addresses
    from klagg_tui.fetching.request import Request, series_of
    from klagg_tui.runtime.stop_signals import INTERRUPTED

    names = tuple(dict.fromkeys(name.upper() for name in names_of(symbols)))
    series = series_of(names, what, periods_of(period) if period else (), market)
    first, after = asked(from_, to, int(time.time() * 1000))
    if archive_url is not None and not archive_url.startswith(("http://", "https://")):
        raise BadUsage(f"--archive-url {archive_url} is no address: it must be http://… or https://…")
    path, settings = database(db), settings_of(ctx)
    folder = keep or path.with_name(f"{path.name}.fetch")
    request = Request(
        series, first, after, folder, Addresses.of(archive_url), settings.market.proxy, keep is not None, at_once
    )
    with Interrupt("what is whole is kept.") as interrupt, ProgressLine() as line:
        outcome = wait_for(_run(request, path, settings.market.periods, interrupt, line))
    _tell(outcome)
    if outcome.is_stopped:
        raise typer.Exit(INTERRUPTED)
    if outcome.failures or not (outcome.files or outcome.held):
        raise typer.Exit(1)


async def _run(
    request: Request, path: Path, periods: tuple[Period, ...], should_stop: Interrupt, line: ProgressLine
) -> Fetched:
    from klagg_tui.exchange.registry import opening_at_previous_close
    from klagg_tui.fetching.fetcher import fetch
    from klagg_tui.fetching.outcome import Progress
    from klagg_tui.storage.store import Store

    def show(progress: Progress) -> None:
        line.show(progress.name, progress.done, progress.total, progress.rows)

    say_update(path)
    async with await Store.open(
        path, periods=periods, previous_close=opening_at_previous_close(), is_kept_empty=False
    ) as store:
        return await fetch(store, request, on_progress=show, should_stop=should_stop)


def _tell(outcome: Fetched) -> None:
    """The closing summary; what went wrong goes to stderr."""
    from klagg_tui.formatting import counted, size

    for note in outcome.notes[:_NOTES_SHOWN]:
        tell(note, err=True)
    if len(outcome.notes) > _NOTES_SHOWN:
        typer.echo(f"... and {len(outcome.notes) - _NOTES_SHOWN:,} more.", err=True)
    for failure in outcome.failures:
        tell(failure, err=True)
    parts = [
        f"{counted(outcome.files, 'file')} fetched ({size(outcome.size)})",
        f"{outcome.held:,} held before",
        counted(outcome.trades, "trade"),
        f"{counted(outcome.bars, 'bar')} ({outcome.new:,} new)",
        f"{outcome.bad:,} bad",
    ]
    typer.echo(f"{'Stopped: ' if outcome.is_stopped else ''}{', '.join(parts)}.")
