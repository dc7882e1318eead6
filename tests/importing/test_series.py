"""The law of klines by columns: what comes of an archive is what comes of its rows one by one, to the letter."""

from __future__ import annotations

import asyncio
import gzip
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import DAY_MS, MINUTE_MS, Period
from klagg_tui.exchange.binance.archive import KlineColumn, plain_lines
from klagg_tui.importing import bar_blocks, importer, read, write
from klagg_tui.importing.bars import BarReader
from klagg_tui.importing.importer import import_files
from klagg_tui.importing.kline_columns import columns_of_klines
from klagg_tui.importing.lines import RawBlock, raw_blocks
from klagg_tui.importing.tally import Tally
from klagg_tui.storage.store import Store
from tests.conftest import DATA, needs_data
from tests.importing.damaged import damaged
from tests.makers import bar

NAME = "BTCUSDT-1m-2024-08-08.csv"
HEADER = ",".join(KlineColumn)
START = 1_723_075_200_000
"""2024-08-08."""
SOON = START + 900 * DAY_MS
ALL = tuple(Period)
Seed = Callable[[Store], Any]


def made(count: int, period: Period = Period.M1, first_ms: int = START, quiet: float = 0.1) -> list[str]:
    """Rows as the exchange writes them, some of them without trades."""
    chance, price, rows = random.Random(count), 6_000_000, []
    for at in range(count):
        opened, close = price, price + chance.randint(-300, 300)
        high, low = max(opened, close) + chance.randint(0, 90), min(opened, close) - chance.randint(0, 90)
        volume = chance.randint(1, 900_000)
        bought = chance.randint(0, volume)
        paid = volume * low, bought * low
        fills = chance.randint(1, 5_000)
        if chance.random() < quiet:
            close = high = low = opened
            volume = bought = fills = 0
            paid = 0, 0
        price = close
        from_ms = first_ms + at * period.nominal_ms
        prices = ",".join(_text(one, 2) for one in (opened, high, low, close))
        to_ms = from_ms + period.nominal_ms - 1
        sums = f"{_text(paid[0], 5)},{fills},{_text(bought, 3)},{_text(paid[1], 5)}"
        rows.append(f"{from_ms},{prices},{_text(volume, 3)},{to_ms},{sums},0")
    return rows


def _text(amount: int, decimals: int) -> str:
    return f"{amount // 10**decimals}.{amount % 10**decimals:0{decimals}}"


MADE = made(1_700)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Blocks of some twenty rows, and stretches of some blocks."""
    monkeypatch.setattr(read, "raw_blocks", lambda path: raw_blocks(path, 2_000))
    monkeypatch.setattr(write, "LONGEST_STRETCH", 70)
    return iter((None,))


async def _imported(
    paths: Sequence[Path], *, by_columns: bool, seed: Seed | None, periods: tuple[Period, ...], market: str | None
) -> tuple[Any, ...]:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        if not by_columns:
            patch.setattr(bar_blocks, "can_be_series", lambda _file: False)
        async with await Store.open(Path(folder) / "klagg.db", periods=periods) as store:
            if seed:
                await seed(store)
            store.collect_news()
            told = [
                asdict(await import_files(store, [path], symbol="BTCUSDT", market=market, now_ms=SOON))
                for path in paths
            ]
            tallies = [one.pop("tally") for one in told]
            for tally in tallies:
                tally.pop("_seen")
            bars = [one for period in ALL async for one in store.bars("BTCUSDT", period, states=frozenset(State))]
            return bars, told, tallies, await store.precisions(), store.take_news()


def same(
    *paths: Path,
    seed: Seed | None = None,
    periods: tuple[Period, ...] = (Period.M1, Period.M5, Period.M30, Period.H4, Period.D1, Period.D3, Period.MO1),
    market: str | None = "um",
) -> tuple[Any, ...]:
    """What comes of files, imported one after the other, which is the same both ways."""
    slow = asyncio.run(_imported(paths, by_columns=False, seed=seed, periods=periods, market=market))
    fast = asyncio.run(_imported(paths, by_columns=True, seed=seed, periods=periods, market=market))
    for one, other in zip(fast, slow, strict=True):
        assert one == other
    return fast


def filed(folder: Path, lines: Sequence[str], name: str = NAME, end: str = "\n") -> Path:
    path = folder / name
    path.write_bytes(end.join([*lines, ""]).encode())
    return path


def _counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many bars go which way."""
    ways: Counter[str] = Counter()
    by_columns, row_by_row = write.SeriesWriter.write, write.write_confirmed

    async def fast(self: write.SeriesWriter, series: Any) -> None:
        ways["columns"] += series.count
        await by_columns(self, series)

    async def slow(shelf: Any, bars: list[Bar], outcome: Any) -> None:
        ways["rows"] += len(bars)
        await row_by_row(shelf, bars, outcome)

    monkeypatch.setattr(write.SeriesWriter, "write", fast)
    monkeypatch.setattr(importer, "write_confirmed", slow)
    return ways


