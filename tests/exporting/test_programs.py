"""Files as other programs keep them: names, columns, and what these programs cannot have."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.exact import price_as_decimal, quantity_as_decimal
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.errors import ExportError
from klagg_tui.exchange import registry
from klagg_tui.exporting.elsewhere import coins_by_quote, names_of
from klagg_tui.exporting.exporter import Exported, export
from klagg_tui.exporting.programs import NAMES, freqtrade, load, nautilus
from klagg_tui.exporting.selection import Selection
from klagg_tui.exporting.series import Coins, Series
from klagg_tui.names import Name
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Pair
from tests.makers import HOUR, MINUTE, START, bar, bars

DATED = "BTCUSDT_240927"
HOURLY = "data/bar/BTCUSDT-PERP.BINANCE-1-HOUR-LAST-EXTERNAL"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Two hours of one contract, an hour of it that is not over, and one minute of a contract that ends."""
    async with await Store.open(tmp_path / "a.db", periods=DEFAULT_PERIODS, market="binance-um") as opened:
        await opened.add_confirmed([*bars(120), bar(START, "9", symbol=DATED)])
        await opened.write(Changes((bar(START + 2 * HOUR, "5", period=Period.H1, state=State.PARTIAL),)))
        await opened.learn_pairs({"BTCUSDT": Pair("BTC", "USDT"), DATED: Pair("BTC", "USDT")})
        await opened.widen_precisions({"BTCUSDT": Precision(1, 3)})
        yield opened


async def written(store: Store, program: str, folder: Path, **selected: Any) -> Exported:
    chosen = {"periods": (Period.H1,), "ended_only": True, "with_venue": True, "with_coins": True} | selected
    return await export(store, Selection(**chosen), folder, load(program), is_split=True)  # type: ignore[arg-type]


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def ended(store: Store, period: Period = Period.H1) -> list[Bar]:
    return [one async for page in store.pages("BTCUSDT", period, ended_only=True) for one in page]


async def test_backtesting_reads_a_table_with_dates_and_its_own_names(store: Store) -> None:
    pandas = pytest.importorskip("pandas")
    file = io.BytesIO()
    selection = Selection(("BTCUSDT",), (Period.H1,), ended_only=True)
    await export(store, selection, file, load("backtesting"))
    assert file.getvalue().decode() == (
        ",Open,High,Low,Close,Volume\n"
        "2024-08-08 00:00:00,100.1,114.25,99.5,111.0,180.000\n"
        "2024-08-08 01:00:00,104.1,114.25,99.5,102.0,180.000\n"
    )
    frame = pandas.read_csv(io.BytesIO(file.getvalue()), index_col=0, parse_dates=True)
    assert isinstance(frame.index, pandas.DatetimeIndex)
    assert list(frame.columns) == ["Open", "High", "Low", "Close", "Volume"]


async def test_freqtrade_finds_its_columns_where_it_looks_for_them(store: Store, tmp_path: Path) -> None:
    outcome = await written(store, "freqtrade", tmp_path / "data", symbols=("BTCUSDT",))
    assert files(tmp_path / "data") == ["binance/futures/BTC_USDT_USDT-1h-futures.feather"]
    frame = pl.read_ipc(outcome.paths[0])
    assert frame.schema == pl.Schema(
        {"date": pl.Datetime("ms", "UTC")} | dict.fromkeys(("open", "high", "low", "close", "volume"), pl.Float64())
    )
    wanted = await ended(store)
    assert len(wanted) == 2
    assert frame["date"].dt.epoch("ms").to_list() == [one.open_ms for one in wanted]
    assert frame["high"].to_list() == [float(price_as_decimal(one.high)) for one in wanted]
    assert frame["volume"].to_list() == [float(quantity_as_decimal(one.volume)) for one in wanted]


async def test_a_time_without_bars_leaves_what_freqtrade_has(store: Store, tmp_path: Path) -> None:
    outcome = await written(store, "freqtrade", tmp_path / "data", symbols=("BTCUSDT",))
    before = outcome.paths[0].read_bytes()
    outcome = await written(store, "freqtrade", tmp_path / "data", symbols=("BTCUSDT",), from_ms=START + 5 * HOUR)
    assert (outcome.paths, files(tmp_path / "data")) == ([], ["binance/futures/BTC_USDT_USDT-1h-futures.feather"])
    assert next((tmp_path / "data").rglob("*.feather")).read_bytes() == before


