"""Files that look like bars and hold none that klagg keeps: prices without trades, seconds, and times that contradict each other."""

import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.importing.importer import import_files
from klagg_tui.storage.store import Store
from tests.conftest import DATA, needs_data
from tests.makers import START
from tests.shell import Klagg

KINDS = DATA.parent / "cases" / "kinds"
REAL = KINDS / "LINKUSDT-1m-2026-02-01.csv"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as opened:
        yield opened


async def stored(store: Store, symbol: str = "LINKUSDT", period: Period = Period.M1) -> list[Bar]:
    return [bar async for bar in store.bars(symbol, period)]


def kline(
    open_ms: int = START,
    volume: str = "10",
    count: int = 5,
    *,
    length_ms: int = MINUTE_MS,
    close_ms: int | None = None,
    low: str = "1",
) -> str:
    paid, close = "0" if volume == "0" else "20", open_ms + length_ms - 1 if close_ms is None else close_ms
    return f"{open_ms},2,3,{low},2,{volume},{close},{paid},{count},0,0,0"


def file_of(path: Path, *rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{row}\n" for row in rows))
    return path


@needs_data
@pytest.mark.parametrize("kind", ["mark", "premium"])
async def test_bars_of_prices_take_no_real_bars_place(store: Store, kind: str) -> None:
    await import_files(store, [REAL])
    before = await stored(store)
    outcome = await import_files(store, [KINDS / kind / REAL.name])
    assert await stored(store) == before
    assert len(before) == 5
    assert not outcome.is_usable
    (sentence,) = outcome.failures
    assert sentence.endswith(
        "mark, index or premium price: they have trades without volume, and klagg keeps bars of trades."
    )


@needs_data
def test_a_file_of_prices_ends_the_command_with_status_1_and_one_sentence(klagg: Klagg) -> None:
    said = klagg("import", str(KINDS / "mark" / REAL.name), "--db", "a.db")
    assert said.status == 1
    assert said.err.startswith(f"{KINDS / 'mark' / REAL.name} holds bars of a mark, index or premium price")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (kline(START + MINUTE_MS, "0", 60), "trades without volume"),
        (kline(START + MINUTE_MS, "10", 0), "volume without trades"),
        (kline(START + MINUTE_MS, "0", 0), "prices moved without a trade"),
        (kline(START + MINUTE_MS, low="-1"), "'-1' is not a number"),
        (kline(START + MINUTE_MS, low="0"), "low 0 is no price"),
        (kline(START + MINUTE_MS, close_ms=START + 3 * MINUTE_MS - 1), "is not that of a 1m bar which opens at"),
        (kline(START + MINUTE_MS, close_ms=0), "is not that of a 1m bar"),
    ],
)
async def test_a_row_that_no_trades_can_have_made_is_a_bad_row(
    store: Store, tmp_path: Path, row: str, reason: str
) -> None:
    path = file_of(tmp_path / "LINKUSDT-1m-2024-08-08.csv", kline(), row, kline(START + 2 * MINUTE_MS))
    outcome = await import_files(store, [path])
    assert [bar.open_ms for bar in await stored(store)] == [START, START + 2 * MINUTE_MS]
    assert outcome.tally.bad == 1
    assert reason in outcome.tally.first_bad[0]


@pytest.mark.parametrize("count", [1, 3])
async def test_close_times_do_not_make_another_period_of_a_few_rows(store: Store, tmp_path: Path, count: int) -> None:
    opens = range(START, START + count * MINUTE_MS, MINUTE_MS)
    rows = [kline(open_ms, length_ms=5 * MINUTE_MS) for open_ms in opens]
    outcome = await import_files(store, [file_of(tmp_path / "LINKUSDT-1m-2024-08-08.csv", *rows)])
    assert (outcome.bars, outcome.tally.bad) == (0, count)
    assert await stored(store, period=Period.M5) == []


async def test_minutes_without_trades_are_bars_as_ever(store: Store, tmp_path: Path) -> None:
    flat = [f"{START + at * MINUTE_MS},2,2,2,2,0,{START + (at + 1) * MINUTE_MS - 1},0,0,0,0,0" for at in range(300)]
    outcome = await import_files(store, [file_of(tmp_path / "LINKUSDT-1m-2024-08-08.csv", *flat)])
    assert (outcome.bars, outcome.tally.bad, outcome.failures) == (300, 0, [])


@pytest.mark.parametrize("unit", [1, 1000])
async def test_bars_of_seconds_are_said_not_to_be_kept_and_the_name_is_understood(
    store: Store, tmp_path: Path, unit: int
) -> None:
    path = tmp_path / "LINKUSDT-1s-2024-08-08.csv"
    times = [(START + at * 1000) * unit for at in range(3)]
    rows = [kline(at, close_ms=at + 1000 * unit - 1) for at in times]
    outcome = await import_files(store, [file_of(path, *rows)])
    assert outcome.failures == [
        f"{path} holds bars of one second (1s), and klagg keeps none shorter than 1m; import the 1m archive instead."
    ]
    assert await stored(store) == []


async def test_each_part_of_a_zip_is_looked_at_by_itself(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "LINKUSDT.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("LINKUSDT-1m-2024-08-08.csv", kline())
        archive.writestr("LINKUSDT-5m-2024-08-08.csv", kline(START + 60 * MINUTE_MS, length_ms=5 * MINUTE_MS))
        archive.writestr("mark/LINKUSDT-1m-2024-08-08.csv", kline(volume="0", count=60))
    outcome = await import_files(store, [path], symbol="LINKUSDT")
    assert [bar.open_ms for bar in await stored(store)] == [START]
    assert START + 60 * MINUTE_MS in [bar.open_ms for bar in await stored(store, period=Period.M5)]
    (sentence,) = outcome.failures
    assert sentence.startswith("mark/LINKUSDT-1m-2024-08-08.csv holds bars of a mark, index or premium price")
