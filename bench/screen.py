"""The terminal: processor time a frame against a plain `DataTable`, and how long a key takes to be seen."""

from __future__ import annotations

from typing import Any

from bench.terminal import in_terminal

SIZES = ((120, 36), (200, 60))
WALLS = ((80, 24), (160, 48), (300, 80))
"""Terminals with four, nine and nine charts of the wall, each against one symbol's own screen."""
SECONDS = 10.0
TIMEOUT_S = 600


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    found: list[tuple[str, str]] = []
    for size in SIZES:
        for rate in (2_000, 20_000):
            ours = run("klagg", rate, size)
            plain = run("plain", rate, size)
            where = f"{size[0]}x{size[1]}, 500 symbols, {rate:,} trades/s"
            found += [
                (f"{where}: klagg", _frame(ours)),
                (f"{where}: DataTable", _frame(plain)),
                ("  how many times cheaper", f"{plain['ms_per_frame'] / ours['ms_per_frame']:.1f}"),
            ]
    for rate in (2_000, 20_000):
        found.append(
            (
                f"200x60, 1,500 symbols, {rate:,} trades/s, 8 of 12 columns figures",
                _frame(run("figures", rate, SIZES[1])),
            )
        )
    for width, height in WALLS:
        for what in ("wall", "symbol"):
            text = _frame(run(what, 2_000, (width, height)))
            found.append((f"{width}x{height}, 500 symbols, 2,000 trades/s: {what}", text))
    for name, taken in run("keys", 2_000).items():
        walls, cpus = (sorted(one) for one in zip(*taken, strict=True))
        last = min(len(walls) - 1, int(len(walls) * 0.99))
        text = f"p50 {walls[len(walls) // 2]:.0f} ms, p99 {walls[last]:.0f} ms ({len(walls)} keys)"
        found.append((f"key to paint, {name}", f"{text}; processor p99 {cpus[last]:.0f} ms"))
    return found


def _frame(measured: dict[str, float]) -> str:
    return f"{measured['ms_per_frame']:.2f} ms a frame, {measured['cpu']:.1%} of a core, {measured['frames_a_second']:.1f} frames/s"


def run(what: str, rate: int, size: tuple[int, int] = SIZES[0], seconds: float = SECONDS) -> Any:
    """What the child measured, in a terminal of that size."""
    child = ("-m", "bench.screen_child", what, str(rate), str(seconds))
    return in_terminal(*child, size=size, timeout_s=TIMEOUT_S)


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:<55} {text}")
