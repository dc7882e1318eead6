"""`klagg follow`: the market of a stream on the screen, without an exchange."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from klagg_tui.errors import SinkError
from klagg_tui.sinks.nats_feed import content_of
from tests.commands.beside import at, exchange, wait_for
from tests.commands.test_push import recording
from tests.commands.test_record_from import rows
from tests.commands.visitor import Visit, Visiting
from tests.ports import free_port
from tests.shell import Klagg

pytestmark = [pytest.mark.xdist_group("live programs"), pytest.mark.usefixtures("whole_program")]


def is_delivered(stream: str) -> bool:
    with suppress(SinkError):
        asyncio.run(content_of(stream))
        return True
    return False


def test_a_market_is_watched_that_another_klagg_records(
    klagg: Klagg, visit: Visiting, stream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with exchange() as market, recording(tmp_path, *at(market), "--sink", stream, "--sink-forming", "0.3"):
        wait_for(lambda: is_delivered(stream))
        watched: Visit = visit("BTCUSDT", also=lambda: "live" in watched.seen)
        said = klagg("follow", stream, "--copy", "copy.db", "--log-path", "follow.log")
    assert (said.status, said.err) == (0, "")
    assert "BTCUSDT" in watched.seen
    assert "se:cr%t" not in watched.seen
    assert rows(tmp_path / "copy.db") > 0
    assert not any(scratch.iterdir())


def test_what_cannot_be_followed_is_one_sentence(klagg: Klagg, stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("klagg_tui.commands.shared.watch.require_terminal", lambda *_: None)
    nothing = klagg("follow", stream)
    assert (nothing.status, nothing.err.count("\n")) == (1, 1)
    assert "nobody has delivered there yet." in nothing.err
    nowhere = klagg("follow", f"nats://me:secret@127.0.0.1:{free_port()}")
    assert (nowhere.status, nowhere.err.count("\n")) == (1, 1)
    assert "no server answers there." in nowhere.err
    assert "secret" not in nowhere.err