def test_whole_days_go_by_columns_but_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filed(tmp_path, [HEADER, *MADE])
    same(path)
    ways = _counted(monkeypatch)
    asyncio.run(_imported([path], by_columns=True, seed=None, periods=ALL, market="um"))
    assert ways == {"columns": len(MADE)}


def test_one_odd_row_costs_its_block_its_speed_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = list(MADE)
    lines[900] = "garbage"
    path = filed(tmp_path, lines)
    _, (told,), (tally,), _, _ = same(path)
    assert (told["bars"], told["new"], tally["bad"]) == (len(MADE) - 1, len(MADE) - 1, 1)
    assert tally["first_bad"] == [f"{NAME}, line 901: 1 columns instead of 12"]
    ways = _counted(monkeypatch)
    asyncio.run(_imported([path], by_columns=True, seed=None, periods=ALL, market="um"))
    assert 0 < ways["rows"] < 30


def _field(at: int, text: str) -> Callable[[str], str]:
    def change(line: str) -> str:
        fields = line.split(",")
        fields[at] = text
        return ",".join(fields)

    return change


def _moved(by: int, *places: int) -> Callable[[str], str]:
    def change(line: str) -> str:
        fields = line.split(",")
        for at in places:
            fields[at] = str(int(fields[at]) + by)
        return ",".join(fields)

    return change


AMOUNTS = (
    *("0", "-1", "", ".", "1e5", "1.123456789", "1.100000000", "007.5", "5.", ".5", "1.2.3", "nan", "9" * 18, "9" * 19),
    *(
        "9" * 40,
        "0" * 30 + "7",
        "12345678901234567.12345678",
        "60000.123",
        "60000.00000001",
        "true",
        " 1",
        "1_0",
        "6e4",
    ),
)
ODD: dict[str, Callable[[str], str]] = {
    **{f"{name} {text}": _field(at, text) for at, name in ((1, "open"), (2, "high"), (3, "low")) for text in AMOUNTS},
    **{f"close {text}": _field(4, text) for text in AMOUNTS},
    **{f"volume {text}": _field(5, text) for text in AMOUNTS},
    **{f"turnover {text}": _field(7, text) for text in AMOUNTS},
    **{f"count {text}": _field(8, text) for text in (*AMOUNTS, "7.0", str(10**12), str(10**12 + 1), str(2**63))},
    **{f"bought {text}": _field(9, text) for text in AMOUNTS},
    **{f"paid {text}": _field(10, text) for text in AMOUNTS},
    **{f"ignored {text}": _field(11, text) for text in ("", "7", "x", "1.5", "0,0")},
    **{f"time {text}": _field(0, text) for text in ("7.0", "", "x", "-5", str(2**63), "0", "0" + str(START))},
    **{f"both times by {by}": _moved(by, 0, 6) for by in (1, 60_000, -60_000, 600_000, -600_000, 2 * DAY_MS, -DAY_MS)},
    **{f"close time by {by}": _moved(by, 6) for by in (1, -1, 60_000, 240_000)},
    **{f"far by {by}": _moved(by, 0, 6) for by in (1000 * DAY_MS, -(10**12))},
    "microseconds": lambda line: _field(6, f"{line.split(',')[6]}999")(_field(0, f"{line.split(',')[0]}000")(line)),
    "empty": lambda _line: "",
    "blanks": lambda line: line.replace(",", ", "),
    "quotes": lambda line: line.replace(",", '","'),
    "short": lambda line: line.rpartition(",")[0],
    "long": lambda line: f"{line},0",
    "index": lambda line: f"7,{line.rpartition(',')[0]}",
    "twice": lambda line: f"{line}\n{line}",
    "header": lambda _line: HEADER,
    "return": lambda line: f"{line}\r",
    "letters": lambda _line: "币",
    "gone": lambda _line: "GONE",
}


