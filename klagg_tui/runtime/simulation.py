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
    """Run `klagg simulate` with these options while the block runs; it is not waited for, clients try again."""
    port = _free_port()
    command = [sys.executable, "-m", "klagg_tui", "simulate", "--port", str(port), "--with-parent", *options]
    process = subprocess.Popen(  # noqa: S603 - this very interpreter, with options of our own
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
