"""`klagg db`: what is in the database, and looking after it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, TypeVar

import typer

from klagg_tui.commands.shared.help import Group
from klagg_tui.commands.shared.options import Db, Json, Local, existing_database
from klagg_tui.commands.shared.running import wait_for
from klagg_tui.commands.shared.settings import Chosen, with_settings
from klagg_tui.errors import BadUsage

if TYPE_CHECKING:
    from rich.table import Table

    from klagg_tui.engine.period import Period
    from klagg_tui.storage.maintenance import Holding
    from klagg_tui.storage.store import Store

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg db

klagg db --symbols --json

klagg db check

klagg db backup saturday.db

klagg db prune --keep 1m=90d --dry-run
"""
T = TypeVar("T")


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(cls=Group, invoke_without_command=True, epilog=_EXAMPLES)
    group.callback()(overview)
    group.command("check")(check)
    group.command("compact")(compact)
    group.command("backup")(backup)
    group.command("prune")(prune)
    app.add_typer(group, name="db")


def overview(
    ctx: typer.Context,
    by_symbol: Annotated[bool, typer.Option("--symbols", help="A line for each symbol and period.")] = False,
    json: Json = False,
    local: Local = False,
    db: Db = None,
) -> None:
    """Say where the database is and what is in it."""
    ctx.obj = db
    if ctx.invoked_subcommand is not None:
        return
    from klagg_tui import formatting
    from klagg_tui.commands.shared.tables import console, print_json, print_table
    from klagg_tui.formatting import counted

    content = wait_for(_read(existing_database(db)))
    if json:
        print_json(_as_json(content))
        return
    out = console()
    out.print(f"{content.path}, {formatting.size(content.size_bytes)}", soft_wrap=True)
    out.print(
        f"{counted(content.symbols, 'symbol')}, {counted(content.spans, 'unbroken run')} of trades, "
        f"{counted(content.forming, 'forming bar')}"
    )
    if content.holdings:
        held = content.holdings
        if by_symbol:
            print_table(_holdings_table(held, local=local), "closed", "confirmed", "from")
        else:
            print_table(_periods_table(held, local=local), "symbols", "closed", "confirmed")


def check(db: Db = None) -> None:
    """Look for damage in the file; status 1 where there is some. (`klagg audit` looks at the bars themselves.)"""

    async def work(store: Store) -> tuple[str, ...]:
        return await store.integrity_check()

    from klagg_tui.storage.disk_errors import damaged

    path = existing_database(db)
    if found := wait_for(_with_store(path, work)):
        for line in found:
            typer.echo(line)
        raise damaged(path)
    typer.echo(f"{path} is sound.")


def compact(db: Db = None) -> None:
    """Give the space of deleted bars back to the disk; the file is written anew."""
    from klagg_tui import formatting

    async def work(store: Store) -> tuple[int, int]:
        before = store.size_bytes
        await store.compact()
        return before, store.size_bytes

    path = existing_database(db)
    before, after = wait_for(_with_store(path, work, read_only=False))
    typer.echo(f"{path}: {formatting.size(before)} before, {formatting.size(after)} now.")


def backup(
    file: Annotated[Path, typer.Argument(help="The copy; must not exist yet.")],
    db: Db = None,
) -> None:
    """Write a compact copy, also while klagg is running."""
    from klagg_tui import formatting

    async def work(store: Store) -> None:
        await store.backup(file)

    wait_for(_with_store(existing_database(db), work))
    typer.echo(f"{file}: {formatting.size(file.stat().st_size)}.")


@with_settings("storage.database", "storage.keep")
def prune(
    chosen: Chosen,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
) -> None:
    """Delete bars older than the settings keep them. What longer bars are still to be made of stays."""
    from klagg_tui.formatting import counted

    settings = chosen.load().settings
    storage, periods = settings.storage, settings.market.periods
    if not storage.keep:
        raise BadUsage("Everything is kept: name periods with --keep 1m=90d or in [storage.keep].")
    now_ms = int(time.time() * 1000)
    limits = {period: now_ms - kept_ms for period, kept_ms in storage.keep.items()}
    deleted = wait_for(_prune(existing_database(storage.database), limits, periods, dry_run=dry_run))
    for period, count in deleted.items():
        typer.echo(f"{period}: {counted(count, 'bar')} {'would be ' if dry_run else ''}deleted")


