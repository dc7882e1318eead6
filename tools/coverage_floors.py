"""Holds the coverage of each room against its floor: the pure rooms whole, every other at 95 %.

`python -m tools.coverage_floors` reads what the tests have just left in `.coverage`, lines and branches together.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Final

from coverage import Coverage

PACKAGE: Final = Path("klagg_tui")
WHOLE: Final = ("engine", "exchange/session", "exchange/*/wire")
"""Pure rooms: nothing in them is hard to reach, so every line and branch is."""
FLOOR: Final = 95.0


def main() -> int:
    coverage = Coverage()
    coverage.load()
    low = 0
    for room, floor in floors().items():
        percent = coverage.report(include=patterns(room), file=io.StringIO(), show_missing=False)
        is_low = percent < floor
        low += is_low
        print(f"  {room:18} {percent:6.2f} %  of {floor:.0f} %{'  too low' if is_low else ''}")
    return 1 if low else 0


def floors() -> dict[str, float]:
    """Each room with its floor: the pure ones first, then every folder of the package, then its modules on top."""
    rooms = [path.name for path in sorted(PACKAGE.iterdir()) if (path / "__init__.py").is_file()]
    return dict.fromkeys(WHOLE, 100.0) | {room: FLOOR for room in (*rooms, "*.py") if room not in WHOLE}


def patterns(room: str) -> list[str]:
    if room == "*.py":
        return [str(path) for path in PACKAGE.glob("*.py")]
    return [f"{PACKAGE}/{room}/*"]


if __name__ == "__main__":
    sys.exit(main())
