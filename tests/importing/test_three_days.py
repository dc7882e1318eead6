"""On which days three-day bars open is a fact of the symbol: it is learned from the exchange's own, wherever they come from."""

import csv
import gzip
import io
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from klagg_tui.auditing.auditor import audit
from klagg_tui.auditing.findings import Finding, Kind
from klagg_tui.auditing.repair import repair
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.exporting.exporter import export
from klagg_tui.exporting.formats import load
from klagg_tui.exporting.selection import Selection
from klagg_tui.importing.importer import import_files
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from tests.conftest import DATA, needs_data
from tests.importing.test_importer import file_of
from tests.makers import DAY, START
from tests.shell import Klagg

SYMBOL = "ETHBTC"
PERIODS = (*DEFAULT_PERIODS, Period.D3)
FIRST = START - START % (3 * DAY)
"""A day ≡ 0 modulo 3, as this symbol's are; most symbols' are ≡ 1."""


def klines(period: Period, first_ms: int, count: int) -> list[str]:
    """Each day has a volume of 12."""
    days = period.nominal_ms // DAY
    opens = range(first_ms, first_ms + count * period.nominal_ms, period.nominal_ms)
    sums = f"{12 * days}.000", f"{6 * days}.00", str(30 * days), f"{6 * days}.000", f"{3 * days}.00"
    return [
        f"{open_ms},0.5,0.5,0.5,0.5,{sums[0]},{open_ms + period.nominal_ms - 1},{','.join(sums[1:])},0"
        for open_ms in opens
    ]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as opened:
        yield opened


async def taken(store: Store, folder: Path, lines: Sequence[str], period: Period) -> None:
    outcome = await import_files(store, [file_of(folder / f"{SYMBOL}-{period}.csv", lines)], symbol=SYMBOL)
    assert outcome.failures == []


async def stored(store: Store, period: Period = Period.D3) -> list[Bar]:
    return [bar async for bar in store.bars(SYMBOL, period)]


async def found(path: Path) -> list[Finding]:
    return [finding async for finding in audit(path)]


async def nothing(*_: object) -> AsyncIterator[Sequence[Bar]]:
    """An exchange that has no bars."""
    batches: tuple[Sequence[Bar], ...] = ()
    for batch in batches:
        yield batch


@pytest.mark.parametrize("comes_first", [Period.D1, Period.D3])
async def test_imported_bars_show_the_days_and_ours_follow(store: Store, tmp_path: Path, comes_first: Period) -> None:
    files = {
        Period.D1: klines(Period.D1, FIRST, 15),
        Period.D3: klines(Period.D3, FIRST, 4),
    }
    for period in sorted(files, key=lambda period: period is not comes_first):
        await taken(store, tmp_path, files[period], period)
    assert await store.anchors() == {SYMBOL: 0}
    bars = await stored(store)
    assert [bar.open_ms for bar in bars] == list(range(FIRST, FIRST + 15 * DAY, 3 * DAY))
    assert len({bar.volume for bar in bars}) == 1
    assert await found(tmp_path / "klagg.db") == []


async def test_what_was_shown_stays_when_the_exchange_is_watched_without_three_days(
    store: Store, tmp_path: Path
) -> None:
    await taken(store, tmp_path, klines(Period.D3, FIRST, 4), Period.D3)
    await store.put_symbols([StoredSymbol(SYMBOL, START - DAY)])
    assert [bar.open_ms for bar in await stored(store)] == list(range(FIRST, FIRST + 12 * DAY, 3 * DAY))
    assert [known.anchor for known in await store.symbols()] == [0]


async def test_one_damaged_row_shows_nothing(store: Store, tmp_path: Path) -> None:
    lines = klines(Period.D3, FIRST + DAY, 1) + klines(Period.D3, FIRST + 3 * DAY, 6)
    await taken(store, tmp_path, lines, Period.D3)
    assert await store.anchors() == {SYMBOL: 0}
    assert len(await stored(store)) == 7


async def test_bars_of_an_earlier_version_keep_their_own_days_and_are_never_removed(tmp_path: Path) -> None:
    """It stored them, and supposed other days of the symbol."""
    path = tmp_path / "klagg.db"
    async with await Store.open(path, periods=PERIODS) as store:
        await taken(store, tmp_path, klines(Period.D3, FIRST, 6), Period.D3)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE symbols SET anchor = 1")
        connection.execute("DELETE FROM meta WHERE key = 'anchors'")
    connection.close()
    assert await found(path) == []
    async with await Store.open(path, periods=PERIODS) as store:
        before = await stored(store)
        await store.learn_stored_anchors([SYMBOL])
        await taken(store, tmp_path, klines(Period.D1, FIRST, 3), Period.D1)
        assert await store.anchors() == {SYMBOL: 0}
        assert await stored(store) == before


