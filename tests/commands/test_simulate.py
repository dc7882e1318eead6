"""`klagg simulate`: an exchange that answers until a signal comes, or until whoever started it is gone."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial

import pytest

from klagg_tui.simulator import ARCHIVE_FAULTS, FACE_FAULTS, KINDS
from klagg_tui.simulator.faces.binance_um import BinanceUm
from tests.commands.beside import get, once, signalled, terminal, written
from tests.shell import Klagg

pytestmark = pytest.mark.usefixtures("whole_program")

SMALL = ("--symbols", "2", "--activity", "1", "--history", "1")


def _rest_url(text: str) -> str | None:
    found = re.search(r"klagg --rest-url (http://\S+) --ws-url ws://\S+\s", text)
    return found[1] if found else None


def _answers(url: str | None) -> bool:
    return url is not None and get(f"{url}/fapi/v1/time").status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_answers_there_and_ends_with_its_account(klagg: Klagg, number: signal.Signals) -> None:
    with once(lambda: _answers(_rest_url(written())), partial(signalled, number)):
        said = klagg("simulate", "--port", "0", *SMALL, "--start", "2026-09-22", "--speed", "60", "--faults", "none")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("A simulated exchange is up.")
    *_, leaving, first, last = said.out.splitlines()
    assert leaving == "Ctrl+C ends it."
    assert re.fullmatch(r"2026-09-22 00:\d\d:\d\d UTC · ×60 · \d+ symbols · 0 connections · .*no faults yet", first)
    assert last.startswith("2026-09-22 00:")
    assert not _answers(_rest_url(said.out))


def test_on_a_terminal_its_account_is_one_line_written_anew(klagg: Klagg) -> None:
    def is_shown() -> bool:
        url = _rest_url(screen.text())
        return url is not None and get(f"{url}/fapi/v1/time").status == 429 and len(screen.lines(" · 429 ")) >= 2

    options = ("--port", "0", *SMALL, "--faults", "429@0s+1h", "--start", "2026-09-22")
    with terminal(100) as screen, once(is_shown, partial(signalled, signal.SIGINT)), redirect_stdout(screen.end):
        assert klagg("simulate", *options).status == 0
    first, second = screen.lines(" · 429 ")[:2]
    assert first.startswith("09-22 00:")
    assert "\n" not in first + second


@contextmanager
def _parent(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Holds our standard input open; given is its end, to be closed."""
    reader, writer = os.pipe()
    with os.fdopen(reader) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield writer


def test_at_a_socket_of_its_parents_it_ends_with_the_parent(klagg: Klagg, monkeypatch: pytest.MonkeyPatch) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with _parent(monkeypatch) as writer, once(partial(_answers, url), partial(os.close, writer)):
        said = klagg("simulate", "--listen-fd", str(listening.detach()), *SMALL)
    assert (said.status, _rest_url(said.out)) == (0, url)
    assert not _answers(url)


def test_an_exchange_far_away_whose_history_is_prepared_answers_like_any_other(
    klagg: Klagg, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with _parent(monkeypatch) as writer, once(partial(_answers, url), partial(os.close, writer)):
        said = klagg("simulate", "--listen-fd", str(listening.detach()), *SMALL, "--prepared", "--round-trip", "20")
    assert said.status == 0


def test_a_venue_whose_history_cannot_be_prepared_is_told(klagg: Klagg) -> None:
    said = klagg("simulate", "--venue", "coinbase", "--prepared", "--port", "0", *SMALL)
    assert (said.status, said.err) == (2, "--prepared is there for binance-um only, not for coinbase.\n")


def test_the_kinds_of_faults_are_listed(klagg: Klagg) -> None:
    said = klagg("simulate", "--kinds")
    assert [line.split()[0] for line in said.out.splitlines()] == [
        *KINDS,
        "Venues",
        *FACE_FAULTS,
        "Those",
        *ARCHIVE_FAULTS,
    ]
    assert said.status == 0


def test_a_venue_that_is_not_simulated_is_told_with_those_that_are(klagg: Klagg) -> None:
    said = klagg("simulate", "--venue", "nowhere")
    assert said.status == 2
    assert "no simulated exchange called nowhere" in said.err
    assert "binance-um" in said.err
    assert klagg("simulate", "--venue", "OKX").err.endswith("; did you mean okx-swap or okx-spot?\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "cannot be used" in klagg("simulate", "--venue", "Kraken", "--port", port, *SMALL).err, (
            "any letters will do"
        )


@pytest.mark.parametrize("faults", ["nonsense", "cut@soon", "nonsense@5m"])
def test_a_schedule_that_makes_no_sense_is_one_sentence(klagg: Klagg, faults: str) -> None:
    said = klagg("simulate", "--port", "0", "--faults", faults)
    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)


def test_a_taken_port_is_one_sentence(klagg: Klagg) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = klagg("simulate", "--port", port, *SMALL)
    assert (said.status, said.out) == (1, "")
    assert said.err == f"Port {port} of 127.0.0.1 cannot be used: Address already in use.\n"


def test_a_taken_port_is_told_before_history_is_made(klagg: Klagg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BinanceUm, "prepare", lambda *_: pytest.fail("minutes went by for nothing"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = klagg("simulate", "--port", port, "--prepared", *SMALL)
    assert said.err == f"Port {port} of 127.0.0.1 cannot be used: Address already in use.\n"