@pytest.mark.parametrize("at", [0, 9, -1])
@pytest.mark.parametrize("is_known", [False, True])
def test_whatever_is_read_by_columns_is_what_the_rows_say(at: int, *, is_known: bool) -> None:
    taken = Counter[bool]()
    for name, change in ODD.items():
        lines = list(MADE[:19])
        lines[at] = change(lines[at])
        text = "\n".join(line for line in lines if line != "GONE")
        raw = RawBlock("klines.csv", 1, text.encode(), len(text))
        fast, slow = Tally(), Tally()
        reader = BarReader("BTCUSDT", slow)
        if is_known:
            reader.settle("klines.csv", Period.M1)
        columns = columns_of_klines("BTCUSDT", raw, SOON)
        is_taken = columns is not None and reader.period_in("klines.csv") in {None, columns.period}
        taken[is_taken] += 1
        if columns and is_taken:
            columns.tell(fast)
            block = raw.read()
            assert columns.series.bars() == reader.read(block._replace(lines=plain_lines(block.lines))), name
            assert (fast.rows, fast.bad, fast.precisions) == (slow.rows, slow.bad, slow.precisions), name
            assert reader.period_in("klines.csv") == columns.period
    assert taken[True] >= 5
    assert taken[False] > 120


@pytest.mark.parametrize("at", [0, 60, -1])
@pytest.mark.parametrize("odd", ["volume 0", "close 60000.00000001", "gone", "twice", "both times by 600000", "index"])
def test_odd_rows_come_out_the_same_wherever_they_stand(tmp_path: Path, odd: str, at: int) -> None:
    lines = list(MADE[:90])
    lines[at] = ODD[odd](lines[at])
    same(filed(tmp_path, [line for line in lines if line != "GONE"]), periods=(Period.M1, Period.M5, Period.H1))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_damage_of_any_kind_and_place_comes_out_the_same(data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, 1_300))
    lines = list(MADE[begin : begin + data.draw(st.integers(1, 400))])
    lines = damaged(data, lines, ODD, HEADER)
    seed = data.draw(st.sampled_from([None, *SEEDS.values()]))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "raw_blocks", lambda path: raw_blocks(path, 2_000))
        patch.setattr(write, "LONGEST_STRETCH", 70)
        same(filed(Path(folder), [HEADER, *lines] if data.draw(st.booleans()) else lines), seed=seed)


async def _trades(store: Store) -> None:
    """Minutes that klagg made of trades, whole and partial."""
    await store.claim("binance-um")
    some = [bar(START + at * MINUTE_MS, state=State.PARTIAL if at % 3 else State.CLOSED) for at in range(100, 160)]
    await store.add(some, [])


async def _own_hours(store: Store) -> None:
    """Larger bars of the exchange, which stay."""
    await store.claim("binance-um")
    await store.add_confirmed([bar(START + at * Period.M30.nominal_ms, period=Period.M30) for at in (3, 4, 20)])


async def _own_minutes(store: Store) -> None:
    """Minutes of the exchange that it has amended since."""
    await store.claim("binance-um")
    await store.add_confirmed([bar(START + at * MINUTE_MS) for at in (5, 6, 7, 700)])


async def _lacking(store: Store) -> None:
    """Minutes that lack fields."""
    await store.claim("binance-um")
    minutes = [bar(START + at * MINUTE_MS)._replace(evidence=2, trade_count=0) for at in range(300, 330)]
    await store.add_confirmed(minutes)


async def _fine(store: Store) -> None:
    """A minute with more decimals than the file's."""
    await store.claim("binance-um")
    await store.add_confirmed([bar(START - DAY_MS, open="1.12345678", high="2", low="1", close="2")])


SEEDS: dict[str, Seed] = {
    "trades": _trades,
    "own hours": _own_hours,
    "own minutes": _own_minutes,
    "lacking": _lacking,
    "fine": _fine,
}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_stored_already_ends_up_the_same(tmp_path: Path, seed: str) -> None:
    path = filed(tmp_path, MADE)
    same(path, path, seed=SEEDS[seed])


