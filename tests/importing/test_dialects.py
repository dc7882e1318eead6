"""Archives that another program wrote again: read where it is certain what they say, refused by what is in the way."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.importing.importer import import_files
from klagg_tui.storage.store import Store
from tests.conftest import DATA, needs_data
from tests.importing.test_importer import HEADER, row
from tests.makers import START, trades

CSV = DATA.parent / "cases" / "csv"
Rewrite: TypeAlias = "Callable[[str], str]"

TRADES = (HEADER, *map(row, trades(range(START, START + 3 * MINUTE_MS, 10_000))))
SPOT = tuple(f"{row(trade)},true" for trade in trades(range(START, START + 3 * MINUTE_MS, 10_000)))
KLINES = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore",
    *(
        f"{START + at * MINUTE_MS},2.50,3.00,1.00,2.00,10.000,{START + (at + 1) * MINUTE_MS - 1},20.00,5,4.000,8.00,0"
        for at in range(300)
    ),
)


async def bars_of(folder: Path, lines: tuple[str, ...], name: str) -> tuple[list[Bar], dict[str, object], list[str]]:
    """The bars of a file of these lines, the decimals learned from it, and what was wrong with it."""
    path = folder / f"{name}.csv"
    path.write_text("".join(f"{line}\n" for line in lines))
    async with await Store.open(folder / f"{name}.db") as store:
        outcome = await import_files(store, [path], symbol="BTCUSDT")
        bars = [bar async for bar in store.bars("BTCUSDT", Period.M1)]
        return bars, dict(await store.precisions()), [*outcome.tally.first_bad, *outcome.failures]


def quoted(line: str) -> str:
    return ",".join(f'"{field}"' for field in line.split(","))


def spaced(line: str) -> str:
    return line.replace(",", ", ")


def quoted_and_spaced(line: str) -> str:
    return quoted(line).replace(",", " , ")


def some_quoted(line: str) -> str:
    first, *rest = line.split(",")
    return ",".join((first, *(f'"{field}"' for field in rest)))


def with_floats(line: str) -> str:
    """As a program does it that takes whole numbers for floats."""
    fields = line.split(",")
    for at in (0, 6, 8) if len(fields) == 12 else (0, 3, 4, 5):
        fields[at] += ".0" if fields[at].isdecimal() else ""
    return ",".join(fields)


@pytest.mark.parametrize("rewrite", [quoted, spaced, quoted_and_spaced, some_quoted, with_floats])
@pytest.mark.parametrize("lines", [TRADES, SPOT, KLINES], ids=["trades", "spot", "klines"])
async def test_what_is_certain_is_read_as_the_exchange_writes_it(
    tmp_path: Path, lines: tuple[str, ...], rewrite: Rewrite
) -> None:
    rewritten = tuple(map(rewrite, lines))
    assert rewritten != lines
    plain = await bars_of(tmp_path, lines, "plain")
    assert await bars_of(tmp_path, rewritten, "rewritten") == plain
    assert (len(plain[0]) >= 3, plain[2]) == (True, [])


@needs_data
async def test_the_quoted_case_is_the_plain_one(tmp_path: Path) -> None:
    plain, rewritten = (tuple((CSV / f"o_{name}.csv").read_text().splitlines()) for name in ("plain", "quoted"))
    read = await bars_of(tmp_path, plain, "plain")
    assert await bars_of(tmp_path, rewritten, "quoted") == read
    assert (bool(read[0]), read[2]) == (True, [])


def by_semicolons(line: str) -> str:
    return line.replace(",", ";")


def by_semicolons_with_commas(line: str) -> str:
    return line.replace(",", ";").replace(".", ",")


def by_tabs(line: str) -> str:
    return line.replace(",", "\t")


def with_index(line: str) -> str:
    return f"{'' if line[0].isalpha() else 7},{line}"


def with_index_instead_of_the_last(line: str) -> str:
    return with_index(line).rpartition(",")[0]


def rounded(line: str) -> str:
    fields = line.split(",")
    at = 0 if len(fields) == 12 else 5
    return ",".join((*fields[:at], "1.72308e+12", *fields[at + 1 :]))


def dated(line: str) -> str:
    fields = line.split(",")
    at = 0 if len(fields) == 12 else 5
    return ",".join((*fields[:at], "2024-08-08 00:00:00", *fields[at + 1 :]))


@pytest.mark.parametrize(
    ("lines", "rewrite", "sentence"),
    [
        (TRADES, by_semicolons, "its columns are parted by ';'; save it with commas."),
        (TRADES, by_semicolons_with_commas, "its columns are parted by ';'; save it with commas."),
        (SPOT, by_tabs, "its columns are parted by tabs; save it with commas."),
        (KLINES, by_semicolons, "its columns are parted by ';'; save it with commas."),
        (TRADES, with_index, "a column stands before the exchange's own, an index for example; leave it out."),
        (SPOT, with_index, "a column stands before the exchange's own, an index for example; leave it out."),
        (KLINES, with_index, "a column stands before the exchange's own, an index for example; leave it out."),
        (
            KLINES,
            with_index_instead_of_the_last,
            "a column stands before the exchange's own, an index for example; leave it out.",
        ),
        (KLINES, rounded, "its ids or times are rounded, like 1.72308e+12; have them written as whole numbers."),
        (KLINES, dated, "its times are dates, like 2024-08-08 00:00:00; have them written as milliseconds since 1970."),
    ],
)
async def test_what_is_in_the_way_is_said_and_nothing_is_taken(
    tmp_path: Path, lines: tuple[str, ...], rewrite: Rewrite, sentence: str
) -> None:
    bars, _, wrong = await bars_of(tmp_path, tuple(map(rewrite, lines)), "a")
    assert bars == []
    assert wrong == [f"{tmp_path / 'a.csv'} is not as the exchange writes it: {sentence}"]


@pytest.mark.parametrize(
    "text", ["9007199254740994.0", "1723075200000.5", "1.72308e+12", "1723075200000.", '"1723075200000']
)
async def test_a_number_that_may_have_lost_a_digit_is_a_bad_row(tmp_path: Path, text: str) -> None:
    bad = KLINES[1].replace(str(START), text, 1)
    bars, _, wrong = await bars_of(tmp_path, (*KLINES[2:], bad), "a")
    assert len(bars) == len(KLINES) - 2
    assert len(wrong) == 1
