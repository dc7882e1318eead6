"""A file with several venues, as the commands that read show it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from klagg_tui.evidence import Evidence
from klagg_tui.formatting import NOTHING
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Standing, StoredSymbol
from tests.makers import MINUTE, START, bar
from tests.shell import Klagg

UM, OKX = "binance-um", "okx-swap"
LACKS = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER


@pytest.fixture
def two(klagg: Klagg, tmp_path: Path) -> Klagg:
    async def fill() -> None:
        async with await Store.open(tmp_path / "a.db", markets=(UM, OKX)) as store:
            await store.put_symbols([StoredSymbol(f"{OKX}:BTCUSDT", standing=Standing.FOLLOWED)])
            await store.add_confirmed([bar(symbol=f"{UM}:BTCUSDT")])
            blank = bar(symbol=f"{OKX}:BTCUSDT", turnover_text="0", trade_count=0)._replace(evidence=LACKS)
            await store.add_confirmed([blank, blank._replace(open_ms=START + 2 * MINUTE)])

    asyncio.run(fill())
    return klagg


def test_symbols_are_listed_with_their_venue(two: Klagg) -> None:
    head, _, *lines = two("symbols", "--db", "a.db").out.strip().splitlines()
    assert head.split()[:2] == ["venue", "symbol"]
    assert [line.split()[:2] for line in lines] == [[UM, "BTCUSDT"], [OKX, "BTCUSDT"]]
    found = json.loads(two("symbols", "okx-swap:*", "--json", "--db", "a.db").out)
    assert [(one["venue"], one["symbol"]) for one in found] == [(OKX, "BTCUSDT")]


def test_bars_of_a_venue_show_nothing_for_what_is_unknown(two: Klagg) -> None:
    said = two("bars", "okx-swap:btcusdt", "--db", "a.db")
    assert said.status == 0
    (line, _) = [line for line in said.out.splitlines() if "2024-08-08" in line]
    assert line.split()[-4:-1] == [NOTHING] * 3
    shown = json.loads(two("bars", "okx-swap:btcusdt", "--json", "--db", "a.db").out)
    assert [(one["venue"], one["symbol"], one["witness"], one["count"]) for one in shown] == [
        (OKX, "BTCUSDT", "candle", None)
    ] * 2


def test_a_name_that_several_venues_have_asks_for_one_of_them(two: Klagg) -> None:
    said = two("bars", "btcusdt", "--db", "a.db")
    assert said.status != 0
    assert f"name one of them, like {UM}:BTCUSDT, {OKX}:BTCUSDT" in " ".join(said.err.split())


def test_what_is_in_the_file_and_what_it_lacks_is_told_by_venue(two: Klagg) -> None:
    lines = two("db", "--symbols", "--db", "a.db").out.splitlines()
    assert any(line.split()[:2] == ["venue", "symbol"] for line in lines)
    held = json.loads(two("db", "--json", "--db", "a.db").out)["holdings"]
    assert {(one["venue"], one["symbol"]) for one in held} == {(UM, "BTCUSDT"), (OKX, "BTCUSDT")}
    assert "venue" in two("db", "owed", "--db", "a.db").out
    owed = json.loads(two("db", "owed", "--json", "--db", "a.db").out)["owed"]
    assert [(one["venue"], one["symbol"], one["bars"]) for one in owed if one["period"] == "1m"] == [
        (OKX, "BTCUSDT", 1)
    ]


def test_a_column_more_may_be_asked_for(two: Klagg) -> None:
    head = two("export", "-s", "okx-swap:*", "--with", "witness", "--db", "a.db").out.splitlines()[0]
    assert (head.split(",")[0], head.split(",")[-1]) == ("venue", "witness")
