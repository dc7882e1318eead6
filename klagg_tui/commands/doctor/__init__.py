"""`klagg doctor`: whether everything that klagg needs is there, and what to do where it is not."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from klagg_tui import __version__
from klagg_tui.commands.doctor import database, disk, exchanges, terminal
from klagg_tui.commands.doctor.finding import Finding, Look, Named, Verdict
from klagg_tui.commands.shared.options import Json
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.settings import Chosen, with_settings
from klagg_tui.errors import BadUsage, ConfigError, KlaggError
from klagg_tui.hints import ended, hint_or_all

if TYPE_CHECKING:
    from klagg_tui.config import Settings

log = logging.getLogger(__name__)

CHECKS: Final = ("settings", "terminal", "disk", "database", "network", "clock")
"""In the order in which they are looked at, what answers at once first."""
RECORDER: Final = "recorder"
"""Looked at only where it is named: it is no fault that nobody records."""
_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg doctor

klagg doctor network --venue coinbase,kraken

klagg doctor recorder && echo "A klagg records."
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", epilog=_EXAMPLES)(doctor)


def _names(incomplete: str) -> list[str]:
    return [name for name in (*CHECKS, RECORDER) if name.startswith(incomplete)]


@with_settings("market", "storage.database", "log.path")
def doctor(
    chosen: Chosen,
    checks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CHECK",
            help=f"What to look at: {', '.join(CHECKS)}; {RECORDER} only where it is named. Default: all others.",
            autocompletion=_names,
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Do not read every page of the database.")] = False,
    as_json: Json = False,
) -> None:
    """Look whether terminal, disk, database, network and clock are as klagg needs them, and say what to do where not.

    Leaves with 0 where nothing is wrong, with 1 where something is. Nothing is changed.
    """
    wanted = _wanted(checks or ())
    settings, broken = _settings(chosen)
    found: list[Finding] = []
    if not as_json:
        tell(_system())
    for finding in _findings(wanted, settings, broken, is_thorough=not quick):
        found.append(finding)
        if not as_json:
            for line in finding.lines():
                tell(line)
    faults = sum(finding.verdict is Verdict.FAULT for finding in found)
    if as_json:
        from klagg_tui.commands.shared.tables import print_json

        print_json({"system": _system(), "sound": not faults, "findings": [finding.as_json() for finding in found]})
    raise typer.Exit(1 if faults else 0)


def _wanted(checks: Sequence[str]) -> tuple[str, ...]:
    """The checks that are meant.

    Raises:
        BadUsage: there is none of that name.
    """
    known = (*CHECKS, RECORDER)
    for name in checks:
        if name not in known:
            raise BadUsage(ended(f"There is no check called {name}{hint_or_all(name, known)}"))
    return tuple(checks) or CHECKS


def _settings(chosen: Chosen) -> tuple[Settings, tuple[str, ...]]:
    """What is set; or the defaults, with the database that is meant all the same, and what is wrong with the settings."""
    from klagg_tui.config import defaults
    from klagg_tui.config.table import BY_NAME

    try:
        return chosen.load().settings, ()
    except ConfigError as error:
        setting = BY_NAME["storage.database"]
        typed = chosen.flags.get(setting.name)
        named = typed[-1] if typed else os.environ.get(setting.env)
        usual = defaults()
        storage = replace(usual.storage, database=Path(named)) if named else usual.storage
        return replace(usual, storage=storage), tuple(str(error).splitlines())


def _findings(
    wanted: Collection[str], settings: Settings, broken: Sequence[str], *, is_thorough: bool
) -> Iterator[Finding]:
    """In the order of `CHECKS`, each as soon as it is known."""
    path = settings.storage.database
    answers = _Answers(settings)
    looks: Mapping[str, Look] = {
        "settings": lambda: _of_settings(broken),
        "terminal": terminal.look,
        "disk": lambda: disk.look({"the database": path, "the log": settings.log.path}),
        "database": lambda: database.look(path, is_thorough=is_thorough),
        RECORDER: lambda: database.look_at_recorder(path),
        "network": lambda: exchanges.of_network(answers()),
        "clock": lambda: exchanges.of_clock(answers()),
    }
    for name, look in looks.items():
        if name in wanted:
            yield from _looked(name, look)


class _Answers:
    """Of all exchanges; they are asked once, and only where somebody wants to know."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._found: list[exchanges.Answer] | None = None

    def __call__(self) -> list[exchanges.Answer]:
        if self._found is None:
            self._found = exchanges.look(exchanges.places(self._settings), self._settings.market.proxy)
        return self._found


def _of_settings(broken: Sequence[str]) -> Iterable[Finding]:
    named = Named("settings")
    if not broken:
        yield named.fine("they can be read; klagg config shows them")
    for problem in broken:
        yield named.fault(problem, "until then the rest is looked at as if nothing were set")


def _looked(name: str, look: Look) -> Iterator[Finding]:
    """What is found; a fault of the system, or of ours, is a finding too."""
    try:
        yield from look()
    except (OSError, KlaggError) as error:
        yield Named(name).fault(f"it cannot be looked at ({getattr(error, 'strerror', None) or error})")
    except Exception as error:
        log.exception("looking at %s", name)
        yield Named(name).fault(
            f"looking at it failed ({type(error).__name__}: {error})", "that is a fault of klagg: please tell it"
        )


def _system() -> str:
    return f"klagg {__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}"
