"""`make bench`: every figure that docs and notes quote, measured anew.

`make bench ARGS="engine store"` measures those only. Machines differ and are shared: compare figures of one run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Final

from rich.console import Console
from rich.table import Table

PARTS: Final = (
    "engine",
    "exact",
    "store",
    "files",
    "stream",
    "memory",
    "screen",
    "screen_venues",
    "screener",
    "exchanges",
    "venues",
    "start",
    "cold",
    "serve",
)


def main(wanted: list[str]) -> int:
    console = Console()
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        console.print(f"There is no {', '.join(unknown)}; there are {', '.join(PARTS)}.")
        return 2
    for name in wanted or PARTS:
        figures: Callable[[], list[tuple[str, str]]] = import_module(f"bench.{name}").figures
        table = Table(title=name, show_header=False, title_justify="left")
        for what, value in figures():
            table.add_row(what, value)
        console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
