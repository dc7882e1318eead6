"""Windows on a recorder: what one and ten of them cost it, in processor time, delay and memory; and one that stands still.

The engine and its windows' server run in this process as in `klagg record`, with a screen's reader beside them. The windows are connections in
one process of their own, of the lowest priority, that takes what comes and looks at nothing: what terminals would read and draw is not to take
the processor from what is measured. Ten that do read it stand beside them, to tell the one from the other. Measured in turns. Delay is the time
from when a gulp of trades was due to when the engine had taken all of it.
"""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final, cast

import psutil

from bench import serve
from klagg_tui.attach import codec
from klagg_tui.attach.link import LocalDoor
from klagg_tui.attach.serving import with_windows
from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime

SYMBOLS: Final = 600
TRADES_A_SECOND: Final = 2_000
SCENES: Final = (0, 1, 10, -10)
"""Windows that look at nothing, or, below zero, that read what comes."""
ROUNDS: Final = 3
WARM_S: Final = 6.0
MEASURED_S: Final = 10.0
_LOOK_S: Final = 0.2
_ROOM: Final = 1 << 20


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    rounds = [{scene: measure(scene) for scene in SCENES} for _ in range(ROUNDS)]
    where = f"recorder, {TRADES_A_SECOND:,} trades/s of {SYMBOLS} symbols"
    found = [(f"{where}, {_windows(scene)}", _line([each[scene] for each in rounds])) for scene in SCENES]
    for scene in SCENES[1:]:
        more = [each[scene]["cpu"] - each[0]["cpu"] for each in rounds]
        times = [each[scene]["p99"] / each[0]["p99"] for each in rounds]
        text = f"{median(more):+.1%} of a core, {min(more):+.1%} to {max(more):+.1%}"
        text += f"; delay p99 {median(times):.2f} times, {min(times):.2f} to {max(times):.2f} of {ROUNDS} pairs"
        found.append((f"  {_windows(scene)} beside none", text))
    stopped = measure(1, is_stopped=True)
    found.append((f"{where}, one window that stands still", _line([stopped])))
    return found


def _windows(scene: int) -> str:
    if not scene:
        return "no window"
    return f"{abs(scene)} window{'s' * (abs(scene) > 1)}{' that read' if scene < 0 else ''}"


def _line(measured: list[dict[str, float]]) -> str:
    middle = {name: median(each[name] for each in measured) for name in measured[0]}
    return (
        f"{middle['cpu']:.1%} of a core; delay p50 {middle['p50']:.1f} ms, p99 {middle['p99']:.1f} ms; "
        f"memory grown by {middle['growth']:+.1f} MB in {MEASURED_S:.0f} s"
    )


def measure(scene: int, *, is_stopped: bool = False) -> dict[str, float]:
    """Record for a while with those windows."""
    serve.SYMBOLS[:] = [f"COIN{at:03d}USDT" for at in range(SYMBOLS)]
    serve.TRADES_A_SECOND = TRADES_A_SECOND  # type: ignore[misc]
    with tempfile.TemporaryDirectory(prefix="klagg-bench-") as folder:
        database = Path(folder) / "k.db"
        source = serve.Made()
        runtime = Runtime(with_windows(Plan(lambda: source, DEFAULT_PERIODS, database)))
        runtime.start()
        while not (Path(folder) / "k.db.sock").exists():
            time.sleep(_LOOK_S)
        command = [sys.executable, "-m", "bench.windows", str(database), str(scene)]
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
    """Be windows that read what comes."""
    links = [await LocalDoor(database).open() for _ in range(count)]
    for link in links:
        await link.join()
    print("there", flush=True)
    await asyncio.gather(*(link.receive(lambda _: None) for link in links), asyncio.Event().wait())


def take(database: Path, count: int) -> None:
    """Be windows that look at nothing: bytes are taken as they come, and not even parted into messages."""
    os.nice(19)
    windows = [_joined(database) for _ in range(count)]
    print("there", flush=True)
    taken = bytearray(_ROOM)
    waiting = selectors.DefaultSelector()
    for window in windows:
        window.setblocking(False)
        waiting.register(window, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            cast("socket.socket", key.fileobj).recv_into(taken)


def _joined(database: Path) -> socket.socket:
    """By hand: an opening handshake (RFC 6455, 4.1), and one frame that is masked by zeros (5.2)."""
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    opened.connect(f"{database}.sock")
    opened.sendall(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    opened.recv(_ROOM)
    said = codec.packed({"join": codec.VERSION})
    opened.sendall(bytes((0x82, 0x80 | len(said))) + bytes(4) + said)
    return opened


if __name__ == "__main__":
    beside, wanted = Path(sys.argv[1]), int(sys.argv[2])
    if wanted < 0:
        asyncio.run(look_on(beside, -wanted))
    else:
        take(beside, wanted)
