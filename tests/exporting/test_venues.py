"""Several venues, and bars of which not everything is known, in every format."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision
from klagg_tui.errors import ExportError
from klagg_tui.evidence import Evidence
from klagg_tui.exporting.exporter import export
from klagg_tui.exporting.formats import csv, jsonl, load, parquet
from klagg_tui.exporting.selection import Selection, matching
from klagg_tui.importing.importer import import_files
from klagg_tui.storage.store import Store
from tests.filed import listed
from tests.makers import MINUTE, START, SYMBOL, bar

UM, OKX = "binance-um", "okx-swap"
LACKS = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
CANDLE = bar(START + MINUTE, "200", turnover_text="0", trade_count=0, state=State.CONFIRMED)._replace(evidence=LACKS)


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Store]:
    """One venue, the second bar of which has prices and volume alone."""
    async with await Store.open(tmp_path / "one.db", market=UM) as store:
        await store.widen_precisions({SYMBOL: Precision(1, 0)})
        await store.add_confirmed([bar(START, "100"), CANDLE])
        yield store


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Store]:
    """The same symbol of two venues."""
    async with await Store.open(tmp_path / "two.db", markets=(UM, OKX)) as store:
        for venue, price in ((UM, "100"), (OKX, "200")):
            await store.widen_precisions({f"{venue}:{SYMBOL}": Precision(0, 0)})
            await store.add_confirmed([bar(START, price, symbol=f"{venue}:{SYMBOL}")])
        await store.add_confirmed([CANDLE._replace(symbol=f"{OKX}:{SYMBOL}")])
        yield store


async def written(store: Store, form: str, **selected: object) -> str:
    """What comes of an export into a pipe."""
    file = io.BytesIO()
    await export(store, Selection(**selected), file, load(form))  # type: ignore[arg-type]
    return file.getvalue().decode()


async def test_an_unknown_field_is_an_empty_cell(one: Store) -> None:
    assert await written(one, "csv", symbols=(SYMBOL,)) == csv.HEAD + (
        f"{START},100.0,100.0,100.0,100.0,1,{START + MINUTE - 1},100.0,1,0,0,0\n"
        f"{START + MINUTE},200.0,200.0,200.0,200.0,1,{START + 2 * MINUTE - 1},,,,,0\n"
    )


async def test_the_witness_is_told_where_it_is_asked_for(one: Store) -> None:
    text = await written(one, "csv", symbols=(SYMBOL,), with_witness=True)
    assert [line.rpartition(",")[2] for line in text.splitlines()] == ["witness", "ids", "candle"]
    await one.add([bar(START + 2 * MINUTE)], [])
    text = await written(one, "jsonl", symbols=(SYMBOL,), with_witness=True)
    assert [json.loads(line)["witness"] for line in text.splitlines()] == ["ids", "candle", None]
    text = await written(one, "csv", symbols=(SYMBOL,), with_venue=True)
    assert [line.split(",")[:3] for line in text.splitlines()[1:2]] == [[UM, SYMBOL, "1m"]]


async def test_an_unknown_field_is_null_in_json(one: Store) -> None:
    text = await written(one, "jsonl", symbols=(SYMBOL,))
    known, unknown = map(json.loads, text.splitlines())
    assert "witness" not in known
    assert "venue" not in known
    names = ("quote_volume", "count", "taker_buy_volume", "taker_buy_quote_volume")
    assert [known[name] for name in names] == ["100.0", 1, "0", "0.0"]
    assert [unknown[name] for name in names] == [None] * 4
    assert (unknown["open"], unknown["state"]) == ("200.0", "confirmed")


async def test_an_unknown_field_is_null_in_parquet(two: Store, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    target = tmp_path / "bars.parquet"
    await export(two, Selection(), target, parquet.FORMAT)
    rows = pq.read_table(target).to_pylist()
    assert [(row["venue"], row["symbol"], row["witness"], row["count"]) for row in rows] == [
        (UM, SYMBOL, "ids", 1),
        (OKX, SYMBOL, "ids", 1),
        (OKX, SYMBOL, "candle", None),
    ]
    assert [row["quote_volume"] for row in rows] == [100, 200, None]
    assert [row["taker_buy_volume"] for row in rows] == [0, 0, None]


async def test_each_bar_of_several_venues_says_whose_it_is(two: Store) -> None:
    text = await written(two, "csv")
    head, *lines = text.splitlines()
    assert head.startswith("venue,symbol,period,open_time,")
    assert [line.split(",")[:2] for line in lines] == [[UM, SYMBOL], [OKX, SYMBOL], [OKX, SYMBOL]]
    objects = [json.loads(line) for line in (await written(two, "jsonl")).splitlines()]
    assert [(one["venue"], one["symbol"], one["witness"]) for one in objects] == [
        (UM, SYMBOL, "ids"),
        (OKX, SYMBOL, "ids"),
        (OKX, SYMBOL, "candle"),
    ]


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("btc*", 3),
        (SYMBOL, 3),
        ("okx-swap:btc*", 2),
        ("*:BTCUSDT", 3),
        (f"{UM}:{SYMBOL}", 1),
        ("o*:*", 2),
        ("okx:btc*", 2),
    ],
)
async def test_a_pattern_may_say_the_venue(two: Store, pattern: str, count: int) -> None:
    assert len((await written(two, "jsonl", symbols=(pattern,))).splitlines()) == count


async def test_a_pattern_of_another_venue_matches_nothing(one: Store, two: Store) -> None:
    for store, pattern in ((two, "kraken:*"), (one, "kraken:*"), (two, "o*"), (one, "b*-um:ETH*")):
        with pytest.raises(ExportError, match="There are no bars of"):
            await written(store, "csv", symbols=(pattern,))
    assert matching(["binance-um:btc*"], [SYMBOL], [UM]) == [SYMBOL]


async def test_a_mistyped_name_of_several_venues_is_told_with_near_ones(two: Store) -> None:
    for pattern in ("okx-swpa:BTCUSDT", "okx-swap:BTCUSD", "BTCUSD"):
        with pytest.raises(ExportError, match=r"did you mean .*okx-swap:BTCUSDT"):
            await written(two, "csv", symbols=(pattern,))


async def test_files_of_several_venues_lie_in_a_folder_each(two: Store, tmp_path: Path) -> None:
    for form in (csv, jsonl, parquet):
        await export(two, Selection(), tmp_path / "out", form.FORMAT, is_split=True)
    found = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")}
    assert found == {
        place
        for venue in (UM, OKX)
        for place in (
            f"venue={venue}/{SYMBOL}-1m.csv",
            f"venue={venue}/{SYMBOL}-1m.jsonl",
            f"venue={venue}/symbol={SYMBOL}/period=1m/bars.parquet",
        )
    }
    assert (tmp_path / "out" / f"venue={OKX}" / f"{SYMBOL}-1m.csv").read_text().startswith(csv.HEAD)


async def test_what_was_unknown_is_unknown_when_it_is_read_back(one: Store, tmp_path: Path) -> None:
    file = tmp_path / "BTCUSDT-1m.csv"
    await export(one, Selection((SYMBOL,)), file, csv.FORMAT)
    async with await Store.open(tmp_path / "again.db") as again:
        outcome = await import_files(again, [file], symbol=SYMBOL)
        assert (outcome.failures, outcome.bars, outcome.tally.bad) == ([], 2, 0)
        assert await listed(again) == await listed(one)


async def test_a_longer_bar_made_of_unknown_ones_does_not_know_either(one: Store) -> None:
    text = await written(one, "csv", symbols=(SYMBOL,), periods=(Period.M5,), is_resampled=True)
    assert text.splitlines()[1].split(",")[7:] == ["", "", "", "", "0"]
