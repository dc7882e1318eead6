"""A real PostgreSQL server on a loopback port, in a folder of its own; and one that can be killed, cut off and made slow."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from tests.patience import WAIT_S
from tests.ports import free_port

PASSWORD = "se:cr%t"
USER = "klagg"
_SETTINGS = ("fsync=off", "full_page_writes=off", "max_connections=30", "shared_buffers=32MB")


def _binaries() -> Path | None:
    """Where Debian keeps what starts a server: it is on nobody's path there."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return versions[-1].parent if versions else None


BINARIES = _binaries()


def _demoted() -> tuple[int | None, int | None]:
    """User and group: the server refuses to run as root."""
    if os.geteuid() != 0:
        return None, None
    names = [one.pw_name for one in pwd.getpwall()]
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return user.pw_uid, user.pw_gid


class Server:
    """One server, started and ended as often as a test wants."""

    def __init__(self, folder: Path) -> None:
        assert BINARIES is not None
        self.port = free_port()
        self._data, self._folder = folder / "data", folder
        self._user, self._group = _demoted()
        self._log = folder / "log"
        secret = folder / "secret"
        secret.write_text(PASSWORD)
        if self._user is not None and self._group is not None:
            for path in (folder, secret):
                os.chown(path, self._user, self._group)
        made = ("--no-sync", "-A", "scram-sha-256", "-U", USER, f"--pwfile={secret}", "-E", "UTF8", "--locale=C", "-D")
        self._run(BINARIES / "initdb", *made, self._data)
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, database: str = "postgres", port: int | None = None) -> str:
        return f"postgresql://{USER}:se%3Acr%25t@127.0.0.1:{port or self.port}/{database}"

    def start(self) -> None:
        assert BINARIES is not None
        options = [part for setting in _SETTINGS for part in ("-c", setting)]
        where = ("-D", str(self._data), "-p", str(self.port), "-h", "127.0.0.1", "-k", str(self._folder))
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [BINARIES / "postgres", *where, *options],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                user=self._user,
                group=self._group,
            )
        for _ in range(600):
            if self._ready():
                return
            assert self._process.poll() is None, self._log.read_text()
            time.sleep(0.05)
        raise AssertionError(self._log.read_text())

    def _ready(self) -> bool:
        """
        Whether it takes logins; it listens before that, and refuses them with "the database system is starting up".

        So says its lock file, whose first line is the process and whose eighth how far it is (miscadmin.h).
        """
        assert self._process is not None
        with suppress(OSError, IndexError):
            lines = (self._data / "postmaster.pid").read_text().splitlines()
            return lines[0] == str(self._process.pid) and lines[7].strip() == "ready"
        return False

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a machine that loses its power, but for its disk: every process at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(WAIT_S)
            self._process = None

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(
            command, capture_output=True, cwd=self._folder, check=False, user=self._user, group=self._group
        )
        assert done.returncode == 0, done.stderr.decode()


@contextmanager
def serving() -> Iterator[Server]:
    """A server in a folder of its own, ended afterwards."""
    # Not below what pytest makes, which only its own user may enter.
    folder = Path(mkdtemp(prefix="klagg-postgres-"))
    try:
        server = Server(folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
