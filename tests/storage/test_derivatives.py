"""Minutes of what is told beside trades: stored exactly, merged with what is there, kept and deleted with the bars."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.derivatives import DerivativeMinute, rate
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import StorageError
from klagg_tui.exporting.derivatives import COLUMNS
from klagg_tui.storage import derivatives
from klagg_tui.storage.opening import open_writer
from klagg_tui.storage.schema import MIGRATIONS
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, SYMBOL, bar

OTHER = "ETHUSDT"
OLD = ("volume", "turnover", "count")
"""Names of before, of each side's liquidations in the view."""


def minute(open_ms: int = START, symbol: str = SYMBOL, **values: int | None) -> DerivativeMinute:
    """As an exchange tells it."""
    made = DerivativeMinute(
        symbol,
        open_ms,
        price("61800.12345678"),
        price("61790.5"),
        rate("-0.00012345"),
        START + 8 * 60 * MINUTE,
        28_800_000,
        quantity("12345.678"),
        quantity("0.014"),
        turnover("865.2017"),
        2,
        0,
        0,
        0,
    )
    return made._replace(**values)  # type: ignore[arg-type]  # of the fields behind the symbol


async def stored(store: Store, symbol: str = SYMBOL, **options: int | bool) -> list[DerivativeMinute]:
    """All of a symbol."""
    return [each async for page in store.derivatives(symbol, **options) for each in page]  # type: ignore[arg-type]


async def test_what_is_written_is_read_exactly(store: Store) -> None:
    given = [minute(), minute(START + MINUTE, mark_price=None, funding_rate=0), minute(START, OTHER, long_count=None)]
    assert await store.write(Changes(), given) == 3
    assert await stored(store) == given[:2]
    assert await stored(store, OTHER) == given[2:]
    assert await stored(store, "XRPUSDT") == []


_AMOUNT = st.none() | st.integers(0, 10**40)
_COUNT = st.none() | st.integers(0, 2**63 - 1)


@given(
    mark=_AMOUNT,
    funding=st.none() | st.integers(-(10**25), 10**25),
    interest=_AMOUNT,
    paid=_AMOUNT,
    count=_COUNT,
    next_ms=_COUNT,
)
def test_any_minute_comes_back_as_it_went(
    mark: int | None,
    funding: int | None,
    interest: int | None,
    paid: int | None,
    count: int | None,
    next_ms: int | None,
) -> None:
    written = minute(
        mark_price=mark,
        funding_rate=funding,
        open_interest=interest,
        long_turnover=paid,
        short_count=count,
        next_funding_ms=next_ms,
    )
    row = derivatives.row_of(7, written)
    assert all(value is None or isinstance(value, str) or abs(value) < 2**63 for value in row)
    assert derivatives.minutes_of([row], {7: SYMBOL}) == [written]


async def test_a_minute_that_is_written_again_is_merged(store: Store) -> None:
    await store.write(Changes(), [minute(open_interest=None)])
    later = minute(
        mark_price=price("5"), index_price=None, open_interest=quantity("7"), long_count=None, long_volume=quantity("1")
    )
    await store.write(Changes(), [later, minute(mark_price=None, short_count=4)])
    (found,) = await stored(store)
    assert (found.mark_price, found.index_price, found.open_interest) == (
        price("5"),
        price("61790.5"),
        quantity("12345.678"),
    )
    assert (found.long_count, found.long_volume, found.short_count) == (4, quantity("1.028"), 4)


async def test_a_stretch_is_read_from_either_end_in_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivatives, "PAGE", 3)
    given = [minute(START + step * MINUTE) for step in range(7)]
    await store.write(Changes(), given)
    assert await stored(store) == given
    assert await stored(store, newest_first=True) == given[::-1]
    assert await stored(store, newest_first=True, limit=4) == given[:2:-1]
    assert await stored(store, from_ms=START + MINUTE, to_ms=START + 4 * MINUTE) == given[1:4]
    assert await stored(store, from_ms=START + MINUTE, limit=3) == given[1:4]


async def test_all_symbols_are_read_from_a_time_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivatives, "_SYMBOLS_AT_ONCE", 1)
    given = [minute(START + step * MINUTE, symbol) for symbol in (SYMBOL, OTHER) for step in range(3)]
    await store.write(Changes(), given)
    found = [page async for page in store.derivatives_since(START + MINUTE)]
    assert found == [given[1:3], given[4:]]


