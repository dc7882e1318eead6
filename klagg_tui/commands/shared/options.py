"""Options that several commands share, and what their values become."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.settings import inherited
from klagg_tui.errors import BadUsage, KlaggError

if TYPE_CHECKING:
    from klagg_tui.config.values import Settings
    from klagg_tui.engine.period import Period

_META: Final = "klagg_tui.commands.shared.options"


def _inherited(ctx: typer.Context, value: Path | None) -> Path | None:
    """`klagg --db X symbols` means the same as `klagg symbols --db X`; without either, the settings say."""
    if value or ctx.obj or ctx.resilient_parsing:
        return value or ctx.obj
    return settings_of(ctx).storage.database


def settings_of(ctx: typer.Context) -> Settings:
    """What file, environment and flags say; read once a command."""
    if _META not in ctx.meta:
        ctx.meta[_META] = inherited(ctx).load().settings
    settings: Settings = ctx.meta[_META]
    return settings


Db: TypeAlias = Annotated[
    Path | None,
    typer.Option("--db", metavar="PATH", help="Database file (KLAGG_DB).", callback=_inherited),
]
Local: TypeAlias = Annotated[bool, typer.Option("--local", help="Times are this machine's instead of UTC.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


def database(db: Path | None) -> Path:
    """The file asked for, or the one in the user's data folder."""
    from klagg_tui.paths import default_path

    return db or default_path()


def existing_database(db: Path | None) -> Path:
    """As `database`, for commands that only read.

    Raises:
        StorageError: there is nothing to read.
    """
    from klagg_tui.storage.disk_errors import missing
    from klagg_tui.storage.opening import has_database

    path = database(db)
    if not has_database(path):
        raise missing(path)
    return path


def say_update(path: Path) -> None:
    """Where a database was written by an older klagg: that it is brought up to date now, which may take a while."""
    from klagg_tui.formatting import size
    from klagg_tui.storage.opening import copy_of, is_to_be_migrated

    if is_to_be_migrated(path):
        typer.echo(
            f"{path} ({size(path.stat().st_size)}) was written by an older klagg and is brought up to date, once. "
            f"Until klagg has ended as it should, a copy is kept as {copy_of(path).name}.",
            err=True,
        )


def start_log(settings: Settings, database: Path | None) -> None:
    """Write the log that the settings ask for; where the disk does not take it, that is said and no more.

    Raises:
        KlaggError: it would go into a folder, `database`, or any other one.
    """
    from klagg_tui import logs

    if fault := logs.fault_of(settings.log.path, database):
        raise KlaggError(f"{fault.removesuffix('.')} with --log-path.")
    if problem := logs.start(settings.log.path, settings.log.level):
        tell(problem, err=True)


def moment(text: str | None, *, local: bool) -> int | None:
    """The time that an option says, in milliseconds."""
    from klagg_tui.timespec import parse_time

    return None if text is None else parse_time(text, int(time.time() * 1000), local=local)


def times(from_: str | None, to: str | None, *, local: bool) -> tuple[int | None, int | None]:
    """The times that --from and --to say, in milliseconds.

    Raises:
        BadUsage: no time lies between them.
    """
    from_ms, to_ms = moment(from_, local=local), moment(to, local=local)
    if from_ms is not None and to_ms is not None and from_ms >= to_ms:
        raise BadUsage(f"Nothing lies between --from {from_} and --to {to}: the first must be the earlier one.")
    return from_ms, to_ms


def names_of(typed: Iterable[str] | None) -> tuple[str, ...]:
    """Names and patterns as they were typed, several times or with commas."""
    return tuple(name.strip() for text in typed or () for name in text.split(",") if name.strip())


def periods_of(texts: list[str]) -> tuple[Period, ...]:
    """The periods that an option names, each text one or several with commas.

    Raises:
        BadPeriod: one of them is none.
        BadUsage: there is none at all.
    """
    from klagg_tui.engine.period import Period

    parts = [part.strip() for text in texts for part in text.split(",") if part.strip()]
    if not parts:
        raise BadUsage("No period is named; write them as 1m or 1m,1h.")
    return tuple(dict.fromkeys(map(Period.parse, parts)))