class _Content(NamedTuple):
    path: Path
    size_bytes: int
    symbols: int
    spans: int
    forming: int
    holdings: tuple[Holding, ...]


async def _read(path: Path) -> _Content:
    from klagg_tui.storage.store import Store

    async with await Store.open(path, read_only=True) as store:
        counts = await store.counts()
        return _Content(path, store.size_bytes, counts.symbols, counts.spans, counts.forming, await store.summary())


async def _with_store(path: Path, work: Callable[[Store], Awaitable[T]], *, read_only: bool = True) -> T:
    from klagg_tui.storage.store import Store

    async with await Store.open(path, read_only=read_only) as store:
        return await work(store)


async def _prune(
    path: Path, limits: Mapping[Period, int], periods: tuple[Period, ...], *, dry_run: bool
) -> dict[Period, int]:
    """How many bars of each period are, or would be, deleted; short periods first, since longer ones are made of them."""
    from klagg_tui.storage.store import Store

    deleted = {}
    async with await Store.open(path, read_only=dry_run, periods=periods) as store:
        for period, before_ms in sorted(limits.items()):
            count = await store.count_before(period, before_ms, periods)
            deleted[period] = count
            while not dry_run and await store.delete_before(period, before_ms):
                pass
    return deleted


def holes(holding: Holding) -> int:
    """How many bars are missing between the oldest and the newest one."""
    from klagg_tui.engine.period import Period

    if holding.period is not Period.MO1:
        return (holding.last_ms - holding.first_ms) // holding.period.nominal_ms + 1 - holding.rows
    months, at_ms = 1, holding.first_ms
    while at_ms < holding.last_ms:
        at_ms = holding.period.end_ms(at_ms)
        months += 1
    return months - holding.rows


def _periods_table(holdings: Sequence[Holding], *, local: bool) -> Table:
    """A line a period."""
    from klagg_tui.commands.shared.tables import table

    made = table("period", "symbols", "bars", "from", "to", "holes", "partial", "closed", "confirmed")
    for period in sorted({holding.period for holding in holdings}):
        of_period = [holding for holding in holdings if holding.period is period]
        made.add_row(str(period), f"{len(of_period):,}", *_cells(of_period, local=local))
    return made


def _holdings_table(holdings: Sequence[Holding], *, local: bool) -> Table:
    """A line a symbol and period."""
    from klagg_tui.commands.shared.tables import table

    made = table("symbol", "period", "bars", "from", "to", "holes", "partial", "closed", "confirmed")
    for holding in holdings:
        made.add_row(holding.symbol, str(holding.period), *_cells([holding], local=local))
    return made


def _cells(holdings: Sequence[Holding], *, local: bool) -> Iterable[str]:
    from klagg_tui.formatting import date_time

    yield f"{sum(holding.rows for holding in holdings):,}"
    yield date_time(min(holding.first_ms for holding in holdings), local=local)
    yield date_time(max(holding.last_ms for holding in holdings), local=local)
    yield f"{sum(map(holes, holdings)):,}"
    yield f"{sum(holding.partial for holding in holdings):,}"
    yield f"{sum(holding.closed for holding in holdings):,}"
    yield f"{sum(holding.confirmed for holding in holdings):,}"


def _as_json(content: _Content) -> dict[str, object]:
    return {
        "path": str(content.path),
        "size_bytes": content.size_bytes,
        "symbols": content.symbols,
        "spans": content.spans,
        "forming": content.forming,
        "holdings": [
            {
                "symbol": holding.symbol,
                "period": str(holding.period),
                "bars": holding.rows,
                "from": holding.first_ms,
                "to": holding.last_ms,
                "holes": holes(holding),
                "partial": holding.partial,
                "closed": holding.closed,
                "confirmed": holding.confirmed,
            }
            for holding in content.holdings
        ],
    }
