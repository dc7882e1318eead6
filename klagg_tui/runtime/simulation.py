"""The simulated exchange as a process of its own, so that it takes no time from the engine it feeds."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
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
    try:
        yield Urls(f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}")
    finally:
        process.terminate()
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
