"""Bars out of the store."""

import asyncio
import gzip
import io
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.engine.spans import Span
from klagg_tui.errors import DiskError, ExportError
from klagg_tui.exporting.exporter import ExportProgress, estimate, export
from klagg_tui.exporting.format import Format
from klagg_tui.exporting.formats import format_of
from klagg_tui.exporting.formats.csv import FORMAT as CSV
from klagg_tui.exporting.formats.jsonl import FORMAT as JSONL
from klagg_tui.exporting.formats.parquet import FORMAT as PARQUET
from klagg_tui.exporting.selection import Selection
from klagg_tui.importing.importer import import_files
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from tests.auditing.test_auditor import execute
from tests.conftest import DATA, needs_data
from tests.makers import START, bar
from tests.market_run import plan

MINUTES = 120
RECORDED = DATA / "um-BTCUSDT-2024-08-08"


def minutes(symbol: str, count: int = MINUTES) -> list[Bar]:
    return [
        bar(START + at * MINUTE_MS, str(100 + at % 7), close=f"{100 + at % 5}.5", volume=f"{at + 1}.25", symbol=symbol)
        for at in range(count)
    ]


async def fill(store: Store, symbol: str) -> None:
    await store.add(minutes(symbol), [Span(symbol, 1, 1000, START, START + MINUTES * MINUTE_MS)])


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as opened:
        for symbol in ("BTCUSDT", "ETHUSDT", "牛来USDT"):
            await fill(opened, symbol)
        await opened.widen_precisions({"BTCUSDT": Precision(2, 3)})
        yield opened


async def written(store: Store, selection: Selection, form: Format = CSV) -> str:
    pipe = io.BytesIO()
    await export(store, selection, pipe, form)
    return pipe.getvalue().decode()


def rows(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.splitlines()[1:]]


def as_in_archives(row: list[object]) -> list[str]:
    """A kline of a reply as archives write it: where nobody bought as a taker, the last sums have no decimals."""
    texts = list(map(str, row))
    return [*texts[:9], *(text if text.strip("0.") else "0" for text in texts[9:11]), texts[11]]


def left_behind(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("klagg.db"))


