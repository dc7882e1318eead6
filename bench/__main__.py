"""`make bench`: every figure that docs and notes quote, measured anew.

`make bench ARGS="engine store"` measures those only. What was measured is added to `bench/history.jsonl`. Machines differ and are
shared: compare figures of one run; `--against REV` measures another commit beside this tree, in turns.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Final

from rich.console import Console
from rich.table import Table

from bench import history
from bench.against import ROUNDS, CannotMeasure, compare

PARTS: Final = (
    "engine",
    "exact",
    "store",
    "files",
    "stream",
    "delay",
    "memory",
    "screen",
    "screen_venues",
    "screener",
    "exchanges",
    "venues",
    "start",
    "cold",
    "serve",
    "windows",
    "sinks",
    "sinks_cost",
    "recorder",
    "recorder_venues",
)


def main(wanted: list[str]) -> int:
    asked = _arguments().parse_args(wanted)
    console = Console()
    if unknown := [name for name in asked.parts if name not in PARTS]:
        console.print(f"There is no {', '.join(unknown)}; there are {', '.join(PARTS)}.")
        return 2
    if asked.rounds < 1:
        console.print("--rounds takes 1 or more.")
        return 2
    for name in asked.parts or PARTS:
        if asked.against is None:
            _measure(console, name)
        else:
            try:
                _compare(console, name, asked.against, asked.rounds)
            except CannotMeasure as error:
                console.print(str(error), markup=False)
                return 1
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure klagg and its peers.")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all of them where none is named"
    )
    parser.add_argument("--against", metavar="REV", help="measure this commit too, in turns, and print both")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each tree measures (%(default)s)")
    return parser


def _measure(console: Console, name: str) -> None:
    before = history.load()
    figures: Callable[[], list[tuple[str, str]]] = import_module(f"bench.{name}").figures
    table = Table(title=name, show_header=False, title_justify="left")
    found = figures()
    for what, value in found:
        table.add_row(what, value)
    console.print(table)
    history.keep(name, found, before)


def _compare(console: Console, name: str, revision: str, rounds: int) -> None:
    table = Table(title=f"{name}: medians of {rounds} in turns", title_justify="left")
    for heading in ("", "this tree", revision, "ratio"):
        table.add_column(heading, justify="left" if not heading else "right")
    for one in compare(name, revision, rounds):
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        table.add_row(one.what, f"{one.ours:,g}", f"{one.theirs:,g}", ratio)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
