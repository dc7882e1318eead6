"""A recorder without a screen of 1,500 symbols in klagg's own periods: what it takes of two cores, by the rate of trades.

python -m bench.recorder

The trades are those of a process of its own, as in `delay`; an hour ends meanwhile. docs/sizing.md rests on these figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from bench.delay import percentile
from bench.stream_sender import Trades, framed
from bench.terminal import in_terminal

SYMBOLS: Final = 1_500
RATES: Final = (2_000, 10_000, 20_000)
SECONDS: Final = 30
TIMEOUT_S: Final = 300


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    measured = {rate: _measured(rate) for rate in RATES}
    found = [(f"{SYMBOLS:,} symbols, {rate:,} trades/s", _line(rate, one)) for rate, one in measured.items()]
    found += _more(measured)
    sent = Trades(SYMBOLS, 0)
    size = sum(len(framed(sent.made(number))) for number in range(SYMBOLS)) / SYMBOLS
    found.append(("a trade on the line, headers of TCP and TLS not counted", f"{size:.0f} bytes"))
    return found


def _measured(rate: int) -> dict[str, Any]:
    child = ("-m", "bench.delay_child", "recording", str(SECONDS), str(rate), "--symbols", str(SYMBOLS))
    found: dict[str, Any] = in_terminal(*child, "--hour-ends-in", str(SECONDS / 2), timeout_s=TIMEOUT_S)
    return found


def _line(rate: int, one: dict[str, Any]) -> str:
    p50, p99 = (percentile(one["late"], part) for part in (0.5, 0.99))
    return (
        f"{one['cpu']:.1%} of a core, {one['us_a_frame']:.1f} µs a trade ({one['us_a_frame'] / 100:.1%} of a core for 10,000 a second); "
        f"delay p50 {p50:.1f} ms, p99 {p99:.1f} ms, {one['lost']} of {(SECONDS + 3) * rate:,} lost; {one['mb']:.0f} MB"
    )


def _more(measured: Mapping[int, dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (
            f"  10,000 trades/s more, from {few:,} to {many:,}",
            f"{(measured[many]['cpu'] - measured[few]['cpu']) / (many - few) * 10_000:.1%} of a core",
        )
        for few, many in pairwise(measured)
    ]


def main() -> None:
    """Print them."""
    for name, text in figures():
        print(f"{name:<60} {text}", flush=True)


if __name__ == "__main__":
    main()
