"""Files of columns: the fast way out of the database equals the slow one, bar by bar, to the letter; and what goes wrong."""

from __future__ import annotations

import asyncio
import io
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.errors import ExportError, StorageError
from klagg_tui.evidence import Evidence
from klagg_tui.exporting import arrow, row
from klagg_tui.exporting.exporter import export
from klagg_tui.exporting.format import Format, Holds
from klagg_tui.exporting.formats import load
from klagg_tui.exporting.frames import Layout, frame_of
from klagg_tui.exporting.scaled import FramePage, reading_of
from klagg_tui.exporting.selection import Selection
from klagg_tui.exporting.series import Series
from klagg_tui.exporting.sinks import GROUP_ROWS, Sink, StreamSink, arrow_sink, parquet_sink
from klagg_tui.storage import mantissas
from klagg_tui.storage.store import Store
from tests.exporting.rows import BARS, usual_bars
from tests.makers import START, SYMBOL, bar

COLUMNS = [load("parquet"), load("arrow")]
EVIDENCE = st.integers(0, 31)
CHOSEN = st.none() | st.frozensets(st.sampled_from([column.name for column in row.BAR])).map(
    lambda names: names | {"open_time", "state"}
)


def read(data: bytes) -> pl.DataFrame:
    """A file or stream of either format."""
    if data[:4] == b"PAR1":
        return pl.read_parquet(io.BytesIO(data))
    return pl.read_ipc(io.BytesIO(data)) if data[:6] == b"ARROW1" else pl.read_ipc_stream(io.BytesIO(data))


def law(bars: list[Bar], layout: Layout) -> list[dict[str, Any]]:
    """The rows that pyarrow makes of the bars, one by one; floats the nearest ones of its decimals."""
    venue = layout.with_venue
    rows: list[dict[str, Any]] = arrow.table(
        bars, with_series=layout.with_series, with_venue=venue, with_witness=layout.with_witness
    ).to_pylist()
    if layout.chosen is not None:
        rows = [{name: value for name, value in row.items() if name in layout.chosen} for row in rows]
    if layout.in_floats:
        rows = [
            {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()} for row in rows
        ]
    return rows


@st.composite
def stored_bars(draw: st.DrawFn) -> list[Bar]:
    """Bars of all states and kinds of evidence, now with few decimals, now with all, now beyond 63 bits."""
    count = draw(st.integers(1, 12))
    minutes = draw(st.lists(st.integers(0, 40), min_size=count, max_size=count, unique=True))
    found = []
    for minute in sorted(minutes):
        one: Bar = draw(usual_bars() if draw(st.booleans()) else BARS)
        lacks = draw(EVIDENCE)
        blank = {
            name: 0
            for name, bit in (
                ("turnover", Evidence.NO_TURNOVER),
                ("trade_count", Evidence.NO_COUNT),
                ("taker_buy_volume", Evidence.NO_TAKER_VOLUME),
                ("taker_buy_turnover", Evidence.NO_TAKER_TURNOVER),
            )
            if lacks & bit
        }
        state = draw(st.sampled_from([State.PARTIAL, State.CLOSED, State.CONFIRMED]))
        made = one._replace(symbol=SYMBOL, period=Period.M1, open_ms=START + minute * MINUTE_MS, state=state)
        found.append(made._replace(evidence=lacks, **blank))  # type: ignore[arg-type]
    return found


async def _both(path: Path, bars: list[Bar], layout: Layout) -> tuple[list[dict[str, Any]], list[Bar], int]:
    """The rows of the fast way, the bars of the slow one, and how many pages came fast."""
    series = Series(SYMBOL, Period.M1, Precision(), "binance-um" if layout.with_venue else "")
    async with await Store.open(path, periods=(Period.M1,)) as store:
        await store.write(Changes(ended=tuple(bars)))
        found: list[dict[str, Any]] = []
        fast = 0
        async for page in store.mantissas(SYMBOL, Period.M1, reading_of(series, layout)):
            fast += isinstance(page, FramePage)
            frame = page.frame if isinstance(page, FramePage) else frame_of(page, series, layout)
            assert frame.schema == layout.schema
            found += frame.to_dicts()
        return found, [one async for one in store.bars(SYMBOL, Period.M1)], fast


@settings(max_examples=60, deadline=None)
@given(
    bars=stored_bars(),
    layout=st.builds(Layout, st.booleans(), st.booleans(), st.booleans(), st.booleans(), CHOSEN),
    at_once=st.integers(1, 9),
)
def test_the_fast_way_says_what_the_slow_one_says(bars: list[Bar], layout: Layout, at_once: int) -> None:
    bars = [one if max(one[3:9]) < 10**38 else one._replace(turnover=7, taker_buy_turnover=5) for one in bars]
    bars = [one if max(one[3:12]) < 10**38 else one._replace(taker_buy_turnover=5) for one in bars]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(mantissas, "_AT_ONCE", at_once)
        found, slow, _ = asyncio.run(_both(Path(folder, "a.db"), bars, layout))
    assert len(slow) == len(bars)
    if layout.with_venue:
        slow = [one._replace(symbol=f"binance-um:{SYMBOL}") for one in slow]
    assert found == law(slow, layout)


