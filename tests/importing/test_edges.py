"""What the name of an archive proves of its edges, and when it proves nothing."""

import gzip
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.importing.importer import import_files
from klagg_tui.storage.store import Store
from tests.conftest import DATA, needs_data
from tests.importing.test_importer import HEADER, row
from tests.makers import DAY, START, trades

NAME = "BTCUSDT-aggTrades-2024-08-08.csv"
MADE = trades(range(START + 5 * MINUTE_MS + 30_000, START + 40 * MINUTE_MS, 20_000))
ROWS = [row(trade) for trade in MADE]
WHOLE = "".join(f"{line}\n" for line in (HEADER, *ROWS))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as opened:
        yield opened


async def stored(store: Store) -> list[Bar]:
    return [bar async for bar in store.bars("BTCUSDT", Period.M1)]


async def edges(store: Store) -> tuple[State, int, int]:
    """The state of the first bar, when the last one opens, and from when on nothing is missing."""
    bars, (span, *_) = await stored(store), await store.spans("BTCUSDT")
    return bars[0].state, bars[-1].open_ms, span.from_ms


BROKEN = {
    "cut in the middle of a row": WHOLE[: WHOLE.index(ROWS[60]) + 30],
    "cut in the middle of the last row": WHOLE[:-9],
    "cut before the end of the last line": WHOLE[:-1],
    "a damaged first row": WHOLE.replace(ROWS[0], ROWS[0].replace(",", ";"), 1),
    "a first row that begins with a letter": WHOLE.replace(ROWS[0], f"x{ROWS[0]}", 1),
    "a first row without a header that begins with a letter": "".join(
        f"{line}\n" for line in (f"x{ROWS[0]}", *ROWS[1:])
    ),
    "letters in the place of the first row": "".join(f"{line}\n" for line in ("a,b", *ROWS[1:])),
    "a damaged last row": WHOLE.replace(ROWS[-1], ROWS[-1].replace(",", ";"), 1),
    "a damaged row between": WHOLE.replace(ROWS[50], ROWS[50].replace(",", ";"), 1),
    "a row between without a price": WHOLE.replace(ROWS[50], row(MADE[50]._replace(price="0")), 1),
}


async def test_a_whole_file_proves_its_day(store: Store, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(WHOLE)
    assert (await import_files(store, [tmp_path / NAME])).notes == []
    assert await edges(store) == (State.CLOSED, START + DAY - MINUTE_MS, START)


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("suffix", ["", ".gz", ".zip"])
async def test_a_file_that_is_not_whole_proves_no_edge(store: Store, tmp_path: Path, text: str, suffix: str) -> None:
    path = tmp_path / (NAME + suffix)
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(NAME, text)
    else:
        path.write_bytes(gzip.compress(text.encode()) if suffix else text.encode())
    outcome = await import_files(store, [path])
    assert f"{path} does not show that it is whole" in outcome.notes[0]
    bars, spans = await stored(store), await store.spans("BTCUSDT")
    assert bars[0].state is bars[-1].state is State.PARTIAL
    assert bars[0].open_ms >= START + 5 * MINUTE_MS
    assert bars[-1].open_ms <= MADE[-1].traded_ms
    assert spans[0].from_ms > MADE[0].traded_ms
    assert spans[-1].to_ms <= MADE[-1].traded_ms


async def test_a_name_that_the_times_contradict_proves_nothing(store: Store, tmp_path: Path) -> None:
    path = tmp_path / NAME.replace("08-08.", "08-09.")
    path.write_text(WHOLE)
    outcome = await import_files(store, [path])
    assert (outcome.trades, outcome.too_late) == (len(MADE), 0)
    bars = await stored(store)
    assert bars[0].state is bars[-1].state is State.PARTIAL
    assert bars[-1].open_ms <= MADE[-1].traded_ms


async def test_a_broken_day_leaves_the_next_ones_edge_to_that_day(store: Store, tmp_path: Path) -> None:
    """The rows that are missing at the end of the first day are missing, whatever the second day proves."""
    (tmp_path / NAME).write_text(BROKEN["cut in the middle of a row"])
    later = trades(range(START + DAY + 90_000, START + DAY + 20 * MINUTE_MS, 20_000), len(MADE) + 1)
    second = tmp_path / NAME.replace("08-08.", "08-09.")
    second.write_text("".join(f"{row(trade)}\n" for trade in later))
    await import_files(store, [tmp_path / NAME, second])
    bars = {bar.open_ms: bar for bar in await stored(store)}
    assert bars[START + DAY + MINUTE_MS].state is State.CLOSED
    assert not [open_ms for open_ms in bars if MADE[60].traded_ms < open_ms < START + DAY]
    (tmp_path / NAME).write_text(WHOLE)
    await import_files(store, [tmp_path / NAME])
    whole = await stored(store)
    assert {bar.state for bar in whole} == {State.CLOSED}
    assert [bar.open_ms for bar in whole] == list(range(START + 5 * MINUTE_MS, START + 2 * DAY, MINUTE_MS))


@needs_data
async def test_a_recorded_day_that_was_cut_closes_nothing_behind_the_cut(store: Store, tmp_path: Path) -> None:
    with gzip.open(DATA / "um-BTCUSDT-2024-08-08" / "aggTrade-derived.jsonl.gz") as file:
        events = [orjson.loads(line) for line in file]
    rows = [
        ",".join(str(event[field]) for field in "apqflT") + f",{str(event['m']).lower()}\n"
        for event in (one.get("data", one) for one in events)
    ]
    text = "".join(rows)
    (tmp_path / NAME).write_text(text[: len(text) // 2])
    await import_files(store, [tmp_path / NAME])
    cut = await stored(store)
    assert cut[0].state is cut[-1].state is State.PARTIAL
    assert all(bar.is_traded for bar in cut)
    (tmp_path / NAME).write_text(text)
    await import_files(store, [tmp_path / NAME])
    assert {bar.state for bar in await stored(store)} == {State.CLOSED}
