"""Whatever one row of a file holds, an import loses that row at most, and says which."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.engine.spans import Span
from klagg_tui.importing.importer import import_files
from klagg_tui.importing.inheritance import import_predecessor
from klagg_tui.importing.outcome import Imported
from klagg_tui.storage.store import Store
from tests.importing.test_importer import event, file_of, row
from tests.makers import DAY, START, trades

MADE = trades(range(START + 5_000, START + 20 * MINUTE_MS, 10_000), first_id=5_000_000)
ROWS = [row(trade) for trade in MADE]
EVENTS = [event(trade) for trade in MADE]
KLINES = [
    f"{open_ms},100.1,102.5,99.5,101.0,4.500,{open_ms + MINUTE_MS - 1},450.0,3,1.500,150.0,0"
    for open_ms in range(START, START + 20 * MINUTE_MS, MINUTE_MS)
]
MANY = "7" * 5_000
NUMBERS = ["", "x", "-1", "0", "1e23", "1_0", "٣", MANY, str(2**63), str(2**63 - 1), str(10**15), "nan", "inf", "7.5"]
TIMES = [START - DAY, START + DAY, START - 400 * DAY, START + 40 * DAY, START + 5_000 * DAY, START * 10_000]

Stored = tuple[list[Bar], tuple[Span, ...], dict[str, Precision]]


async def imported(folder: Path, lines: Sequence[str], name: str = "some.csv") -> tuple[Imported, Stored]:
    async with await Store.open(folder / "klagg.db") as store:  # it makes the folder
        outcome = await import_files(store, [file_of(folder / name, lines)], symbol=MADE[0].symbol)
        bars = [bar async for bar in store.bars(MADE[0].symbol, Period.M1)]
        return outcome, (bars, await store.spans(MADE[0].symbol), await store.precisions())


def with_field(line: str, at: int, value: str) -> str:
    fields = line.split(",")
    fields[at] = value
    return ",".join(fields)


@pytest.mark.parametrize("place", [0, 1, 57, len(MADE) - 1])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        (0, MANY),
        (0, str(2**63)),
        (0, str(10**15)),
        (0, "3"),
        (3, MANY),
        (4, str(2**63 - 1)),
        (5, MANY),
        (5, "0"),
        (5, str(START - 40 * DAY)),
        (5, str(START + 40 * DAY)),
        (5, str(START + 5_000 * DAY)),
        (1, MANY),
        (1, "9" * 40),
        (2, "1." + "0" * 30 + "1"),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_a_damaged_trade_costs_itself_and_is_named(tmp_path: Path, place: int, field: int, value: str) -> None:
    lines = [*ROWS[:place], with_field(ROWS[place], field, value), *ROWS[place + 1 :]]
    outcome, stored = await imported(tmp_path / "damaged", lines)
    assert stored == (await imported(tmp_path / "without", [*ROWS[:place], *ROWS[place + 1 :]]))[1]
    assert (outcome.tally.bad, outcome.trades, outcome.too_late, outcome.duplicates) == (1, len(ROWS) - 1, 0, 0)
    assert outcome.tally.first_bad[0].startswith("some.csv, ")


@pytest.mark.parametrize("back_ms", [DAY, 3 * 3_600_000, 400 * DAY])
async def test_a_time_that_runs_back_or_ahead_inside_a_run_of_ids_costs_that_row(tmp_path: Path, back_ms: int) -> None:
    for name, ms in (("back", -back_ms), ("ahead", back_ms)):
        damaged = with_field(ROWS[60], 5, str(MADE[60].traded_ms + ms))
        outcome, stored = await imported(tmp_path / name, [*ROWS[:60], damaged, *ROWS[61:]])
        assert stored == (await imported(tmp_path / f"{name}-without", [*ROWS[:60], *ROWS[61:]]))[1]
        assert (outcome.trades, outcome.tally.bad) == (len(ROWS) - 1, 1)
        assert "fits none of the rows beside it" in outcome.tally.first_bad[0]


async def test_damaged_rows_among_those_that_wait_for_others_cost_themselves(tmp_path: Path) -> None:
    made = trades(range(START, START + DAY, 10_000), first_id=5_000_000)
    lines = [row(trade) for trade in made]
    for place in range(1_990, 2_020, 3):
        lines[place] = with_field(lines[place], 5, str(START + 30 * DAY))
    outcome, _ = await imported(tmp_path / "damaged", lines)
    assert (outcome.trades, outcome.tally.bad, outcome.too_late) == (len(made) - 10, 10, 0)


async def test_many_rows_against_many_are_not_judged_one_by_one(tmp_path: Path) -> None:
    later = [row(trade) for trade in trades(range(START + DAY, START + DAY + 10 * MINUTE_MS, 10_000))]
    outcome, _ = await imported(tmp_path, [*ROWS, *later])
    assert outcome.tally.bad == 0


@settings(max_examples=60)
@given(
    lines=st.sampled_from([ROWS, KLINES]),
    place=st.integers(0, 19),
    field=st.integers(0, 11),
    value=st.one_of(st.sampled_from(NUMBERS), st.sampled_from(TIMES).map(str), st.text(max_size=5)),
)
async def test_whatever_a_field_holds_no_other_row_is_lost(
    lines: list[str], place: int, field: int, value: str
) -> None:
    field %= lines[0].count(",") + 1
    damaged = with_field(lines[place], field, value.replace("\n", " ").replace("\r", " "))
    with TemporaryDirectory() as folder:
        outcome, stored = await imported(Path(folder) / "damaged", [*lines[:place], damaged, *lines[place + 1 :]])
        if outcome.tally.bad:
            without = [*lines[:place], *lines[place + 1 :]]
            assert stored == (await imported(Path(folder) / "without", without))[1]
        assert not outcome.failures
        assert outcome.tally.bad <= 1
        assert (outcome.too_late, outcome.is_usable) == (0, True)
        assert (outcome.trades or outcome.bars) >= len(lines) - 1
        types = whole_numbers(Path(folder) / "damaged" / "klagg.db")
    assert types <= {"integer", "text"}


def whole_numbers(database: Path) -> set[str]:
    """How SQLite holds the numbers of all bars."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute(
            "SELECT typeof(volume), typeof(turnover), typeof(trade_count) FROM history"
        ).fetchall()
    connection.close()
    return {kind for found in rows for kind in found}


