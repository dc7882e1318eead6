"""The engine worker as its callers have it: started, asked from another thread, stopped."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from klagg_tui.engine import exact, parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.derivatives import ContractQuote, DerivativeMinute
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFile, DatabaseBusy, KlaggError, NotADatabase, OtherMarket, StorageError
from klagg_tui.exporting.formats.csv import FORMAT as CSV
from klagg_tui.exporting.selection import Selection
from klagg_tui.feed import FeedUpdate, Mode
from klagg_tui.metrics import Metric
from klagg_tui.runtime import worker
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.replay import Replay
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.storage.store import Store
from tests.conftest import DATA, needs_data
from tests.feeds import until
from tests.filed import listed
from tests.importing.test_importer import event, file_of
from tests.makers import HOUR, MINUTE, START, SYMBOL, bar, trades
from tests.patience import WAIT_S

PERIODS = (Period.M1, Period.M5)
OTHER = "ETHUSDT"
NEVER_S = 3600.0
"""Between two writes: only what the end writes is on disk."""
RECORDED = DATA / "um-BTCUSDT-2024-08-08"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "klagg.db"


def plan(path: Path, database: Path | None, speed: float | None = None, flush_s: float = 0.2) -> Plan:
    return Plan(lambda: Replay([path], speed), PERIODS, database, "test", flush_s)


def file_with(folder: Path, made: Sequence[AggTrade]) -> Path:
    return file_of(folder / "trades.jsonl", map(event, made))


def fills(made: Sequence[AggTrade]) -> int:
    return sum(each.last_trade_id - each.first_trade_id + 1 for each in made)


@asynccontextmanager
async def running(plan: Plan) -> AsyncIterator[Runtime]:
    runtime = Runtime(plan)
    runtime.start()
    try:
        yield runtime
    finally:
        await runtime.stop()


async def stored(database: Path, period: Period = Period.M1) -> list[Bar]:
    async with await Store.open(database, read_only=True) as store:
        return await listed(store, period)


async def test_a_database_of_another_market_is_refused_at_the_start(tmp_path: Path, database: Path) -> None:
    async with await Store.open(database, market="test@simulated") as store:
        await store.add_confirmed([bar()])
    runtime = Runtime(plan(file_with(tmp_path, trades([START])), database))
    with pytest.raises(OtherMarket, match="test@simulated"):
        runtime.start()
    await until(lambda: runtime.has_ended)
    assert isinstance(runtime.error, OtherMarket)


async def test_a_database_in_use_is_refused_at_the_start(tmp_path: Path, database: Path) -> None:
    async with await Store.open(database):
        with pytest.raises(DatabaseBusy):
            Runtime(plan(file_with(tmp_path, trades([START])), database)).start()


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear reader, this is no database at all.\n" * 9)
    before = letter.read_bytes()
    with pytest.raises(NotADatabase):
        Runtime(plan(file_with(tmp_path, trades([START])), letter)).start()
    assert letter.read_bytes() == before


async def test_a_source_that_cannot_be_made_is_told_at_the_start_and_gives_the_database_back(
    tmp_path: Path, database: Path
) -> None:
    runtime = Runtime(plan(tmp_path / "lost.jsonl", database))
    with pytest.raises(BadFile):
        runtime.start()
    await until(lambda: runtime.has_ended)
    async with await Store.open(database):
        pass


async def test_a_notice_reaches_its_readers_printably(tmp_path: Path, database: Path) -> None:
    async def note(host: EngineHost) -> None:
        host.notices["listing"] = "It said \x1b[2J\nand \u202ehid."

    made = plan(file_with(tmp_path, trades([START])), database).with_background(note)
    async with running(made) as runtime:
        await until(lambda: r"It said \x1b[2J\nand \u202ehid." in runtime.status().notices)


async def test_a_recording_comes_to_the_screen_and_to_the_disk(tmp_path: Path, database: Path) -> None:
    made = trades(range(START, START + 11 * MINUTE, 7_000))
    seen: dict[tuple[Period, int], Bar] = {}
    added: list[str] = []
    async with running(plan(file_with(tmp_path, made), database)) as runtime:

        def looked() -> bool:
            if changes := runtime.take_changes():
                added.extend(changes.symbols_added)
                seen.update(
                    {(bar.period, bar.open_ms): bar for bar in (*changes.changes.ended, *changes.changes.current)}
                )
            minutes = [bar for (period, _), bar in seen.items() if period is Period.M1]
            return runtime.status().connection == "ended" and sum(bar.trade_count for bar in minutes) == fills(made)

        await until(looked)
        status = runtime.status()
        assert (status.market, status.mode, status.notices) == ("replay", Mode.REPLAY, ())
        assert (status.exchange_now_ms, status.counters.trades) == (made[-1].traded_ms, len(made))
        assert runtime.error is None
        await until(lambda: runtime.status().metrics.get(Metric.ROWS_WRITTEN))
        history = await runtime.history(SYMBOL, Period.M5, None, 2)
        assert [bar.open_ms for bar in history] == [START + 5 * MINUTE, START + 10 * MINUTE]
        assert await runtime.history(SYMBOL, Period.M1, START + 3 * MINUTE, 2) == (
            seen[Period.M1, START + MINUTE],
            seen[Period.M1, START + 2 * MINUTE],
        )
        assert await runtime.history("NOSUCH", Period.M1, None, 5) == ()
    assert added.count(SYMBOL) >= 1
    for each in await stored(database):
        assert each.same_values(seen[Period.M1, each.open_ms])


@needs_data
async def test_the_recorded_market_becomes_the_exchange_s_own_bars(database: Path) -> None:
    source = RECORDED / "aggTrade-derived.jsonl.gz"
    async with running(plan(source, database, flush_s=NEVER_S)) as runtime:
        await until(lambda: runtime.status().connection == "ended", 30.0)
        assert runtime.status().counters.trades == 8331
    bars = {bar.open_ms: bar for bar in await stored(database)}
    with (RECORDED / "klines-1m.csv").open() as rows:
        whole = [row for row in csv.DictReader(rows) if int(row["open_time"]) in bars][1:-1]
    assert len(whole) >= 3
    for row in whole:
        bar = bars[int(row["open_time"])]
        assert bar[3:7] == tuple(parsing.price(row[name]) for name in ("open", "high", "low", "close"))
        assert bar.volume == parsing.quantity(row["volume"])
        assert bar.trade_count == int(row["count"])


@pytest.mark.parametrize("is_urged", [False, True], ids=["asked once", "asked again and again"])
async def test_stop_writes_what_was_not_written_yet(tmp_path: Path, database: Path, is_urged: bool) -> None:
    soon = trades(range(START, START + 45))
    later = trades([START + HOUR], first_id=46)
    runtime = Runtime(plan(file_with(tmp_path, [*soon, *later]), database, speed=1.0, flush_s=NEVER_S))
    runtime.start()
    await until(lambda: runtime.status().counters.trades == len(soon))
    assert not await stored(database)
    runtime.cancel()
    while is_urged and not runtime.has_ended:
        runtime.cancel()
        await asyncio.sleep(0)
    runtime.wait(WAIT_S)
    assert runtime.has_ended
    assert runtime.error is None
    (bar,) = await stored(database)
    assert bar.trade_count == fills(soon)


async def test_after_stop_questions_are_answered_in_one_sentence(tmp_path: Path, database: Path) -> None:
    async with running(plan(file_with(tmp_path, trades([START])), database)) as runtime:
        pass
    await runtime.stop()
    with pytest.raises(KlaggError, match=r"^The engine has stopped; start klagg again\.$"):
        await runtime.history(SYMBOL, Period.M1, None, 5)
    with pytest.raises(KlaggError, match=r"^The engine has stopped; start klagg again\.$"):
        await runtime.columns([SYMBOL], Period.M1, START)
    runtime.follow(SYMBOL)
    async with await Store.open(database):
        pass


async def test_what_is_stored_is_there_before_the_source_begins_and_the_period_on_view_first(
    tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "HELD_S", NEVER_S)
    async with await Store.open(database, market="test") as store:
        await store.add_confirmed([bar(), bar(period=Period.M5)])
        await store.write(Changes((bar(START + MINUTE, state=State.FORMING),)))
    runtime = Runtime(plan(file_with(tmp_path, trades([START + HOUR])), database))
    runtime.begin()
    runtime.start()
    first = runtime.take_changes()
    assert first is not None
    assert [one.open_ms for one in first.changes.current] == [START + MINUTE]
    for _ in range(3):  # the engine's loop had its turns
        assert len(await runtime.history(SYMBOL, Period.M1, None, 5)) == 2
    assert runtime.status().counters.trades == 0
    runtime.go_on(Period.M5)
    runtime.go_on(Period.M1)
    await until(lambda: not runtime._latest.is_taken)
    second = runtime.take_changes()
    assert second is not None
    assert [one.period for one in second.changes.ended] == [Period.M5]
    await until(lambda: runtime.status().counters.trades == 1)
    await runtime.stop()


async def test_where_no_picture_comes_the_engine_goes_on_without_it(
    tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "HELD_S", 0.01)
    runtime = Runtime(plan(file_with(tmp_path, trades([START])), database))
    runtime.begin()
    await until(lambda: runtime.status().counters.trades == 1)
    runtime.go_on()
    await runtime.stop()


async def test_one_that_waits_for_the_first_picture_can_be_stopped(
    tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "HELD_S", NEVER_S)
    runtime = Runtime(plan(file_with(tmp_path, trades([START])), database))
    runtime.begin()
    runtime.start()
    await runtime.stop()
    assert runtime.error is None
    assert await stored(database) == []


async def test_the_tape_is_of_the_followed_symbol(tmp_path: Path) -> None:
    mine, others = trades(range(START, START + MINUTE, 25)), trades(range(START, START + MINUTE, 25), symbol=OTHER)
    path = file_with(tmp_path, sorted([*mine, *others], key=lambda each: each.traded_ms))
    async with running(plan(path, None, speed=1.0)) as runtime:
        assert runtime.tape(OTHER) == ()
        runtime.follow(OTHER)
        await until(lambda: len(runtime.tape(OTHER)) > 3)
        assert {each.symbol for each in runtime.tape(OTHER)} == {OTHER}
        assert runtime.tape(SYMBOL) == ()
        runtime.follow(None)
        await until(lambda: runtime.tape(OTHER) == ())


async def test_a_bar_that_has_just_ended_is_history_although_nobody_has_written_it_yet(
    tmp_path: Path, database: Path
) -> None:
    made = trades([START, START + MINUTE, START + 9 * HOUR])
    async with running(plan(file_with(tmp_path, made), database, 600.0, NEVER_S)) as runtime:
        ended: list[Bar] = []

        def has_ended() -> bool:
            ended.extend((runtime.take_changes() or FeedUpdate()).changes.ended)
            return bool(ended)

        await until(has_ended)
        assert ended[0].open_ms == START
        assert ended[0] in await runtime.history(SYMBOL, Period.M1, START + MINUTE, 5)


async def test_what_is_looked_at_reaches_the_engine(tmp_path: Path, database: Path) -> None:
    runtime = Runtime(plan(file_with(tmp_path, trades([START])), database))
    runtime.look_at([SYMBOL], Period.M5)  # nothing is there yet
    runtime.start()
    try:
        runtime.look_at([SYMBOL, OTHER], Period.M5, OTHER)
        host = runtime._ready.result()
        await until(lambda: host.look == Look((SYMBOL, OTHER), Period.M5, OTHER))
    finally:
        await runtime.stop()
    runtime.look_at([], Period.M1)
    assert host.look.opened == OTHER


async def test_columns_hold_what_has_ended_although_nobody_has_written_it_yet(tmp_path: Path, database: Path) -> None:
    mine, others = trades([START, START + MINUTE, START + 9 * HOUR]), trades([START, START + MINUTE], symbol=OTHER)
    made = sorted([*mine, *others], key=lambda each: each.traded_ms)
    async with running(plan(file_with(tmp_path, made), database, 600.0, NEVER_S)) as runtime:
        ended: list[Bar] = []

        def has_ended() -> bool:
            ended.extend((runtime.take_changes() or FeedUpdate()).changes.ended)
            return len(ended) >= 2

        await until(has_ended)
        found = await runtime.columns([OTHER, "NOSUCH", SYMBOL], Period.M1, START, ["close"])
        assert list(found) == [OTHER, SYMBOL]
        for bar in ended:
            columns = found[bar.symbol]
            assert (columns.open_ms[0], columns.close[0]) == (bar.open_ms, float(exact.price_text(bar.close)))
        assert not found[SYMBOL].volume
        assert await runtime.columns([SYMBOL], Period.M1, START + MINUTE) == {}
        assert await runtime.columns([SYMBOL], Period.M1, START - MINUTE, to_ms=START) == {}


async def test_what_was_told_of_a_contract_comes_from_the_disk_and_what_is_on_none_yet_behind_it(
    tmp_path: Path, database: Path
) -> None:
    async with await Store.open(database) as store:
        await store.write(Changes(), [DerivativeMinute(SYMBOL, START, open_interest=7)])
    told = [ContractQuote(SYMBOL, START + MINUTE, open_interest=8), ContractQuote(OTHER, START, open_interest=9)]

    async def tell(host: EngineHost) -> None:
        host.derivatives.follow([SYMBOL, OTHER])
        host.derivatives.take(told, START + HOUR)

    made = plan(file_with(tmp_path, trades([START])), database, flush_s=NEVER_S)
    edges = [START, START + MINUTE]
    for where in (made, replace(made, database=None)):
        async with running(where.with_background(tell)) as runtime:
            await until(lambda: runtime.status().connection == "ended")
            found = await runtime.derivatives(SYMBOL, edges)
        stored_too = where.database is not None
        assert [minute.open_interest for minute in found] == ([7, 8] if stored_too else [8])


async def test_where_nothing_is_kept_there_is_no_history_and_nothing_to_export(tmp_path: Path) -> None:
    async with running(plan(file_with(tmp_path, trades([START, START + MINUTE])), None)) as runtime:
        await until(lambda: runtime.status().connection == "ended")
        assert await runtime.history(SYMBOL, Period.M1, None, 5) == ()
        assert await runtime.columns([SYMBOL], Period.M1, START) == {}
        sentence = r"^Nothing is kept in this run, so there is nothing to export; see --db\.$"
        with pytest.raises(StorageError, match=sentence):
            await runtime.estimate(Selection(), CSV)
        with pytest.raises(StorageError, match=sentence):
            await runtime.export(
                Selection(),
                tmp_path / "out.csv",
                CSV,
                is_split=False,
                on_progress=lambda _: None,
                should_stop=lambda: False,
            )
    assert not (tmp_path / "out.csv").exists()


async def test_an_export_beside_the_running_engine_writes_what_is_stored(tmp_path: Path, database: Path) -> None:
    made = trades(range(START, START + 5 * MINUTE, 9_000))
    async with running(plan(file_with(tmp_path, made), database)) as runtime:
        await until(
            lambda: runtime.status().connection == "ended" and runtime.status().metrics.get(Metric.ROWS_WRITTEN)
        )
        estimate = await runtime.estimate(Selection((SYMBOL,)), CSV)
        exported = await runtime.export(
            Selection((SYMBOL,)),
            tmp_path / "out.csv",
            CSV,
            is_split=False,
            on_progress=lambda _: None,
            should_stop=lambda: False,
        )
    # The bar that is still forming is written too.
    assert exported.bars == estimate.bars == len(await stored(database))
    assert len((tmp_path / "out.csv").read_text().splitlines()) == exported.bars + 1


async def test_a_run_that_is_stopped_while_it_starts_says_so_and_gives_the_database_back(
    tmp_path: Path, database: Path
) -> None:
    path = file_with(tmp_path, trades([START]))

    def source() -> Replay:
        runtime.cancel()
        return Replay([path], None)

    runtime = Runtime(Plan(source, PERIODS, database, "test"))
    with pytest.raises(KlaggError, match=r"^klagg was stopped before it had started\.$"):
        runtime.start()
    runtime.wait(WAIT_S)
    assert runtime.error is None
    async with await Store.open(database):
        pass


async def test_before_it_is_started_there_is_nothing_to_ask_and_stopping_then_is_remembered(
    tmp_path: Path, database: Path
) -> None:
    runtime = Runtime(plan(file_with(tmp_path, trades([START])), database))
    assert runtime.status().connection == "starting"
    assert runtime.tape(SYMBOL) == ()
    runtime.follow(SYMBOL)
    with pytest.raises(KlaggError, match="engine has stopped"):
        await runtime.history(SYMBOL, Period.M1, None, 5)
    runtime.cancel()
    runtime.start()
    runtime.wait(WAIT_S)
    assert runtime.status().counters.trades == 0


async def test_background_work_runs_beside_the_source_and_behind_its_end(tmp_path: Path) -> None:
    seen: list[int] = []

    async def look(host: EngineHost) -> None:
        while True:
            seen.append(host.engine.counters.trades)
            await asyncio.sleep(0.01)

    made = plan(file_with(tmp_path, trades([START, START + 1])), None).with_background(look)
    async with running(made) as runtime:
        await until(lambda: runtime.status().connection == "ended")
        looks = len(seen)
        await until(lambda: len(seen) > looks + 2)
    assert seen[-1] == 2


async def test_a_source_that_fails_ends_the_run_with_its_error(tmp_path: Path, database: Path) -> None:
    class Broken(Replay):
        async def run(self, host: EngineHost) -> None:
            raise ZeroDivisionError("oh")

    path = file_with(tmp_path, trades([START]))
    runtime = Runtime(Plan(lambda: Broken([path], None), PERIODS, database, "test"))
    runtime.start()
    await until(lambda: runtime.has_ended)
    assert isinstance(runtime.error, ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        runtime.wait(1)


async def test_until_the_exchange_told_its_time_after_sleep_the_status_is_stale(tmp_path: Path, database: Path) -> None:
    async with running(plan(file_with(tmp_path, trades([START])), database)) as runtime:
        host = runtime._ready.result()
        host.is_waking = True
        await until(lambda: runtime.status().is_behind)
        assert runtime.status().connection == "stale"
        host.is_waking = False
        await until(lambda: not runtime.status().is_behind)


async def test_whoever_asks_while_the_engine_ends_is_answered_or_told_in_one_sentence(
    tmp_path: Path, database: Path
) -> None:
    async with running(plan(file_with(tmp_path, trades([START, START + MINUTE])), database)) as runtime:
        await until(lambda: runtime.status().connection == "ended")
        asked: list[asyncio.Task[tuple[Bar, ...]]] = []
        stopping = asyncio.create_task(runtime.stop())
        while not stopping.done():
            asked += [asyncio.create_task(runtime.history(SYMBOL, Period.M1, None, 5)) for _ in range(5)]
            runtime.follow(SYMBOL)
            runtime.look_at((SYMBOL,), Period.M1)
            await asyncio.sleep(0)
        runtime.follow(None)
    await asyncio.wait(asked, timeout=WAIT_S)
    kinds = {type(task.exception()) for task in asked if task.done() and not task.cancelled()}
    assert kinds <= {type(None), KlaggError}
    assert KlaggError in kinds
