"""`klagg` as typed: what came back, in a home of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from klagg_tui import cli


@dataclass
class Said:
    """What one command left behind."""

    status: int
    out: str
    err: str


Klagg = Callable[..., Said]


@pytest.fixture
def klagg(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Klagg:
    """Run `klagg` with arguments, in an empty folder and without anybody's settings."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    for name in ("KLAGG_DB", "KLAGG_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run(*args: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["klagg", *args])
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        return Said(int(left.value.code or 0), out, err)

    return run
