"""`klagg` without a command: the market on the screen, and what it says where there is no terminal to draw on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path

import pytest

from klagg_tui.commands.shared.status_line import can_move_its_cursor
from tests.commands.beside import Terminal, at, exchange, get, has_bars, terminal
from tests.commands.visitor import Visiting
from tests.ports import free_port
from tests.shell import Klagg

live = pytest.mark.xdist_group("live programs")
in_here = pytest.mark.usefixtures("whole_program")

NOWHERE = ("--rest-url", "http://127.0.0.1:9", "--ws-url", "ws://127.0.0.1:9")
QUICK = ("--history", "5", "--flush-seconds", "0.2", "--db", "a.db")


@pytest.mark.parametrize(
    ("args", "advice"),
    [
        ([], "`klagg record` records the market without one."),
        (["demo"], "`klagg simulate` runs the simulated exchange without one."),
        (["demo", "--count", "5", "--faults", "none"], "`klagg simulate` runs the simulated exchange without one."),
    ],
)
def test_without_a_terminal_one_sentence_says_what_to_do(klagg: Klagg, args: list[str], advice: str) -> None:
    said = klagg(*args)
    assert (said.status, said.out) == (1, "")
    (line,) = said.err.splitlines()
    assert line == f"klagg needs a terminal to draw on; {advice}"


def test_a_terminal_that_cannot_be_drawn_on_is_refused_like_a_pipe(
    klagg: Klagg, monkeypatch: pytest.MonkeyPatch
) -> None:
    with terminal() as screen, screen_of_a_person(screen, monkeypatch):
        monkeypatch.setenv("TERM", "dumb")
        said = klagg()
        assert not can_move_its_cursor()
    assert said.status == 1
    assert "klagg needs a terminal to draw on" in said.err


@contextmanager
def screen_of_a_person(screen: Terminal, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both ends of the command are that terminal."""
    with Path(os.ttyname(screen.end.fileno())).open() as keys, redirect_stdout(screen.end):
        monkeypatch.setattr(sys, "stdin", keys)
        yield


@live
@in_here
def test_the_market_is_watched_and_recorded_until_q(klagg: Klagg, visit: Visiting, tmp_path: Path) -> None:
    visit("BTCUSDT", also=partial(has_bars, tmp_path / "a.db"))
    with exchange() as market:
        said = klagg(*at(market), *QUICK, "--log-path", "/dev/null/klagg.log")
    assert said.status == 0
    assert said.err.startswith("No log is written: /dev/null/klagg.log cannot be opened")
    assert "USDT" in klagg("symbols", "--db", "a.db").out


@live
@in_here
def test_other_programs_are_served_while_it_is_open(klagg: Klagg, visit: Visiting) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    visit("BTCUSDT", also=lambda: get(f"{url}api/bars?symbol=BTCUSDT").status == 200)
    with exchange() as market:
        said = klagg("--serve", "--port", str(port), *at(market), *QUICK, "--log-path", "a.log")
    assert (said.status, said.err) == (0, "")
    assert get(url).status == 0, "nobody listens there any more"


@live
@in_here
def test_whoever_cannot_reach_the_market_may_leave_for_a_simulated_one(klagg: Klagg, visit: Visiting) -> None:
    visit("simulated market", "D")
    there = visit("BTCUSDT", "q")
    said = klagg(*NOWHERE, *QUICK, "--log-path", "a.log")
    assert (said.status, said.err) == (0, "")
    assert "simulated" in there.seen or "DEMO" in there.seen.upper()
