"""`klagg record` as a process: an exchange that is not there, and the signals that end it."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from rich.cells import cell_len

from klagg_tui.commands.record import Problems
from klagg_tui.storage.opening import WriterLock

NOWHERE = ("--rest-url", "http://127.0.0.1:9", "--ws-url", "ws://127.0.0.1:9")
WAIT_S = 20


@contextmanager
def _recording(folder: Path, stdout: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    """The recorder, begun; killed where a test left it running."""
    config = folder / "empty.toml"
    config.write_text("")
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    files = ("--db", str(folder / "klagg.db"), "--log-path", str(folder / "klagg.log"))
    with subprocess.Popen(
        [sys.executable, "-m", "klagg_tui", "record", *NOWHERE, *files],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "KLAGG_CONFIG": str(config), "PYTHONWARNINGS": "error"},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_unreachable_exchange_is_one_sentence_and_a_signal_ends_it_well(
    tmp_path: Path, number: signal.Signals
) -> None:
    with _recording(tmp_path) as process:
        assert process.stdout
        assert process.stderr
        assert "Recording into" in process.stdout.readline()
        first = process.stderr.readline()
        process.send_signal(number)
        out, more = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    assert "127.0.0.1:9" in first
    assert first.rstrip().endswith(".")
    assert "Traceback" not in first + more
    assert not more
    assert out.splitlines()[-1] == "Stopped; the last state is written."
    assert "no connection" in out
    with closing(sqlite3.connect(tmp_path / "klagg.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_database_in_use_is_refused_in_one_sentence(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "klagg.db")
    try:
        with _recording(tmp_path) as process:
            out, err = process.communicate(timeout=WAIT_S)
    finally:
        lock.release()
    assert process.returncode == 1
    assert not out
    (line,) = err.splitlines()
    assert str(tmp_path / "klagg.db") in line


def test_on_a_terminal_the_status_line_stays_one_line(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    with _recording(tmp_path, theirs) as process:
        os.close(theirs)
        said = os.read(ours, 4096)
        while said.count(b"no connection") < 2:
            said += os.read(ours, 4096)
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
    os.close(ours)
    first, second = [line for line in said.decode().split("\r\x1b[K") if "no connection" in line][:2]
    assert "\n" not in first + second
    assert 30 < cell_len(first) < 60


def test_where_nobody_reads_any_more_it_ends_well(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with _recording(tmp_path, writer) as process:
        os.close(writer)
        _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert "Broken pipe" not in err


def test_a_trouble_is_told_once_however_its_figures_change_and_again_after_a_while() -> None:
    problems = Problems()
    assert problems.fresh(["tries again in 11 s", "no disk"], 100) == ["tries again in 11 s", "no disk"]
    assert problems.fresh(["tries again in 9 s", "no disk"], 102) == []
    assert problems.fresh([], 103) == []
    assert problems.fresh(["tries again in 12 s"], 104) == []
    assert problems.fresh(["tries again in 60 s", "no disk"], 401) == ["tries again in 60 s", "no disk"]