async def test_they_are_written_with_the_bars_or_not_at_all(store: Store) -> None:
    with pytest.raises(StorageError):
        await store.write(Changes(ended=(bar(trade_count=2**63),)), [minute()])
    assert await stored(store) == []


async def test_they_are_deleted_with_the_minutes(store: Store) -> None:
    ended = tuple(bar(START + step * MINUTE) for step in range(4))
    await store.write(Changes(ended=ended), [minute(START + step * MINUTE) for step in range(4)])
    assert await store.delete_before(Period.H1, START + 2 * MINUTE) == 0
    assert await store.delete_before(Period.M1, START + 24 * 60 * MINUTE, 5) == 5
    assert len(await stored(store)) == 3
    assert await store.delete_before(Period.M1, START + 24 * 60 * MINUTE, 5) == 3
    assert await store.delete_before(Period.M1, START + 24 * 60 * MINUTE, 5) == 0
    assert await stored(store) == []


async def test_what_was_told_of_the_future_goes_with_the_bars_of_it(store: Store) -> None:
    await store.write(Changes(), [minute(START + step * MINUTE) for step in range(3)])
    assert await store.remove_future(START + MINUTE) == 1
    assert [each.open_ms for each in await stored(store)] == [START, START + MINUTE]


async def test_a_file_of_before_is_read_as_one_without_any(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    await (await open_writer(path, MIGRATIONS[:3])).close()
    before = path.read_bytes()
    async with await Store.open(path, read_only=True) as store:
        assert await stored(store) == []
        assert [page async for page in store.derivatives_since(0)] == []
    assert path.read_bytes() == before
    async with await Store.open(path) as store:
        await store.write(Changes(), [minute()])
        assert await stored(store) == [minute()]


async def test_a_file_of_before_with_a_symbol_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    connection = await open_writer(path, MIGRATIONS[:3])
    await connection.rows("INSERT INTO symbols (name) VALUES (?)", (SYMBOL,))
    await connection.close()
    async with await Store.open(path, read_only=True) as store:
        assert await stored(store) == []


async def test_a_person_reads_names_times_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, market="binance-um") as store:
        await store.write(Changes(), [minute(short_count=None)])
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT * FROM contract_minutes")
    names, rows = [name for name, *_ in found.description], found.fetchall()
    connection.close()
    told = ["symbol", *(column.name for column in COLUMNS), "venue"]
    assert names[: len(told)] == told
    assert names[len(told) :] == ["next_funding", *(f"{side}_{what}" for side in ("long", "short") for what in OLD)]
    assert rows[0][len(told) :] == (rows[0][5], *rows[0][8:14])
    assert [row[: len(told)] for row in rows] == [
        (
            SYMBOL,
            "2024-08-08T00:00:00Z",
            61800.12345678,
            61790.5,
            -0.00012345,
            "2024-08-08T08:00:00Z",
            28_800_000,
            12345.678,
            0.014,
            865.2017,
            2,
            0.0,
            0.0,
            None,
            "binance-um",
        )
    ]


async def test_no_float_gets_in_and_damage_is_told(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path) as store:
        await store.write(Changes(), [minute()])
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE derivatives SET mark_price = 1.5")
    connection.execute("UPDATE derivatives SET mark_price = 'x'")
    connection.commit()
    connection.close()
    async with await Store.open(path, read_only=True) as store:
        with pytest.raises(StorageError, match="damaged"):
            await stored(store)
    assert MINUTE_MS == MINUTE


async def test_of_each_stretch_the_last_that_was_told_is_found_of_either_value(store: Store) -> None:
    given = [
        minute(START + place * MINUTE, open_interest=quantity(str(place)), funding_rate=place) for place in range(9)
    ]
    given[5] = given[5]._replace(open_interest=None)
    given[8] = given[8]._replace(funding_rate=None)
    await store.write(Changes(), [*given, minute(START + MINUTE, OTHER)])
    edges = [START + place * MINUTE for place in (0, 3, 6, 9, 12)]
    found = await store.derivatives_at(SYMBOL, edges)
    assert sorted({each.open_ms for each in found}) == [START + place * MINUTE for place in (2, 4, 5, 7, 8)]
    assert set(found) < set(given)
    assert await store.derivatives_at(SYMBOL, edges[:1]) == []
    assert await store.derivatives_at("XRPUSDT", edges) == []
