"""Recorded files as a market: their order, their pace, and what is refused or told."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from pathlib import Path

import pytest

from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFile
from klagg_tui.feed import Mode
from klagg_tui.importing.lines import raw_blocks
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.replay import Replay
from tests.feeds import until
from tests.importing.test_importer import event, file_of, row
from tests.makers import MINUTE, START, SYMBOL, trades
from tests.patience import WAIT_S

OTHER = "ETHUSDT"
PERIODS = (Period.M1,)


def _host(replay: Replay, followed: str = SYMBOL) -> EngineHost:
    host = EngineHost(KlineEngine(PERIODS, holds_gaps=False), PERIODS, None, replay.now_ms)
    host.follow(followed)
    return host


def _file(folder: Path, name: str, made: list[AggTrade]) -> Path:
    return file_of(folder / name, map(event, made))


async def test_several_files_are_one_market_in_order_of_time(tmp_path: Path) -> None:
    whole = trades(range(START, START + 3 * MINUTE, 9_000))
    others = trades(range(START + 4_000, START + 3 * MINUTE, 9_000), symbol=OTHER)
    paths = [
        _file(tmp_path, "b.jsonl", whole[10:]),
        _file(tmp_path, "c.jsonl", others),
        _file(tmp_path, "a.jsonl", whole[:10]),
    ]
    replay = Replay(paths, None)
    host = _host(replay)
    seen: list[AggTrade] = []
    for batch in replay._batches():
        seen += batch
    assert seen == sorted([*whole, *others], key=lambda each: each.traded_ms)
    await replay.run(host)
    assert list(host.tape.trades) == whole
    assert host.engine.counters.trades == len(whole) + len(others)
    assert host.engine.counters.gaps == 0
    assert set(host.engine.symbols()) == {SYMBOL, OTHER}
    assert replay.now_ms() == max(whole[-1].traded_ms, others[-1].traded_ms)


async def test_without_a_speed_hours_are_played_at_once(tmp_path: Path) -> None:
    made = trades(range(START, START + 600 * MINUTE, MINUTE))
    replay = Replay([_file(tmp_path, "a.jsonl", made)], None)
    progress = replay.status.progress
    assert progress
    assert (progress.done, progress.total) == (0, 0)
    assert (replay.status.mode, replay.status.connection) == (Mode.REPLAY, "reading")
    async with asyncio.timeout(WAIT_S):
        await replay.run(_host(replay))
    assert replay.now_ms() == made[-1].traded_ms
    assert replay.status.connection == "ended"
    assert replay.status.progress == ("the replay has ended: 9:59:00 played", 35_940, 35_940)


async def test_at_a_speed_recorded_time_passes_so_much_faster(tmp_path: Path) -> None:
    replay = Replay([_file(tmp_path, "a.jsonl", trades([START, START + 15_000, START + 30_000]))], 100.0)
    began_s = time.monotonic()
    await replay.run(_host(replay))
    assert 0.29 <= time.monotonic() - began_s < 30  # as recorded it would take as long


def test_files_of_bars_alone_are_refused_in_one_sentence(tmp_path: Path) -> None:
    row = f"{START},1,2,1,2,3,{START + MINUTE - 1},4,5,1,1,0"
    path = file_of(tmp_path / "BTCUSDT-1m-2024-08-08.csv", [row])
    with pytest.raises(BadFile) as refused:
        Replay([path], None)
    assert str(refused.value).startswith("These files hold bars, and a replay plays trades:")


def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"nothing\.csv"):
        Replay([tmp_path / "nothing.csv"], None)


async def test_bars_beside_trades_are_left_aside_and_a_lost_file_is_told(tmp_path: Path) -> None:
    bars = file_of(tmp_path / "BTCUSDT-1m-2024-08-08.csv", [f"{START},1,2,1,2,3,{START + MINUTE - 1},4,5,1,1,0"])
    replay = Replay([bars, _file(tmp_path, "a.jsonl", trades([START])), tmp_path / "lost.csv"], None)
    host = _host(replay)
    await replay.run(host)
    assert host.engine.counters.trades == 1
    assert "lost.csv" in host.notices["replay"]


async def test_a_file_that_turns_out_to_be_cut_is_told_beside_bad_rows(tmp_path: Path) -> None:
    good = [event(each) for each in trades(range(START, START + 500_000, 100))]
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(["{", *good]).encode())[:-1000])
    replay = Replay([path], None)
    host = _host(replay)
    await replay.run(host)
    assert host.engine.counters.trades > 4000
    assert "a.jsonl.gz is damaged or ends in the middle" in host.notices["replay"]
    assert "left out: 1." in host.notices["replay"]


async def test_bad_rows_are_counted_and_the_rest_is_played(tmp_path: Path) -> None:
    good = [event(each) for each in trades([START, START + 1, START + 2])]
    broken = json.dumps({**json.loads(good[1]), "p": "much"})
    impossible = json.dumps({**json.loads(good[1]), "f": 9, "l": 1})
    path = file_of(tmp_path / "a.jsonl", [good[0], "{no message", broken, impossible, *good[1:]])
    replay = Replay([path], None)
    host = _host(replay)
    await replay.run(host)
    assert host.engine.counters.trades == 3
    assert host.notices["replay"] == "Rows that could not be read and were left out: 3."


async def test_a_record_of_nothing_uses_up_its_id_and_is_told(tmp_path: Path) -> None:
    made = trades(range(START, START + 3 * MINUTE, 20_000))
    made[4] = made[4]._replace(price="0", quantity="0.000", first_trade_id=-1, last_trade_id=-1)
    replay = Replay([_file(tmp_path, "a.jsonl", made)], None)
    host = _host(replay)
    await replay.run(host)
    assert (host.engine.counters.trades, host.engine.counters.gaps) == (len(made) - 1, 0)
    assert made[4] not in host.tape.trades
    assert host.notices["replay"] == "Placeholder records without a trade (price and quantity 0) skipped: 1."


async def test_rows_of_an_archive_in_disorder_are_played_in_order(tmp_path: Path) -> None:
    made = trades(range(START, START + 3 * MINUTE, 20_000))
    path = file_of(tmp_path / "a.csv", map(row, [*made[:4], made[5], made[4], *made[6:]]))
    replay = Replay([path], None, SYMBOL)
    host = _host(replay)
    await replay.run(host)
    assert (host.engine.counters.trades, host.engine.counters.gaps) == (len(made), 0)


async def test_an_archive_in_disorder_is_refused_by_name_and_nothing_of_it_is_called_a_duplicate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klagg_tui.importing.read.raw_blocks", lambda path: raw_blocks(path, 2_000))
    made = trades(range(START, START + 20 * MINUTE, 9_000))
    path = file_of(tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv", map(row, made[::-1]))
    replay = Replay([path], None)
    host = _host(replay)
    await replay.run(host)
    assert host.notices["replay"] == f"{path} holds its trades in disorder; `klagg import` puts them in order."
    assert host.engine.counters.duplicates == 0


def test_a_replay_is_of_one_market_and_says_of_which(tmp_path: Path) -> None:
    made = trades([START, START + 9])
    spot = file_of(tmp_path / "spot.csv", [f"{row(one)},true" for one in made])
    assert Replay([spot], None, SYMBOL).bars_of == "binance-spot"
    futures = _file(tmp_path, "futures.jsonl", made)
    assert Replay([futures], None).bars_of == "binance-um"
    both = Replay([spot, futures], None, SYMBOL)
    assert (len(both._sources), len(both._failures)) == (1, 1)


def test_contracts_are_imported_and_not_replayed(tmp_path: Path) -> None:
    path = _file(tmp_path, "coins.jsonl", trades([START], symbol="BTCUSD_PERP"))
    with pytest.raises(BadFile, match="count contracts, which a replay does not; import them instead"):
        Replay([path], None)


async def test_how_far_it_is_goes_by_the_time_played_and_what_is_paused_stands(tmp_path: Path) -> None:
    made = trades(range(START, START + 200 * MINUTE, 1_000))
    replay = Replay([_file(tmp_path, "a.jsonl", made)], None)
    replay.player.pause()
    replay.player.skip_to(START + 50 * MINUTE)
    host = _host(replay)
    run = asyncio.ensure_future(replay.run(host))
    async with asyncio.timeout(WAIT_S):
        await until(lambda: replay.now_ms() == START + 50 * MINUTE - 1_000 and replay.status.connection == "paused")
        progress = replay.status.progress
        assert progress is not None
        assert progress.what.startswith("replay paused, 0:49:59 of 3:")
        assert progress.done == 2_999
        assert progress.total == pytest.approx(200 * 60, rel=0.02)
        replay.player.pause()
        await run
    assert host.engine.counters.trades == len(made)


async def test_the_speed_is_told(tmp_path: Path) -> None:
    replay = Replay([_file(tmp_path, "a.jsonl", trades([START, START + 3_600_000]))], 60.0)
    run = asyncio.ensure_future(replay.run(_host(replay)))
    async with asyncio.timeout(WAIT_S):
        await until(lambda: replay.now_ms() > 0)
        assert replay.status.progress == ("replay 60×, 0:00:00 of 1:00:00", 0, 3_600)
        replay.player.skip_to(START + 7_200_000)
        await run
