"""The terminal: processor time a frame against a plain `DataTable`, and how long a key takes to be seen."""

from __future__ import annotations

from typing import Any

from bench.terminal import in_terminal

SECONDS = 10.0


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    found: list[tuple[str, str]] = []
    for rate in (2_000, 20_000):
        ours = run("klagg", rate)
        plain = run("plain", rate)
        found += [
            (f"table, 500 symbols, {rate:,} trades/s: klagg", _frame(ours)),
            (f"table, 500 symbols, {rate:,} trades/s: DataTable", _frame(plain)),
            ("  how many times cheaper", f"{plain['ms_per_frame'] / ours['ms_per_frame']:.1f}"),
        ]
    for name, taken in run("keys", 2_000).items():
        taken.sort()
        p50, p99 = taken[len(taken) // 2], taken[min(len(taken) - 1, int(len(taken) * 0.99))]
        found.append((f"key to paint, {name}", f"p50 {p50:.0f} ms, p99 {p99:.0f} ms ({len(taken)} keys)"))
    return found


def _frame(measured: dict[str, float]) -> str:
    return f"{measured['ms_per_frame']:.2f} ms a frame, {measured['cpu']:.1%} of a core, {measured['frames_a_second']:.1f} frames/s"


def run(what: str, rate: int, seconds: float = SECONDS) -> Any:
    """What the child measured."""
    return in_terminal("-m", "bench.screen_child", what, str(rate), str(seconds))


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:<55} {text}")
