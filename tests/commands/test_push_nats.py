"""`klagg push` and `--sink` to NATS, which is a real server here."""

from __future__ import annotations

import asyncio
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from klagg_tui.bar_json import bar_json
from klagg_tui.storage.sink_log import BEGINNING, SinkLog
from tests.commands.beside import at, exchange, has_bars, once, signalled, wait_for
from tests.commands.test_push import QUICK, in_here, made, recording
from tests.patience import WAIT_S
from tests.ports import free_port
from tests.shell import Klagg
from tests.sinks.test_nats import delivered, most_told, sent

pytestmark = pytest.mark.xdist_group("nats")


def here(path: Path) -> dict[tuple[str, str, int], bytes]:
    """What is stored, of the history alone: a bar under way that lacks trades is stored twice."""

    async def look() -> dict[tuple[str, str, int], bytes]:
        async with await SinkLog.open(path) as log:
            found = await log.portion(await log.last_number(), BEGINNING, 10**6)
        assert found.is_last
        bars = [one for part in found.parts for one in part.bars]
        return {(one.symbol, one.period.value, one.open_ms): bar_json(one, is_final=True) for one in bars}

    return asyncio.run(look())


def there(stream: str) -> dict[tuple[str, str, int], bytes]:
    return {(key[1], key[2].value, key[3]): text for key, text in asyncio.run(delivered(stream)).items()}


def test_what_is_stored_is_pushed_and_afterwards_what_changed(klagg: Klagg, stream: str, tmp_path: Path) -> None:
    made(tmp_path / "a.db")
    said = klagg("push", stream, "--db", "a.db")
    assert said.status == 0, said.err
    assert "se:cr%t" not in said.out + said.err
    assert "bars delivered to nats://127.0.0.1:" in said.out
    assert there(stream) == here(tmp_path / "a.db")
    assert klagg("push", stream, "--db", "a.db").out.startswith("0 bars delivered")
    made(tmp_path / "a.db", 33)
    assert 0 < int(klagg("push", stream, "--db", "a.db").out.split()[0]) < 20
    assert there(stream) == here(tmp_path / "a.db")


def test_a_server_that_is_not_there_is_one_sentence(klagg: Klagg, tmp_path: Path) -> None:
    made(tmp_path / "a.db", 3)
    port = free_port()
    said = klagg("push", f"nats://me:secret@127.0.0.1:{port}", "--db", "a.db")
    assert (said.status, said.out) == (1, "")
    assert said.err.strip().endswith(f"nats://127.0.0.1:{port}/klagg: no server answers there.")
    assert len(said.err.splitlines()) == 1


@in_here
def test_what_is_recorded_is_delivered_to_the_last_bar(klagg: Klagg, stream: str, tmp_path: Path) -> None:
    with exchange() as market, once(partial(has_bars, tmp_path / "a.db"), partial(signalled, signal.SIGTERM)):
        said = klagg("record", *at(market), *QUICK, "--db", "a.db", "--log-path", "a.log", "--sink", stream)
    assert said.status == 0, said.err
    assert not said.err
    assert said.out.startswith("Recording into a.db and delivering to nats://127.0.0.1:")
    assert there(stream) == here(tmp_path / "a.db")


def test_killed_again_and_again_nothing_is_missing_and_nothing_twice(stream: str, tmp_path: Path) -> None:
    def count() -> int:
        try:
            return len(there(stream))
        except Exception:  # noqa: BLE001 - there is no stream yet
            return 0

    with exchange(speed=20.0, faults="all") as market:
        for number in range(4):
            seen = count()
            with recording(tmp_path, *at(market), "--sink", stream, "--sink-forming", "0.3"):
                wait_for(lambda seen=seen: count() > seen)  # type: ignore[misc]
                time.sleep(number * 0.1)
        with recording(tmp_path, *at(market), "--sink", stream) as process:
            seen = count()
            wait_for(lambda: count() > seen)
            process.send_signal(signal.SIGTERM)
            assert process.wait(WAIT_S) == 0, (tmp_path / "out").read_text()
    assert there(stream) == here(tmp_path / "a.db")
    assert most_told(asyncio.run(sent(stream))) <= 2
    assert "anew" not in (tmp_path / "out").read_text()
