"""Windows on a recorder: what one and ten of them cost it, in processor time, delay and memory; and one that stands still.

The engine and its windows' server run in this process as in `klagg record`, with a screen's reader beside them; the connections of the windows
are those of terminals, and are read in one process of their own, so that what they would draw does not take the processor from what is
measured. Measured in turns. Delay is the time from when a gulp of trades was due to when the engine had taken all of it.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

import psutil

from bench import serve
from klagg_tui.attach.link import LocalDoor
from klagg_tui.attach.serving import with_windows
from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime

SYMBOLS: Final = 600
TRADES_A_SECOND: Final = 2_000
COUNTS: Final = (0, 1, 10)
ROUNDS: Final = 3
WARM_S: Final = 6.0
MEASURED_S: Final = 10.0
_LOOK_S: Final = 0.2


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    rounds = [{count: measure(count) for count in COUNTS} for _ in range(ROUNDS)]
    where = f"recorder, {TRADES_A_SECOND:,} trades/s of {SYMBOLS} symbols"
    found = [(f"{where}, {_windows(count)}", _line([each[count] for each in rounds])) for count in COUNTS]
    for count in COUNTS[1:]:
        more = [each[count]["cpu"] - each[0]["cpu"] for each in rounds]
        text = f"{median(more):+.1%} of a core, {min(more):+.1%} to {max(more):+.1%} of {ROUNDS} pairs"
        found.append((f"  {_windows(count)} more than none", text))
    stopped = measure(1, is_stopped=True)
    found.append((f"{where}, one window that stands still", _line([stopped])))
    return found


def _windows(count: int) -> str:
    return "no window" if not count else "1 window" if count == 1 else f"{count} windows"


def _line(measured: list[dict[str, float]]) -> str:
    middle = {name: median(each[name] for each in measured) for name in measured[0]}
    return (
        f"{middle['cpu']:.1%} of a core; delay p50 {middle['p50']:.1f} ms, p99 {middle['p99']:.1f} ms; "
        f"memory grown by {middle['growth']:+.1f} MB in {MEASURED_S:.0f} s"
    )


def measure(count: int, *, is_stopped: bool = False) -> dict[str, float]:
    """Record for a while with so many windows."""
    serve.SYMBOLS[:] = [f"COIN{at:03d}USDT" for at in range(SYMBOLS)]
    serve.TRADES_A_SECOND = TRADES_A_SECOND  # type: ignore[misc]
    with tempfile.TemporaryDirectory(prefix="klagg-bench-") as folder:
        database = Path(folder) / "k.db"
        source = serve.Made()
        runtime = Runtime(with_windows(Plan(lambda: source, DEFAULT_PERIODS, database)))
        runtime.start()
        while not (Path(folder) / "k.db.sock").exists():
            time.sleep(_LOOK_S)
        command = [sys.executable, "-m", "bench.windows", str(database), str(count)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert child.stdout is not None
            child.stdout.readline()
            if is_stopped:
                child.send_signal(signal.SIGSTOP)
            return _measured(runtime, source)
        finally:
            child.kill()
            child.wait()
            runtime.cancel()
            runtime.wait()


def _measured(runtime: Runtime, source: serve.Made) -> dict[str, float]:
    _watch(runtime, WARM_S)
    process = psutil.Process()
    source.delays.clear()
    before, cpu = process.memory_info().rss, process.cpu_times()
    _watch(runtime, MEASURED_S)
    delays, after, spent = sorted(source.delays), process.memory_info().rss, process.cpu_times()
    return {
        "p50": delays[len(delays) // 2],
        "p99": delays[int(len(delays) * 0.99)],
        "growth": (after - before) / 1e6,
        "cpu": (spent.user + spent.system - cpu.user - cpu.system) / MEASURED_S,
    }


def _watch(runtime: Runtime, seconds: float) -> None:
    """As `klagg record` does for alerts, and a screen."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        runtime.take_changes()
        runtime.status()
        time.sleep(_LOOK_S)


async def look_on(database: Path, count: int) -> None:
    """Be the windows."""
    links = [await LocalDoor(database).open() for _ in range(count)]
    for link in links:
        await link.join()
    print("there", flush=True)
    await asyncio.gather(*(link.receive(lambda _: None) for link in links), asyncio.Event().wait())


if __name__ == "__main__":
    asyncio.run(look_on(Path(sys.argv[1]), int(sys.argv[2])))