async def test_pandas_reads_the_same_as_freqtrade_does(store: Store, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    outcome = await written(store, "freqtrade", tmp_path / "data", symbols=("BTCUSDT",), periods=(Period.M1,))
    frame = pandas.read_feather(outcome.paths[0])
    assert (len(frame), str(frame["date"].dtype), str(frame["close"].dtype)) == (120, "datetime64[ms, UTC]", "float64")


async def test_what_a_program_cannot_have_is_left_out_and_told(store: Store, tmp_path: Path) -> None:
    outcome = await written(store, "freqtrade", tmp_path / "data", periods=(Period.M1,))
    assert files(tmp_path / "data") == ["binance/futures/BTC_USDT_USDT-1m-futures.feather"]
    assert outcome.left_out == [f"{DATED} is a contract that ends on a day: freqtrade knows none."]
    with pytest.raises(ExportError, match="ends on a day"):
        await written(store, "freqtrade", tmp_path / "none", symbols=(DATED,), periods=(Period.M1,))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("venue", "symbol", "coins", "path"),
    [
        ("binance-um", "BTCUSDT", Coins("BTC", "USDT"), "binance/futures/BTC_USDT_USDT-1Mo-futures.feather"),
        ("binance-coinm", "BTCUSD_PERP", Coins("BTC", "USD", True), "binance/futures/BTC_USD_BTC-1Mo-futures.feather"),
        ("binance-spot", "BTCUSDT", Coins("BTC", "USDT"), "binance/BTC_USDT-1Mo.feather"),
        ("binance-us", "BTCUSD", Coins("BTC", "USD"), "binanceus/BTC_USD-1Mo.feather"),
        ("coinbase", "BTC-USD", Coins("BTC", "USD"), "coinbase/BTC_USD-1Mo.feather"),
        ("okx-swap", "BTC-USDT-SWAP", Coins("BTC", "USDT"), "okx/futures/BTC_USDT_USDT-1Mo-futures.feather"),
        ("okx-spot", "BTC-USDT", Coins("BTC", "USDT"), "okx/BTC_USDT-1Mo.feather"),
        ("kraken", "BTC/USD", Coins("BTC", "USD"), "kraken/BTC_USD-1Mo.feather"),
        ("hyperliquid", "BTC", Coins("BTC", "USDC"), "hyperliquid/futures/BTC_USDC_USDC-1Mo-futures.feather"),
    ],
)
def test_freqtrade_names_markets_as_ccxt_does(venue: str, symbol: str, coins: Coins, path: str) -> None:
    series = Series(symbol, Period.MO1, Precision(), venue, coins=coins)
    assert freqtrade.fault_of(series) is None
    assert freqtrade.file_name(series).as_posix() == path
    if venue != "hyperliquid":
        assert coins_by_quote(Name(venue, symbol), coins.quote.lower()) == coins


def test_coins_are_not_guessed() -> None:
    series = Series("BTCUSDT", Period.H1, Precision(), "binance-um")
    assert "--quote USDT says what it is paid in" in str(freqtrade.fault_of(series))
    assert "Nobody said which exchange" in str(freqtrade.fault_of(series._replace(venue="")))
    for symbol in ("USDT", "BTCUSDC"):
        assert coins_by_quote(Name("binance-um", symbol), "USDT") is None


async def test_who_exports_may_say_what_symbols_are_paid_in(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "a.db", market="binance-spot") as store:
        await store.add_confirmed([bar(symbol="ETHBTC"), bar(symbol="BTCUSDT")])
        outcome = await written(store, "freqtrade", tmp_path / "data", quote="BTC", periods=(Period.M1,))
        assert files(tmp_path / "data") == ["binance/ETH_BTC-1m.feather"]
        assert [fault[:51] for fault in outcome.left_out] == ["No listing has told yet which coins BTCUSDT is of: "]


def test_each_exchange_has_names_for_other_programs() -> None:
    assert all(map(names_of, registry.keys()))
    assert names_of("") is names_of("nobody") is None


@pytest.mark.parametrize(
    ("venue", "symbol", "name"),
    [
        ("binance-um", "BTCUSDT", "BTCUSDT-PERP.BINANCE-15-MINUTE-LAST-EXTERNAL"),
        ("binance-um", DATED, f"{DATED}.BINANCE-15-MINUTE-LAST-EXTERNAL"),
        ("binance-coinm", "BTCUSD_PERP", "BTCUSD-PERP.BINANCE-15-MINUTE-LAST-EXTERNAL"),
        ("binance-spot", "BTCUSDT", "BTCUSDT.BINANCE-15-MINUTE-LAST-EXTERNAL"),
        ("okx-swap", "BTC-USDT-SWAP", "BTC-USDT-SWAP.OKX-15-MINUTE-LAST-EXTERNAL"),
        ("kraken", "BTC/USD", "BTC/USD.KRAKEN-15-MINUTE-LAST-EXTERNAL"),
        ("hyperliquid", "BTC", "BTC-USD-PERP.HYPERLIQUID-15-MINUTE-LAST-EXTERNAL"),
    ],
)
def test_nautilus_names_instruments_as_its_adapters_do(venue: str, symbol: str, name: str) -> None:
    series = Series(symbol, Period.M15, Precision(), venue)
    assert nautilus.bar_type(series) == name
    assert nautilus.file_name(series).parent.as_posix() == f"data/bar/{name.replace('/', '')}"
    assert nautilus.bar_type(series._replace(period=Period.MO1)).endswith("-1-MONTH-LAST-EXTERNAL")
    assert "three days" in str(nautilus.fault_of(series._replace(period=Period.D3)))
    assert "Nobody said" in str(nautilus.fault_of(series._replace(venue="")))


