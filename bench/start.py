"""From typing `klagg` to the first table: stored symbols in seven periods, of one exchange and of six, and none that answers."""

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
STARTS = 5
PATIENCE_S = 30.0
WIDTH, HEIGHT = 120, 36
NOBODY = "127.0.0.1:1"
"""Where nobody listens."""


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    found: list[tuple[str, str]] = []
    for symbols, marks, closed in ((SYMBOLS, _marks()[:1], CLOSED), (OF_SIX, _marks(), CLOSED_OF_SIX)):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            database = home / "klagg.db"
            asyncio.run(fill(database, symbols, marks, closed))
            settings = home / "klagg.toml"
            settings.write_text(_places() if len(marks) > 1 else "")
            rows, lines = zip(*(first_table(home, database, len(marks) > 1) for _ in range(STARTS)), strict=True)
            size = database.stat().st_size / 1e6
        stored = f"{len(symbols):,} symbols, {len(marks)} exchanges, {len(DEFAULT_PERIODS)} periods, {size:,.0f} MB"
        found += [
            (f"start to the first table ({stored})", _spread(rows)),
            ("start to sparklines in it", _spread(lines)),
        ]
    return [*found, ("Python itself, doing nothing", _spread([bare() for _ in range(STARTS)]))]


def _marks() -> tuple[str, ...]:
    return tuple(mark_of(key, f"http://{NOBODY}") for key in SIX)


def _places() -> str:
    urls = f'rest_url = "http://{NOBODY}"\nws_url = "ws://{NOBODY}"\n'
    return "".join(f"[venue.{key}]\n{urls}" for key in SIX)


def _spread(taken: list[float] | tuple[float, ...]) -> str:
    ranked = sorted(taken)
    return f"median {ranked[len(ranked) // 2]:.0f} ms, worst {ranked[-1]:.0f} ms of {len(ranked)}"


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


def first_table(home: Path, database: Path, is_several: bool) -> tuple[float, float]:
    """Milliseconds from the start of the process to the first painted row, and to the first sparkline."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    folders = {name: str(home / name) for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    environment = {**os.environ, **folders, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    one = ("--rest-url", f"http://{NOBODY}", "--ws-url", f"ws://{NOBODY}")
    where = ("--venue", ",".join(SIX)) if is_several else one
    settings = str(home / "klagg.toml")
    command = [sys.executable, "-m", "klagg_tui", "--config", settings, "--db", str(database), *where]
    began = time.perf_counter()
    child = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    try:
        row = _wait_for(ours, (b"USDT",), began)
        return row, _wait_for(ours, tuple(block.encode() for block in "▂▃▅▆"), began)
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


def bare() -> float:
    """What the interpreter alone takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", ""], check=True)
    return (time.perf_counter() - began) * 1_000


if __name__ == "__main__":
    for name, text in figures():
        print(f"{name:<55} {text}")
