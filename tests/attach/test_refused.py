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


class Asked:
    """A feed that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.error = self.has_ended = None

    def __getattr__(self, name: str) -> Any:
        def tell(*_: Any, **__: Any) -> str:
            self.asked.append(name)
            return name

        async def answer(*_: Any, **__: Any) -> str:
            return tell()

        return tell if name in {"go_on", "tape", "follow", "look_at"} else answer


async def test_whoever_records_answers_whatever_is_asked(tmp_path: Path) -> None:
    shared: Any = SharedRuntime(plan(tmp_path / "klagg.db"))
    asked = shared._here = Asked()
    assert shared.error is shared.has_ended is None
    assert shared.tape("A") == "tape"
    assert await shared.history("A", Period.M1, None, 1) == "history"
    assert await shared.fetch_older("A", Period.M1, 0) == "fetch_older"
    assert await shared.columns(["A"], Period.M1, 0) == "columns"
    assert await shared.derivatives("A", [0]) == "derivatives"
    assert await shared.estimate(None, None) == "estimate"
    written = shared.export(None, tmp_path, None, is_split=False, on_progress=None, should_stop=None)
    assert await written == "export"
    shared.go_on(Period.M1)
    shared.follow("A")
    shared.look_at(["A"], Period.M1)
    assert asked.asked[-3:] == ["go_on", "follow", "look_at"]
