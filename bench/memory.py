"""Memory of the whole program, terminal and all, after an hour of a simulated market of 600 symbols, lived through fast."""

from __future__ import annotations

from bench.terminal import in_terminal

SYMBOLS, SPEED = 600, 60


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    found = in_terminal("-m", "bench.memory_child", str(SYMBOLS), str(SPEED), timeout_s=600)
    what = (
        f"{found['mb']:.0f} MB resident (aim: 140) with {found['symbols']:.0f} symbols, {found['trades']:,.0f} trades"
    )
    return [(f"after an hour at speed {SPEED}", what)]


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:60} {text}")
