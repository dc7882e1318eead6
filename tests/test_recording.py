"""`klagg record` as a process: an exchange that is not there, and the signals that end it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from klagg_tui.storage.opening import WriterLock

NOWHERE = ("--rest-url", "http://127.0.0.1:9", "--ws-url", "ws://127.0.0.1:9")
WAIT_S = 20


@contextmanager
def _recording(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The recorder, begun; killed where a test left it running."""
    config = folder / "empty.toml"
    config.write_text("")
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    files = ("--db", str(folder / "klagg.db"), "--log-path", str(folder / "klagg.log"))
    with subprocess.Popen(
        [sys.executable, "-m", "klagg_tui", "record", *NOWHERE, *files],
        stdout=subprocess.PIPE,
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
