"""The law of reading by columns: what comes of an archive is what comes of its rows one by one, to the letter."""

from __future__ import annotations

import asyncio
import gzip
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klagg_tui.engine.period import Period
from klagg_tui.importing import importer, look, mixing, outliers, write
from klagg_tui.importing.columns import TradeColumns
from klagg_tui.importing.importer import import_files
from klagg_tui.importing.lines import raw_blocks
from klagg_tui.storage.store import Store
from tests.conftest import DATA, needs_data
from tests.importing.damaged import damaged
from tests.importing.test_importer import row
from tests.makers import DAY, HOUR, START, trades

NAME = "BTCUSDT-aggTrades-2024-08-08.csv"
SOON = START + 400 * DAY
HEADER = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
MADE = [row(trade) for trade in trades(range(START + 5_000, START + 20 * HOUR, 40_000))]
"""About 80 kB of 1,800 rows."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Blocks so small that a file has many, and rows held back so few that the next block lets them go."""
    monkeypatch.setattr("klagg_tui.importing.read.raw_blocks", lambda path: raw_blocks(path, 2_000))
    monkeypatch.setattr(outliers, "HELD_BACK", 15)
    monkeypatch.setattr(mixing, "HELD_BACK", 15)
    monkeypatch.setattr(write, "COMMIT_EVERY", 300)
    return iter((None,))


async def _imported(paths: Sequence[Path], *, by_columns: bool) -> tuple[Any, ...]:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        if not by_columns:
            patch.setattr(importer, "can_be_mixed", lambda _file: False)
        async with await Store.open(Path(folder) / "klagg.db") as store:
            outcome = await import_files(store, paths, symbol="BTCUSDT", now_ms=SOON)
            bars = [bar for period in (Period.M1, Period.H1, Period.D1) async for bar in store.bars("BTCUSDT", period)]
            told = asdict(outcome)
            tally = told.pop("tally")
            tally.pop("_seen")
            return bars, await store.spans("BTCUSDT"), told, tally, await store.precisions()


def same(paths: Sequence[Path]) -> tuple[Any, ...]:
    """What comes of the files, which is the same both ways."""
    slow = asyncio.run(_imported(paths, by_columns=False))
    fast = asyncio.run(_imported(paths, by_columns=True))
    for one, other in zip(fast, slow, strict=True):
        assert one == other
    return fast


def filed(folder: Path, lines: Sequence[str], name: str = NAME, end: str = "\n") -> Path:
    path = folder / name
    path.write_bytes(end.join([*lines, ""]).encode())
    return path


def test_a_whole_day_goes_by_columns_but_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = _counted(monkeypatch)
    same([filed(tmp_path, [HEADER, *MADE])])
    assert ways["columns"] > 30
    assert ways["rows"] == 0


def test_one_odd_row_costs_its_neighbours_no_more_than_their_speed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = _counted(monkeypatch)
    lines = list(MADE)
    lines[900] = "garbage"
    _, _, told, tally, _ = same([filed(tmp_path, lines)])
    assert (told["trades"], told["gaps"], tally["bad"]) == (len(MADE) - 1, 1, 1)
    assert tally["first_bad"] == [f"{NAME}, line 901: 1 columns instead of 7 or 8"]
    assert ways["rows"] <= 4
    assert ways["columns"] > 30


