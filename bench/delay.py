"""The delay: from the moment a process of its own sends a trade to the moment the engine's bars hold it, all of klagg being there.

Recording alone and with the terminal open, at two rates: percentiles of all trades, and what the process takes of the processor.
A minute ends while the terminal is open. The sender keeps one core busy: on a machine with two, whatever else runs makes klagg wait.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple

from bench.terminal import in_terminal


class Scene(NamedTuple):
    """How klagg runs, how many trades come, and for how long."""

    what: str
    rate: int
    seconds: int
    aim_ms: float | None = None
    """Of the 99th percentile."""

    @property
    def name(self) -> str:
        """For people."""
        return f"{'the terminal open' if self.what == 'screen' else 'recording alone'}, {self.rate:,} trades/s"


SCENES = (
    Scene("recording", 2_000, 24, 5.0),
    Scene("screen", 2_000, 64, 8.0),
    Scene("recording", 20_000, 24),
    Scene("screen", 20_000, 64, 25.0),
)


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    return [figure for scene in SCENES for figure in measured(scene)]


def measured(scene: Scene) -> list[tuple[str, str]]:
    """The figures of one scene; the first number of each is what it is called by."""
    timeout_s = 10 * scene.seconds + 60
    found = in_terminal("-m", "bench.delay_child", scene.what, str(scene.seconds), str(scene.rate), timeout_s=timeout_s)
    late = found["late"]
    aim = f" (aim: {scene.aim_ms:g} ms)" if scene.aim_ms else ""
    cost = f"{found['cpu']:.1%} of a core; the engine's thread waited {found['waited']:.1%} of the time for one"
    return [
        (f"{scene.name}: p50 from sending to bar", f"{percentile(late, 0.5):.1f} ms"),
        (f"{scene.name}: p90", f"{percentile(late, 0.9):.1f} ms"),
        (f"{scene.name}: p99", f"{percentile(late, 0.99):.1f} ms{aim}, longest {late[-1][0] / 10:.0f} ms"),
        (f"{scene.name}: processor", f"{found['us_a_frame']:.2f} µs a trade, {cost}"),
        (f"{scene.name}: lost", f"{found['lost']}"),
        (f"{scene.name}: p99 while bars are written", _in_flush(found)),
    ]


def _in_flush(found: dict[str, Any]) -> str:
    late = found["late_in_flush"]
    met = f"{sum(times for _, times in late):,} trades beside {found['rows']:,.0f} bars"
    return f"{percentile(late, 0.99):.1f} ms, {met}" if late else "none came"


def percentile(counted: list[tuple[int, int]], share: float) -> float:
    """Milliseconds within which so many came, of tenths of them and how often each was met."""
    wanted = share * sum(times for _, times in counted)
    sums = accumulate(times for _, times in counted)
    return next(tenths for (tenths, _), so_far in zip(counted, sums, strict=True) if so_far >= wanted) / 10


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:60} {text}", flush=True)
