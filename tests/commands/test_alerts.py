"""`klagg alerts`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from klagg_tui.alert import Firing
from klagg_tui.storage.alerts import AlertStore, Outcome
from tests.makers import START
from tests.shell import Klagg

FIRING = Firing(START, "BTCUSDT", "", "last>1", "Up", "70001.5", "vol 2000.5", 1)


async def _fired(path: Path) -> None:
    async with await AlertStore.open(path) as store:
        await store.note([], [FIRING], {"webhook": None})
        delivery = await store.next_delivery("webhook")
        assert delivery is not None
        await store.settle(delivery.firing_id, "webhook", Outcome.GIVEN_UP, "it refuses (404)")


def test_alerts_are_added_listed_and_removed(klagg: Klagg, tmp_path: Path) -> None:
    assert "There is no" in klagg("alerts", "--db", "a.db").err
    said = klagg("alerts", "add", "last>1", "--name", "Up", "--fires", "every 1h", "--db", "a.db")
    assert (said.status, said.out) == (0, "Watched, every 1h: last>1\n")
    assert klagg("alerts", "add", "chg>1 btc", "--period", "5m", "--db", "a.db").status == 0
    asyncio.run(_fired(tmp_path / "a.db"))
    assert "2 alerts, which fired 1 time: see klagg alerts" in klagg("db", "--db", "a.db").out
    said = klagg("alerts", "--db", "a.db")
    assert [line.split() for line in said.out.splitlines() if "armed" in line] == [
        ["1", "last>1", "Up", "armed", "every", "1h", "1m", "0", "–"],
        ["2", "chg>1", "btc", "armed", "every", "1m", "5m", "0", "–"],
    ]
    assert "2024-08-08 00:00:00" in said.out
    assert "70,001.5" in said.out
    assert "vol 2,000.5" in said.out
    assert "webhook: it refuses (404)" in said.out
    listed = json.loads(klagg("alerts", "--json", "--db", "a.db").out)
    assert [one["text"] for one in listed["alerts"]] == ["last>1", "chg>1 btc"]
    assert listed["fired"][0]["symbol"] == "BTCUSDT"
    assert listed["fired"][0]["price"] == "70001.5"
    assert klagg("alerts", "retry", "--db", "a.db").out == "1 alert will be told again.\n"
    said = klagg("alerts", "remove", "2", "last>1", "--db", "a.db")
    assert said.out == "Not watched any more: chg>1 btc\nNot watched any more: last>1\n"
    said = klagg("alerts", "remove", "1", "--db", "a.db")
    assert (said.status, said.err) == (2, "There is no alert '1'; `klagg alerts` lists them.\n")
    assert "No alert is watched yet" in klagg("alerts", "--fired", "0", "--db", "a.db").err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["volx>1"], "There is no column volx"),
        (["btc"], "would never fire"),
        (["chg>1", "--period", "3m"], "which are not kept"),
        (["chg>1", "--fires", "twice"], "does not say how often"),
        (["rsi(3m)>1"], "not kept"),
    ],
    ids=["unknown", "never", "period", "often", "figure"],
)
def test_what_cannot_fire_is_refused(klagg: Klagg, tmp_path: Path, words: list[str], says: str) -> None:
    said = klagg("alerts", "add", *words, "--db", "a.db")
    assert said.status == 2
    assert says in said.err
    assert not (tmp_path / "a.db").exists()


def test_a_test_says_what_came_of_each_way(klagg: Klagg, tmp_path: Path) -> None:
    said = klagg("alerts", "test")
    assert (said.status, said.out.splitlines()[0]) == (
        0,
        "terminal: not tried, because the output goes to a file or a pipe and not to a terminal.",
    )
    assert "No other way is set" in said.out
    tells = f'{sys.executable} -c \'import os; open("heard", "w").write(os.environ["KLAGG_MESSAGE"])\''
    said = klagg("alerts", "test", "--alert-command", tells, "--alert-webhook", "http://127.0.0.1:9/secret")
    assert said.status == 1
    assert "command: sent." in said.out
    assert "webhook: failed: 127.0.0.1:9 cannot be reached" in said.err
    assert "secret" not in said.err
    assert (tmp_path / "heard").read_text() == "TESTUSDT at 1.5: A test (last>1)"


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (
            ["--alert-terminal", "osc9"],
            "\a\x1b]9;klagg alert: a test\x07terminal: the bell and a notification by osc9 sent.\n",
        ),
        (
            ["--alert-bell", "off", "--alert-terminal", "none"],
            "terminal: nothing sent.\nNo other way is set; ",
        ),
    ],
    ids=["osc9", "none"],
)
def test_a_terminal_is_told_too(klagg: Klagg, monkeypatch: pytest.MonkeyPatch, options: list[str], shown: str) -> None:
    is_terminal: Callable[[], bool] = lambda: True  # noqa: E731
    monkeypatch.setattr(sys.stdout, "isatty", is_terminal, raising=False)
    assert klagg("alerts", "test", *options).out.startswith(shown)