async def test_nautilus_finds_whole_numbers_in_sixteen_bytes(store: Store, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    await written(store, "nautilus", tmp_path / "catalog", symbols=("BTCUSDT",))
    (name,) = files(tmp_path / "catalog")
    assert name == f"{HOURLY}/2024-08-08T01-00-00-000000000Z_2024-08-08T02-00-00-000000000Z.parquet"
    table = pq.read_table(tmp_path / "catalog" / name, partitioning=None)
    assert [(field.name, str(field.type), field.nullable) for field in table.schema] == [
        *((name, "fixed_size_binary[16]", False) for name in ("open", "high", "low", "close", "volume")),
        ("ts_event", "uint64", False),
        ("ts_init", "uint64", False),
    ]
    assert table.schema.metadata == {
        b"bar_type": b"BTCUSDT-PERP.BINANCE-1-HOUR-LAST-EXTERNAL",
        b"instrument_id": b"BTCUSDT-PERP.BINANCE",
        b"price_precision": b"2",  # the listing says one decimal, and the bars have two
        b"size_precision": b"3",
    }
    wanted = await ended(store)
    for column, as_decimal in (("open", price_as_decimal), ("high", price_as_decimal), ("volume", quantity_as_decimal)):
        raw = [Decimal(int.from_bytes(data, "little")) / 10**16 for data in table.column(column).to_pylist()]
        assert raw == [as_decimal(getattr(one, column)) for one in wanted]
    over = [one.end_ms * 1_000_000 for one in wanted]
    assert table.column("ts_event").to_pylist() == table.column("ts_init").to_pylist() == over


async def test_a_catalog_has_each_time_once(store: Store, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    folder = tmp_path / "catalog"
    chosen = {"symbols": ("BTCUSDT",), "periods": (Period.M1,)}
    await written(store, "nautilus", folder, to_ms=START + HOUR, **chosen)
    (first,) = files(folder)
    await written(store, "nautilus", folder, from_ms=START + HOUR, **chosen)
    both = files(folder)
    assert len(both) == 2
    with pytest.raises(ExportError, match="holds bars of the same time already"):
        await written(store, "nautilus", folder, from_ms=START + HOUR - MINUTE, **chosen)
    assert files(folder) == both
    await written(store, "nautilus", folder, to_ms=START + HOUR, **chosen)  # the same again takes its place
    assert files(folder) == both
    outcome = await written(store, "nautilus", folder, from_ms=START + 5 * HOUR, **chosen)
    assert (files(folder), outcome.paths) == (both, [])
    assert first in both


async def test_what_nautilus_cannot_hold_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    async with await Store.open(tmp_path / "a.db", market="binance-spot") as store:
        await store.add_confirmed([bar(volume="34028236692094")])
        with pytest.raises(ExportError, match="volume is more than 34,028,236,692,093"):
            await written(store, "nautilus", tmp_path / "catalog", periods=(Period.M1,))
    assert not (tmp_path / "catalog").exists()


async def test_without_pyarrow_a_catalog_is_refused_with_a_sentence(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r"klagg-tui\[parquet\]"):
        await written(store, "nautilus", tmp_path / "catalog")
    assert not (tmp_path / "catalog").exists()


async def test_a_period_that_is_made_ends_with_its_last_whole_bar(store: Store, tmp_path: Path) -> None:
    outcome = await written(
        store, "backtesting", tmp_path / "csv", periods=(Period.H4,), is_resampled=True, symbols=("BTCUSDT",)
    )
    assert (outcome.bars, NAMES) == (0, ("backtesting", "freqtrade", "nautilus"))
    outcome = await written(
        store, "backtesting", tmp_path / "csv", periods=(Period.H2,), is_resampled=True, symbols=("BTCUSDT",)
    )
    assert outcome.bars == 1