@needs_data
async def test_a_recorded_day_comes_out_as_the_exchanges_own_file(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db") as store:
        await import_files(store, [RECORDED / "aggTrade-derived.jsonl.gz"])
        selection = Selection(("BTCUSDT",), from_ms=1_723_161_300_000, to_ms=1_723_161_600_000)
        await export(store, selection, tmp_path / "out.csv", CSV)
    ours = (tmp_path / "out.csv").read_text().splitlines()
    theirs = (RECORDED / "klines-1m.csv").read_text().splitlines()
    assert ours == [theirs[0], *theirs[2:7]]


@needs_data
async def test_the_exchanges_file_goes_in_and_comes_out_the_same(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db") as store:
        await import_files(store, [RECORDED / "klines-1m.csv"], symbol="BTCUSDT")
        await export(store, Selection(("BTCUSDT",)), tmp_path / "out.csv", CSV)
    assert (tmp_path / "out.csv").read_bytes().rstrip() == (RECORDED / "klines-1m.csv").read_bytes().rstrip()


@pytest.mark.parametrize("keep", [None, lambda _: True], ids=["by the database", "bar by bar"])
async def test_where_nobody_bought_as_a_taker_the_exchanges_file_comes_out_the_same_too(
    tmp_path: Path, keep: Callable[[Bar], bool] | None
) -> None:
    text = (
        "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n"
        "1723161240000,61766.20,61839.80,61755.70,61807.80,196.112,1723161299999,12120132.41840,2950,103.638,6404690.00200,0\n"
        "1723161300000,61807.70,61807.70,61807.70,61807.70,0.002,1723161359999,123.61540,1,0,0,0\n"
        "1723161360000,61807.80,61807.80,61807.70,61807.80,0.020,1723161419999,1236.15500,2,0.010,618.07800,0\n"
    )
    (tmp_path / "BTCUSDT-1m-2024-08-08.csv").write_text(text)
    async with await Store.open(tmp_path / "klagg.db") as store:
        await import_files(store, [tmp_path / "BTCUSDT-1m-2024-08-08.csv"])
        assert await written(store, Selection(("BTCUSDT",), keep=keep)) == text
        padded = json.loads((await written(store, Selection(("BTCUSDT",), keep=keep), JSONL)).splitlines()[1])
        assert padded["taker_buy_volume"] == "0.000"
        await store.add_confirmed([bar(1_723_161_420_000, "61807.71234", symbol="BTCUSDT")])
        assert rows(await written(store, Selection(("BTCUSDT",), keep=keep)))[-1][9:] == ["0", "0", "0"]


async def test_one_series_has_the_archives_columns_and_several_say_whose_a_bar_is(store: Store) -> None:
    single = await written(store, Selection(("btcusdt",)))
    assert single.startswith("open_time,open,")
    assert rows(single)[0][:3] == [str(START), "100.00", "100.50"]
    several = await written(store, Selection(("*",), (Period.H1,)))
    assert several.startswith("symbol,period,open_time,open,")
    assert [row[:3] for row in rows(several)] == [
        [symbol, "1h", str(START + hour * 60 * MINUTE_MS)]
        for symbol in ("BTCUSDT", "ETHUSDT", "牛来USDT")
        for hour in range(2)
    ]


async def test_times_states_and_filters_choose_bars(store: Store) -> None:
    times = Selection(("BTCUSDT",), from_ms=START + MINUTE_MS, to_ms=START + 3 * MINUTE_MS)
    assert [int(row[0]) for row in rows(await written(store, times))] == [START + MINUTE_MS, START + 2 * MINUTE_MS]
    assert rows(await written(store, Selection(("BTCUSDT",), states=frozenset({State.PARTIAL})))) == []
    some = Selection(("BTCUSDT",), keep=lambda one: one.open_ms % (10 * MINUTE_MS) == 0)
    assert len(rows(await written(store, some))) == MINUTES / 10


async def test_json_lines_say_symbol_period_and_state(store: Store) -> None:
    text = await written(store, Selection(("牛来*",), (Period.H1,)), JSONL)
    first = json.loads(text.splitlines()[0])
    assert (first["symbol"], first["period"], first["state"]) == ("牛来USDT", "1h", "closed")


async def test_resampled_bars_equal_stored_ones_of_that_period(store: Store) -> None:
    stored = await written(store, Selection(("BTCUSDT",), (Period.H1,)))
    async with await Store.open(store.path.with_name("minutes.db"), periods=(Period.M1,)) as bare:
        await fill(bare, "BTCUSDT")
        await bare.widen_precisions({"BTCUSDT": Precision(2, 3)})
        made = Selection(("BTCUSDT",), (Period.H1,), is_resampled=True)
        assert await written(bare, made) == stored


async def test_a_resampled_bar_at_the_edge_of_the_times_is_whole(store: Store) -> None:
    selection = Selection(("BTCUSDT",), (Period.M15,), START + 1, START + 16 * MINUTE_MS, is_resampled=True)
    (row,) = rows(await written(store, selection))
    assert int(row[0]) == START + 15 * MINUTE_MS
    assert row[8] == "15"


async def test_where_decimals_are_unknown_the_bars_own_are_taken(store: Store) -> None:
    assert rows(await written(store, Selection(("ETHUSDT",))))[0][:6] == [
        str(START),
        "100.0",
        "100.5",
        "100.0",
        "100.5",
        "1.25",
    ]


async def test_bars_recorded_live_come_out_as_the_exchange_writes_them(tmp_path: Path) -> None:
    async with SimulatedExchange(MarketSpec(symbols=4, seed=11, activity=3.0), speed=60) as exchange:
        runtime = Runtime(plan(exchange, tmp_path / "run.db", history=30))
        runtime.start()
        while runtime.status().connection != "connected" or runtime.status().progress:
            runtime.take_changes()
            await asyncio.sleep(0.05)
        await runtime.stop()
        async with aiohttp.ClientSession() as session, await Store.open(tmp_path / "run.db") as store:
            for symbol in [known.symbol for known in await store.symbols()]:
                ours = rows(await written(store, Selection((symbol,), states=frozenset({State.CONFIRMED}))))
                question = {"symbol": symbol, "interval": "1m", "startTime": ours[0][0], "endTime": ours[-1][0]}
                async with session.get(f"{exchange.rest_url}/fapi/v1/klines", params=question) as answer:
                    theirs = [as_in_archives(row) for row in await answer.json()]
                confirmed = {row[0] for row in ours}
                assert ours == [row for row in theirs if row[0] in confirmed]
                # What came while a slow machine was at the history is still to be fetched, and is known to be.
                lacking = {int(row[0]) for row in theirs} - {
                    int(row[0]) for row in rows(await written(store, Selection((symbol,))))
                }
                owed = await store.find_owed(int(theirs[-1][0]) + MINUTE_MS, (Period.M1,))
                for open_ms in lacking:
                    assert any(hole.symbol == symbol and hole.from_ms <= open_ms < hole.to_ms for hole in owed)


async def test_a_finer_tick_widens_all_and_loses_no_digit(store: Store) -> None:
    await store.add([bar(START + MINUTES * MINUTE_MS, "100.1234", symbol="BTCUSDT")], [])
    before = rows(await written(store, Selection(("BTCUSDT",))))
    await store.widen_precisions({"BTCUSDT": Precision(4, 1)})
    after = rows(await written(store, Selection(("BTCUSDT",))))
    assert (before[0][1], before[-1][1], before[0][5]) == ("100.00", "100.1234", "1.250")
    assert (after[0][1], after[-1][1], after[0][5]) == ("100.0000", "100.1234", "1.250")


@pytest.mark.parametrize("form", [CSV, JSONL])
async def test_what_the_database_writes_itself_is_what_is_written_bar_by_bar(
    store: Store, form: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klagg_tui.storage.lines.PAGE", 7)
    end_ms = START + MINUTES * MINUTE_MS
    odd: dict[int, dict[str, Any]] = {
        10: {"open": "100.5"},
        20: {"open": "100.12345678", "state": State.CONFIRMED},  # more decimals than the symbol's
        21: {"volume": "1000000000000.00000001", "turnover_text": "1", "state": State.CONFIRMED},  # stored as a text
        40: {"volume": "0.00000001", "state": State.CONFIRMED},
    }
    await store.add_confirmed([bar(START + at * MINUTE_MS, symbol="BTCUSDT", **values) for at, values in odd.items()])
    current = bar(end_ms, "100.25", symbol="BTCUSDT", state=State.FORMING)
    await store.add([current._replace(state=State.PARTIAL, trade_count=0)], [])
    await store.write(Changes((current,)))
    some = frozenset({State.CLOSED, State.FORMING})
    for selection in (
        Selection(("BTCUSDT",)),
        Selection(("*",), (Period.M1, Period.M5, Period.MO1)),
        Selection(("BTCUSDT",), states=some),
        Selection(("BTCUSDT",), from_ms=START + MINUTE_MS + 1, to_ms=end_ms),
        Selection(("BTCUSDT",), from_ms=end_ms),
    ):
        ours, theirs = io.BytesIO(), io.BytesIO()
        fast = await export(store, selection, ours, form)
        slow = await export(store, replace(selection, keep=lambda _: True), theirs, form)
        assert ours.getvalue() == theirs.getvalue()
        assert (fast.bars, fast.states) == (slow.bars, slow.states)


async def test_bars_of_another_century_come_in_order_too(store: Store) -> None:
    turn_ms = 999_999_960_000
    old = [bar(turn_ms + at * MINUTE_MS, symbol="OLDUSDT") for at in range(4)]
    await store.add_confirmed(old)
    found = [int(row[0]) for row in rows(await written(store, Selection(("OLDUSDT",))))]
    assert found == [one.open_ms for one in old]


async def test_a_damaged_row_is_not_written_as_if_it_were_none(store: Store) -> None:
    execute(store.path, f"UPDATE history SET open = 'much' WHERE minute = {START // MINUTE_MS + 5} AND period = 0")
    with pytest.raises(DiskError, match="damaged"):
        await written(store, Selection(("BTCUSDT",)))


async def test_a_folder_gets_a_file_for_each_series(store: Store, tmp_path: Path) -> None:
    selection = Selection(("*USDT",), (Period.M1, Period.H1))
    outcome = await export(store, selection, tmp_path / "bars", CSV, is_split=True)
    assert left_behind(tmp_path / "bars") == [
        f"{symbol}-{period}.csv" for symbol in ("BTCUSDT", "ETHUSDT", "牛来USDT") for period in ("1h", "1m")
    ]
    assert len(outcome.paths) == 6
    assert (tmp_path / "bars" / "BTCUSDT-1m.csv").read_text() == await written(store, Selection(("BTCUSDT",)))


async def test_a_name_that_ends_in_gz_is_packed(store: Store, tmp_path: Path) -> None:
    await export(store, Selection(("BTCUSDT",)), tmp_path / "a.csv.gz", CSV)
    assert gzip.decompress((tmp_path / "a.csv.gz").read_bytes()).decode() == await written(
        store, Selection(("BTCUSDT",))
    )
    assert format_of(tmp_path / "a.csv.gz") is CSV
    assert format_of(tmp_path / "a.ndjson") is JSONL
    assert format_of(tmp_path / "a.txt") is None


async def test_a_file_takes_the_old_ones_place_only_when_it_is_whole(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before")
    await export(store, Selection(), tmp_path / "b.csv.gz", CSV, should_stop=lambda: True)
    outcome = await export(store, Selection(), path, CSV, should_stop=lambda: True)
    assert outcome.is_stopped
    assert path.read_text() == "before"

    def refuse(_: ExportProgress) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await export(store, Selection(), path, CSV, on_progress=refuse)
    assert path.read_text() == "before"
    await export(store, Selection(), tmp_path / "new" / "folders", PARQUET, is_split=True, should_stop=seldom())
    assert left_behind(tmp_path) == ["a.csv"]


def seldom() -> Callable[[], bool]:
    """Asked to stop, but not at the first page."""
    answers = iter([False])
    return lambda: next(answers, True)


async def test_a_full_disk_is_one_sentence_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    with pytest.raises(ExportError, match="No space left"):
        await export(store, Selection(("BTCUSDT",)), Full(), CSV)
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot be written"):
        await export(store, Selection(("BTCUSDT",)), tmp_path / "file" / "a.csv", CSV)
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExportError, match="is a folder"):
        await export(store, Selection(("BTCUSDT",)), tmp_path / "folder", CSV)
    assert left_behind(tmp_path) == ["file", "folder"]


async def test_a_pipe_that_nobody_reads_any_more_is_no_error(store: Store) -> None:
    class Closed(io.BytesIO):
        def write(self, _: object) -> int:
            raise BrokenPipeError

    assert (await export(store, Selection(("BTCUSDT",)), Closed(), CSV)).is_cut


async def test_states_are_counted_so_that_a_note_can_be_made(store: Store) -> None:
    await store.add([bar(START + MINUTES * MINUTE_MS, symbol="BTCUSDT", state=State.PARTIAL)], [])
    outcome = await export(store, Selection(("BTCUSDT",)), io.BytesIO(), CSV)
    assert (outcome.states[State.CLOSED], outcome.states[State.PARTIAL], outcome.bars) == (MINUTES, 1, MINUTES + 1)


async def test_progress_reaches_the_estimate(store: Store) -> None:
    selection = Selection(("*",), (Period.M1, Period.H1), START, START + 60 * MINUTE_MS)
    seen: list[ExportProgress] = []
    await export(store, selection, io.BytesIO(), CSV, on_progress=seen.append)
    expected = await estimate(store, selection, CSV)
    assert expected.bars == 3 * 61
    assert expected.byte_count > 0
    assert (seen[-1].bars, seen[-1].total_bars, seen[-1].series) == (183, 183, "牛来USDT 1h")


async def test_an_estimate_counts_the_current_bar_where_it_is_written(store: Store) -> None:
    end_ms = START + MINUTES * MINUTE_MS
    current = bar(end_ms, symbol="BTCUSDT", state=State.FORMING)
    await store.write(Changes((current,)))
    stretches = [(None, None), (None, end_ms), (end_ms + 1, None), (end_ms - MINUTE_MS // 2, None)]
    for from_ms, to_ms in stretches:
        selection = Selection(("BTCUSDT",), from_ms=from_ms, to_ms=to_ms)
        written_out = await export(store, selection, io.BytesIO(), CSV)
        assert (await estimate(store, selection, CSV)).bars == written_out.bars
    # What was forming when klagg ended and is stored as partial meanwhile is one bar, not two.
    await store.add([current._replace(state=State.PARTIAL)], [])
    everything = Selection(("BTCUSDT",))
    assert (
        (await estimate(store, everything, CSV)).bars
        == (await export(store, everything, io.BytesIO(), CSV)).bars
        == MINUTES + 1
    )


async def test_an_estimate_of_larger_bars_counts_those(store: Store) -> None:
    selection = Selection(("BTCUSDT",), (Period.M30,), is_resampled=True)
    assert (
        (await estimate(store, selection, CSV)).bars
        == (await export(store, selection, io.BytesIO(), CSV)).bars
        == MINUTES / 30
    )


@pytest.mark.parametrize(
    ("selection", "sentence"),
    [
        (Selection(("BTCUSD",)), "There are no bars of BTCUSD in the database; did you mean BTCUSDT"),
        (Selection(("X*",)), "klagg symbols"),
        (Selection(("BTCUSDT",), (Period.H2,)), "--resample 2h` makes them"),
        (Selection(("*",), (Period.H2,)), "There are no such bars"),
        (Selection(("BTCUSDT",), (Period.M1,), is_resampled=True), "only 1m, 5m, 30m, 1h"),
    ],
)
async def test_what_is_not_there_is_said_with_what_is(store: Store, selection: Selection, sentence: str) -> None:
    with pytest.raises(ExportError) as caught:
        await export(store, selection, io.BytesIO(), CSV)
    assert sentence in str(caught.value)


def contents(folder: Path) -> dict[Path, bytes]:
    """Of all its files, but what SQLite's connections share in memory."""
    return {path: path.read_bytes() for path in folder.iterdir() if path.exists() and not path.name.endswith("-shm")}


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal", "-lock", "-lock-journal", ".before-update"])
@pytest.mark.parametrize("name", ["klagg.db", "other.db", "link.db", "notes.sqlite"])
async def test_no_database_and_nothing_that_belongs_to_one_is_replaced(
    store: Store, tmp_path: Path, name: str, end: str
) -> None:
    if name == "other.db":
        await store.backup(tmp_path / name)
    elif name == "link.db":
        (tmp_path / name).symlink_to("klagg.db")
    elif name == "notes.sqlite":
        with closing(sqlite3.connect(tmp_path / name)) as anothers:
            anothers.execute("CREATE TABLE notes (text)")
    target = tmp_path / f"{name}{end}"
    if name == "link.db" and end:
        target.symlink_to(f"klagg.db{end}")
    before = contents(tmp_path)
    kind = r"is a SQLite database" if not end else r"belongs to the database \S+"
    with pytest.raises(ExportError, match=rf"^\S+ {kind}: nothing was written; name another file\.$"):
        await export(store, Selection(("BTCUSDT",)), target, CSV)
    assert contents(tmp_path) == before
    assert await store.integrity_check() == ()
    await store.add(minutes("NEWUSDT"), [])


async def test_of_a_folder_of_files_none_takes_the_place_of_a_database(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    await export(store, Selection(), folder, CSV, is_split=True)
    last = max(contents(folder))
    last.unlink()
    await store.backup(last)
    before = contents(folder)
    await store.add(minutes("BTCUSDT", 2 * MINUTES), [])
    with pytest.raises(ExportError, match="is a SQLite database"):
        await export(store, Selection(), folder, CSV, is_split=True)
    assert contents(folder) == before


async def test_a_file_that_is_no_database_is_replaced_whatever_its_name(store: Store, tmp_path: Path) -> None:
    for name in ("old.db", "old.db-wal", "-wal", "bars-lock"):
        (tmp_path / name).write_text("SQLite format")
        await export(store, Selection(("BTCUSDT",)), tmp_path / name, CSV)
        assert (tmp_path / name).read_text().startswith("open_time,")


async def test_a_damaged_database_is_one_too(store: Store, tmp_path: Path) -> None:
    (tmp_path / "cut.db").write_bytes((tmp_path / "klagg.db").read_bytes()[:20])
    with pytest.raises(ExportError, match="is a SQLite database"):
        await export(store, Selection(("BTCUSDT",)), tmp_path / "cut.db", CSV)
