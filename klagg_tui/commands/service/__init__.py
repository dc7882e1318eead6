"""`klagg service`: a recorder that the system starts and keeps running."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from klagg_tui.commands.shared.help import Group
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.settings import Chosen, with_settings
from klagg_tui.config.table import SECTIONS
from klagg_tui.errors import BadUsage, KlaggError

if TYPE_CHECKING:
    from klagg_tui.commands.service.manager import Manager

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg service install --venue coinbase,kraken

klagg service install --serve --port 9000

klagg service status
"""
_OWNER_ALONE: Final = 0o600


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(cls=Group, no_args_is_help=True, epilog=_EXAMPLES, help=_HELP)
    group.command("install")(install)
    group.command("status")(status)
    group.command("uninstall")(uninstall)
    app.add_typer(group, name="service")


_HELP: Final = "Have the system run klagg record, at every start: by the user's own systemd on Linux, by launchd on macOS. No root is needed."


@with_settings(*(section for section in SECTIONS if section != "screen"))
def install(
    chosen: Chosen,
    is_served: Annotated[
        bool, typer.Option("--serve", help="Serve bars to other programs too, as klagg serve does.")
    ] = False,
    is_printed: Annotated[bool, typer.Option("--print", help="Only print the file, on any machine.")] = False,
) -> None:
    """Write what the system needs to know to run klagg record with these settings, and say which command starts it.

    What counts in this shell counts in the service: what is typed here, and variables such as KLAGG_DB and HTTPS_PROXY.
    Settings in the file are read anew at each start. Nothing is started.
    """
    from klagg_tui.commands.service.program import program

    chosen.load(watches=True)
    if not is_served and any(name.startswith("serve.") for name, texts in chosen.flags.items() if texts):
        raise BadUsage("Bars are served to other programs with --serve: add it, or leave out what is about serving.")
    manager = _manager()
    command = "serve" if is_served else "record"
    text = manager.text(program(command, chosen.config, chosen.flags, os.environ))
    if is_printed:
        typer.echo(text, nl=False)
        return
    manager.require()
    was_there = manager.path.exists()
    _write(manager.path, text)
    tell(f"{'Replaced' if was_there else 'Written'}: {manager.path} (klagg {command}). Nothing was started.")
    for line in manager.advice():
        tell(line)
    if was_there:
        tell("One that runs goes on as it was until it is started anew.")


def status() -> None:
    """Say whether it runs, and whether it will after the next start; status 1 where it does not run."""
    manager = _manager()
    manager.require()
    if not manager.path.exists():
        raise KlaggError(f"There is no service: {manager.path} is not there; `klagg service install` writes it.")
    told = manager.status()
    for line in told.words.splitlines():
        tell(line)
    raise typer.Exit(0 if told.worked else 1)


def uninstall() -> None:
    """End the service and take its file away. The database, the settings and the log stay."""
    manager = _manager()
    if not manager.path.exists():
        raise KlaggError(f"There is no service: {manager.path} is not there.")
    problem = manager.stop()
    try:
        manager.path.unlink()
    except OSError as error:
        raise KlaggError(f"{manager.path} cannot be removed ({error.strerror}): the service is still there.") from error
    manager.forget()
    tell(f"Removed: {manager.path}. The database, the settings and the log stay.")
    if problem:
        tell(f"Whether it still runs is not known ({problem}): look with klagg doctor recorder.", err=True)


def _manager() -> Manager:
    """What starts services here.

    Raises:
        KlaggError: klagg knows none.
    """
    if sys.platform == "darwin":
        from klagg_tui.commands.service.launchd import Launchd

        return Launchd()
    from klagg_tui.commands.service.systemd import Systemd

    return Systemd(os.environ)


def _write(path: Path, text: str) -> None:
    """For the owner's eyes alone: an address may hold a password.

    Raises:
        KlaggError: it cannot be written.
    """
    half = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.unlink(missing_ok=True)
        with os.fdopen(
            os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ALONE), "w", encoding="utf-8"
        ) as file:
            file.write(text)
        half.replace(path)
    except OSError as error:
        raise KlaggError(f"{path} cannot be written ({error.strerror}): there is no service.") from error
