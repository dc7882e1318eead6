"""Another commit beside this tree: both measure the same part in turns, so that whatever else the machine does meets both.

The other commit is checked out into a folder of its own and runs with the libraries of this one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import orjson

from bench.history import ROOT, numbers_of

ROUNDS: Final = 3
"""Each tree measures so often; which one begins changes with every round."""

_MEASURE: Final = """
import sys
from importlib import import_module
import orjson
figures = import_module(f"bench.{sys.argv[1]}").figures()
with open(sys.argv[2], "wb") as file:
    file.write(orjson.dumps([[what, text] for what, text in figures]))
"""
"""Asks nothing of a commit but that its part has `figures`."""


class CannotMeasure(Exception):
    """A commit is not there, or has no such part, or its part failed; says which."""


class Compared(NamedTuple):
    """One figure of both trees: the medians of the first number in its text."""

    what: str
    ours: float
    theirs: float

    @property
    def ratio(self) -> float | None:
        """This tree over the other one."""
        return self.ours / self.theirs if self.theirs else None


def compare(part: str, revision: str, rounds: int = ROUNDS) -> list[Compared]:
    """Both trees' figures of one part that have a number and the same name, in this tree's order.

    Raises:
        CannotMeasure: see there.
    """
    with checked_out(revision) as other:
        ours: list[dict[str, float]] = []
        theirs: list[dict[str, float]] = []
        for number in range(rounds):
            turns = [(ROOT, ours), (other, theirs)]
            for tree, found in turns if number % 2 == 0 else reversed(turns):
                found.append(first_numbers(measured(tree, part)))
    return joined(ours, theirs)


def first_numbers(figures: Sequence[tuple[str, str]]) -> dict[str, float]:
    """By name, the first number of each text that has one."""
    return {what: numbers[0] for what, text in figures if (numbers := numbers_of(text))}


def joined(ours: Sequence[dict[str, float]], theirs: Sequence[dict[str, float]]) -> list[Compared]:
    """Medians of what every round of both trees has."""
    common = [what for what in ours[0] if all(what in found for found in (*ours, *theirs))]
    return [
        Compared(what, median(found[what] for found in ours), median(found[what] for found in theirs))
        for what in common
    ]


def measured(tree: Path, part: str) -> list[tuple[str, str]]:
    """What the part measures in a process of its own that finds `tree` before anything that is installed."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "figures.json"
        # The tree's own modules first, here and in whatever processes the part starts.
        environment = {**os.environ, "PYTHONPATH": str(tree)}
        done = subprocess.run(
            (sys.executable, "-c", _MEASURE, part, str(output)),
            cwd=tree,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            said = done.stdout.strip().splitlines()
            raise CannotMeasure(f"{part} failed in {tree.name}: {said[-1] if said else 'it said nothing'}")
        return [(what, text) for what, text in orjson.loads(output.read_bytes())]


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """The files of a commit in a folder that goes again.

    Raises:
        CannotMeasure: there is no such commit.
    """
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "other"
        made = _git("worktree", "add", "--detach", str(tree), revision)
        if made.returncode:
            raise CannotMeasure(f"There is no commit {revision}.")
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(("git", *arguments), cwd=ROOT, capture_output=True, text=True, check=False)
