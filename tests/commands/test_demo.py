"""`klagg demo`: a market of its own on the screen, gone with the person."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.commands.visitor import Visiting
from tests.shell import Klagg

pytestmark = [pytest.mark.xdist_group("live"), pytest.mark.usefixtures("whole_program")]


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
