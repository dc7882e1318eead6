"""Bars as Parquet: opened with the libraries that people use, equal to the last digit."""

import io
import os
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import price_as_decimal, quantity_as_decimal, turnover_as_decimal
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.spans import Span
from klagg_tui.errors import ExportError
from klagg_tui.exporting.arrow import DIGITS, library, schema, table
from klagg_tui.exporting.exporter import export
from klagg_tui.exporting.formats.parquet import FORMAT as PARQUET
from klagg_tui.exporting.selection import Selection
from klagg_tui.storage.store import Store
from tests.makers import START, bar

SYMBOLS = ("BTCUSDT", "1000SHIBUSDT", "牛来USDT", "A/B.C%D")
PERIODS = (Period.M1, Period.M5, Period.MO1)
COUNT = 200
PRICES = ("open", "high", "low", "close")
QUANTITIES = ("volume", "taker_buy_volume")


def minutes(symbol: str) -> list[Bar]:
    return [
        bar(
            START + at * MINUTE_MS,
            f"{at + 1}.123456789012",
            close=f"{at + 2}.000000000001",
            volume=f"{at * 7919 + 1}.{at:08}",
            taker_buy_volume="0.00000001",
            taker_buy_turnover="0.00000000000000000001",
            symbol=symbol,
        )
        for at in range(COUNT)
    ]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db", periods=PERIODS) as opened:
        for symbol in SYMBOLS:
            await opened.add(minutes(symbol), [Span(symbol, 1, COUNT, START, START + COUNT * MINUTE_MS)])
        yield opened


@pytest.fixture
async def dataset(store: Store, tmp_path: Path) -> Path:
    await export(store, Selection(("*",), PERIODS), tmp_path / "bars", PARQUET, is_split=True)
    return tmp_path / "bars"


async def stored(store: Store, symbol: str, period: Period) -> list[Bar]:
    return [one async for one in store.bars(symbol, period)]


async def sums(store: Store) -> dict[tuple[str, str], tuple[int, Decimal, Decimal, int]]:
    """Bars, volume, turnover and trades of each series, added up from the database."""
    found = {}
    for symbol in SYMBOLS:
        for period in PERIODS:
            bars = await stored(store, symbol, period)
            volume, paid = sum(one.volume for one in bars), sum(one.turnover for one in bars)
            name = str(period).replace("M", "mo")
            count = sum(one.trade_count for one in bars)
            found[symbol, name] = (len(bars), quantity_as_decimal(volume), turnover_as_decimal(paid), count)
    return found


async def test_duckdb_opens_the_dataset_as_it_is_with_equal_sums(store: Store, dataset: Path) -> None:
    query = f"""
        SELECT symbol, period, count(*), sum(volume), sum(quote_volume), sum("count")
        FROM read_parquet('{dataset}/**/*.parquet', hive_partitioning = true) GROUP BY symbol, period
    """
    found = {(row[0], row[1]): row[2:] for row in duckdb.execute(query).fetchall()}
    assert found == await sums(store)


async def test_polars_opens_the_dataset_as_it_is_with_equal_sums(store: Store, dataset: Path) -> None:
    frame = pl.scan_parquet(dataset, hive_partitioning=True).group_by("symbol", "period")
    rows = frame.agg(pl.len(), pl.col("volume").sum(), pl.col("quote_volume").sum(), pl.col("count").sum()).collect()
    assert {(row[0], row[1]): row[2:] for row in rows.iter_rows()} == await sums(store)


async def test_pyarrow_opens_the_dataset_as_it_is(dataset: Path) -> None:
    read = parquet.read_table(dataset)
    assert set(read.column("symbol").to_pylist()) == set(SYMBOLS)
    assert set(read.column("period").to_pylist()) == {"1m", "5m", "1mo"}


async def test_one_file_holds_several_series_with_times_and_states(store: Store, tmp_path: Path) -> None:
    selection = Selection(("BTC*", "牛来USDT"), (Period.M1, Period.M5))
    await export(store, selection, tmp_path / "a.parquet", PARQUET)
    read = parquet.read_table(tmp_path / "a.parquet")
    told = [(field.name, field.type) for field in schema()]
    kinds = [pa.dictionary(pa.uint32(), pa.string()) if pa.types.is_dictionary(kind) else kind for _, kind in told]
    assert list(zip(read.schema.names, read.schema.types, strict=True)) == list(
        zip([name for name, _ in told], kinds, strict=True)
    )
    expected = [
        one
        for symbol in ("BTCUSDT", "牛来USDT")
        for period in PERIODS[:2]
        for one in await stored(store, symbol, period)
    ]
    assert read.to_pylist() == table(expected).to_pylist()
    last = read.to_pylist()[0]
    assert (last["symbol"], last["period"], last["state"]) == ("BTCUSDT", "1m", "closed")
    assert last["open_time"].isoformat() == "2024-08-08T00:00:00+00:00"
    assert last["close_time"].isoformat() == "2024-08-08T00:00:59.999000+00:00"


async def test_parquet_goes_through_a_pipe_too(store: Store) -> None:
    pipe = io.BytesIO()
    await export(store, Selection(("BTCUSDT",)), pipe, PARQUET)
    pipe.seek(0)
    assert parquet.read_table(pipe).num_rows == COUNT


async def test_asked_to_stop_a_dataset_is_not_begun(store: Store, tmp_path: Path) -> None:
    selection = Selection(("*",), PERIODS)
    await export(store, selection, tmp_path / "bars", PARQUET, is_split=True, should_stop=lambda: True)
    assert [name for *_, files in os.walk(tmp_path / "bars") for name in files] == []


@given(st.lists(st.integers(0, 10**28), min_size=1, max_size=5), st.integers(0, 10**37))
def test_no_digit_of_any_value_is_lost(values: list[int], paid: int) -> None:
    bars = [Bar("X", Period.M1, START, v, v, v, v, v, paid, 1, v, paid, State.FORMING) for v in values]
    for one, row in zip(bars, table(bars).to_pylist(), strict=True):
        assert [row[name] for name in PRICES] == [price_as_decimal(getattr(one, name)) for name in PRICES]
        assert [row[name] for name in QUANTITIES] == [quantity_as_decimal(getattr(one, name)) for name in QUANTITIES]
        assert row["quote_volume"] == row["taker_buy_quote_volume"] == turnover_as_decimal(paid)


def test_a_value_beyond_what_the_libraries_read_is_refused() -> None:
    with pytest.raises(ExportError, match="38 digits"):
        table([bar(START)._replace(turnover=10**DIGITS)])
    assert parsing.price("9" * 18 + "." + "9" * 12) < 10**DIGITS
    assert parsing.quantity("9" * 18 + "." + "9" * 8) < 10**DIGITS
    assert parsing.turnover("9" * 18 + "." + "9" * 20) < 10**DIGITS


def test_without_the_library_the_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r"klagg-tui\[parquet\]"):
        library()
