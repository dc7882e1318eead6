"""`klagg config`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.settings import Chosen, with_settings
from klagg_tui.config.table import SECTIONS
from klagg_tui.errors import BadUsage

if TYPE_CHECKING:
    from rich.console import Console

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg config

klagg config --example > klagg.toml

klagg config --from-legacy old.toml > klagg.toml
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("config", epilog=_EXAMPLES)(show_config)


@with_settings(*SECTIONS)
def show_config(
    chosen: Chosen,
    path: Annotated[bool, typer.Option("--path", help="Only where the configuration file is.")] = False,
    example: Annotated[bool, typer.Option("--example", help="A file with every setting, to begin with.")] = False,
    from_legacy: Annotated[
        Path | None,
        typer.Option("--from-legacy", metavar="FILE", help="Translate the predecessor's TOML; it is only read."),
    ] = None,
) -> None:
    """Show the settings that count and where each comes from.

    A flag goes before an environment variable, and both before the file.
    """
    if path + example + (from_legacy is not None) > 1:
        raise BadUsage("Only one of --path, --example and --from-legacy can be asked for.")
    if path:
        tell(chosen.path)
    elif example:
        from klagg_tui.config.example import example as written

        typer.echo(written(), nl=False)
    elif from_legacy:
        _convert(from_legacy)
    else:
        _show(chosen)


def _convert(legacy: Path) -> None:
    from klagg_tui.config.legacy import convert

    converted = convert(legacy)
    typer.echo(converted.toml, nl=False)
    for note in converted.notes:
        tell(note, err=True)


def _show(chosen: Chosen) -> None:
    """A table on a terminal; elsewhere lines that are TOML themselves."""
    from rich.console import Console

    from klagg_tui.config.example import rows

    effective = chosen.load()
    there = effective.path.exists()
    console = Console(markup=False, emoji=False)
    if console.is_terminal:
        _draw(console, rows(effective), effective.path if there else None)
        tell(f"File: {effective.path}{'' if there else ' (not there; --example prints one to begin with)'}")
        return
    tell(f"# {effective.path}{'' if there else ' (not there)'}")
    for name, value, origin in rows(effective):
        tell(f"{name} = {value}  # {origin}")


def _draw(console: Console, lines: list[tuple[str, str, str]], file: Path | None) -> None:
    from rich.table import Table
    from rich.text import Text

    from klagg_tui.config import DEFAULT

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Setting", no_wrap=True)
    table.add_column("Value", overflow="fold", ratio=1)
    table.add_column("From", overflow="fold")
    for name, value, origin in lines:
        short = origin.replace(f"{file}, ", f"{file.name}, ") if file else origin
        style = "dim" if origin == DEFAULT else ""
        table.add_row(Text(name, style), Text(value, style), Text(short, style or "bold"))
    console.print(table)
