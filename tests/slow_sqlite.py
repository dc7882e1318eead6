"""A database that takes its time, for what happens meanwhile."""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import Any

import pytest

from klagg_tui.storage.connection import THREAD
from tests.patience import WAIT_S


class SlowSqlite:
    """A SQLite whose thread stops at one call until it is told to go on; and what became of its connections and threads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stops_at: str) -> None:
        self.reached = threading.Event()
        self.closed: list[sqlite3.Connection] = []
        self.opened: list[sqlite3.Connection] = []
        self.failed: list[threading.ExceptHookArgs] = []
        self._threads: list[threading.Thread] = []
        self._may_go = threading.Event()
        connect, slow = sqlite3.connect, self

        class Recorded(sqlite3.Connection):
            def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
                slow._pass(stops_at, sql)
                return super().execute(sql, *parameters)

            def close(self) -> None:
                slow._pass(stops_at, "close")
                super().close()
                slow.closed.append(self)

        def opened(*args: Any, **options: Any) -> sqlite3.Connection:
            if threading.current_thread().name != THREAD:  # a lock, or a look at a header
                made: sqlite3.Connection = connect(*args, **options)
                return made
            self._threads.append(threading.current_thread())
            self._pass(stops_at, "open")
            self.opened.append(connect(*args, **options, factory=Recorded))
            return self.opened[-1]

        monkeypatch.setattr("klagg_tui.storage.connection.sqlite3.connect", opened)
        monkeypatch.setattr(threading, "excepthook", self.failed.append)

    def _pass(self, stops_at: str, at: str) -> None:
        if at == stops_at:
            self.reached.set()
            self._may_go.wait(WAIT_S)

    def go_on_soon(self) -> None:
        """When whoever waits has been told to stop, or even the loop has gone."""
        threading.Timer(0.1, self._may_go.set).start()

    def assert_is_over(self) -> None:
        """Nothing is left open, no thread is left, and none failed."""
        for thread in self._threads:
            thread.join(WAIT_S)
        assert [thread for thread in self._threads if thread.is_alive()] == []
        assert self.failed == []
        # What nobody waited for any more is closed by whoever opened it, when its thread has ended.
        latest = time.monotonic() + WAIT_S
        while {*self.closed} != {*self.opened} and time.monotonic() < latest:
            time.sleep(0.001)
        assert {*self.closed} == {*self.opened}
