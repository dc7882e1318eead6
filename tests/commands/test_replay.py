"""`klagg replay`: recorded trades on the screen, kept where a database is named."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from klagg_tui.commands.shared.interrupt import Interrupt
from klagg_tui.commands.shared.progress import ProgressLine
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


@pytest.fixture
def risen(tmp_path: Path) -> str:
    """Forty minutes of 100 and 101, and in the last twenty of them 110."""
    made = [
        one._replace(price="110" if one.traded_ms >= START + 20 * MINUTE else str(100 + place % 2))
        for place, one in enumerate(trades(range(START, START + 40 * MINUTE, 20_000)))
    ]
    return str(file_of(tmp_path / "risen.jsonl", map(event, made)))


def test_an_alert_is_tried_without_a_terminal_and_says_when_it_would_have_fired(klagg: Klagg, risen: str) -> None:
    said = klagg("replay", risen, "--alert", "chg(5m)>5", "--alert", "last>105 and rsi(1m,14)>0")
    assert said.status == 0
    assert said.out.splitlines() == [
        "2024-08-08 00:20:00 UTC  BTCUSDT at 110: chg(5m)>5 (chg(5m) 8.91089)",
        "2024-08-08 00:20:00 UTC  BTCUSDT at 110: last>105 and rsi(1m,14)>0 (rsi(1m,14) 72.3043)",
    ]
    partly, fired = said.err.splitlines()
    assert partly == "Known in part: rsi(1m) (29%); the trades do not reach back so far, or do not tell it."
    assert fired == "Fired 2 times in 120 trades of 1 symbol from 2024-08-08 00:00 to 2024-08-08 00:39 UTC."


def test_what_an_alert_asks_for_and_is_known_in_part_only_is_told(klagg: Klagg, risen: str) -> None:
    said = klagg("replay", risen, "--alert", "chg(24h)>1 or oi(1h)>1 or chg(5m)>50")
    assert (said.status, said.out) == (0, "")
    partly, never = said.err.splitlines()
    assert partly == (
        "Known in part: chg(24h) (3%), oi(1h) (0%); the trades do not reach back so far, or do not tell it."
    )
    assert never.startswith("Fired never in 120 trades")


def test_an_alert_may_name_a_period_only_where_it_is_made(klagg: Klagg, risen: str) -> None:
    refused = klagg("replay", risen, "--periods", "1m,5m", "--alert", "rsi(1h)>1")
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.count("\n") == 1
    assert klagg("replay", risen, "--periods", "1m,1h", "--alert", "rsi(1h)>1").status == 0


@pytest.mark.parametrize("option", ["--speed=1", "--db=kept.db"], ids=["speed", "db"])
def test_an_alert_is_tried_at_no_speed_and_keeps_nothing(klagg: Klagg, risen: str, option: str) -> None:
    said = klagg("replay", risen, "--alert", "last>1", option)
    assert (said.status, said.out) == (2, "")
    assert said.err == "--alert reads as fast as it can and keeps nothing: leave --speed and --db out.\n"


def test_rows_that_cannot_be_read_are_told_beside_what_fired(klagg: Klagg, risen: str) -> None:
    path = Path(risen)
    path.write_text("{no message\n" + path.read_text("utf-8"), "utf-8")
    said = klagg("replay", risen, "--alert", "last>105")
    assert said.out == "2024-08-08 00:20:00 UTC  BTCUSDT at 110: last>105\n"
    assert said.err.startswith("Rows that could not be read and were left out: 1.\n")


def test_a_file_without_a_trade_that_can_be_read_fires_nothing(klagg: Klagg, risen: str) -> None:
    good = Path(risen).read_text("utf-8").splitlines()[0]
    Path(risen).write_text(good.replace('"p": "100"', '"p": "much"') + "\n", "utf-8")
    said = klagg("replay", risen, "--alert", "last>105")
    assert (said.status, said.out) == (0, "")
    assert "Fired never in 0 trades of 0 symbols.\n" in said.err


def test_ctrl_c_ends_the_trying_where_it_is(klagg: Klagg, risen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Interrupt, "__call__", lambda _: True)
    said = klagg("replay", risen, "--alert", "last>105")
    assert (said.status, said.out) == (130, "")
    assert "Fired never in 1 trade of 1 symbol" in said.err


def test_how_far_the_trying_is_is_shown_now_and_then(klagg: Klagg, risen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[object, ...]] = []
    monkeypatch.setattr("klagg_tui.commands.shared.backtest._SHOWN_EVERY", 50)
    monkeypatch.setattr(ProgressLine, "show", lambda _, *args: shown.append(args))
    assert klagg("replay", risen, "--alert", "last>105").status == 0
    assert [args[1:] for args in shown] == [(980, 2_380, 50), (1_980, 2_380, 100)]
