"""Where `--output` leads: a file, a folder, or the pipe."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from klagg_tui.errors import BadUsage

if TYPE_CHECKING:
    from klagg_tui.exporting.format import Format


def target_of(output: str, form: Format) -> Path | BinaryIO:
    """What `--output` means.

    Raises:
        BadUsage: a terminal cannot show that format, or there is no pipe.
    """
    if output != "-":
        return Path(output)
    if not form.is_text and sys.stdout and sys.stdout.isatty():
        raise BadUsage(f"{form.name.capitalize()} is not for reading on a terminal; name a file with -o.")
    return stdout()


def stdout() -> BinaryIO:
    """The pipe; raises BadUsage where there is none."""
    if sys.stdout is None:  # closed by whoever started us
        raise BadUsage("There is no standard output to write to; name a file with -o.")
    return sys.stdout.buffer


def silence_stdout() -> None:
    """Nobody reads the pipe any more: let Python close it without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
