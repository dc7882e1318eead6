"""`klagg record`: an exchange that is there or not, and the signals that end it."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout
from functools import partial
from pathlib import Path

import pytest
from rich.cells import cell_len

from klagg_tui.commands.record import Problems, _parts
from klagg_tui.engine.events import Counters
from klagg_tui.feed import Mode, Status
from klagg_tui.metrics import Metric
from klagg_tui.runtime.stop_signals import INTERRUPTED
from klagg_tui.storage.opening import WriterLock
from klagg_tui.texts import told_once
from tests.commands.beside import Terminal, at, exchange, has_bars, once, signalled, terminal, wait_for, written
from tests.patience import WAIT_S
from tests.shell import Klagg

NOWHERE = ("--rest-url", "http://127.0.0.1:9", "--ws-url", "ws://127.0.0.1:9")
QUICK = ("--history", "5", "--flush-seconds", "0.2")

live = pytest.mark.xdist_group("live programs")
in_here = pytest.mark.usefixtures("whole_program")


@contextmanager
def _recording(
    folder: Path, stdout: int = subprocess.PIPE, options: tuple[str, ...] = NOWHERE
) -> Iterator[subprocess.Popen[str]]:
    """The recorder, begun; killed where a test left it running."""
    config = folder / "empty.toml"
    config.write_text("")
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    files = ("--db", str(folder / "klagg.db"), "--log-path", str(folder / "klagg.log"))
    with subprocess.Popen(
        [sys.executable, "-m", "klagg_tui", "record", *options, *files],
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
    assert not re.search(r"\d\d:\d\d:\d\d", out)  # nobody told the exchange's time
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
    with terminal(60) as screen, _recording(tmp_path, screen.end.fileno()) as process:
        wait_for(lambda: len(screen.lines("no connection")) >= 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
        first, second = screen.lines("no connection")[:2]
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


@live
@in_here
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_was_recorded_is_there_after_any_of_the_signals_that_end_it(
    klagg: Klagg, tmp_path: Path, number: signal.Signals
) -> None:
    database = tmp_path / "a.db"
    with exchange() as market, once(partial(has_bars, database), partial(signalled, number)):
        said = klagg("record", *at(market), *QUICK, "--db", "a.db", "--log-path", "a.log")
    first, *status, last = said.out.splitlines()
    assert (said.status, first) == (0, "Recording into a.db. Ctrl+C ends it.")
    assert " trades · " in status[-1]
    assert last == "Stopped; the last state is written."
    assert "USDT" in klagg("symbols", "--db", "a.db").out
    assert (tmp_path / "a.log").stat().st_size


@live
@in_here
def test_a_database_that_is_moved_away_is_told_and_nothing_is_called_written(klagg: Klagg, tmp_path: Path) -> None:
    database, log = tmp_path / "a.db", tmp_path / "a.log"

    def move_away() -> None:
        database.rename(tmp_path / "b.db")
        wait_for(lambda: "was removed, replaced or moved" in log.read_text())
        signalled(signal.SIGINT)

    with exchange() as market, once(partial(has_bars, database), move_away):
        said = klagg("record", *at(market), *QUICK, "--db", "a.db", "--log-path", "a.log")
    assert said.status == 1
    assert "the last state is written" not in said.out
    assert "a.db was removed, replaced or moved" in said.err
    assert re.match(r"Stopped; \d+ bars of the last state could not be written\. ", said.err.splitlines()[-1])


@live
@in_here
def test_behind_nohup_it_outlives_the_terminal(klagg: Klagg, tmp_path: Path) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def close_and_leave() -> None:
        signalled(signal.SIGHUP)
        signalled(signal.SIGTERM)

    with exchange() as market, once(partial(has_bars, tmp_path / "a.db"), close_and_leave):
        said = klagg("record", *at(market), *QUICK, "--db", "a.db", "--log-path", "a.log")
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert said.out.endswith("Stopped; the last state is written.\n")


@in_here
def test_problems_are_said_on_standard_error_and_once(klagg: Klagg, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with once(lambda: "127.0.0.1:9" in written("stderr"), partial(signalled, signal.SIGTERM)):
        said = klagg("record", *NOWHERE, "--db", "a.db", "--log-path", "file/klagg.log")
    no_log, unreachable = said.err.splitlines()
    assert said.status == 0
    assert no_log.startswith("No log is written: file/klagg.log cannot be opened")
    assert "127.0.0.1:9" in unreachable


@live
@in_here
def test_a_terminal_shows_history_and_trades_in_one_line(klagg: Klagg, tmp_path: Path) -> None:
    def is_shown() -> bool:
        return len(screen.lines(" trades")) >= 2 and has_bars(tmp_path / "a.db")

    with exchange() as market, terminal(60) as screen, once(is_shown, partial(signalled, signal.SIGINT)):
        with redirect_stdout(screen.end):
            assert klagg("record", *at(market), *QUICK, "--db", "a.db", "--log-path", "a.log").status == 0
        *status, _ = screen.lines(" trades")
    assert all("\n" not in line and cell_len(line) < 60 for line in status)
    assert screen.text().endswith("Stopped; the last state is written.\r\n")


@live
@in_here
def test_it_ends_well_where_the_terminal_goes_away_meanwhile(klagg: Klagg, tmp_path: Path) -> None:
    with (
        exchange() as market,
        terminal() as screen,
        once(partial(has_bars, tmp_path / "a.db"), screen.hang_up),
        redirect_stdout(screen.end),
    ):
        said = klagg("record", *at(market), *QUICK, "--db", "a.db", "--log-path", "a.log")
    assert said.status == 0
    assert "Broken" not in said.err
    assert "Traceback" not in said.err
    assert klagg("db", "check", "--db", "a.db").out == "a.db is sound.\n"


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Nobody else can write there while the block runs."""
    with closing(sqlite3.connect(database, timeout=WAIT_S, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def _trades_came(screen: Terminal) -> bool:
    """Whether there is something that only the last write will bring to disk."""
    return any(" trades" in line and " 0 trades" not in line for line in screen.lines(" trades"))


SLOW = ("--history", "0", "--flush-seconds", "60")
WAITS = "The last state is being written; a second signal ends it at once."


@live
@in_here
def test_a_last_write_that_takes_a_while_is_said_and_waited_for(klagg: Klagg, tmp_path: Path) -> None:
    def leave_while_locked() -> None:
        with locked(tmp_path / "a.db"):
            signalled(signal.SIGTERM)
            wait_for(lambda: WAITS in screen.text())

    with exchange() as market, terminal(120) as screen, once(partial(_trades_came, screen), leave_while_locked):
        with redirect_stdout(screen.end):
            assert klagg("record", *at(market), *SLOW, "--db", "a.db", "--log-path", "a.log").status == 0
        assert screen.text().endswith("Stopped; the last state is written.\r\n")
    assert has_bars(tmp_path / "a.db")


@live
@in_here
def test_on_a_disk_that_takes_nothing_the_last_words_say_so(klagg: Klagg, tmp_path: Path) -> None:
    def refuse_and_leave() -> None:
        with closing(sqlite3.connect(tmp_path / "a.db", timeout=WAIT_S)) as connection:
            connection.execute("CREATE TRIGGER t BEFORE INSERT ON forming BEGIN SELECT RAISE(FAIL, 'no room'); END")
        signalled(signal.SIGTERM)

    with exchange() as market, terminal(120) as screen, once(partial(_trades_came, screen), refuse_and_leave):
        with redirect_stdout(screen.end):
            said = klagg("record", *at(market), *SLOW, "--db", "a.db", "--log-path", "a.log")
        assert "the last state is written" not in screen.text()
    assert said.status == 1
    assert re.fullmatch(
        r"Stopped; \d+ bars of the last state could not be written\. .*no room.*", said.err.splitlines()[-1]
    )


@live
def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with (
        exchange() as market,
        terminal(120) as screen,
        _recording(tmp_path, screen.end.fileno(), (*at(market), *SLOW)) as process,
    ):
        wait_for(partial(_trades_came, screen))
        with locked(tmp_path / "klagg.db"):
            process.send_signal(signal.SIGINT)
            wait_for(lambda: WAITS in screen.text())
            process.send_signal(signal.SIGINT)
            assert process.wait(WAIT_S) == INTERRUPTED


def test_a_trouble_that_several_tasks_meet_is_told_once() -> None:
    removed = "a. db was removed: nothing is written any more; put it back, or start klagg again."
    waits, missing = f"{removed} 256 bars wait in memory.", f"{removed} 1 symbol waits for missing trades."
    problems = Problems()
    assert problems.fresh([removed, waits], 100) == [removed]
    assert problems.fresh([missing, waits, "The disk is slow."], 103) == ["The disk is slow."]
    assert problems.fresh([missing], 500) == [missing]
    assert problems.fresh([removed, waits], 503) == []
    assert told_once([waits, "The disk is slow.", missing, removed]) == (waits, "The disk is slow.")


def test_a_trouble_is_told_once_however_its_figures_change_and_again_after_a_while() -> None:
    problems = Problems()
    assert problems.fresh(["tries again in 11 s", "no disk"], 100) == ["tries again in 11 s", "no disk"]
    assert problems.fresh(["tries again in 9 s", "no disk"], 102) == []
    assert problems.fresh([], 103) == []
    assert problems.fresh(["tries again in 12 s"], 104) == []
    assert problems.fresh(["tries again in 60 s", "no disk"], 401) == ["tries again in 60 s", "no disk"]


def test_one_of_anything_is_told_in_the_singular() -> None:
    one = Status("made market", Mode.LIVE, 0, counters=Counters(trades=1, gaps=1), metrics={Metric.ROWS_WRITTEN: 1.0})
    told = " · ".join(_parts(one))
    assert "1 trade · 0/1 gap repaired · 0 bars confirmed" in told
    assert told.endswith("1 row written")


def test_the_time_is_told_once_it_is_the_exchange_s() -> None:
    known = Status("made market", Mode.LIVE, 0)
    assert _parts(known)[:2] == ["1970-01-01 00:00:00 UTC", "made market"]
    assert _parts(known._replace(knows_time=False))[0] == "made market"


@pytest.mark.parametrize("log", ["z.db", "z.db-lock", "a.db", "a.db-wal", "folder"])
def test_a_log_that_would_go_into_a_database_or_a_folder_is_refused_before_anything_begins(
    klagg: Klagg, tmp_path: Path, log: str
) -> None:
    (tmp_path / "folder").mkdir()
    with closing(sqlite3.connect(tmp_path / "z.db")) as anothers:
        anothers.execute("CREATE TABLE notes (text)")
    before = (tmp_path / "z.db").read_bytes()
    said = klagg("record", *NOWHERE, "--db", "a.db", "--log-path", log)
    assert said.status == 1
    (sentence,) = said.err.splitlines()
    assert re.fullmatch(rf"{log} (is|belongs) .*; name (a|another) file with --log-path\.", sentence)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "z.db"]
    assert (tmp_path / "z.db").read_bytes() == before
