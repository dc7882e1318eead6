"""Frames of pandas, Polars and pyarrow: that they say what the bars say, of one symbol or many."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from klagg_tui import api
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.parsing import price
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.errors import BadPeriod, BadSymbol, ExportError
from klagg_tui.evidence import Evidence
from klagg_tui.exporting import arrow, row
from klagg_tui.storage.store import Store
from tests.makers import HOUR, MINUTE, START, bar, bars
from tests.test_columnar import interrupted

VALUES = ("open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume")
COLUMNS = [column.name for column in (*row.SERIES, *row.BAR, row.STATE)]
FORMING_MS = START + 120 * MINUTE
NO_SUMS = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER


async def fill(path: Path) -> None:
    odd = bar(START + 30 * MINUTE, "0.1", "0.30000000004", "0.1", "0.3", "0.70000001", symbol="ETHUSDT")
    async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
        await store.add_confirmed([*bars(120), *bars(30, symbol="ETHUSDT"), odd])
        forming = bar(FORMING_MS, "5", state=State.FORMING)
        partial = bar(START + 60 * MINUTE, "7", period=Period.H1, state=State.PARTIAL, symbol="ETHUSDT")
        await store.write(Changes((forming, partial)))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[api.Database]:
    asyncio.run(fill(tmp_path / "klagg.db"))
    with api.open_database(tmp_path / "klagg.db") as opened:
        yield opened


def written(tmp_path: Path, made: list[Bar], markets: tuple[str, ...] = ()) -> api.Database:
    async def fill() -> None:
        async with await Store.open(tmp_path / "a.db", markets=markets) as store:
            await store.add_confirmed(made)

    asyncio.run(fill())
    return api.open_database(tmp_path / "a.db")


def ended(database: api.Database, symbol: str, period: str = "1m") -> list[api.Bar]:
    return [bar for bar in database.bars(symbol, period) if bar.state is not State.FORMING]


def test_a_frame_of_polars_says_what_the_bars_say(database: api.Database) -> None:
    for symbol in ("BTCUSDT", "ETHUSDT"):
        wanted = ended(database, symbol)
        exact = database.polars(symbol, numbers="exact")
        assert exact.columns == COLUMNS
        assert [tuple(found[name] for name in VALUES) for found in exact.rows(named=True)] == [
            tuple(getattr(bar, name) for name in VALUES) for bar in wanted
        ]
        assert exact.schema["close"] == pl.Decimal(38, 12)
        floats = database.polars(symbol)
        assert floats.schema["close"] == pl.Float64
        for name in VALUES:
            assert floats[name].to_list() == [float(getattr(bar, name)) for bar in wanted]
        for name in ("symbol", "period", "open_time", "close_time", "count"):
            assert exact[name].to_list() == floats[name].to_list() == [getattr(bar, name) for bar in wanted]
        assert exact["state"].to_list() == [bar.state.label for bar in wanted]


def test_a_frame_of_pandas_has_the_open_times_in_utc_as_its_index(database: api.Database) -> None:
    pandas = pytest.importorskip("pandas")
    frame = database.frame("BTCUSDT", "5m")
    polars = database.polars("BTCUSDT", "5m")
    assert isinstance(frame.index, pandas.DatetimeIndex)
    assert str(frame.index.tz) == "UTC"
    assert frame.index.name == "open_time"
    assert [time.to_pydatetime() for time in frame.index] == polars["open_time"].to_list()
    assert list(frame.columns) == [name for name in COLUMNS if name != "open_time"]
    for name in frame.columns:
        assert frame[name].tolist() == polars[name].to_list()
    assert {name: str(frame.dtypes[name]) for name in ("close", "count", "symbol")} == {
        "close": "float64",
        "count": "int64",
        "symbol": "category",
    }
    exact = database.frame("BTCUSDT", "5m", numbers="exact", last=1)
    assert exact["close"].tolist() == [Decimal(102)]
    assert frame.loc["2024-08-08 00:10"].close == polars["close"][2]


def test_a_table_of_arrow_has_the_types_of_parquet_files(database: api.Database) -> None:
    pytest.importorskip("pyarrow")
    exact = database.arrow("BTCUSDT", numbers="exact")
    assert exact.schema.equals(arrow.schema())
    assert exact.to_pylist() == database.polars("BTCUSDT", numbers="exact").to_dicts()
    floats = database.arrow("BTCUSDT", columns=["close", "open_time"])
    assert [(field.name, str(field.type)) for field in floats.schema] == [
        ("open_time", "timestamp[ms, tz=UTC]"),
        ("close", "double"),
    ]


def test_bars_that_are_not_over_come_only_when_asked_for(database: api.Database) -> None:
    opened = datetime(2024, 8, 8, 2, tzinfo=UTC)
    assert database.polars("BTCUSDT")["open_time"].to_list()[-1] < opened
    assert database.polars("BTCUSDT", last=1)["open_time"].to_list()[0] < opened
    newest = database.polars("BTCUSDT", closed=False, last=1).row(0, named=True)
    assert (newest["open_time"], newest["state"], newest["open"]) == (opened, "forming", 5.0)
    # One with missing trades is partial before it is over, and no more a bar to reckon with.
    assert database.polars("ETHUSDT", "1h")["open"].to_list() == [100.1]
    assert database.polars("ETHUSDT", "1h", closed=False)["open"].to_list() == [100.1, 7.0]
    assert database.polars("ETHUSDT", "1h", last=1)["open"].to_list() == [100.1]


def test_many_symbols_lie_below_each_other(database: api.Database) -> None:
    everything = database.polars(period="1h")
    assert everything.select("symbol", "open_time").rows() == [
        ("BTCUSDT", datetime(2024, 8, 8, 0, tzinfo=UTC)),
        ("BTCUSDT", datetime(2024, 8, 8, 1, tzinfo=UTC)),
        ("ETHUSDT", datetime(2024, 8, 8, 0, tzinfo=UTC)),
    ]
    for same in (["btcusdt", "ETHUSDT"], "*USDT", ["BTC*", "ETH*"]):
        assert database.polars(same, "1h").equals(everything)
    assert database.polars("*", "1h", last=1)["symbol"].to_list() == ["BTCUSDT", "ETHUSDT"]
    some = database.polars("*", "1m", "2024-08-08T00:05", START + 7 * MINUTE, states=(State.CONFIRMED,))
    assert some["open_time"].dt.minute().to_list() == [5, 6, 5, 6]
    assert database.polars("*", "1m", states=(State.CLOSED,)).height == 0


def test_many_symbols_lie_side_by_side(database: api.Database) -> None:
    pytest.importorskip("pandas")
    wide = database.polars("*", "1h", columns=["close", "count"], wide=True)
    assert wide.columns == ["open_time", "close_BTCUSDT", "close_ETHUSDT", "count_BTCUSDT", "count_ETHUSDT"]
    assert wide.drop("open_time").rows() == [(111.0, 0.3, 1950, 526), (102.0, None, 5550, None)]
    frame = database.frame("*", "1h", wide=True)
    assert list(frame["close"].columns) == ["BTCUSDT", "ETHUSDT"]
    assert frame["close"]["BTCUSDT"].tolist() == [111.0, 102.0]
    assert frame["close"]["ETHUSDT"].isna().tolist() == [False, True]
    assert list(dict.fromkeys(frame.columns.get_level_values(0))) == [*COLUMNS[3:8], *COLUMNS[9:]]
    exact = database.arrow("ETHUSDT", "1m", wide=True, numbers="exact")
    assert exact.column("close_ETHUSDT").to_pylist() == [bar.close for bar in ended(database, "ETHUSDT")]
    nothing = database.frame("*", "1h", "2030-01", wide=True)
    assert (len(nothing), list(nothing["open"].columns)) == (0, ["BTCUSDT", "ETHUSDT"])
    with pytest.raises(ExportError, match="name one that bars differ in"):
        database.polars("*", wide=True, columns=["symbol", "close_time"])


def test_several_exchanges_and_what_is_unknown(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    candle = bar(symbol="okx-swap:BTC-USDT-SWAP", turnover_text="0", trade_count=0)._replace(evidence=NO_SUMS)
    with written(tmp_path, [bar(symbol="binance-um:BTCUSDT"), candle], ("binance-um", "okx-swap")) as database:
        frame = database.frame()
        assert list(frame.columns) == ["venue", *(name for name in COLUMNS if name != "open_time"), "witness"]
        assert frame[["venue", "symbol", "witness"]].to_numpy().tolist() == [
            ["binance-um", "BTCUSDT", "ids"],
            ["okx-swap", "BTC-USDT-SWAP", "candle"],
        ]
        assert frame["count"].isna().tolist() == frame["quote_volume"].isna().tolist() == [False, True]
        assert database.polars("okx:BTC*")["count"].to_list() == [None]
        wide = database.polars(columns=["open"], wide=True)
        assert wide.columns == ["open_time", "open_binance-um:BTCUSDT", "open_okx-swap:BTC-USDT-SWAP"]


def test_months_and_bars_beyond_the_usual_are_read_one_by_one(tmp_path: Path) -> None:
    huge = bar(START, "123456789012345.5", volume="9" * 14, turnover_text="1")
    with written(tmp_path, [huge, bar(START - 7 * 24 * HOUR, period=Period.MO1)]) as database:
        assert database.polars(numbers="exact")["volume"].to_list() == [Decimal("9" * 14)]
        (month,) = database.polars(period="1M").rows(named=True)
        assert month["close_time"] == datetime(2024, 8, 31, 23, 59, 59, 999_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ask", "error", "sentence"),
    [
        (lambda db: db.polars("BTCUDST"), BadSymbol, r"no bars of BTCUDST .* did you mean BTCUSDT"),
        (lambda db: db.frame(["BTCUSDT", "ETHUSDC"]), BadSymbol, r"ETHUSDC .* did you mean ETHUSDT"),
        (lambda db: db.arrow("SOL*"), BadSymbol, "SOL"),
        (lambda db: db.polars("BTCUSDT", "3h"), BadPeriod, "3h"),
        (lambda db: db.polars("BTCUSDT", "2h"), ExportError, "no 2h bars of BTCUSDT"),
        (
            lambda db: db.polars(["BTCUSDT", "XRPUSDT"], "1h"),
            ExportError,
            "no 1h bars of XRPUSDT in the database, only 1M",
        ),
        (lambda db: db.polars(columns=["clsoe"]), ExportError, "no column clsoe; did you mean close"),
        (lambda db: db.polars(columns=["xyz"]), ExportError, "there are venue, symbol"),
        (lambda db: db.polars(numbers="double"), ExportError, "not 'double'"),
    ],
)
def test_what_there_is_not_is_said(
    tmp_path: Path, ask: Callable[[api.Database], object], error: type[Exception], sentence: str
) -> None:
    pytest.importorskip("pandas")
    month = bar(START - 7 * 24 * HOUR, period=Period.MO1, symbol="XRPUSDT")
    hours = [*bars(2, period=Period.H1), *bars(2, period=Period.H1, symbol="ETHUSDT")]
    stored = [*bars(3), *bars(3, symbol="ETHUSDT"), *hours, month]
    with written(tmp_path, stored) as database, pytest.raises(error, match=sentence):
        ask(database)


@pytest.mark.parametrize(("missing", "extra"), [("pandas", "notebook"), ("pyarrow", "notebook")])
def test_without_the_library_the_sentence_says_how_to_get_it(
    database: api.Database, monkeypatch: pytest.MonkeyPatch, missing: str, extra: str
) -> None:
    pytest.importorskip("pandas")
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ExportError, match=rf"needs {missing}, .*klagg-tui\[{extra}\]"):
        database.frame()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r"klagg-tui\[parquet\]"):
        database.arrow()
    assert database.polars().height > 100


def test_ctrl_c_stays_what_it_was(database: api.Database) -> None:
    ask = f"from klagg_tui import api\napi.open_database({str(database.path)!r}).polars()\nimport polars as pl"
    assert interrupted(ask) == (60, 0)


def test_a_price_that_no_float_holds_is_the_nearest_one(tmp_path: Path) -> None:
    odd = bar(START, "0.123456789012", volume="12345678.12345678")
    with written(tmp_path, [odd]) as database:
        assert database.polars()["open"].to_list() == [float(Decimal("0.123456789012"))]
        assert database.polars(numbers="exact")["open"].to_list() == [Decimal("0.123456789012")]
        assert price("0.123456789012") == 123456789012
