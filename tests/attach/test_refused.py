"""What cannot be is told, and nothing else suffers."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from klagg_tui.attach import codec, place
from klagg_tui.attach.columns import columns_in
from klagg_tui.attach.serving import let_in, with_windows
from klagg_tui.attach.shared import SharedRuntime
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame
from klagg_tui.runtime.latest import Latest
from klagg_tui.runtime.replay import Replay
from klagg_tui.runtime.run import opened
from klagg_tui.runtime.source import Plan
from tests.makers import START


def plan(database: Path | None) -> Plan:
    def source() -> Replay:
        assert database is not None
        recorded = database.with_name("BTCUSDT-aggTrades-2024-08-08.csv")
        recorded.write_text(f"1,100,1,1,1,{START},true\n")
        return Replay([recorded], None)

    return Plan(source, (Period.M1,), database, "replay")


@pytest.mark.parametrize("said", [None, 5, ["no edge", 0, 0], ["a"]])
def test_what_says_nothing_of_older_bars_is_refused(said: Any) -> None:
    with pytest.raises(BadFrame, match="older bars"):
        codec.older_in(said)


@pytest.mark.parametrize("said", [None, "BTCUSDT", [1], {"BTCUSDT": 1}])
def test_what_are_no_symbols_is_refused(said: Any) -> None:
    with pytest.raises(BadFrame, match="no symbols"):
        codec.symbols_in(said)


@pytest.mark.parametrize("said", [None, [1], {"BTCUSDT": 1}, {"BTCUSDT": ["?"]}])
def test_what_are_no_columns_is_refused(said: Any) -> None:
    with pytest.raises(BadFrame, match="no columns"):
        columns_in(said)


def test_who_keeps_nothing_lets_no_windows_in() -> None:
    nothing = plan(None)
    assert with_windows(nothing) is nothing


async def test_where_there_can_be_no_socket_the_log_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Path) -> None:
        raise OSError("no sockets here")

    monkeypatch.setattr(place, "listen", fail)
    caplog.set_level(logging.WARNING)
    (tmp_path / "klagg.db").touch()
    async with opened(plan(tmp_path / "klagg.db"), Latest()) as run:
        await let_in(run.host, tmp_path / "klagg.db", ())
    assert "no sockets here" in caplog.text


def test_who_records_has_nothing_to_take_over(tmp_path: Path) -> None:
    assert SharedRuntime(plan(tmp_path / "klagg.db")).take_over() == "This klagg records itself."
