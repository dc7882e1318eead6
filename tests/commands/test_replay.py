"""`klagg replay`: recorded trades on the screen, kept where a database is named."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.commands.visitor import Visiting
from tests.importing.test_importer import event, file_of
from tests.makers import MINUTE, START, trades
from tests.shell import Klagg

pytestmark = pytest.mark.usefixtures("whole_program")


@pytest.fixture
def recorded(tmp_path: Path) -> str:
    return str(file_of(tmp_path / "a.jsonl", map(event, trades(range(START, START + 60 * MINUTE, 20_000)))))


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where what is thrown away lies until then."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_trades_come_on_the_screen_and_nothing_is_left(
    klagg: Klagg, visit: Visiting, recorded: str, scratch: Path
) -> None:
    played = visit("BTCUSDT", also=lambda: any(scratch.iterdir()))
    said = klagg("replay", recorded, "--speed", "max")
    assert (said.status, said.err) == (0, "")
    assert "replay" in played.seen.splitlines()[0]
    assert not any(scratch.iterdir())


def test_what_is_played_into_a_database_stays(klagg: Klagg, visit: Visiting, recorded: str) -> None:
    visit("00:59:40 UTC")
    assert klagg("replay", recorded, "--speed", "max", "--periods", "1m,5m", "--db", "kept.db").status == 0
    written = klagg("export", "--db", "kept.db", "-p", "1m").out.splitlines()
    imported = klagg("import", recorded, "--db", "imported.db")
    assert imported.status == 0
    assert written[:60] == klagg("export", "--db", "imported.db", "-p", "1m").out.splitlines()[:60]


def test_a_pace_takes_its_time(klagg: Klagg, visit: Visiting, recorded: str) -> None:
    visit("BTCUSDT")
    assert klagg("replay", recorded, "--speed", "0.5", "--db", "kept.db").status == 0
    assert len(klagg("export", "--db", "kept.db", "-p", "1m").out.splitlines()) <= 2


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "1e9", "nan"])
def test_a_speed_that_is_none_is_wrong_usage(klagg: Klagg, recorded: str, speed: str) -> None:
    said = klagg("replay", recorded, f"--speed={speed}")
    assert (said.status, said.out) == (2, "")
    assert said.err == f"--speed takes a number above 0 or max, not {speed!r}.\n"


def test_without_a_terminal_one_sentence_says_so(klagg: Klagg, recorded: str) -> None:
    said = klagg("replay", recorded)
    assert (said.status, said.out) == (1, "")
    advice = "`klagg import` takes the same files into a database without one."
    assert said.err == f"klagg needs a terminal to draw on; {advice}\n"
