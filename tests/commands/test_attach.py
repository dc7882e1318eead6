"""A second klagg on a database, and one on another machine: windows on the one that records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from klagg_tui.simulator import SimulatedExchange
from tests.attach.looking import recorder
from tests.commands.beside import at, exchange, get, wait_for
from tests.commands.visitor import Visiting
from tests.ports import free_port
from tests.shell import Klagg

live = pytest.mark.xdist_group("live programs")
in_here = pytest.mark.usefixtures("whole_program")


@contextmanager
def recorded(market: SimulatedExchange, database: Path, *command: str) -> Iterator[int]:
    """`klagg record`, or another command, in a process of its own; its number."""
    process = recorder(market, database, *command)
    try:
        wait_for(Path(f"{database}.sock").exists)
        yield process.pid
    finally:
        process.terminate()
        assert process.wait() == 0


@live
@in_here
def test_a_second_klagg_is_a_window_on_the_first(klagg: Klagg, visit: Visiting, tmp_path: Path) -> None:
    with exchange() as market, recorded(market, tmp_path / "a.db") as pid:
        watched = visit("BTCUSDT")
        watched.also = lambda: f"attached to {pid}" in watched.seen and "Passed over" in watched.seen
        said = klagg(*at(market), "--db", "a.db", "--symbols", "BTCUSDT", "--log-path", "b.log")
        assert (said.status, said.err) == (0, "")
        assert "--symbols" in watched.seen


@live
@in_here
def test_a_second_recorder_is_refused_as_ever(klagg: Klagg, tmp_path: Path) -> None:
    with exchange() as market, recorded(market, tmp_path / "a.db"):
        said = klagg("record", *at(market), "--db", "a.db", "--log-path", "b.log")
        assert said.status == 1
        assert "Another klagg is writing to" in said.err


@live
@in_here
def test_what_another_machine_serves_is_shown_here(klagg: Klagg, visit: Visiting, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with exchange() as market, recorded(market, tmp_path / "a.db", "serve", "--port", str(port)):
        wait_for(lambda: get(f"{url}/api/health").status == 200)
        watched = visit("BTCUSDT")
        watched.also = lambda: f"attached to 127.0.0.1:{port}" in watched.seen
        said = klagg("attach", url, "--log-path", "b.log")
        assert (said.status, said.err) == (0, f"Asking 127.0.0.1:{port} for its market.\n")


def test_nobody_there_is_one_sentence(klagg: Klagg, visit: Visiting) -> None:
    host = f"127.0.0.1:{free_port()}"
    said = klagg("attach", host, "--log-path", "b.log")
    assert said.status == 1
    assert said.err.splitlines() == [
        f"Asking {host} for its market.",
        f"{host} cannot be reached (nobody answers there); `klagg serve` lets windows in.",
    ]


def test_what_is_no_address_is_wrong_usage(klagg: Klagg) -> None:
    said = klagg("attach", "ftp://example.org")
    assert said.status == 2
    assert "is no address of a recorder" in said.err