@pytest.mark.parametrize("period", [period for period in Period if period is not Period.MO1])
def test_bars_of_any_period_and_larger_ones_come_out_the_same(tmp_path: Path, period: Period) -> None:
    first_ms = period.open_ms(START)
    path = filed(tmp_path, made(120, period, first_ms), "BTCUSDT.csv")
    same(path, periods=ALL)
    same(path, periods=(Period.M1, Period.M30, Period.W1))


def test_amounts_of_many_decimals_and_large_sums_come_out_the_same(tmp_path: Path) -> None:
    lines = made(300)
    wide = [line.replace(f"{line.split(',')[5]},", f"{line.split(',')[5]}00000,") for line in lines]
    same(filed(tmp_path, wide))
    huge = [_field(7, f"9{'0' * 16}.12345678")(line) if line.split(",")[8] != "0" else line for line in lines]
    same(filed(tmp_path, huge))
    even = made(300, quiet=0)
    same(filed(tmp_path, even))
    for text in (f"9{'0' * 16}.12345678", f"9{'0' * 12}.12345", "9" * 18, f"{'9' * 18}.1", "0000000000000000.5"):
        same(filed(tmp_path, [_field(7, text)(_field(10, text)(line)) for line in even]))
    wholly = [_field(5, "7")(_field(9, "3")(line)) for line in even]
    same(filed(tmp_path, wholly))
    mixed = [*lines[:150], *(_field(5, f"{line.split(',')[5]}12345")(line) for line in lines[150:])]
    same(filed(tmp_path, mixed))


def test_holes_quiet_stretches_and_ends_of_lines_come_out_the_same(tmp_path: Path) -> None:
    same(filed(tmp_path, [line for at, line in enumerate(MADE) if at % 400 < 370]))
    same(filed(tmp_path, [line for at, line in enumerate(MADE) if at % 7]))
    same(filed(tmp_path, made(600, quiet=0.95)))
    same(filed(tmp_path, MADE[:200], end="\r\n"))
    same(filed(tmp_path, MADE[:200][::-1]))


def test_spot_and_contracts_on_coins_come_out_the_same(tmp_path: Path) -> None:
    spot = [ODD["microseconds"](line) for line in MADE[:300]]
    same(filed(tmp_path, spot), market="spot")
    same(filed(tmp_path, MADE[:60], "BTCUSD_PERP.csv"), market=None)


def test_several_files_packed_and_cut_come_out_the_same(tmp_path: Path) -> None:
    one, two = filed(tmp_path, MADE[:900], "a.csv"), filed(tmp_path, MADE[800:], "b.csv")
    same(one, two)
    same(two, one)
    packed = tmp_path / f"{NAME}.gz"
    packed.write_bytes(gzip.compress(one.read_bytes()))
    same(packed)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(packed.read_bytes()[:-400])
    _, (told,), _, _, _ = same(cut)
    assert len(told["failures"]) == 1
    assert told["bars"] > 700
    text = tmp_path / "text.csv"
    text.write_bytes(one.read_bytes()[:-20])
    same(text)


@needs_data
def test_recorded_klines_come_out_the_same(tmp_path: Path) -> None:
    recorded = DATA / "um-BTCUSDT-2024-08-08" / "klines-1m.csv"
    path = tmp_path / NAME
    path.write_bytes(recorded.read_bytes())
    bars, _, _, _, _ = same(path, periods=ALL)
    assert bars


@needs_data
def test_traps_come_out_the_same() -> None:
    found = [
        path
        for path in sorted((DATA.parent / "cases").rglob("*.csv"))
        if "1m" in path.name or path.parent.name == "csv"
    ]
    assert found
    for path in found:
        same(path, market=None)


async def test_a_wish_to_stop_is_heard_and_what_was_read_is_kept(tmp_path: Path) -> None:
    path = filed(tmp_path, MADE)
    told: list[int] = []
    async with await Store.open(tmp_path / "klagg.db") as store:
        outcome = await import_files(
            store,
            [path],
            market="um",
            on_progress=lambda come: told.append(come.rows),
            should_stop=lambda: len(told) > 9,
        )
        assert outcome.is_stopped
        assert told == sorted(told)
        assert outcome.bars == told[-1] == len([one async for one in store.bars("BTCUSDT", Period.M1)])
    assert 0 < outcome.bars < len(MADE)
