"""What `make bench` measured before: one line of JSON a part and run in `bench/history.jsonl`, to be committed with the change.

A line says on which commit, on what machine and beside how much other work. Figures of two lines are to be compared only where both
are ratios taken inside one run; for the rest there is `make bench ARGS="--against REV"`.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

ROOT: Final = Path(__file__).resolve().parents[1]
HISTORY: Final = Path(__file__).with_name("history.jsonl")

_NUMBER: Final = re.compile(r"(?<![\w.,])-?\d[\d,]*(?:\.\d+)?")

Figures = Sequence[tuple[str, str]]


def keep(part: str, figures: Figures, load: float, path: Path = HISTORY) -> None:
    """Add what one part measured, with the load of the machine when it began."""
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine() | {"load": round(load, 1)},
        "part": part,
        "figures": {what: {"text": text, "numbers": numbers_of(text)} for what, text in figures},
    }
    with path.open("ab") as file:
        file.write(orjson.dumps(line) + b"\n")


def numbers_of(text: str) -> list[float]:
    """The numbers that stand in a figure's text, thousands read as they are written."""
    return [float(found.replace(",", "")) for found in _NUMBER.findall(text)]


def commit() -> str:
    """The short name of the commit that is measured; `+` behind it where files differ from it."""
    name = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/history.jsonl")
    return (name or "unknown") + ("+" if changed else "")


def machine() -> dict[str, Any]:
    """What tells one kind of machine from another; neither its name nor whose it is."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def load() -> float:
    """How many processes wanted to run in the last minute, on the average."""
    return os.getloadavg()[0]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _git(*arguments: str) -> str:
    done = subprocess.run(("git", *arguments), cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
