"""The `klagg` command line: its commands, and what a person sees when one of them fails."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from errno import EACCES, ELOOP, ENAMETOOLONG, ENOSPC
from typing import Annotated, Any, Final, NoReturn

import typer

from klagg_tui.commands.shared import plain_signs
from klagg_tui.commands.shared.help import Group, polish
from klagg_tui.commands.shared.lazy import LazyCommands
from klagg_tui.commands.shared.output import OutputClosed, say
from klagg_tui.commands.shared.settings import Chosen, with_settings
from klagg_tui.commands.shared.start import FilterOption, ListOption, SortOption, Start, ViewOption
from klagg_tui.config.table import SECTIONS
from klagg_tui.errors import BadPeriod, BadTime, BadUsage, FilterError, KlaggError

COMMANDS: Final = (
    "import",
    "fetch",
    "export",
    "push",
    "bars",
    "symbols",
    "db",
    "audit",
    "alerts",
    "replay",
    "record",
    "serve",
    "follow",
    "attach",
    "web",
    "demo",
    "simulate",
    "probe",
    "config",
    "doctor",
    "service",
    "completions",
)
"""In the order in which `--help` shows them; each is a file of `commands`."""
WRONG_USAGE: Final = 2
"""Exit status where what was typed makes no sense, as shells have it."""
_COMPLETES: Final = "_KLAGG_COMPLETE"
"""A variable that is there where a shell asks what can be typed."""
_ONE_LINE: Final = "10000"
_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg

klagg import BTCUSDT-aggTrades-2024-08-08.zip

klagg export --symbol BTCUSDT --period 5m --from 2024-08-08 -o BTCUSDT-5m.csv
"""


class _Commands(Group):
    """klagg itself, and its commands."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - typer's own
        super().__init__(**attributes)
        self.commands = LazyCommands(COMMANDS)


def main() -> None:
    """Run what was typed and leave with its exit status: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl+C."""
    plain_signs.use()
    if _COMPLETES in os.environ:
        # What typer breaks into lines, as for a terminal, a shell takes for as many completions.
        os.environ["COLUMNS"] = _ONE_LINE
    try:
        status = app(prog_name="klagg", standalone_mode=False)
    except typer.TyperException as error:
        _leave(_misused(error), error.exit_code)
    except (BadUsage, BadPeriod, BadTime, FilterError) as error:
        _leave(str(error), WRONG_USAGE)
    except KlaggError as error:
        _leave(str(error), 1)
    except Exception as error:  # noqa: BLE001 - the outer edge: what reaches it is logged and reported
        _leave(_unexpected(error), 1)
    sys.exit(status if isinstance(status, int) else 0)


def _version(asked: bool) -> None:
    if asked:
        from klagg_tui import __version__

        typer.echo(f"klagg {__version__}")
        raise typer.Exit


def _assembled() -> typer.Typer:
    app = typer.Typer(
        name="klagg",
        cls=_Commands,
        invoke_without_command=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(epilog=_EXAMPLES)(_open_terminal)
    polish(app)
    return app


@with_settings(*SECTIONS)
def _open_terminal(
    chosen: Chosen,
    is_served: Annotated[
        bool, typer.Option("--serve", help="Push bars to other programs meanwhile; see klagg serve.")
    ] = False,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool, typer.Option("--version", "-V", help="Show the version and leave.", callback=_version, is_eager=True)
    ] = False,
    filter_text: FilterOption = None,
    sort: SortOption = None,
    shown_list: ListOption = None,
    view: ViewOption = None,
) -> None:
    """Watches whole markets of one exchange or several and keeps their bars, exact to the last digit.

    Without a command it opens the terminal.
    """
    start = Start(filter_text, sort, shown_list, view)
    start.before(chosen.subcommand)
    if chosen.subcommand is None:
        from klagg_tui.commands.terminal import open_terminal

        open_terminal(chosen, start, is_served=is_served)


_OF_NAMES: Final = (ENAMETOOLONG, ELOOP, EACCES)
"""What a name can be wrong by before anything is opened, wherever it is looked at first."""
_LONGEST_NAME: Final = 60
"""Characters that are told of a name."""


def _leave(sentence: str, status: int) -> NoReturn:
    with suppress(OutputClosed):
        for line in sentence.splitlines():
            say(line, err=True)
    sys.exit(status)


def _misused(error: typer.TyperException) -> str:
    """What the parser of the command line says, as one sentence, and where to read on; nothing where it has shown its help."""
    context: typer.Context | None = getattr(error, "ctx", None)
    complaint = " ".join(error.format_message().replace("Value error, ", "").split()).rstrip(".")
    if not complaint:
        return ""
    joint = "" if complaint.endswith("?") else ";"
    return f"{complaint}{joint} `{context.command_path if context else 'klagg'} --help` says more."


def _unexpected(error: Exception) -> str:
    """One sentence for an error that nobody expected; the rest goes to the log."""
    if isinstance(error, OSError) and error.errno == ENOSPC:
        return "The disk is full: what was asked for could not be written out; free some space."
    if isinstance(error, OSError) and error.errno in _OF_NAMES and error.filename:
        name = os.fsdecode(error.filename)
        shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
        return f"{shown} cannot be used ({error.strerror}): name another file."
    import logging

    from klagg_tui import logs

    path = logs.default_path()
    problem = logs.start(path)
    logging.getLogger(__name__).error("unexpected", exc_info=error)
    where = f"details are in {path}" if problem is None else problem
    return f"klagg met something unexpected and stopped ({type(error).__name__}: {error}); {where}."


app = _assembled()
