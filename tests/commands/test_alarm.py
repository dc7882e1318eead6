"""Alerts beside a recorder."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from klagg_tui.alert import Alert
from klagg_tui.alerting.desk import Desk
from klagg_tui.commands.shared import alarm as alarms
from klagg_tui.commands.shared.alarm import Alarm
from klagg_tui.errors import KlaggError
from klagg_tui.view.alerts.book import AlertBook
from klagg_tui.view.alerts.recording import AlertWatch
from tests.commands.beside import at, exchange, once, signalled
from tests.commands.visitor import Visiting
from tests.made_market import MadeMarket
from tests.shell import Klagg


def _alarm(feed: MadeMarket, desk: Desk, *texts: str, form: str = "none") -> Alarm:
    return Alarm(feed, AlertWatch(AlertBook(map(Alert, texts), desk=desk)), desk, bell=True, form=form)


def _beat(alarm: Alarm, feed: MadeMarket) -> list[str]:
    return list(alarm.beat(feed.take_changes(), feed.status().exchange_now_ms))


def test_what_fires_is_a_line_and_a_figure_is_made_of_what_is_stored(tmp_path: Path) -> None:
    feed = MadeMarket(3)
    alarm = _alarm(feed, Desk(tmp_path / "none.db"), "last>90000 chg(5m)>1")
    lines = _beat(alarm, feed)
    for price in ("1.5", "90001.5", "90002.5"):
        feed.trade_at("ETHUSDT", price)
        lines += _beat(alarm, feed)
    (line,) = lines
    assert line.startswith("▲ ETHUSDT at 90,001.50: last>90000 chg(5m)>1 (chg(5m) ")
    assert alarm.notices == ()
    alarm.stop()


def test_where_history_cannot_be_read_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    feed = MadeMarket(3)

    async def fails(*_: object, **__: object) -> None:
        raise KlaggError("The engine has stopped.")

    monkeypatch.setattr(feed, "columns", fails)
    assert _beat(_alarm(feed, Desk(tmp_path / "none.db"), "chg(5m)>1"), feed) == []
    assert "The engine has stopped." in caplog.text


def test_a_terminal_gets_bell_and_notification_and_a_pipe_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = _alarm(MadeMarket(3), Desk(tmp_path / "none.db"), form="osc9")
    assert alarm.sign("▲ BTCUSDT: last>1") == ""
    is_terminal: Callable[[], bool] = lambda: True  # noqa: E731
    monkeypatch.setattr(sys.stdout, "isatty", is_terminal, raising=False)
    assert alarm.sign("▲ BTCUSDT: last>1") == "\a\x1b]9;klagg alert: BTCUSDT: last>1\x07"
    assert alarm.sign("The alert hot>1 is not watched: …") == ""


def test_an_answer_is_waited_for_whatever_it_is() -> None:
    async def answer() -> int:
        return 7

    question: Awaitable[int] = answer()
    assert asyncio.run(alarms._answer(question)) == 7


@pytest.mark.xdist_group("live programs")
@pytest.mark.usefixtures("whole_program")
def test_the_recorder_fires_alerts_keeps_them_and_runs_the_command(klagg: Klagg, tmp_path: Path) -> None:
    database, heard = tmp_path / "a.db", tmp_path / "heard"
    tells = [sys.executable, "-c", f"import json, os; open({str(heard)!r}, 'w').write(json.dumps(dict(os.environ)))"]
    (tmp_path / "config.toml").write_text(f"[alerts]\ncommand = {json.dumps(tells)}\n")
    assert klagg("alerts", "add", "chg>0 vol>0", "--name", "Trades", "--fires", "once", "--db", "a.db").status == 0

    def has_told() -> bool:
        return heard.exists() and bool(heard.read_text())

    options = ("--config", "config.toml", "--history", "5", "--flush-seconds", "0.2")
    with exchange() as market, once(has_told, partial(signalled, signal.SIGINT)):
        said = klagg("record", *at(market), *options, "--db", "a.db", "--log-path", "a.log")
    assert said.status == 0
    (line,) = [line for line in said.out.splitlines() if line.startswith("▲ ")]
    assert "Trades (chg>0 vol>0)" in line
    assert json.loads(heard.read_text())["KLAGG_NAME"] == "Trades"
    with closing(sqlite3.connect(database)) as kept:
        assert kept.execute("SELECT has_ended, count FROM alerts").fetchall() == [(1, 1)]
        assert kept.execute("SELECT name FROM firings").fetchall() == [("Trades",)]
        assert kept.execute("SELECT way FROM deliveries").fetchall() == [("command",)]


@pytest.mark.xdist_group("live programs")
@pytest.mark.usefixtures("whole_program")
def test_in_the_terminal_alerts_of_the_state_file_move_into_the_database_and_fire(
    klagg: Klagg, visit: Visiting, tmp_path: Path
) -> None:
    state_file = tmp_path / "home/klagg/screen.json"
    state_file.parent.mkdir(parents=True)
    state_file.write_text(json.dumps({"alerts": ["chg>0"], "period": "5m"}))

    def has_fired() -> bool:
        with closing(sqlite3.connect(tmp_path / "a.db")) as kept:
            return bool(kept.execute("SELECT 1 FROM sqlite_master WHERE name = 'firings'").fetchall()) and bool(
                kept.execute("SELECT 1 FROM firings").fetchall()
            )

    visit("BTCUSDT", also=has_fired)
    with exchange() as market:
        said = klagg(*at(market), "--history", "5", "--db", "a.db", "--log-path", "a.log")
    assert (said.status, said.err) == (0, "")
    with closing(sqlite3.connect(tmp_path / "a.db")) as kept:
        assert kept.execute("SELECT text, period, count > 0 FROM alerts").fetchall() == [("chg>0", "5m", 1)]
    assert "alerts" not in json.loads(state_file.read_text())