@pytest.mark.parametrize("fills", [str(10**23), str(2**62), "1e23", str(10**12 + 1)])
async def test_a_count_that_no_bar_can_have_is_a_bad_row_and_never_a_float(tmp_path: Path, fills: str) -> None:
    lines = [with_field(KLINES[0], 8, fills), *KLINES[1:]]
    outcome, (bars, _, _) = await imported(tmp_path, lines)
    assert (outcome.bars, outcome.tally.bad, len(bars)) == (len(KLINES) - 1, 1, len(KLINES) - 1)
    assert whole_numbers(tmp_path / "klagg.db") <= {"integer", "text"}


@pytest.mark.parametrize("field", ["a", "f", "l", "T", "E"])
@pytest.mark.parametrize(
    "value", [MANY, str(2**63), "1e23", "-1", "null", "[]", "[[1]]", "{}", str(START + 5_000 * DAY)]
)
async def test_a_damaged_event_costs_itself(tmp_path: Path, field: str, value: str) -> None:
    name = {"a": '"a": ', "f": '"f": ', "l": '"l": ', "T": '"T": ', "E": '"E": '}[field]
    whole = EVENTS[60].replace('{"e"', f'{{"E": {MADE[60].traded_ms}, "e"')
    before, _, after = whole.partition(name)
    damaged = before + name + value + after[after.index(",") :]
    outcome, stored = await imported(tmp_path / "damaged", [*EVENTS[:60], damaged, *EVENTS[61:]], "some.jsonl")
    assert not outcome.failures
    if outcome.tally.bad:
        without = (await imported(tmp_path / "without", [*EVENTS[:60], *EVENTS[61:]], "some.jsonl"))[1]
        assert stored == without
    assert outcome.trades >= len(EVENTS) - 1


async def test_a_bar_that_is_not_over_is_not_the_last_word(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db") as store:
        path = file_of(tmp_path / "some.csv", KLINES)
        now_ms = START + 10 * MINUTE_MS + 30_000
        outcome = await import_files(store, [path], symbol="BTCUSDT", now_ms=now_ms)
        assert (outcome.bars, outcome.tally.bad) == (10, 10)
        assert "its time is not over" in outcome.tally.first_bad[0]


async def test_a_damaged_row_says_nothing_of_the_decimals_of_others(tmp_path: Path) -> None:
    damaged = with_field(with_field(ROWS[-1], 1, "100.12345678"), 2, "x")
    stored = (await imported(tmp_path, [*ROWS[:-1], damaged]))[1]
    assert stored[2] == {"BTCUSDT": Precision(2, 3)}


async def test_a_row_of_twenty_megabytes_costs_that_row(tmp_path: Path) -> None:
    outcome, _ = await imported(tmp_path, [*ROWS[:60], "1" * (20 << 20), *ROWS[61:]])
    assert (outcome.trades, outcome.tally.bad, outcome.failures) == (len(ROWS) - 1, 1, [])


async def test_a_month_is_told_though_one_row_is_damaged(tmp_path: Path) -> None:
    months = [Period.MO1.open_ms(START)]
    for _ in range(3):
        months.append(Period.MO1.end_ms(months[-1]))
    lines = [f"{open_ms},1,1,1,1,0,{Period.MO1.end_ms(open_ms) - 1},0,0,0,0,0" for open_ms in months]
    lines[1] = with_field(lines[1], 0, str(months[1] + 60_000))
    outcome, _ = await imported(tmp_path, lines)
    assert (outcome.bars, outcome.tally.bad, outcome.failures) == (3, 1, [])


async def test_a_text_of_no_letters_costs_a_row_of_the_predecessor(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as old:
        columns = "open_time, open, high, low, close, volume, close_time, quote, count, buy, buy_quote, ignored"
        old.execute(f"CREATE TABLE k_btc_1m ({columns})")
        for line in KLINES:
            old.execute(f"INSERT INTO k_btc_1m VALUES ({','.join('?' * 12)})", line.split(","))
        old.execute("UPDATE k_btc_1m SET volume = CAST(x'ff31' AS TEXT) WHERE open_time = ?", (str(START + MINUTE_MS),))
    old.close()
    async with await Store.open(tmp_path / "klagg.db") as store:
        outcome = await import_predecessor(store, path)
    assert (outcome.bars, outcome.tally.bad) == (len(KLINES) - 1, 1)


@pytest.mark.parametrize("place", [0, 1, 57])
async def test_a_row_that_looks_like_one_of_another_kind_costs_itself(tmp_path: Path, place: int) -> None:
    """Without its last id an aggregate trade has the columns of a single one."""
    fields = ROWS[place].split(",")
    for number, odd in enumerate((",".join([*fields[:4], *fields[5:]]), KLINES[0], EVENTS[0])):
        lines = [*ROWS[:place], odd, *ROWS[place + 1 :]]
        outcome, stored = await imported(tmp_path / str(number), lines)
        assert (outcome.failures, outcome.tally.bad, outcome.trades) == ([], 1, len(ROWS) - 1)
        assert stored == (await imported(tmp_path / f"{number}-without", [*ROWS[:place], *ROWS[place + 1 :]]))[1]