def test_usual_bars_come_fast_and_in_one_page(tmp_path: Path) -> None:
    bars = [
        bar(START + at * MINUTE_MS, f"{at}.5", state=state)._replace(evidence=lacks * (state is State.CONFIRMED))
        for at, (state, lacks) in enumerate(
            [(State.PARTIAL, 0), (State.CLOSED, 0), (State.CONFIRMED, 0), (State.CONFIRMED, 16), (State.CONFIRMED, 31)]
        )
    ]
    found: list[dict[str, Any]] = []
    for folder, layout in (("a", Layout()), ("b", Layout(with_witness=True, in_floats=True))):
        found, slow, fast = asyncio.run(_both(tmp_path / f"{folder}.db", bars, layout))
        assert fast == 1
        assert found == law(slow, layout)
    assert [row["witness"] for row in found] == [None, None, "ids", "candle", "candle"]
    assert found[1]["open"] == 1.5


@given(st.integers(0, 2**63 - 1), st.integers(0, 12))
@example(2**53 + 1, 12)
@example(3, 1)
def test_a_float_is_the_nearest_one(mantissa: int, decimals: int) -> None:
    units = mantissa * 10 ** (12 - decimals)
    page = mantissas.Mantissas([START // MINUTE_MS], [decimals << 8 | 2], ())
    columns = tuple([mantissa] if place < 4 else [0] for place in range(9))
    layout, series = Layout(in_floats=True), Series(SYMBOL, Period.M1, Precision())
    made = reading_of(series, layout)(page._replace(columns=columns))
    wanted = float(Decimal(units) / 10**12)
    assert made is None or made.frame["open"].to_list() == [wanted]
    assert made is not None or mantissa >= 2**53
    one = bar(START)._replace(open=units, high=units, low=units, close=units)
    assert frame_of([one], series, layout)["open"].to_list() == [wanted]


@pytest.mark.parametrize("odd", [None, "12", 1.5, -1, 2**63 - 1])
def test_what_is_odd_is_looked_at_by_itself(odd: object) -> None:
    columns = tuple([1, odd] if place == 5 else [1, 1] for place in range(9))
    page = mantissas.Mantissas([1, 2], [2, 2], columns)
    assert reading_of(Series(SYMBOL, Period.M1, Precision()), Layout())(page) is None


@pytest.mark.parametrize("mark", [13 << 8 | 2, 9 << 12 | 2, 21 << 16 | 2, 1 << 21 | 2, 7, -1, None, "a"])
def test_a_row_of_unknown_kind_is_looked_at_by_itself(mark: object) -> None:
    page = mantissas.Mantissas([1], [mark], tuple([1] for _ in range(9)))
    assert reading_of(Series(SYMBOL, Period.M1, Precision()), Layout())(page) is None


def assert_nothing_left(folder: Path) -> None:
    assert not [file for file in folder.iterdir() if "out" in file.name]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db", periods=(Period.M1, Period.M5)) as opened:
        minutes = [bar(START + at * MINUTE_MS, f"{at + 1}.5", symbol=SYMBOL) for at in range(50)]
        current = bar(START + 50 * MINUTE_MS, "7", symbol=SYMBOL, state=State.FORMING)
        await opened.write(Changes(current=(current,), ended=tuple(minutes)))
        yield opened


async def written(store: Store, form: Format, **chosen: Any) -> pl.DataFrame:
    pipe = io.BytesIO()
    await export(store, Selection((SYMBOL,), **chosen), pipe, form)
    return read(pipe.getvalue())


@pytest.mark.parametrize("form", COLUMNS, ids=lambda form: form.name)
async def test_states_and_times_are_chosen_and_the_current_bar_is_the_last(store: Store, form: Format) -> None:
    slow = [one async for one in store.bars(SYMBOL, Period.M1)]
    assert (await written(store, form)).to_dicts() == law(slow, Layout())
    assert slow[-1].state is State.FORMING
    closed = frozenset({State.CLOSED})
    assert (await written(store, form, states=closed)).to_dicts() == law(slow[:-1], Layout())
    part = await written(store, form, from_ms=START + 3 * MINUTE_MS, to_ms=START + 5 * MINUTE_MS)
    assert part.to_dicts() == law(slow[3:5], Layout())
    high = await written(store, form, keep=lambda one: one.open > slow[45].open)
    assert high.to_dicts() == law([one for one in slow if one.open > slow[45].open], Layout())
    assert (await written(store, form, states=frozenset({State.PARTIAL}))).rows() == []
    floats = await written(store, form, in_floats=True, periods=(Period.M5,), is_resampled=True)
    assert floats.schema == Layout(in_floats=True).schema
    assert floats["open"].to_list()[:2] == [1.5, 6.5]


async def test_an_arrow_file_is_of_the_file_form_and_a_folder_has_one_each(store: Store, tmp_path: Path) -> None:
    form = load("arrow")
    await export(store, Selection((SYMBOL,)), tmp_path / "a.arrow", form)
    assert (tmp_path / "a.arrow").read_bytes().startswith(b"ARROW1")
    await export(store, Selection((SYMBOL,)), tmp_path / "all", form, is_split=True)
    part = pl.read_ipc(tmp_path / "all" / f"symbol={SYMBOL}" / "period=1m" / "bars.arrow")
    assert part.rows() == pl.read_ipc(tmp_path / "a.arrow").drop("symbol", "period").rows()
    packed = tmp_path / "a.arrow.gz"
    await export(store, Selection((SYMBOL,)), packed, form)
    assert packed.read_bytes().startswith(b"\x1f\x8b")


async def test_what_a_row_cannot_be_is_told_as_damage_and_no_file_is_left(store: Store, tmp_path: Path) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as damaging:
        damaging.execute("UPDATE history SET open = 'abc' WHERE minute = ?", (START // MINUTE_MS + 5,))
    for form in COLUMNS:
        with pytest.raises(StorageError, match="damaged"):
            await export(store, Selection((SYMBOL,)), tmp_path / "out", form)
    assert_nothing_left(tmp_path)
    assert not [thread for thread in threading.enumerate() if thread.name == "klagg-sink"]


class Refusing(io.RawIOBase):
    """A stream that takes so many bytes."""

    def __init__(self, room: int, error: OSError) -> None:
        self.room = room
        self._error = error

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise self._error
        return len(data)


@pytest.mark.parametrize("form", COLUMNS, ids=lambda form: form.name)
@pytest.mark.parametrize("room", [0, 1_000])
async def test_a_full_disk_and_a_reader_that_goes_away(store: Store, form: Format, room: int) -> None:
    full: Any = Refusing(room, OSError(28, "No space left on device"))
    with pytest.raises(ExportError, match="No space left"):
        await export(store, Selection((SYMBOL,)), full, form)
    gone: Any = Refusing(room, BrokenPipeError(32, "Broken pipe"))
    assert (await export(store, Selection((SYMBOL,)), gone, form)).is_cut
    assert not [thread for thread in threading.enumerate() if thread.name == "klagg-sink"]


@pytest.mark.parametrize("form", COLUMNS, ids=lambda form: form.name)
async def test_asked_to_stop_no_file_is_left(store: Store, tmp_path: Path, form: Format) -> None:
    outcome = await export(store, Selection((SYMBOL,)), tmp_path / "out", form, should_stop=lambda: True)
    assert outcome.is_stopped
    assert_nothing_left(tmp_path)


@pytest.mark.parametrize("kind", [parquet_sink, arrow_sink, StreamSink])
def test_many_groups_keep_their_order_and_nothing_is_a_file_too(kind: Any) -> None:
    schema = pl.Schema({"symbol": pl.Categorical(), "number": pl.Int64()})
    file = io.BytesIO()
    kind(file, schema).close()
    assert (read(file.getvalue()).schema, read(file.getvalue()).height) == (schema, 0)
    file = io.BytesIO()
    sink: Sink = kind(file, schema)
    for part in range(4):
        numbers = pl.int_range(part * GROUP_ROWS, (part + 1) * GROUP_ROWS, eager=True)
        names = pl.Series([f"S{part}"], dtype=pl.Categorical()).new_from_index(0, GROUP_ROWS)
        sink.write(pl.DataFrame([names.alias("symbol"), numbers.alias("number")]))
    sink.close()
    found = read(file.getvalue())
    assert found["number"].to_list() == list(range(4 * GROUP_ROWS))
    assert found["symbol"].cast(pl.String).to_list()[::GROUP_ROWS] == ["S0", "S1", "S2", "S3"]
    sink = kind(io.BytesIO(), schema)
    sink.discard()
    sink.discard()


async def test_rows_are_packed_by_groups_also_across_series(tmp_path: Path) -> None:
    from klagg_tui.exporting.formats.parquet import open_writer

    file = io.BytesIO()
    writer = open_writer(file, Holds.ONE_SERIES)
    writer.begin(Series(SYMBOL, Period.M1, Precision()))
    page = frame_of([bar(START)], Series(SYMBOL, Period.M1, Precision()), writer.layout)
    for _ in range(3):
        writer.write_frame(page.select(pl.all().repeat_by(30_000).explode()))
    writer.close()
    file.seek(0)
    from pyarrow import parquet

    told = parquet.ParquetFile(file).metadata
    assert [told.row_group(place).num_rows for place in range(told.num_row_groups)] == [GROUP_ROWS, 90_000 - GROUP_ROWS]


async def test_a_value_beyond_what_columns_hold_is_refused(store: Store, tmp_path: Path) -> None:
    await store.write(Changes(ended=(bar(START + 60 * MINUTE_MS, symbol=SYMBOL)._replace(turnover=10**39),)))
    for form in COLUMNS:
        with pytest.raises(ExportError, match="38 digits"):
            await export(store, Selection((SYMBOL,)), tmp_path / "out", form)
        floats = await written(store, form, in_floats=True)
        assert max(floats["quote_volume"].to_list()) == 1e19
    assert_nothing_left(tmp_path)
