"""Archives of trades without ids, and of bars that leave out those without trades, whose names join both sides of a pair."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from klagg_tui.auditing.auditor import audit
from klagg_tui.auditing.reference import ArchiveBars
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.evidence import Evidence
from klagg_tui.importing.importer import import_files
from klagg_tui.importing.outcome import Imported
from klagg_tui.storage.store import Store
from tests.conftest import DATA, needs_data
from tests.makers import START

BEGIN = START // 1000
PAIR = "BTC/USD"
WORD = Evidence.CANDLE_ONLY
NO_TAKER = Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
SALES = [
    f"{BEGIN + 5},100.5,2",
    f"{BEGIN + 61}.25,101,0.5",
    f"{BEGIN + 62}.999,99,0.25",
    f"{BEGIN + 62}.9991,102.0,1",
    f"{BEGIN + 250},103,4",
    f"{BEGIN + 301},104,1.00000001",
]
"""In minutes 0, 1, 4 and 5."""


def file_of(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db", periods=(Period.M1, Period.M5)) as made:
        yield made


async def taken(store: Store, path: Path, symbol: str | None = PAIR, market: str | None = None) -> Imported:
    return await import_files(store, [path], symbol=symbol, market=market)


async def stored(store: Store, symbol: str = PAIR, period: Period = Period.M1) -> list[Bar]:
    return [bar async for bar in store.bars(symbol, period)]


async def test_the_archive_vouches_for_the_minutes_between_its_rows_and_not_for_its_edges(
    store: Store, tmp_path: Path
) -> None:
    outcome = await taken(store, file_of(tmp_path / "XBTUSD.csv", SALES))
    assert (outcome.failures, outcome.tally.bad, outcome.trades, outcome.bars) == ([], 0, 6, 6)
    assert await store.markets() == ("kraken",)
    bars = await stored(store)
    assert [bar.open_ms for bar in bars] == [START + at * MINUTE_MS for at in range(6)]
    assert [bar.state for bar in bars] == [State.PARTIAL, *[State.CONFIRMED] * 4, State.PARTIAL]
    assert [Evidence(bar.evidence) for bar in bars] == [
        NO_TAKER,
        NO_TAKER | WORD,
        WORD,
        WORD,
        NO_TAKER | WORD,
        NO_TAKER,
    ]
    second = bars[1]
    assert second[3:7] == tuple(map(price, ("101", "102", "99", "102")))
    assert (second.volume, second.turnover, second.trade_count) == (quantity("1.75"), turnover("177.25"), 3)
    assert bars[2][3:10] == (*[price("102")] * 4, 0, 0, 0)
    assert [bar async for bar in store.bars(PAIR, Period.M5, states={State.PARTIAL})] != []
    assert [finding async for finding in audit(store.path)] == []


async def test_twice_is_once_and_a_longer_file_puts_the_edges_right(store: Store, tmp_path: Path) -> None:
    path = file_of(tmp_path / "XBTUSD.csv", SALES)
    await taken(store, path)
    before = await stored(store)
    assert (await taken(store, path)).new == 0
    assert await stored(store) == before
    longer = [f"{BEGIN - 90},100,1", *SALES, f"{BEGIN + 400},105,1"]
    assert (await taken(store, file_of(path, longer))).failures == []
    bars = await stored(store)
    assert [bar.state for bar in bars[1:-1]] == [State.CONFIRMED] * (len(bars) - 2)
    assert [bar.volume for bar in bars if bar.open_ms == START] == [quantity("2")]


async def test_a_bar_made_of_trades_with_ids_keeps_what_the_file_does_not_know(store: Store, tmp_path: Path) -> None:
    await store.claim("kraken")
    first, high, low, last = map(price, ("101", "102", "99", "102"))
    sums = quantity("1.75"), turnover("177.25"), 3, quantity("1"), turnover("102")
    ours = Bar(PAIR, Period.M1, START + MINUTE_MS, first, high, low, last, *sums, State.CLOSED)
    await store.add([ours], [])
    await taken(store, file_of(tmp_path / "XBTUSD.csv", SALES))
    kept = (await stored(store))[1]
    assert (kept.state, kept.taker_buy_volume, kept.taker_buy_turnover) == (State.CONFIRMED, *ours[10:12])


async def test_a_row_that_cannot_be_read_makes_the_minutes_beside_it_partial(store: Store, tmp_path: Path) -> None:
    lines = [*SALES[:4], f"{BEGIN + 100},high,1", *SALES[4:], f"{BEGIN + 380},1,1"]
    outcome = await taken(store, file_of(tmp_path / "XBTUSD.csv", lines))
    assert (outcome.tally.bad, outcome.trades) == (1, 7)
    assert "XBTUSD.csv, line 5: " in outcome.tally.first_bad[0]
    states = {(bar.open_ms - START) // MINUTE_MS: bar.state for bar in await stored(store)}
    partial = State.PARTIAL
    assert states == {0: partial, 1: partial, 4: partial, 5: State.CONFIRMED, 6: partial}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"{BEGIN + 400},0,1", "price or volume is not positive"),
        (f"{BEGIN + 400},1,1,1", "4 columns instead of 3"),
        ("12,1,1", "'12' is no time"),
        ("4000000000,1,1", "a time that has not come"),
        (f"{BEGIN + 400}.x,1,1", "is no time"),
    ],
)
async def test_what_is_no_trade_is_named(store: Store, tmp_path: Path, line: str, reason: str) -> None:
    outcome = await taken(store, file_of(tmp_path / "XBTUSD.csv", [*SALES, line]))
    assert outcome.tally.bad == 1
    assert reason in outcome.tally.first_bad[0]


async def test_a_last_row_without_its_end_may_be_cut(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "XBTUSD.csv"
    path.write_text("\n".join(SALES))
    outcome = await taken(store, path)
    assert (outcome.tally.bad, outcome.trades) == (1, 5)
    assert (await stored(store))[-1].state is State.PARTIAL


async def test_behind_a_rest_of_more_than_a_day_nothing_is_filled_in(store: Store, tmp_path: Path) -> None:
    later = [f"{BEGIN + 2 * 86_400 + at},100,1" for at in (0, 70, 130)]
    await taken(store, file_of(tmp_path / "XBTUSD.csv", [*SALES, *later]))
    bars = await stored(store)
    assert [bar.state for bar in bars[5:]] == [State.PARTIAL, State.PARTIAL, State.CONFIRMED, State.PARTIAL]


async def test_rows_in_disorder_are_named(store: Store, tmp_path: Path) -> None:
    (failure,) = (await taken(store, file_of(tmp_path / "XBTUSD.csv", SALES[::-1]))).failures
    assert "line 2: its time lies before that of the row above" in failure


async def test_a_name_is_never_parted(store: Store, tmp_path: Path) -> None:
    path = file_of(tmp_path / "XBTUSD.csv", SALES)
    (failure,) = (await taken(store, path, None)).failures
    assert failure == (
        f"{path} does not say which pair it is about: XBTUSD joins both sides of a pair; add --symbol, as in --symbol BTC/USD."
    )
    (failure,) = (await taken(store, path, "XBTUSD")).failures
    assert "add --symbol, as in --symbol BTC/USD" in failure
    assert (await taken(store, path, "xbt/usd")).failures == []
    assert [known.symbol for known in await store.symbols()] == [PAIR]
    assert (await taken(store, path, None)).failures == [], "a pair that is stored says how its name is parted"
    (failure,) = (await taken(store, path, "ETH/USD")).failures
    assert "is about BTC/USD by its name, not about ETH/USD" in failure


async def test_other_files_with_such_columns_have_to_be_said_to_be_of_that_venue(store: Store, tmp_path: Path) -> None:
    path = file_of(tmp_path / "trades.csv", SALES)
    (failure,) = (await taken(store, path)).failures
    assert "add --venue kraken if it is one" in failure
    assert (await taken(store, path, market="kraken")).failures == []
    assert "is of Kraken (--market kraken) by its columns" in (await taken(store, path, market="spot")).failures[0]


async def test_a_second_venue_gets_names_of_its_own(store: Store, tmp_path: Path) -> None:
    await store.claim("coinbase")
    await store.add_confirmed([Bar("BTC-USD", Period.M1, START, 1, 1, 1, 1, 1, 1, 1, 0, 0, State.CONFIRMED)])
    assert (await taken(store, file_of(tmp_path / "XBTUSD.csv", SALES))).failures == []
    assert len(await stored(store, "kraken:BTC/USD")) == 6


async def test_a_zip_of_one_pair_is_read_and_one_of_many_is_to_be_unpacked(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "history.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("Q3/XBTUSD.csv", "\n".join(SALES) + "\n")
    assert (await taken(store, path)).failures == []
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("Q3/XDGUSD.csv", "\n".join(SALES) + "\n")
    (failure,) = (await taken(store, path)).failures
    assert "holds files of XBTUSD and of XDGUSD; unpack it and name them singly" in failure


BARS = [
    f"{BEGIN},100,102,99,101,3.5,4",
    f"{BEGIN + 60},101,101,101,101,1,1",
    f"{BEGIN + 240},103,104,103,104,2,2",
]


async def test_bars_are_the_exchanges_own_and_minutes_without_are_flat(store: Store, tmp_path: Path) -> None:
    outcome = await taken(store, file_of(tmp_path / "XBTUSD_1.csv", BARS))
    assert (outcome.failures, outcome.tally.bad, outcome.bars) == ([], 0, 5)
    bars = await stored(store)
    lacks = Evidence.NO_TURNOVER | NO_TAKER | WORD
    assert [Evidence(bar.evidence) for bar in bars] == [lacks, lacks, WORD, WORD, lacks]
    assert {bar.state for bar in bars} == {State.CONFIRMED}
    assert (bars[0].volume, bars[0].trade_count, bars[3].close) == (quantity("3.5"), 4, price("101"))
    [large] = await stored(store, period=Period.M5)
    assert (large.volume, large.trade_count, large.state) == (quantity("6.5"), 7, State.CONFIRMED)
    assert [finding async for finding in audit(store.path)] == []


async def test_sales_behind_bars_add_what_these_lack(store: Store, tmp_path: Path) -> None:
    sales = [f"{BEGIN - 30},99,1", *SALES, f"{BEGIN + 400},1,1"]
    one = f"{BEGIN + 60},101,102,99,102,1.75,3"
    await taken(store, file_of(tmp_path / "XBTUSD_1.csv", [one]), market="kraken")
    assert (await taken(store, file_of(tmp_path / "XBTUSD.csv", sales))).failures == []
    bar = next(bar for bar in await stored(store) if bar.open_ms == START + MINUTE_MS)
    assert (bar.turnover, Evidence(bar.evidence)) == (turnover("177.25"), NO_TAKER | WORD)


@pytest.mark.parametrize(
    ("name", "line", "bad"),
    [
        ("XBTUSD_1.csv", f"{BEGIN + 300},103,102,103,104,2,2", "is below"),
        ("XBTUSD_1.csv", f"{BEGIN + 330},103,104,103,104,2,2", "off the grid of 1m"),
        ("XBTUSD_1.csv", f"{BEGIN + 300},103,104,103,104,0,2", "trades or a volume without the other"),
        ("XBTUSD_1.csv", f"{BEGIN + 300},103,104,103,104,2", "it is not time, four prices"),
    ],
    ids=["prices", "grid", "sums", "columns"],
)
async def test_a_bar_that_cannot_be_costs_itself(store: Store, tmp_path: Path, name: str, line: str, bad: str) -> None:
    outcome = await taken(store, file_of(tmp_path / name, [*BARS, line, f"{BEGIN + 360},1,1,1,1,1,1"]))
    assert (outcome.tally.bad, outcome.bars) == (1, 6)
    assert bad in outcome.tally.first_bad[0]


async def test_bars_that_klagg_does_not_keep_are_refused(store: Store, tmp_path: Path) -> None:
    lines = [f"{BEGIN + at * 15 * 86_400},1,1,1,1,1,1" for at in range(3)]
    (failure,) = (await taken(store, file_of(tmp_path / "XBTUSD_21600.csv", lines))).failures
    assert "has bars that klagg does not keep" in failure


async def test_the_rows_decide_where_the_name_says_another_period(store: Store, tmp_path: Path) -> None:
    lines = [f"{BEGIN + at * 60},1,1,1,1,1,1" for at in range(5)]
    assert (await taken(store, file_of(tmp_path / "XBTUSD_5.csv", lines))).failures == []
    assert len(await stored(store)) == 5


async def test_an_audit_takes_such_bars_as_the_exchanges(store: Store, tmp_path: Path) -> None:
    path = file_of(tmp_path / "XBTUSD_1.csv", BARS)
    await taken(store, path)
    files = ArchiveBars([path], None, ["kraken"], [PAIR])
    assert files.symbols == {PAIR}
    pages = [page async for page in files(PAIR, Period.M1, START, START + 5 * MINUTE_MS)]
    assert [bar for page in pages for bar in page] == await stored(store)


@needs_data
async def test_recorded_trades_as_sales_are_the_recorded_bars(store: Store, tmp_path: Path) -> None:
    folder = DATA / "venues/kraken"
    trades = json.loads(
        gzip.decompress((folder / "rest-XBTUSDT-2025-11-10-trades.json.gz").read_bytes()), parse_float=str
    )
    bars = json.loads(gzip.decompress((folder / "rest-XBTUSDT-2025-11-10-ohlc.json.gz").read_bytes()), parse_float=str)
    rows = next(rows for key, rows in trades["result"].items() if key != "last")
    path = file_of(tmp_path / "XBTUSDT.csv", [f"{row[2]},{row[0]},{row[1]}" for row in rows])
    outcome = await taken(store, path, "BTC/USDT")
    assert (outcome.failures, outcome.tally.bad, outcome.trades) == ([], 0, len(rows))
    theirs = {row[0] * 1000: row for row in next(rows for key, rows in bars["result"].items() if key != "last")}
    ours = [bar for bar in await stored(store, "BTC/USDT") if bar.state is State.CONFIRMED and bar.open_ms in theirs]
    assert len(ours) > 100
    for bar in ours:
        _, first, high, low, last, _, volume, count = theirs[bar.open_ms]
        assert bar[3:7] == tuple(map(price, (first, high, low, last)))
        assert (bar.volume, bar.trade_count) == (quantity(volume), count)
