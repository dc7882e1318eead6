"""Tables on stdout: coloured on a terminal, plain and never cut in a pipe."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

import orjson
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table

from klagg_tui.texts import json_printable, printable

_PIPE_WIDTH: Final = 400


def console() -> Console:
    """Stdout, wide enough for any table where nobody looks at it."""
    # Names are text: what looks like markup or like the code of a picture in them is neither.
    out = Console(highlight=False, markup=False, emoji=False)
    return out if out.is_terminal else _Piped(highlight=False, markup=False, emoji=False, width=_PIPE_WIDTH)


class _Piped(Console):
    """Lines without the blanks that fill a screen."""

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401 - rich's own options
        """As rich does."""
        with self.capture() as captured:
            super().print(*objects, **options)
        typer.echo("\n".join(line.rstrip(" ") for line in captured.get().split("\n")), nl=False)


class Texts(Table):
    """A table whose cells show what others wrote as it can be seen."""

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:  # noqa: ANN401 - rich's own options
        """As rich does."""
        super().add_row(*(printable(cell) if isinstance(cell, str) else cell for cell in cells), **options)


def table(*columns: str, left: int = 1) -> Table:
    """A table whose first `left` columns are texts and whose others are numbers."""
    made = Texts(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for place, name in enumerate(columns):
        made.add_column(name, justify="left" if place < left else "right", no_wrap=True)
    return made


def print_table(made: Table, *spare: str) -> None:
    """Print it without as many of its spare columns as a terminal is too narrow for, the first named first."""
    out = console()
    wide = out.options.update(width=_PIPE_WIDTH)
    for name in spare:
        if out.measure(made, options=wide).maximum <= out.width:
            break
        made = _without(name, made)
    out.print(made)


def _without(name: str, made: Table) -> Table:
    kept = [column for column in made.columns if column.header != name]
    fewer = table(*(str(column.header) for column in kept), left=sum(column.justify == "left" for column in kept))
    for cells in zip(*(column.cells for column in kept), strict=True):
        fewer.add_row(*cells)
    return fewer


def print_json(content: object) -> None:
    """A JSON document, indented for people. Signs that the terminal or a path cannot hold are escaped, not replaced."""
    try:
        text = orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()
        text.encode(sys.stdout.encoding)
    except (TypeError, UnicodeEncodeError):  # the first: a path that is no text
        text = json.dumps(content, indent=2)
    typer.echo(json_printable(text))
