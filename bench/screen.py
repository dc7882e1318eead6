"""The terminal: processor time a frame against a plain `DataTable`, and how long a key takes to be seen."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from bench.start import fill
from bench.terminal import in_terminal

SIZES = ((120, 36), (200, 60))
WALLS = ((80, 24), (160, 48), (300, 80))
"""Terminals with four, nine and nine charts of the wall, each against one symbol's own screen."""
SECONDS = 10.0
CHARTED = tuple(f"S{number:03}USDT" for number in range(600))
CHARTED_BARS = 500
"""Finished bars of each of them and of each period: as many as a chart loads at once."""
CHARTED_KEYS = 60
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
    for symbols, what in ((500, "figures_of_500"), (1_500, "figures")):
        for rate in (2_000, 20_000):
            where = f"200x60, {symbols:,} symbols, {rate:,} trades/s, 8 of 12 columns figures"
            found.append((where, _frame(run(what, rate, SIZES[1]))))
    found += [
        (
            f"minute's end, 500 symbols, {rate:,} trades/s, 8 of 12 columns figures",
            _ends(run("minutes", rate, SIZES[1])),
        )
        for rate in (2_000, 20_000)
    ]
    for width, height in WALLS:
        for shown in ("wall", "symbol"):
            text = _frame(run(shown, 2_000, (width, height)))
            found.append((f"{width}x{height}, 500 symbols, 2,000 trades/s: {shown}", text))
    found += [(f"key to paint, {name}", _keys(taken)) for name, taken in run("keys", 2_000).items()]
    found += [
        (f"key to paint, 1,500 symbols, 20,000 trades/s, 8 of 12 columns figures, {name}", _keys(taken))
        for name, taken in run("figure_keys", 20_000, SIZES[1]).items()
    ]
    return found + cursor_figures()


def _ends(measured: dict[str, Any]) -> str:
    """What a frame takes of the processor, all of it, from its beat to the next."""
    ends, others = sorted(measured["ends"]), sorted(measured["others"])
    usual = f"{others[len(others) // 2]:.0f} ms otherwise"
    return f"p50 {ends[len(ends) // 2]:.0f} ms, most {ends[-1]:.0f} ms (aim: 60), {usual}; {measured['dropped']} frames dropped"


def _keys(taken: list[tuple[float, float]]) -> str:
    walls, cpus = (sorted(one) for one in zip(*taken, strict=True))
    last = min(len(walls) - 1, int(len(walls) * 0.99))
    text = f"p50 {walls[len(walls) // 2]:.0f} ms, p99 {walls[last]:.0f} ms ({len(walls)} keys)"
    return f"{text}; processor p99 {cpus[last]:.0f} ms"


def cursor_figures() -> list[tuple[str, str]]:
    """The chart beside the table: from the key that moves the cursor to the candles of the next symbol, out of a filled database."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "klagg.db"
        asyncio.run(fill(database, CHARTED, (), CHARTED_BARS))
        child = ("-m", "bench.screen_cursor", str(database), "2000", str(CHARTED_KEYS))
        measured: dict[str, list[tuple[float, float]]] = in_terminal(*child, size=SIZES[1], timeout_s=TIMEOUT_S)
    found = []
    for period, taken in measured.items():
        walls, cpus = (sorted(one) for one in zip(*taken, strict=True))
        p90 = walls[min(len(walls) - 1, int(len(walls) * 0.9))]
        text = f"median {walls[len(walls) // 2]:.0f} ms, p90 {p90:.0f} ms, worst {walls[-1]:.0f} ms ({len(walls)} keys)"
        text += f"; processor median {cpus[len(cpus) // 2]:.0f} ms"
        found.append((f"cursor to chart, {period}, {len(CHARTED)} symbols, 2,000 trades/s", text))
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