async def test_a_repair_never_removes_the_exchanges_own_for_being_on_other_days(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, periods=PERIODS) as store:
        await taken(store, tmp_path, klines(Period.D3, FIRST, 6), Period.D3)
        await taken(store, tmp_path, klines(Period.D3, FIRST + 40 * DAY, 1), Period.D3)
        before = await stored(store)
    findings = await found(path)
    assert (Kind.OFF_GRID, FIRST + 40 * DAY) in [(one.kind, one.from_ms) for one in findings]
    repaired = await repair(path, findings, nothing)
    assert repaired.removed == 0
    async with await Store.open(path, read_only=True) as store:
        assert await stored(store) == before


async def test_bars_of_ours_on_other_days_still_go(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, periods=PERIODS) as store:
        await taken(store, tmp_path, klines(Period.D3, FIRST, 6), Period.D3)
    with sqlite3.connect(path) as connection:
        connection.execute(
            f"INSERT INTO history SELECT symbol, period, minute + 1440, 2, {', '.join(_VALUES)} FROM history LIMIT 1"
        )
    connection.close()
    findings = await found(path)
    assert (await repair(path, findings, nothing)).removed == 1


_VALUES = (
    *("scale", "open", "high", "low", "close"),
    *("volume", "turnover", "trade_count", "taker_buy_volume", "taker_buy_turnover"),
)


async def exported(store: Store, *, periods: tuple[Period, ...] = (Period.D3,), is_resampled: bool = True) -> list[str]:
    selection = Selection((SYMBOL,), periods, is_resampled=is_resampled)
    return (await export(store, selection, io.BytesIO(), load("csv"))).supposed


async def test_made_three_day_bars_say_where_their_days_are_not_known(store: Store, tmp_path: Path) -> None:
    await taken(store, tmp_path, klines(Period.D1, FIRST, 15), Period.D1)
    assert await exported(store) == [SYMBOL]
    assert await exported(store, periods=(Period.W1,)) == []
    await taken(store, tmp_path, klines(Period.D3, FIRST, 4), Period.D3)
    assert await exported(store) == []


def test_the_command_says_so_too(klagg: Klagg, tmp_path: Path) -> None:
    file_of(tmp_path / "a.csv", klines(Period.D1, FIRST, 15))
    file_of(tmp_path / "b.csv", klines(Period.D3, FIRST, 4))
    note = "on which days the three-day bars of ETHBTC open is not known"
    assert klagg("import", "a.csv", "-s", SYMBOL, "--db", "a.db").status == 0
    said = klagg("export", "-s", SYMBOL, "--resample", "3d", "--db", "a.db")
    assert (said.status, note in said.err) == (0, True)
    assert klagg("import", "b.csv", "-s", SYMBOL, "--db", "a.db").status == 0
    said = klagg("export", "-s", SYMBOL, "--resample", "3d", "--db", "a.db")
    assert (said.status, said.err) == (0, "")
    assert str(FIRST) in said.out
    assert str(FIRST + DAY) not in said.out


@needs_data
async def test_the_exchanges_own_bars_of_a_symbol_on_other_days_are_clean(tmp_path: Path) -> None:
    """347 three-day bars and 500 days of a spot pair whose days are ≡ 0."""
    path = tmp_path / "klagg.db"
    with gzip.open(DATA / "rollup-spot" / "ETHBTC-all-periods.csv.gz", "rt") as lines:
        rows = [row for row in csv.DictReader(lines) if row["period"] in ("1d", "3d")]
    async with await Store.open(path, periods=PERIODS) as store:
        for period in (Period.D1, Period.D3):
            await taken(store, tmp_path, [_row(row, period) for row in rows if row["period"] == period.value], period)
        bars = await stored(store)
        assert {bar.open_ms // DAY % 3 for bar in bars} == {0}
        own = {int(row["open_time"]) for row in rows if row["period"] == "3d"}
        assert own <= {bar.open_ms for bar in bars}
    findings = await found(path)
    assert not [one for one in findings if one.kind is Kind.OFF_GRID]


def _row(row: dict[str, str], period: Period) -> str:
    open_ms = int(row["open_time"])
    prices = ",".join(row[name] for name in ("open", "high", "low", "close", "volume"))
    return (
        f"{open_ms},{prices},{open_ms + period.nominal_ms - 1},{float(row['volume']) * float(row['close']):.8f},1,0,0,0"
    )
