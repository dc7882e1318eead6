"""Holds the coverage of each room against its floor: the pure rooms whole, every other at 95 %.

`python -m tools.coverage_floors` reads what the tests have just left in `.coverage.json`, lines and branches together; of a room below its
floor it names what no test reaches.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = Path("klagg_tui")
LEFT: Final = Path(".coverage.json")
WHOLE: Final = ("engine", "exchange/session", "exchange/*/wire")
"""Pure rooms: nothing in them is hard to reach, so every line and branch is."""
FLOOR: Final = 95.0

Files = Mapping[str, Mapping[str, Any]]
"""What was reached of each file and what was not, as SlipCover tells it."""


def main() -> int:
    files: Files = json.loads(LEFT.read_text())["files"]
    low = 0
    for room, floor in floors().items():
        measured = {name: told for name, told in files.items() if is_in(name, room)}
        percent = reached(measured)
        is_low = percent < floor
        low += is_low
        print(f"  {room:18} {percent:6.2f} %  of {floor:.0f} %{'  too low' if is_low else ''}")
        for line in unreached(measured) if is_low else ():
            print(line)
    return 1 if low else 0


def floors() -> dict[str, float]:
    """Each room with its floor: the pure ones first, then every folder of the package, then its modules on top."""
    rooms = [path.name for path in sorted(PACKAGE.iterdir()) if (path / "__init__.py").is_file()]
    return dict.fromkeys(WHOLE, 100.0) | {room: FLOOR for room in (*rooms, "*.py") if room not in WHOLE}


def is_in(name: str, room: str) -> bool:
    """Whether a file is of a room; those on top are of one, and a pattern's star would go over folders."""
    return Path(name).parent == PACKAGE if room == "*.py" else fnmatch(name, f"{PACKAGE}/{room}/*")


def reached(files: Files) -> float:
    """How much of the lines and branches, in percent; none where nothing was measured."""
    done = sum(len(told["executed_lines"]) + len(told["executed_branches"]) for told in files.values())
    lacking = sum(len(told["missing_lines"]) + len(told["missing_branches"]) for told in files.values())
    return 100.0 * done / (done + lacking) if done else 0.0


def unreached(files: Files) -> list[str]:
    """A line for each file that is not reached whole."""
    return [
        f"    {name}: lines {told['missing_lines']}, branches {told['missing_branches']}"
        for name, told in sorted(files.items())
        if told["missing_lines"] or told["missing_branches"]
    ]


if __name__ == "__main__":
    sys.exit(main())
