"""What is told beside trades, in every format: exact, unknown where it is, and no half file."""

from __future__ import annotations

import asyncio
import io
from decimal import Decimal
from pathlib import Path

import orjson
import polars as pl
import pytest

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.derivatives import DerivativeMinute, rate
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.errors import ExportError
from klagg_tui.exporting.derivatives import Written, export_derivatives
from klagg_tui.exporting.formats import NAMES, load
from klagg_tui.exporting.output import Target
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, SYMBOL
from tests.shell import Klagg

OTHER = "ETHUSDT"
FULL = DerivativeMinute(
    SYMBOL,
    START,
    price("61800.5"),
    price("61790"),
    rate("-0.0001"),
    START + MINUTE,
    28_800_000,
    quantity("12.5"),
    quantity("0.5"),
    turnover("30900.25"),
    2,
    0,
    0,
    0,
)
BLANK = DerivativeMinute(OTHER, START + MINUTE)
HEAD = (
    "symbol,open_time,mark_price,index_price,funding_rate,next_funding_time,funding_interval_ms,open_interest,long_liquidated_volume,"
    "long_liquidated_quote_volume,long_liquidations,short_liquidated_volume,short_liquidated_quote_volume,short_liquidations\n"
)
LINE = f"BTCUSDT,{START},61800.5,61790,-0.0001,{START + MINUTE},28800000,12.5,0.5,30900.25,2,0,0,0\n"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    async def fill() -> None:
        async with await Store.open(tmp_path / "a.db", market="binance-um") as store:
            await store.write(Changes(), [FULL, BLANK])

    asyncio.run(fill())
    return tmp_path / "a.db"


def exported(database: Path, target: Target, form: str = "csv", *symbols: str, **options: object) -> Written:
    async def work() -> Written:
        async with await Store.open(database, read_only=True) as store:
            return await export_derivatives(store, symbols or ("*",), target, load(form), **options)  # type: ignore[arg-type]

    return asyncio.run(work())


def test_csv_has_a_line_a_minute_and_empty_cells(database: Path, tmp_path: Path) -> None:
    target = tmp_path / "told.csv"
    assert exported(database, target) == Written(2, target)
    assert target.read_text() == f"{HEAD}{LINE}ETHUSDT,{START + MINUTE}{',' * 12}\n"
    exported(database, target, "csv", "btc*", with_venue=True)
    assert target.read_text() == f"venue,{HEAD}binance-um,{LINE}"


def test_json_lines_have_texts_and_null(database: Path) -> None:
    pipe = io.BytesIO()
    assert exported(database, pipe, "jsonl") == Written(2)
    first, second = map(orjson.loads, pipe.getvalue().splitlines())
    assert list(first) == HEAD.strip().split(",")
    assert (first["funding_rate"], first["open_time"], first["long_liquidations"]) == ("-0.0001", START, 2)
    assert set(list(second.values())[2:]) == {None}


def test_parquet_has_decimals_times_and_null(database: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    exported(database, tmp_path / "told.parquet", "parquet", with_venue=True)
    first, second = parquet.read_table(tmp_path / "told.parquet").to_pylist()
    assert (first["venue"], first["symbol"], first["funding_rate"]) == ("binance-um", SYMBOL, Decimal("-0.0001"))
    assert first["next_funding_time"].timestamp() * 1000 == START + MINUTE
    assert (second["mark_price"], second["short_liquidations"]) == (None, None)


def test_a_value_that_parquet_cannot_hold_is_refused_and_nothing_is_left(database: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")

    async def fill() -> None:
        async with await Store.open(database) as store:
            await store.write(Changes(), [BLANK._replace(long_turnover=10**39)])

    asyncio.run(fill())
    with pytest.raises(ExportError, match="more than 38 digits"):
        exported(database, tmp_path / "told.parquet", "parquet")
    assert not [file for file in tmp_path.iterdir() if "told" in file.name]


def test_only_the_time_that_is_asked_for_comes(database: Path) -> None:
    pipe = io.BytesIO()
    assert exported(database, pipe, from_ms=START + 1, to_ms=START + 2 * MINUTE).rows == 1
    assert exported(database, pipe, to_ms=START).rows == 0


def test_what_is_stopped_or_cannot_be_written_leaves_nothing(database: Path, tmp_path: Path) -> None:
    target = tmp_path / "told.csv"
    assert exported(database, target, should_stop=lambda: True) == Written(0, is_stopped=True)
    assert exported(database, io.BytesIO(), should_stop=lambda: True).is_stopped
    with pytest.raises(ExportError, match="is a folder"):
        exported(database, tmp_path)
    with pytest.raises(ExportError, match="is a SQLite database"):
        exported(database, database)
    with pytest.raises(ExportError, match="NOBODY"):
        exported(database, target, "csv", "NOBODY")
    assert not target.exists()


class Refusing(io.BytesIO):
    """A pipe that goes wrong."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self._error = error

    def write(self, _: object) -> int:
        raise self._error


def test_a_reader_that_goes_away_is_no_error_and_a_full_disk_is(database: Path) -> None:
    assert exported(database, Refusing(BrokenPipeError())).is_cut
    with pytest.raises(ExportError, match="No space left"):
        exported(database, Refusing(OSError(28, "No space left on device")))


@pytest.mark.parametrize("form", NAMES)
def test_every_format_can_be_written(database: Path, tmp_path: Path, form: str) -> None:
    assert exported(database, tmp_path / "told", form).rows == 2
    pipe = io.BytesIO()
    assert exported(database, pipe, form).rows == 2
    assert pipe.getvalue()
    assert exported(database, Refusing(BrokenPipeError()), form).is_cut
    with pytest.raises(ExportError, match="No space left"):
        exported(database, Refusing(OSError(28, "No space left on device")), form)
    assert exported(database, tmp_path / "more", form, should_stop=lambda: True).is_stopped
    assert not (tmp_path / "more").exists()


def test_arrow_says_the_same_as_parquet_in_a_file_and_in_a_pipe(database: Path, tmp_path: Path) -> None:
    exported(database, tmp_path / "told.parquet", "parquet", with_venue=True)
    wanted = pl.read_parquet(tmp_path / "told.parquet").rows()
    exported(database, tmp_path / "told.arrow", "arrow", with_venue=True)
    pipe = io.BytesIO()
    exported(database, pipe, "arrow", with_venue=True)
    pipe.seek(0)
    assert pl.read_ipc(tmp_path / "told.arrow").rows() == pl.read_ipc_stream(pipe).rows() == wanted
    assert len(wanted) == 2


def test_the_command_says_what_it_wrote(database: Path, klagg: Klagg) -> None:
    said = klagg("export", "--db", str(database), "--what", "derivatives", "-s", "btcusdt", "-o", "told.csv")
    assert (said.status, said.err) == (0, "1 minute in told.csv.\n")
    assert klagg("export", "--db", str(database), "--what", "derivatives", "-s", SYMBOL).out == HEAD + LINE
    said = klagg("export", "--db", str(database), "--what", "derivatives", "--from", "now")
    assert "Nothing is stored" in said.err
    said = klagg("export", "--db", str(database), "--what", "derivatives", "--period", "5m")
    assert said.status
    assert "--period" in said.err
