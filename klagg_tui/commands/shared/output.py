"""Words to a person who may not be there any more: the terminal is closed, or nobody reads the pipe."""

from __future__ import annotations

import contextlib
import os
import sys

import typer

from klagg_tui.texts import printable


class OutputClosed(Exception):
    """Nobody reads what is said."""


def tell(text: object, *, err: bool = False) -> None:
    """A line, printable whatever it quotes."""
    typer.echo(printable(str(text)), err=err)


def say(text: str, *, before: str = "", nl: bool = True, err: bool = False) -> None:
    """Say it, printable whatever it quotes; `before`: what is for the terminal itself.

    Raises:
        OutputClosed: nobody reads any more; what is said from now on goes nowhere.
    """
    try:
        typer.echo(before + printable(text), nl=nl, err=err)
    except OSError as error:
        silence()
        raise OutputClosed from error


def silence() -> None:
    """Let what is still in a buffer go nowhere: Python would fail once more on it when the process ends."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
