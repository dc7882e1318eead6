"""The terminal with one exchange against six at the same load: processor time a frame painted, and of the whole screen.

The same trades in the same symbols, whose names alone say that they are of six exchanges; measured in turns.
"""

from __future__ import annotations

from statistics import median

from bench.screen import SIZES, run
from bench.screen_child import OF_EXCHANGES

RATE = 20_000
SECONDS = 8.0
ROUNDS = 4


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    found: list[tuple[str, str]] = []
    for size in SIZES:
        rounds = [(run("one", RATE, size, SECONDS), run("six", RATE, size, SECONDS)) for _ in range(ROUNDS)]
        where = f"{size[0]}x{size[1]}, {OF_EXCHANGES:,} symbols, {RATE:,} trades/s"
        for place, name in enumerate(("one exchange", "six exchanges")):
            best = min((taken[place] for taken in rounds), key=lambda measured: measured["ms_per_frame"])
            share = f"{best['cpu']:.1%} of a core, {best['frames_a_second']:.1f} frames/s"
            found.append((f"{where}: {name}", f"{best['ms_per_frame']:.2f} ms a frame, {share}"))
        for what, key in (("a frame", "ms_per_frame"), ("the whole screen", "cpu")):
            found.append((f"  six against one, {what}", _ratios([six[key] / one[key] for one, six in rounds])))
    return found


def _ratios(found: list[float]) -> str:
    return f"median {median(found):.2f}, {min(found):.2f} to {max(found):.2f} of {len(found)} pairs"


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:<65} {text}")
