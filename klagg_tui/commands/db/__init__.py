"""`klagg db`: what is in the database, and looking after it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from klagg_tui.commands.db.contents import overview
from klagg_tui.commands.db.missing import owed
from klagg_tui.commands.shared.help import Group
from klagg_tui.commands.shared.options import Db, existing_database, say_update
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.running import wait_for
from klagg_tui.commands.shared.settings import Chosen, with_settings
from klagg_tui.errors import BadUsage

if TYPE_CHECKING:
    from klagg_tui.engine.period import Period
    from klagg_tui.storage.store import Store

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg db

klagg db --symbols --json

klagg db check

klagg db owed

klagg db backup saturday.db

klagg db prune --keep 1m=90d --dry-run
"""
T = TypeVar("T")


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(cls=Group, invoke_without_command=True, epilog=_EXAMPLES)
    group.callback()(overview)
    group.command("check")(check)
    group.command("owed")(owed)
    group.command("compact")(compact)
    group.command("backup")(backup)
    group.command("prune")(prune)
    app.add_typer(group, name="db")


def check(db: Db = None) -> None:
    """Look for damage in the file; status 1 where there is some. (`klagg audit` looks at the bars themselves.)"""

    async def work(store: Store) -> tuple[str, ...]:
        return await store.integrity_check()

    from klagg_tui.storage.disk_errors import damaged

    path = existing_database(db)
    if found := wait_for(_with_store(path, work)):
        for line in found:
            tell(line)
        raise damaged(path)
    tell(f"{path} is sound.")


def compact(db: Db = None) -> None:
    """Give the space of deleted bars back to the disk; the file is written anew."""
    from klagg_tui import formatting

    async def work(store: Store) -> tuple[int, int]:
        before = store.size_bytes
        await store.compact()
        return before, store.size_bytes

    path = existing_database(db)
    before, after = wait_for(_with_store(path, work, read_only=False))
    tell(f"{path}: {formatting.size(before)} before, {formatting.size(after)} now.")


def backup(
    file: Annotated[Path, typer.Argument(help="The copy; must not exist yet.")],
    db: Db = None,
) -> None:
    """Write a compact copy, also while klagg is running."""
    from klagg_tui import formatting

    async def work(store: Store) -> None:
        await store.backup(file)

    wait_for(_with_store(existing_database(db), work))
    tell(f"{file}: {formatting.size(file.stat().st_size)}.")


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


async def _with_store(path: Path, work: Callable[[Store], Awaitable[T]], *, read_only: bool = True) -> T:
    from klagg_tui.storage.store import Store

    if not read_only:
        say_update(path)
    async with await Store.open(path, read_only=read_only) as store:
        return await work(store)


async def _prune(
    path: Path, limits: Mapping[Period, int], periods: tuple[Period, ...], *, dry_run: bool
) -> dict[Period, int]:
    """How many bars of each period are, or would be, deleted; short periods first, since longer ones are made of them."""
    from klagg_tui.exchange.registry import opening_at_previous_close
    from klagg_tui.storage.store import Store

    deleted = {}
    if not dry_run:
        say_update(path)
    opening = opening_at_previous_close()
    async with await Store.open(path, read_only=dry_run, periods=periods, previous_close=opening) as store:
        for period, before_ms in sorted(limits.items()):
            count = await store.count_before(period, before_ms, periods)
            deleted[period] = count
            while not dry_run and await store.delete_before(period, before_ms):
                pass
    return deleted
