"""An alert by a command, and on the desktop."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from klagg_tui.alerting.command import Command
from klagg_tui.alerting.desktop import Desktop
from klagg_tui.errors import Undelivered
from tests.alerting.hooks import FIRING

PYTHON = sys.executable
_TELLS = "import json, os, sys; open(sys.argv[1], 'w').write(json.dumps(dict(os.environ)))"


async def test_a_command_finds_the_values_in_its_environment(tmp_path: Path) -> None:
    heard = tmp_path / "heard; $(no shell)"
    command = Command([PYTHON, "-c", _TELLS, str(heard)])
    await command.send(7, FIRING._replace(name="a\x1bb"))
    await command.close()
    found = {name: value for name, value in json.loads(heard.read_text()).items() if name.startswith("KLAGG_")}
    assert found == {name: value for name, value in os.environ.items() if name.startswith("KLAGG_")} | {
        "KLAGG_ID": "7",
        "KLAGG_SYMBOL": "BTCUSDT",
        "KLAGG_VENUE": "binance-um",
        "KLAGG_PRICE": "70001.5",
        "KLAGG_ALERT": "last>1",
        "KLAGG_NAME": r"a\x1bb",
        "KLAGG_VALUE": "vol 2",
        "KLAGG_COUNT": "3",
        "KLAGG_TIME": "2024-08-08T00:00:00.789Z",
        "KLAGG_MESSAGE": r"BTCUSDT at 70001.5: a\x1bb (last>1) (vol 2)",
    }


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["/nowhere/at-all"], "cannot be started"),
        (["a\0b"], "cannot be started"),
        ([PYTHON, "-c", "raise SystemExit(3)"], "with status 3"),
        ([PYTHON, "-c", "import os; os.kill(os.getpid(), 15)"], "by signal 15"),
    ],
    ids=["missing", "impossible", "failing", "killed"],
)
async def test_a_command_that_ends_badly_is_told(words: list[str], says: str) -> None:
    with pytest.raises(Undelivered, match=says):
        await Command(words).send(7, FIRING)


def _is_closed(fifo: int) -> bool:
    try:
        return os.read(fifo, 1) == b""
    except BlockingIOError:
        return False


async def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    fifo = tmp_path / "open"
    os.mkfifo(fifo)
    heard = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(Undelivered, match=r"took more than 0\.3 s"):
            await Command(["sh", "-c", f"exec 3>'{fifo}'; sleep 600 & wait"], 0.3).send(7, FIRING)
        # The child of the child would hold it open; it was told to end with its parent, for which nobody waits.
        while not _is_closed(heard):  # noqa: ASYNC110 - another process ends
            await asyncio.sleep(0.005)
    finally:
        os.close(heard)


async def test_a_command_that_runs_is_ended_when_klagg_is(tmp_path: Path) -> None:
    fifo = tmp_path / "open"
    os.mkfifo(fifo)
    sending = asyncio.create_task(Command(["sh", "-c", f"exec 3>'{fifo}'; sleep 600"]).send(7, FIRING))
    reading = asyncio.create_task(asyncio.to_thread(lambda: fifo.open("rb")))
    (await reading).close()  # it runs
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


@pytest.mark.parametrize("platform", ["linux", "darwin"])
async def test_the_desktop_shows_texts_that_are_no_program(
    platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / ("osascript" if platform == "darwin" else "notify-send")
    program.write_text(f'#!/bin/sh\nfor word; do echo "$word"; done > "{tmp_path}/shown"\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    shown = Desktop()
    await shown.send(7, FIRING._replace(name="--help"))
    await shown.close()
    lines = (tmp_path / "shown").read_text().splitlines()
    if platform == "darwin":
        assert lines[-2:] == ["Alert: --help", "BTCUSDT at 70,001.5: --help (last>1) (vol 2)"]
    else:
        assert lines[-3:] == ["--", "Alert: --help", "BTCUSDT at 70,001.5: --help (last&gt;1) (vol 2)"]


async def test_where_no_program_shows_anything_that_is_final(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Undelivered, match="there is no") as failed:
        await Desktop().send(7, FIRING)
    assert failed.value.is_final
