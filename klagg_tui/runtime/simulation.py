"""Simulated exchanges, each as a process of its own, so that it takes no time from the engine it feeds."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

_PATIENCE_S: Final = 5.0


class Urls(NamedTuple):
    """Where a simulated exchange is."""

    rest: str
    ws: str


@contextlib.contextmanager
def simulated_exchange(*options: str) -> Iterator[Urls]:
    """Run `klagg simulate` with these options while the block runs.

    Nobody waits for it: its socket listens before the process is there, so an early request is answered a little later.
    """
    with simulated_exchanges({"": options}) as urls:
        yield urls[""]


@contextlib.contextmanager
def simulated_exchanges(options: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Urls]]:
    """The same of several, each with options of its own, by name."""
    running: list[subprocess.Popen[bytes]] = []
    try:
        yield {name: _started(running, own) for name, own in options.items()}
    finally:
        _stop(running)


def _started(running: list[subprocess.Popen[bytes]], options: Sequence[str]) -> Urls:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, number = listening.getsockname()[1], str(listening.fileno())
        command = [sys.executable, "-m", "klagg_tui", "simulate", "--listen-fd", number, *options]
        process = subprocess.Popen(  # noqa: S603 - this very interpreter, with options of our own
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(listening.fileno(),),
        )
    running.append(process)
    return Urls(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}")


def _stop(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """All are asked before any is waited for."""
    for process in running:
        process.terminate()
        if process.stdin:
            process.stdin.close()
    until_s = time.monotonic() + _PATIENCE_S
    for process in running:
        try:
            process.wait(max(0.0, until_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
