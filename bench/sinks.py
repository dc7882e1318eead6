"""Sinks beside a recorder: none of them, dead or slow, is to be felt in the engine's delay or on the screen.

python -m bench.sinks [ROUNDS]

What delivering costs is measured by `sinks_cost`. Here klagg records the trades of a process of its own, as in `delay`, beside no sink and beside each kind
in each state, in turns, without and with a terminal in which keys are pressed. An hour ends in each turn. A million bars are
stored before where a first delivery is to go on all the while.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

import asyncpg

from bench.delay import percentile
from bench.sinks_cost import Servers, running
from bench.store import FILL
from bench.stream_sender import SYMBOLS, symbol
from bench.terminal import in_terminal
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from tests.ports import free_port
from tests.sinks.line import Line
from tests.sinks.nats_server import NatsServer
from tests.sinks.server import Server

RATE: Final = 2_000
SECONDS: Final = 8
HOUR_ENDS_S: Final = 3
STORED_MINUTES: Final = 2_000
LATE_S: Final = 1.0
ROUNDS: Final = 1
TIMEOUT_S: Final = 180


class Scene(NamedTuple):
    """Beside which sink klagg records, and in what state that is."""

    kind: str = ""
    how: str = ""
    is_stored: bool = False

    @property
    def name(self) -> str:
        """For people."""
        return ", ".join(part for part in (self.kind or "no sink", self.how) if part)


DEAD, MUTE, LATE, FIRST = "a dead address", "one that never answers", "each answer a second late", "a first delivery"
SCENES: Final = (
    Scene(),
    *(
        Scene(kind, how, how in (LATE, FIRST))
        for kind in ("PostgreSQL", "NATS")
        for how in ("living", FIRST, DEAD, MUTE, LATE)
    ),
    Scene("dataset", "days that are not over"),
    Scene("dataset", FIRST, is_stored=True),
    Scene("", "once more"),
    Scene("", "a million bars stored", is_stored=True),
)


def figures(rounds: int = ROUNDS) -> list[tuple[str, str]]:
    """Name and text of each figure. A server that is not installed here is left out."""
    with tempfile.TemporaryDirectory() as folder, running() as servers:
        return asyncio.run(_figures(Path(folder), servers, rounds))


async def _figures(folder: Path, servers: Servers, rounds: int) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    bars = await _fill(folder / "stored.db")
    scenes = [scene for scene in SCENES if scene.kind in ("", "dataset", *servers)]
    for what in ("recording", "keys"):
        measured: dict[Scene, list[dict[str, Any]]] = {scene: [] for scene in scenes}
        for number in range(rounds):
            for scene in scenes:
                turn = f"{what}{number}{scenes.index(scene)}"
                measured[scene].append(await _turn(folder, servers, scene, what, turn))
                print(what, scene.name, _line(measured[scene][-1:]), file=sys.stderr, flush=True)
        where = "the terminal open" if what == "keys" else "recording alone"
        found += [(f"{where}, {scene.name}", _line(every)) for scene, every in measured.items()]
    found.append(("stored before where a first delivery goes on, or answers are late", f"{bars:,} bars"))
    return found


async def _fill(path: Path) -> int:
    """A database of what is sent, with minutes of the last days, which nobody was given; returns how many."""
    names = [symbol(number) for number in range(SYMBOLS)]
    async with await Store.open(path, market="sent") as store:
        await store.put_symbols([StoredSymbol(name) for name in names])
    connection = sqlite3.connect(path, isolation_level=None)
    first = int(time.time()) // 60 - STORED_MINUTES - 120
    connection.execute(FILL, {"first": first, "last": STORED_MINUTES - 1})
    connection.close()
    return len(names) * STORED_MINUTES


async def _turn(folder: Path, servers: Servers, scene: Scene, what: str, turn: str) -> dict[str, Any]:
    """What the child measured."""
    child = ["-m", "bench.delay_child", what, str(SECONDS), str(RATE), "--hour-ends-in", str(HOUR_ENDS_S)]
    if scene.is_stored:
        child += ["--stored", str(folder / "stored.db")]
    async with _address(folder, servers.get(scene.kind), scene, turn) as address:
        child += ["--sink", address] if address else []
        return await asyncio.to_thread(in_terminal, *child, timeout_s=TIMEOUT_S)


@asynccontextmanager
async def _address(folder: Path, server: Server | NatsServer | None, scene: Scene, name: str) -> AsyncIterator[str]:
    """Where the scene's sink is, with nothing there yet."""
    if server is None:
        yield (folder / name).as_uri() if scene.kind else ""
        return
    if isinstance(server, Server):
        connection = await asyncpg.connect(server.address())
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
    if scene.how == DEAD:
        yield server.address(name, port=free_port())
        return
    async with Line(server.port, LATE_S if scene.how == LATE else 0.0) as line:
        line.is_cut = scene.how == MUTE
        yield server.address(name, port=line.port if scene.how in (MUTE, LATE) else server.port)


def _line(every: Sequence[dict[str, Any]]) -> str:
    """Medians of the rounds."""

    def middle(values: Iterator[float]) -> float:
        return median(values)

    def share(name: str) -> str:
        return f"{middle(each['shares'].get(name, 0.0) for each in every):.1%}"

    p50, p99 = (middle(percentile(each["late"], part) for each in every) for part in (0.5, 0.99))
    text = f"delay p50 {p50:.1f} ms, p99 {p99:.1f} ms; {middle(each['us_a_frame'] for each in every):.1f} µs a trade, "
    text += f"the engine's thread {share('klagg-engine')} of a core"
    if "keys" in every[0]:
        walls = sorted(wall for each in every for wall, _ in each["keys"])
        cpus = sorted(cpu for each in every for _, cpu in each["keys"])
        text += f", the screen's {share('MainThread')}; key to paint p50 {walls[len(walls) // 2]:.0f} ms, p90 {walls[len(walls) * 9 // 10]:.0f} ms "
        text += f"({len(walls)} keys; processor p50 {cpus[len(cpus) // 2]:.0f} ms)"
    lost = sum(each["lost"] for each in every)
    return text + (f"; {lost} lost" if lost else "")


def main() -> None:
    """Print them."""
    for name, text in figures(*map(int, sys.argv[1:2])):
        print(f"{name:<60} {text}", flush=True)


if __name__ == "__main__":
    main()
