"""From typing `klagg` to the first table: stored symbols in seven periods, of one exchange and of six, and none that answers.

Beside it, in the same run, what Python and the import of Textual take alone.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.storage.store import Store
from klagg_tui.storage.venues import mark_of

SYMBOLS = tuple(f"S{number:03}USDT" for number in range(600))
CLOSED = 300
"""Finished bars of each symbol and period."""
SIX = ("binance-um", "binance-spot", "coinbase", "okx-swap", "kraken", "hyperliquid")
OF_SIX = tuple(f"{SIX[number % 6]}:S{number // 6:03}USDT" for number in range(1_500))
CLOSED_OF_SIX = 60
STARTS = 9
PATIENCE_S = 30.0
WIDTH, HEIGHT = 120, 36
NOBODY = "127.0.0.1:1"
"""Where nobody listens."""


class Begun(NamedTuple):
    """Milliseconds from the start of the process on; what the processor worked until the first row."""

    row: float
    sparkline: float
    cpu: float


class Home(NamedTuple):
    """Where one klagg keeps everything, with what is stored there."""

    stored: str
    folder: Path
    is_several: bool


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure. All are measured in turns, by themselves and against one another."""
    with tempfile.TemporaryDirectory() as scratch:
        # As installed: compiled modules are kept, also where this process is told to keep none.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = f"{scratch}/compiled"
        homes = [
            _home(Path(scratch), SYMBOLS, _marks()[:1], CLOSED),
            _home(Path(scratch), OF_SIX, _marks(), CLOSED_OF_SIX),
        ]
        for home in homes:
            first_table(home)
        taken = [
            (bare(), bare("-c", "import textual.app"), bare("-m", "klagg_tui", "--version"), *map(first_table, homes))
            for _ in range(STARTS)
        ]
    python, textual, version, *tables = zip(*taken, strict=True)
    found = [
        ("Python itself, doing nothing", _spread(python)),
        ("klagg --version", f"{_spread(version)}; {_ratio(version, python)} times Python itself"),
        ("import textual.app", _spread(textual)),
    ]
    for home, begun in zip(homes, tables, strict=True):
        rows = [one.row for one in begun]
        found += [
            (
                f"start to the first table ({home.stored})",
                f"{_spread(rows)}; {_ratio(rows, textual)} times that import",
            ),
            ("  of it the processor's work", _spread([one.cpu for one in begun])),
            ("start to sparklines in it", _spread([one.sparkline for one in begun])),
        ]
    return found


def _home(scratch: Path, symbols: Sequence[str], marks: Sequence[str], closed_bars: int) -> Home:
    folder = scratch / str(len(marks))
    folder.mkdir()
    asyncio.run(fill(folder / "klagg.db", symbols, marks, closed_bars))
    (folder / "klagg.toml").write_text(_places() if len(marks) > 1 else "")
    size = (folder / "klagg.db").stat().st_size / 1e6
    stored = f"{len(symbols):,} symbols, {len(marks)} exchanges, {len(DEFAULT_PERIODS)} periods, {size:,.0f} MB"
    return Home(stored, folder, len(marks) > 1)


def _marks() -> tuple[str, ...]:
    return tuple(mark_of(key, f"http://{NOBODY}") for key in SIX)


def _places() -> str:
    urls = f'rest_url = "http://{NOBODY}"\nws_url = "ws://{NOBODY}"\n'
    return "".join(f"[venue.{key}]\n{urls}" for key in SIX)


def _spread(taken: Sequence[float]) -> str:
    return f"median {median(taken):.0f} ms, least {min(taken):.0f}, worst {max(taken):.0f} of {len(taken)}"


def _ratio(taken: Sequence[float], yardstick: Sequence[float]) -> str:
    return f"{median(one / other for one, other in zip(taken, yardstick, strict=True)):.1f}"


async def fill(path: Path, symbols: Sequence[str], marks: Sequence[str], closed_bars: int) -> None:
    """A database as klagg left it a moment ago."""
    now_ms = round(time.time() * 1_000)
    async with await Store.open(path, markets=marks) as store:
        for period in DEFAULT_PERIODS:
            opens = [period.open_ms(now_ms)]
            while len(opens) <= closed_bars:
                opens.append(period.open_ms(opens[-1] - 1))
            for begin in range(0, len(symbols), 50):
                some = [(symbol, index) for index, symbol in enumerate(symbols)][begin : begin + 50]
                closed = tuple(
                    made(symbol, period, at_ms, index, step)
                    for symbol, index in some
                    for step, at_ms in enumerate(reversed(opens[1:]))
                )
                forming = tuple(
                    made(symbol, period, opens[0], index, closed_bars, State.FORMING) for symbol, index in some
                )
                await store.write(Changes(forming, closed))


def made(symbol: str, period: Period, open_ms: int, index: int, step: int, state: State = State.CONFIRMED) -> Bar:
    """A bar of a symbol with prices of its own."""
    price = parsing.price(f"{100 + index * 97 % 9000}.{(step * 7 + index) % 90 + 10}")
    volume = parsing.quantity(f"{100 + step % 50}.125")
    return Bar(
        symbol, period, open_ms, price, price + 9_000_000, price - 8_000_000, price + step % 9 * 1_000_000, volume, volume * price,
        step + 1, volume // 2, volume // 2 * price, state,
    )  # fmt: skip


def first_table(home: Home) -> Begun:
    """Start klagg, wait for its first painted row and for the first sparkline, and end it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    folders = {name: str(home.folder / name) for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    environment = {**os.environ, **folders, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    one = ("--rest-url", f"http://{NOBODY}", "--ws-url", f"ws://{NOBODY}")
    where = ("--venue", ",".join(SIX)) if home.is_several else one
    kept = ("--config", str(home.folder / "klagg.toml"), "--db", str(home.folder / "klagg.db"))
    began = time.perf_counter()
    child = psutil.Popen(
        [sys.executable, "-m", "klagg_tui", *kept, *where],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        row = _wait_for(ours, (b"USDT",), began)
        worked = child.cpu_times()
        line = _wait_for(ours, tuple(block.encode() for block in "▂▃▅▆"), began)
        return Begun(row, line, (worked.user + worked.system) * 1_000)
    finally:
        child.terminate()
        child.wait()
        os.close(ours)


def _wait_for(terminal: int, signs: tuple[bytes, ...], began: float) -> float:
    said = b""
    while not any(sign in said for sign in signs):
        if not select.select([terminal], [], [], PATIENCE_S)[0]:
            raise RuntimeError(f"nothing was painted: {said[-2_000:].decode(errors='replace')}")
        said = said[-64:] + os.read(terminal, 1 << 16)
    return (time.perf_counter() - began) * 1_000


def bare(*arguments: str) -> float:
    """Milliseconds that a Python process takes which does this and no more, or nothing."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *(arguments or ("-c", ""))], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1_000


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:<55} {text}")
