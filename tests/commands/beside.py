"""What goes on beside a command that runs in the test's own thread: an exchange, a terminal, somebody who waits and acts."""

from __future__ import annotations

import asyncio
import fcntl
import http.client
import io
import os
import signal
import sqlite3
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from klagg_tui.exchange import registry
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from tests.patience import WAIT_S

_LOOK_S = 0.05
_SMALL = MarketSpec(symbols=3, activity=20.0, history_days=1)


@contextmanager
def exchange(
    spec: MarketSpec = _SMALL,
    *,
    speed: float = 1.0,
    faults: str = "none",
    gone_on_ms: int = 0,
    venue: str = registry.DEFAULT,
) -> Iterator[SimulatedExchange]:
    """A simulated exchange in a thread of its own, because a command has its own loop."""
    is_up: Future[SimulatedExchange] = Future()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with SimulatedExchange(spec, speed=speed, faults=faults, venue=venue) as simulated:
            simulated.jump(gone_on_ms)
            is_up.set_result(simulated)
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        yield is_up.result(WAIT_S)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def at(simulated: SimulatedExchange) -> tuple[str, ...]:
    """The options that name that exchange."""
    return ("--rest-url", simulated.rest_url, "--ws-url", simulated.ws_url)


@contextmanager
def once(holds: Callable[[], bool], then: Callable[[], object]) -> Iterator[None]:
    """While a command runs in the block: wait until something holds, and do something then.

    Where it never holds, the command is ended by a signal and the test fails.
    """
    is_over = threading.Event()

    def act() -> bool:
        is_done = False
        try:
            if is_done := _comes_true(holds, is_over):
                then()
        finally:
            if not is_done and not is_over.is_set():
                signalled(signal.SIGTERM)
        return is_done

    with ThreadPoolExecutor(1) as pool:
        acting = pool.submit(act)
        try:
            yield
        finally:
            is_over.set()
        assert acting.result(), "what was waited for never came"


def wait_for(holds: Callable[[], bool]) -> None:
    """Until it holds; the test fails where it never does."""
    assert _comes_true(holds, threading.Event())


def _comes_true(holds: Callable[[], bool], is_over: threading.Event) -> bool:
    deadline_s = time.monotonic() + WAIT_S
    while time.monotonic() < deadline_s:
        if holds():
            return True
        if is_over.wait(_LOOK_S):
            return False
    return False


def signalled(number: signal.Signals) -> None:
    """A signal to this process, in the thread that runs the command."""
    ident = threading.main_thread().ident
    assert ident is not None
    signal.pthread_kill(ident, number)


def has_bars(database: Path) -> bool:
    """Whether the recorder has stored any."""
    if not database.exists():
        return False
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        try:
            return bool(connection.execute("SELECT count(*) FROM bars").fetchone()[0])
        except sqlite3.OperationalError:  # it is just being made
            return False


def written(stream: str = "stdout") -> str:
    """What the command has written so far, under the `klagg` fixture."""
    captured = getattr(sys, stream)
    assert isinstance(captured, io.TextIOWrapper)
    assert isinstance(captured.buffer, io.BytesIO)
    return captured.buffer.getvalue().decode()


class Reply(NamedTuple):
    """What a server answered; status 0 where there is none."""

    status: int
    body: bytes


def get(url: str) -> Reply:
    """Ask once."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=WAIT_S)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return Reply(answer.status, answer.read())
    except ConnectionError:
        return Reply(0, b"")
    finally:
        connection.close()


class Terminal:
    """A terminal that a command writes to, and what came out of it; nobody's controlling terminal."""

    def __init__(self, columns: int) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.set_blocking(self._ours, False)
        self.end = os.fdopen(theirs, "w", encoding="utf-8")
        """What stands for standard output."""
        self._text = b""

    def text(self) -> str:
        """All that was written so far."""
        try:
            while part := os.read(self._ours, 65_536):
                self._text += part
        except OSError:  # nothing more yet, or hung up
            pass
        return self._text.decode(errors="replace")

    def lines(self, part: str) -> list[str]:
        """What was written over and over in one line, each time it held that part."""
        return [line for line in self.text().split("\r\x1b[K")[1:] if part in line]

    def type(self, keys: bytes) -> None:
        """Press keys."""
        with suppress(BlockingIOError):
            os.write(self._ours, keys)

    def hang_up(self) -> None:
        """As when its window is closed."""
        if self._ours >= 0:
            os.close(self._ours)
        self._ours = -1


@contextmanager
def terminal(columns: int = 80) -> Iterator[Terminal]:
    """One while the block runs."""
    made = Terminal(columns)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TERM", "xterm-256color")
            yield made
    finally:
        made.end.close()
        made.hang_up()