def _counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many blocks go which way."""
    ways: Counter[str] = Counter()
    by_columns, row_by_row = mixing.Mixed._by_columns, mixing.Mixed._row_by_row

    def fast(self: mixing.Mixed, at: int, columns: TradeColumns) -> mixing.ColumnBlock:
        ways["columns"] += 1
        return by_columns(self, at, columns)

    def slow(self: mixing.Mixed, at: int) -> Any:
        ways["rows"] += 1
        return row_by_row(self, at)

    monkeypatch.setattr(mixing.Mixed, "_by_columns", fast)
    monkeypatch.setattr(mixing.Mixed, "_row_by_row", slow)
    return ways


def _field(at: int, text: str) -> Callable[[str], str]:
    def change(line: str) -> str:
        fields = line.split(",")
        fields[at] = text
        return ",".join(fields)

    return change


def _moved(at: int, by: int) -> Callable[[str], str]:
    def change(line: str) -> str:
        fields = line.split(",")
        fields[at] = str(int(fields[at]) + by)
        return ",".join(fields)

    return change


ODD: dict[str, Callable[[str], str]] = {
    **{
        f"price {text}": _field(1, text)
        for text in (
            *("0", "-1", "", ".", "1e5", "1.123456789", "1.100000000", "007.5", "5.", ".5", "1.2.3", "nan", "9" * 18),
            *("9" * 19, "9" * 40, "0" * 30 + "7", "12345678901234567.12345678"),
        )
    },
    **{f"quantity {text}": _field(2, text) for text in ("0", "0.000000001", "9" * 18, "1" * 25, "1e3", "true", "1 ")},
    **{f"id {text}": _field(0, text) for text in ("7.0", "", "x", "-5", str(2**63), "0009", "1_0")},
    **{f"fills {text}": _field(3, text) for text in ("-1", "0", str(2**63), "1.5")},
    **{f"maker {text}": _field(6, text) for text in ("True", "FALSE", "tRue", "", "1", "false,true", "true,ture")},
    **{
        f"time {by}": _moved(5, by) for by in (1, -1, 30_000, -30_000, 90_000, -90_000, DAY, -DAY, 500 * DAY, -(10**12))
    },
    **{f"id by {by}": _moved(0, by) for by in (1, -1, 100, -100, 10**7, -(10**7))},
    **{f"last fill by {by}": _moved(4, by) for by in (-5, 10**6, 10**5)},
    "microseconds": lambda line: _field(5, line.split(",")[5] + "000")(line),
    "empty": lambda _line: "",
    "blanks": lambda line: line.replace(",", ", "),
    "quotes": lambda line: line.replace(",", '","'),
    "short": lambda line: line.rpartition(",")[0],
    "long": lambda line: f"{line},true,true",
    "twice": lambda line: f"{line}\n{line}",
    "header": lambda _line: HEADER,
    "placeholder": lambda line: ",".join((line.split(",")[0], "0", "0", "-1", "-1", *line.split(",")[5:])),
    "return": lambda line: f"{line}\r",
    "letters": lambda _line: "币",
    "gone": lambda _line: "GONE",
}


@pytest.mark.parametrize("odd", ODD)
def test_every_odd_row_comes_out_the_same(tmp_path: Path, odd: str) -> None:
    lines = list(MADE[:110])  # three blocks
    lines[55] = ODD[odd](lines[55])
    # No day in its name: the rest of one, which has no row, costs more than the rows.
    same([filed(tmp_path, [line for line in lines if line != "GONE"], "odd.csv")])


@pytest.mark.parametrize(
    "odd",
    [
        *("price 1e5", "price 1.123456789", "quantity 0", "id x", "id by 1", "fills -1", "maker true,ture"),
        *("time -1", "time 90000", f"time {-DAY}", "microseconds", "empty", "short", "long", "twice", "header"),
        *("placeholder", "gone"),
    ],
)
@pytest.mark.parametrize("at", [0, -1])
def test_odd_rows_at_the_edges_of_a_day_come_out_the_same(tmp_path: Path, odd: str, at: int) -> None:
    lines = list(MADE[:90])
    lines[at] = ODD[odd](lines[at])
    same([filed(tmp_path, [line for line in lines if line != "GONE"])])


@pytest.mark.soak
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("at", [0, 100, -1])
def test_every_odd_row_comes_out_the_same_wherever_in_a_day_it_stands(tmp_path: Path, odd: str, at: int) -> None:
    lines = list(MADE[:200])  # five blocks
    lines[at] = ODD[odd](lines[at])
    same([filed(tmp_path, [line for line in lines if line != "GONE"])])


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_damage_of_any_kind_and_place_comes_out_the_same(data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, 1_300))
    lines = list(MADE[begin : begin + data.draw(st.integers(1, 500))])
    lines = damaged(data, lines, ODD, HEADER)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("klagg_tui.importing.read.raw_blocks", lambda path: raw_blocks(path, 2_000))
        same([filed(Path(folder), [HEADER, *lines] if data.draw(st.booleans()) else lines)])


def test_spot_rows_microseconds_and_ends_of_windows_come_out_the_same(tmp_path: Path) -> None:
    spot = [f"{line},{best}" for line, best in zip(MADE, ["True", "False"] * len(MADE), strict=False)]
    same([filed(tmp_path, spot)])
    fields = [line.split(",") for line in MADE]
    same([filed(tmp_path, [",".join((*one[:5], f"{one[5]}123", "True")) for one in fields])])
    same([filed(tmp_path, MADE, end="\r\n")])


def test_several_files_packed_cut_and_in_any_order_come_out_the_same(tmp_path: Path) -> None:
    one, two = filed(tmp_path, MADE[:900], "a.csv"), filed(tmp_path, MADE[800:], "b.csv")
    same([one, two])
    same([two, one])
    packed = tmp_path / f"{NAME}.gz"
    packed.write_bytes(gzip.compress(one.read_bytes()))
    same([packed])
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(packed.read_bytes()[:-400])
    _, _, told, _, _ = same([cut])
    assert len(told["failures"]) == 1
    text = tmp_path / "text.csv"
    text.write_bytes(one.read_bytes()[:-20])
    same([text])


def test_another_contract_of_the_name_comes_out_the_same(tmp_path: Path) -> None:
    later = [row(trade) for trade in trades(range(START + 40 * DAY, START + 40 * DAY + HOUR, 20_000))]
    same([filed(tmp_path, [*MADE, *later], "both.csv")])
    rested = [row(trade) for trade in trades(range(START + 3 * DAY, START + 3 * DAY + HOUR, 20_000), len(MADE) + 1)]
    same([filed(tmp_path, [*MADE, *rested], "rested.csv")])


@needs_data
def test_recorded_trades_come_out_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("klagg_tui.importing.read.raw_blocks", lambda path: raw_blocks(path, 200_000))
    monkeypatch.setattr(write, "COMMIT_EVERY", 20_000)
    with gzip.open(DATA / "um-BTCUSDT-2024-08-08" / "aggTrade-derived.jsonl.gz", "rb") as file:
        events = [orjson.loads(line) for line in file]
    events = [event.get("data", event) for event in events]
    lines = [
        f"{one['a']},{one['p']},{one['q']},{one['f']},{one['l']},{one['T']},{str(one['m']).lower()}" for one in events
    ]
    ways = _counted(monkeypatch)
    bars, _, told, _, _ = same([filed(tmp_path, lines)])
    assert told["trades"] == len(lines)
    assert bars
    assert ways["columns"] > 5 * ways["rows"]


def test_a_file_that_is_changed_between_the_looks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filed(tmp_path, [*MADE[:300], "garbage", *MADE[300:]])

    def looked_then_cut(*arguments: Any) -> Any:
        found = yield from look.look_at(*arguments)
        path.write_text(f"{MADE[0]}\n")
        return found

    monkeypatch.setattr(importer, "look_at", looked_then_cut)
    told = asyncio.run(_imported([path], by_columns=True))[2]
    assert told["failures"] == [f"{path} was changed while it was read; import it again."]


async def test_progress_never_goes_back_and_a_wish_to_stop_is_heard(tmp_path: Path) -> None:
    path = filed(tmp_path, MADE)
    told: list[tuple[int, int]] = []
    async with await Store.open(tmp_path / "klagg.db") as store:
        outcome = await import_files(
            store,
            [path],
            on_progress=lambda come: told.append((come.done, come.rows)),
            should_stop=lambda: len(told) > 9,
        )
    assert outcome.is_stopped
    assert told == sorted(told)
    assert 0 < told[-1][0] < path.stat().st_size
