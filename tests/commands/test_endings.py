"""How the terminal app ends, on a real terminal that is its controlling one: by a signal, by two, by a closed window."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from klagg_tui.runtime.stop_signals import INTERRUPTED
from tests.commands.beside import Terminal, at, exchange, has_bars, terminal, wait_for
from tests.commands.test_record import SLOW, locked
from tests.patience import WAIT_S

pytestmark = pytest.mark.xdist_group("live programs")

_MODES = re.compile(r"\x1b\[\?(\d+)([hl])")
_USUAL = {"7": "h", "25": "h"}
"""Lines are wrapped and the cursor is seen; all other modes are off."""
_BEHIND_A_TERMINAL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes standard input the controlling terminal, as a window does for what runs in it; tests under `nohup` ignore SIGHUP."""


def modes(text: str) -> dict[str, str]:
    """The private modes that a terminal is left in which do not stand as they usually do."""
    left = dict(_MODES.findall(text))
    return {mode: state for mode, state in left.items() if state != _USUAL.get(mode, "l")}


@contextmanager
def klagg(
    screen: Terminal, folder: Path, *options: str, before: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """The app in that terminal."""
    (folder / "empty.toml").write_text("")
    files = ("--db", str(folder / "klagg.db"), "--log-path", str(folder / "klagg.log"))
    home = {name: str(folder / "home") for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    command = [*before, sys.executable, "-m", "klagg_tui", *options, *files]
    begun = [sys.executable, "-c", _BEHIND_A_TERMINAL, shutil.which(command[0]) or command[0], *command[1:]]
    with subprocess.Popen(
        begun,
        stdin=screen.end,
        stdout=screen.end,
        stderr=screen.end,
        start_new_session=True,
        env={**os.environ, **home, "KLAGG_CONFIG": str(folder / "empty.toml"), "TERM": "xterm-256color"},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def attributes(screen: Terminal) -> list[Any]:
    """How the terminal takes lines and keys."""
    return termios.tcgetattr(screen.end.fileno())


def is_up(screen: Terminal) -> bool:
    """Whether the market is there, and with it something that only the last write brings to disk."""
    return "BTCUSDT" in screen.text() and "● live" in screen.text()


def status(process: subprocess.Popen[bytes], screen: Terminal) -> int | None:
    """With what it ends; its terminal takes what it writes meanwhile, as every terminal does."""
    wait_for(lambda: bool(screen.text()) and process.poll() is not None)
    return process.returncode


def _once(*numbers: signal.Signals) -> Callable[[subprocess.Popen[bytes]], None]:
    def send(process: subprocess.Popen[bytes]) -> None:
        for number in numbers:
            process.send_signal(number)

    return send


@pytest.mark.parametrize(
    "end",
    [
        _once(signal.SIGTERM),
        _once(signal.SIGHUP),
        _once(signal.SIGINT),
        _once(signal.SIGTERM, signal.SIGTERM),
        _once(signal.SIGTERM, signal.SIGCONT, signal.SIGHUP),
    ],
    ids=["term", "hup", "int", "term twice", "as a session manager does"],
)
def test_a_signal_writes_the_last_state_and_gives_the_terminal_back(
    tmp_path: Path, end: Callable[[subprocess.Popen[bytes]], None]
) -> None:
    with exchange() as market, terminal(100) as screen:
        before = attributes(screen)
        with klagg(screen, tmp_path, *at(market), *SLOW) as process:
            wait_for(lambda: is_up(screen))
            assert modes(screen.text())
            end(process)
            assert status(process, screen) == 0
        assert modes(screen.text()) == {}
        assert attributes(screen) == before
        assert "Traceback" not in screen.text()
    assert has_bars(tmp_path / "klagg.db")


_ENDED_IN_THE_BACKGROUND = """
set -m
"$@" &
until [ -n "$(jobs -s)" ]; do sleep 0.1; done
kill %1
while [ -n "$(jobs -p)" ]; do sleep 0.1; done
wait $!
echo "status $?"
"""
_STOPPED_THEN_IN_FRONT = """
set -m
"$@" &
until [ -n "$(jobs -s)" ]; do sleep 0.1; done
fg %1
echo "status $?"
"""
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")


@needs_bash
def test_a_job_that_never_got_the_terminal_ends_quietly(tmp_path: Path) -> None:
    with exchange() as market, terminal(100) as screen:
        before = attributes(screen)
        in_background = ("bash", "--norc", "-c", _ENDED_IN_THE_BACKGROUND, "bash")
        with klagg(screen, tmp_path, *at(market), *SLOW, before=in_background) as process:
            assert status(process, screen) == 0
        assert "status 0" in screen.text()
        assert "unexpected" not in screen.text()
        assert modes(screen.text()) == {}
        assert attributes(screen) == before


@needs_bash
def test_a_job_that_is_brought_to_the_front_takes_the_terminal(tmp_path: Path) -> None:
    with exchange() as market, terminal(100) as screen:
        before = attributes(screen)
        in_front = ("bash", "--norc", "-c", _STOPPED_THEN_IN_FRONT, "bash")
        with klagg(screen, tmp_path, *at(market), *SLOW, before=in_front) as process:
            wait_for(lambda: is_up(screen))
            screen.type(b"q")
            assert status(process, screen) == 0
        assert "status 0" in screen.text()
        assert modes(screen.text()) == {}
        assert attributes(screen) == before


@pytest.mark.skipif(shutil.which("timeout") is None, reason="there is no `timeout` here")
def test_timeout_whose_signal_comes_twice_ends_it_as_well(tmp_path: Path) -> None:
    with exchange() as market, terminal(100) as screen:
        with klagg(screen, tmp_path, *at(market), *SLOW, before=("timeout", "600")) as process:
            wait_for(lambda: is_up(screen))
            # What its own timer sends it when the time is over; a time that fits every machine there is not.
            process.send_signal(signal.SIGALRM)
            assert status(process, screen) == 124
        assert modes(screen.text()) == {}
    assert has_bars(tmp_path / "klagg.db")


def test_a_closed_window_ends_it_and_the_last_state_is_written(tmp_path: Path) -> None:
    with exchange() as market, terminal(100) as screen, klagg(screen, tmp_path, *at(market), *SLOW) as process:
        wait_for(lambda: is_up(screen))
        screen.end.close()
        screen.hang_up()
        assert process.wait(WAIT_S) == 0
    assert has_bars(tmp_path / "klagg.db")


def test_a_window_that_closes_without_a_word_is_noticed_too(tmp_path: Path) -> None:
    ignoring = (
        sys.executable,
        "-c",
        "import os, signal, sys\nsignal.signal(1, signal.SIG_IGN)\nos.execv(sys.argv[1], sys.argv[1:])",
    )
    with (
        exchange() as market,
        terminal(100) as screen,
        klagg(screen, tmp_path, *at(market), *SLOW, before=ignoring) as process,
    ):
        wait_for(lambda: is_up(screen))
        screen.end.close()
        screen.hang_up()
        assert process.wait(WAIT_S) == 0
    assert has_bars(tmp_path / "klagg.db")


def test_a_second_signal_ends_it_at_once_and_gives_the_terminal_back(tmp_path: Path) -> None:
    with exchange() as market, terminal(100) as screen:
        before = attributes(screen)
        with klagg(screen, tmp_path, *at(market), *SLOW) as process:
            wait_for(lambda: is_up(screen))
            with locked(tmp_path / "klagg.db"):
                process.send_signal(signal.SIGTERM)

                def is_over() -> bool:
                    process.send_signal(signal.SIGTERM)  # those of the first second count as the first
                    return bool(screen.text()) and process.poll() is not None

                wait_for(is_over)
                assert process.returncode == INTERRUPTED
        assert modes(screen.text()) == {}
        assert attributes(screen) == before


def test_a_second_signal_ends_it_where_the_terminal_takes_nothing_any_more(tmp_path: Path) -> None:
    with exchange() as market, terminal(100) as screen, klagg(screen, tmp_path, *at(market), *SLOW) as process:

        def is_over() -> bool:
            process.send_signal(signal.SIGTERM)
            return process.poll() is not None

        wait_for(lambda: is_up(screen))
        with locked(tmp_path / "klagg.db"):
            wait_for(is_over)
    assert process.returncode == INTERRUPTED


def test_a_terminal_that_takes_nothing_any_more_holds_up_neither_the_last_state_nor_the_end(tmp_path: Path) -> None:
    with exchange() as market, terminal(100) as screen, klagg(screen, tmp_path, *at(market), *SLOW) as process:
        wait_for(lambda: is_up(screen))
        fill(screen)
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
    assert has_bars(tmp_path / "klagg.db")


def fill(screen: Terminal) -> None:
    """Write to the terminal until it takes nothing any more, as one whose line is dead."""
    own = os.open(os.ttyname(screen.end.fileno()), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        while True:
            os.write(own, b"x")
    except BlockingIOError:
        os.close(own)


def test_a_terminal_that_is_not_utf_8_gets_plain_signs_and_its_keys_end_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    with exchange() as market, terminal(100) as screen:
        with klagg(screen, tmp_path, *at(market), *SLOW) as process:
            wait_for(lambda: "BTCUSDT" in screen.text() and "* live" in screen.text())
            screen.type(b"\xe9")
            screen.type(b"q")  # for UTF-8 a part of what was begun: taken together, they are no key

            def is_over() -> bool:
                screen.type(b"q")
                return bool(screen.text()) and process.poll() is not None

            wait_for(is_over)
            assert process.returncode == 0
        assert "Traceback" not in screen.text()
        assert "\\u" not in screen.text()
        assert modes(screen.text()) == {}


def refuse_writes(database: Path) -> None:
    """From now on the disk takes no bar."""
    with closing(sqlite3.connect(database, timeout=WAIT_S)) as connection:
        connection.execute("CREATE TRIGGER t BEFORE INSERT ON forming BEGIN SELECT RAISE(FAIL, 'no room'); END")


def test_what_could_not_be_written_is_counted_and_the_status_says_so(tmp_path: Path) -> None:
    with exchange() as market, terminal(100) as screen:
        with klagg(screen, tmp_path, *at(market), *SLOW) as process:
            wait_for(lambda: is_up(screen))
            refuse_writes(tmp_path / "klagg.db")
            process.send_signal(signal.SIGTERM)
            assert status(process, screen) == 1
        words = screen.text().rsplit("\x1b[?1004l", 1)[1]
        assert re.search(r"Stopped; \d+ bars of the last state could not be written\. .*no room", words)
        assert modes(screen.text()) == {}
