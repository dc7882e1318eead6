"""`klagg demo`: markets of its own on the screen, gone with the person."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from klagg_tui.commands.demo import shares
from klagg_tui.exchange.registry import keys
from klagg_tui.simulator import FACES
from tests.commands.visitor import Visit, Visiting
from tests.patience import WAIT_S
from tests.shell import Klagg

pytestmark = [pytest.mark.xdist_group("live programs"), pytest.mark.usefixtures("whole_program")]


def test_a_made_up_market_is_on_the_screen_and_nothing_of_it_is_kept(
    klagg: Klagg, visit: Visiting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    watched = visit("BTCUSDT", also=lambda: any(scratch.iterdir()))
    said = klagg("demo", "--count", "3", "--activity", "20", "--faults", "none", "--log-path", "demo.log")
    assert (said.status, said.err) == (0, "")
    assert "BTCUSDT" in watched.seen
    assert not any(scratch.iterdir())
    assert (tmp_path / "demo.log").exists()


def test_several_exchanges_are_made_up_at_once(klagg: Klagg, visit: Visiting) -> None:
    # Each exchange is there in its own time, and the last to come is no proof of the other.
    watched: Visit = visit("BTC/USD", also=lambda: all(text in watched.seen for text in ("BTCUSDT", "kraken")))
    options = ("--count", "5", "--activity", "20", "--faults", "none", "--log-path", "demo.log")
    said = klagg("demo", "--venue", "binance-um,kraken", *options)
    assert (said.status, said.err) == (0, "")
    assert all(text in watched.seen for text in ("BTCUSDT", "kraken"))


def test_each_has_its_part_of_the_symbols_and_of_the_trades() -> None:
    assert shares(("kraken", "coinbase"), 5, 90, ("--seed", "2")) == {
        "kraken": ("--venue", "kraken", "--symbols", "3", "--activity", "45", "--seed", "2"),
        "coinbase": ("--venue", "coinbase", "--symbols", "2", "--activity", "45", "--seed", "2"),
    }
    assert [options[3] for options in shares(("kraken", "coinbase"), 1).values()] == ["1", "1"]


def test_whatever_can_be_watched_can_be_made_up() -> None:
    assert set(keys()) <= set(FACES)


def test_an_exchange_that_there_is_not_is_said_with_near_names(klagg: Klagg) -> None:
    said = klagg("demo", "--venue", "krakn")
    assert said.status == 2
    assert "did you mean kraken?" in said.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_leaves_neither_a_process_nor_a_folder(tmp_path: Path, number: signal.Signals) -> None:
    there, here = pty.openpty()
    options = ("--venue", "kraken,coinbase", "--count", "4", "--log-path", str(tmp_path / "demo.log"))
    process = subprocess.Popen(
        [sys.executable, "-m", "klagg_tui", "demo", *options],
        stdin=here,
        stdout=here,
        stderr=here,
        env={**os.environ, "TMPDIR": str(tmp_path), "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(here)
    try:
        _until(lambda: any(tmp_path.glob("klagg-demo-*/demo.db")), there)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 2
        process.send_signal(number)
        _until(lambda: process.poll() is not None, there)
        assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
        assert not list(tmp_path.glob("klagg-demo-*"))
    finally:
        process.kill()
        process.wait()
        os.close(there)


def _until(holds: Callable[[], bool], terminal: int) -> None:
    """Read what is drawn meanwhile, as a terminal does: who draws would wait for it."""
    os.set_blocking(terminal, False)
    end_s = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end_s
        with suppress(OSError):  # nothing drawn, or nobody draws any more
            os.read(terminal, 65_536)
        time.sleep(0.01)


def test_faults_that_there_are_not_are_refused_with_what_is_near(klagg: Klagg) -> None:
    said = klagg("demo", "--faults", "cutt@5m")
    assert said.status == 2
    assert "'cutt@5m' is no fault; did you mean cut?" in said.err
