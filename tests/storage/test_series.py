"""Confirmed bars by columns into the store; that it ends up as with bars one by one is held in `tests/importing/test_series.py`."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import PRICE_DECIMALS, QUANTITY_DECIMALS, TURNOVER_DECIMALS
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.importing.series import COLUMNS, Series
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.merging import Added
from klagg_tui.storage.recompute import made_over
from klagg_tui.storage.store import Store
from tests.filed import all_of
from tests.makers import SYMBOL, bars

DECIMALS = 2, 3, 5


def series_of(made: list[Bar], largest: int = 10**12) -> Series:
    """The bars by columns."""
    units = (
        *[10 ** (PRICE_DECIMALS - DECIMALS[0])] * 4,
        10 ** (QUANTITY_DECIMALS - DECIMALS[1]),
        10 ** (TURNOVER_DECIMALS - DECIMALS[2]),
        1,
        10 ** (QUANTITY_DECIMALS - DECIMALS[1]),
        10 ** (TURNOVER_DECIMALS - DECIMALS[2]),
    )
    rows = [
        (one.open_ms // MINUTE_MS, *(value // unit for value, unit in zip(one[3:12], units, strict=True)))
        for one in made
    ]
    frame = pl.DataFrame(rows, schema=["minute", *COLUMNS], orient="row")
    return Series(SYMBOL, made[0].period, frame, DECIMALS, (largest,) * 3, is_traded=True)


async def test_what_is_stored_is_what_one_by_one_would_be(store: Store, tmp_path: Path) -> None:
    made = bars(200)
    assert await store.add_series(series_of(made)) == Added(new=200)
    async with await Store.open(tmp_path / "other.db") as other:
        await other.add_confirmed(made)
        assert await all_of(store) == await all_of(other)


async def test_what_comes_once_more_is_equal_and_writes_nothing(store: Store) -> None:
    made = bars(100)
    await store.add_series(series_of(made))
    before = await all_of(store)
    store.collect_news()
    assert await store.add_series(series_of(made)) == Added(equal=100)
    assert await all_of(store) == before
    assert store.take_news() == ()


async def test_what_was_made_of_trades_is_confirmed_or_replaced(store: Store) -> None:
    made = bars(30)
    await store.add([made[3]._replace(state=State.CLOSED), made[4]._replace(trade_count=77)], [])
    assert await store.add_series(series_of(made)) == Added(new=28, equal=1, changed=1)
    assert {one.state for one in (await all_of(store))[0] if one.period is Period.M1} == {State.CONFIRMED}


async def test_amounts_beyond_64_bits_go_one_by_one(store: Store) -> None:
    assert await store.add_series(series_of(bars(10), largest=2**63)) == Added(new=10)
    assert len((await all_of(store))[0]) > 10


@pytest.mark.parametrize(
    ("of", "kept", "made"),
    [
        (Period.M1, (Period.M1, Period.M5, Period.M30), [(Period.M5, Period.M1), (Period.M30, Period.M5)]),
        (Period.M15, (Period.M1, Period.M5, Period.M30), [(Period.M30, Period.M15)]),
        (Period.M3, (Period.M1, Period.M5, Period.M30), []),
        (Period.D1, (Period.M1, Period.M5, Period.W1), [(Period.W1, Period.D1)]),
    ],
)
def test_larger_bars_are_made_of_the_longest_that_fill_them(
    of: Period, kept: tuple[Period, ...], made: list[tuple[Period, Period]]
) -> None:
    assert made_over(of, kept) == made


async def test_a_closed_connection_runs_nothing(tmp_path: Path) -> None:
    connection = await Connection.open(tmp_path / "a.db", "rwc")
    await connection.run_each([("CREATE TABLE t (a)", ()), ("INSERT INTO t VALUES (?)", (7,))])
    assert await connection.value("SELECT a FROM t") == 7
    await connection.close()
    with pytest.raises(RuntimeError):
        await connection.run_each([("DELETE FROM t", ())])
