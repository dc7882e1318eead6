"""Bars from the predecessor's database."""

import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.engine.spans import Span
from klagg_tui.errors import BadFile
from klagg_tui.importing.inheritance import import_predecessor
from klagg_tui.importing.outcome import Progress
from klagg_tui.importing.predecessor import symbol_of
from klagg_tui.storage.store import Store
from tests.makers import START, bar
from tests.shell import Klagg

COLUMNS = """
    open_time INTEGER PRIMARY KEY, open TEXT NOT NULL, high TEXT NOT NULL, low TEXT NOT NULL, close TEXT NOT NULL,
    volume TEXT NOT NULL, close_time INTEGER NOT NULL, quote_asset_volume TEXT NOT NULL, number_of_trades INTEGER NOT NULL,
    taker_buy_base_asset_volume TEXT NOT NULL, taker_buy_quote_asset_volume TEXT NOT NULL, ignore TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP"""
Row = tuple[int | str, ...]


def kline(open_ms: int, length: int = MINUTE_MS, price: str = "100.50") -> Row:
    return (
        open_ms,
        price,
        "101.00",
        "99.00",
        "100.10",
        "12.500",
        open_ms + length - 1,
        "1252.5",
        7,
        "2.5",
        "250.25",
        "0",
    )


def predecessor(path: Path, tables: Mapping[str, Iterable[Row]], symbols: Iterable[str] = ()) -> Path:
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE symbols (symbol TEXT PRIMARY KEY, base_asset TEXT)")
        made.executemany("INSERT INTO symbols VALUES (?, NULL)", [(symbol,) for symbol in symbols])
        for name, rows in tables.items():
            made.execute(f'CREATE TABLE "{name}" ({COLUMNS})')
            made.executemany(f'INSERT INTO "{name}" VALUES ({",".join("?" * 12)}, NULL)', rows)
        made.commit()
    return path


def minutes(count: int) -> list[Row]:
    return [kline(START + at * MINUTE_MS) for at in range(count)]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "klagg.db") as opened:
        yield opened


async def stored(store: Store, symbol: str = "BTCUSDT", period: Period = Period.M1) -> list[Bar]:
    return [one async for one in store.bars(symbol, period)]


async def test_tables_become_bars_that_are_closed_but_for_the_newest(store: Store, tmp_path: Path) -> None:
    tables = {"k_btc_1m": minutes(12_000), "k_btc_1w": [kline(START - 3 * 86_400_000, 7 * 86_400_000)]}
    outcome = await import_predecessor(store, predecessor(tmp_path / "old.db", tables))
    bars = await stored(store)
    assert (outcome.bars, outcome.tally.bad, outcome.notes, len(bars)) == (12_001, 0, [], 12_000)
    assert {one.state for one in bars[:-1]} == {State.CLOSED}
    assert bars[-1].state is State.PARTIAL
    assert bars[0] == bar(
        START, "100.50", "101", "99", "100.1", "12.5",
        turnover_text="1252.5", trade_count=7, taker_buy_volume="2.5", taker_buy_turnover="250.25",
    )  # fmt: skip
    assert (await stored(store, period=Period.H1))[0].volume == parsing.quantity("750")
    assert [one.state for one in await stored(store, period=Period.W1)] == [State.PARTIAL, State.PARTIAL]
    assert await store.precisions() == {"BTCUSDT": Precision(2, 3)}


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("btc", "BTCUSDT"),
        ("1000shib", "1000SHIBUSDT"),
        ("ethusdc", "ETHUSDC"),
        ("usdc", "USDCUSDT"),
        ("btc_240927", "BTCUSDT_240927"),
        ("ethbtc", "ETHBTC"),
        ("牛来", "牛来USDT"),
    ],
)
def test_names_are_those_of_the_symbols_again(name: str, symbol: str) -> None:
    assert symbol_of(name, {"ETHBTC": "ETHBTC", "BTC": "BTCUSDT"}) == symbol


async def test_its_own_list_of_symbols_settles_what_a_name_leaves_open(store: Store, tmp_path: Path) -> None:
    path = predecessor(tmp_path / "old.db", {"k_ethbtc_1m": minutes(2)}, ["ETHBTC"])
    await import_predecessor(store, path)
    assert [symbol.symbol for symbol in await store.symbols()] == ["ETHBTC"]


async def test_what_cannot_be_seen_is_no_symbol_there_either(store: Store, tmp_path: Path) -> None:
    tables = {"k_btc_1m": minutes(2), "k_eth_1m": minutes(2)}
    outcome = await import_predecessor(store, predecessor(tmp_path / "old.db", tables, ["ETH\u3164USDT"]))
    assert [symbol.symbol for symbol in await store.symbols()] == ["BTCUSDT", "ETHUSDT"]
    tables = {"k_b\u3164_1m": minutes(2), "k_btc_1m": minutes(2)}
    outcome = await import_predecessor(store, predecessor(tmp_path / "older.db", tables))
    assert len(outcome.notes) == 1
    assert [symbol.symbol for symbol in await store.symbols()] == ["BTCUSDT", "ETHUSDT"]


async def test_a_month_hides_in_the_table_of_the_minutes(store: Store, tmp_path: Path) -> None:
    july, length = 1_719_792_000_000, 31 * 86_400_000
    await import_predecessor(store, predecessor(tmp_path / "old.db", {"k_btc_1m": [kline(july, length), *minutes(2)]}))
    assert [one.open_ms for one in await stored(store, period=Period.MO1)] == [july]
    assert [one.open_ms for one in await stored(store)] == [START, START + MINUTE_MS]


async def test_what_klagg_closed_itself_stays(store: Store, tmp_path: Path) -> None:
    own = [bar(START + at * MINUTE_MS) for at in range(2)]
    await store.add(own, [Span("BTCUSDT", 1, 9, START, START + 2 * MINUTE_MS)])
    outcome = await import_predecessor(store, predecessor(tmp_path / "old.db", {"k_btc_1m": minutes(4)}))
    assert (outcome.bars, outcome.duplicates) == (2, 2)
    bars = await stored(store)
    assert bars[:2] == own
    assert [one.state for one in bars[2:]] == [State.CLOSED, State.PARTIAL]


async def test_importing_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    path = predecessor(tmp_path / "old.db", {"k_btc_1m": minutes(20), "k_btc_5m": [kline(START, 300_000)]})
    await import_predecessor(store, path)
    before = [await stored(store, period=period) for period in Period]
    assert (await import_predecessor(store, path)).is_usable
    assert [await stored(store, period=period) for period in Period] == before


async def test_tables_that_are_none_of_its_bars_are_listed(store: Store, tmp_path: Path) -> None:
    tables: dict[str, list[Row]] = {"k_btc_1m": minutes(2), "k_btc_7m": [], "other": []}
    path = predecessor(tmp_path / "old.db", tables)
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE k_eth_1m (open_time INTEGER, price TEXT)")
    outcome = await import_predecessor(store, path)
    assert outcome.notes == [
        "Table k_btc_7m was left out: there is no period 7m.",
        "Table k_eth_1m was left out: its columns are not the exchange's.",
        "Table other was left out: its name is none of a symbol and period.",
    ]


async def test_a_bad_row_costs_that_row(store: Store, tmp_path: Path) -> None:
    rows = [kline(START), kline(START + MINUTE_MS, price="100.300000000004"), kline(START + 2 * MINUTE_MS)]
    outcome = await import_predecessor(store, predecessor(tmp_path / "old.db", {"k_btc_1m": rows}))
    assert outcome.tally.first_bad == [
        f"k_btc_1m, open_time {START + MINUTE_MS}: a bar of BTCUSDT cannot be read: '100.300000000004' has more than 8 decimals"
    ]
    assert len(await stored(store)) == 2


@pytest.mark.parametrize("is_logged", [False, True])
async def test_the_source_is_never_changed(store: Store, tmp_path: Path, is_logged: bool) -> None:
    (tmp_path / "old").mkdir()
    path = predecessor(tmp_path / "old" / "old.db", {"k_btc_1m": minutes(2)})
    with closing(sqlite3.connect(path)) as writing:
        if is_logged:
            writing.execute("PRAGMA journal_mode = WAL")
            writing.execute('INSERT INTO "k_btc_1m" VALUES (' + ",".join("?" * 12) + ", NULL)", kline(START + 120_000))
            writing.commit()
        before = {file.name: file.read_bytes() for file in path.parent.iterdir() if not file.name.endswith("-shm")}
        outcome = await import_predecessor(store, path)
        after = {file.name: file.read_bytes() for file in path.parent.iterdir() if not file.name.endswith("-shm")}
    assert after == before
    assert outcome.bars == 2 + is_logged


async def test_asked_to_stop_it_keeps_what_it_has(store: Store, tmp_path: Path) -> None:
    path = predecessor(tmp_path / "old.db", {"k_btc_1m": minutes(12_000), "k_eth_1m": minutes(2)})
    seen: list[Progress] = []
    outcome = await import_predecessor(store, path, on_progress=seen.append, should_stop=lambda: len(seen) == 2)
    assert (outcome.is_stopped, outcome.bars) == (True, 10_000)
    assert (seen[-1].done, seen[-1].total, seen[-1].rows) == (1, 2, 10_000)


async def test_other_files_are_refused_in_one_sentence(store: Store, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database at all, but long enough to be looked at" * 50)
    with closing(sqlite3.connect(tmp_path / "other.db")) as made:
        made.execute("CREATE TABLE things (name TEXT)")
    for name, sentence in (("none", "no such file"), ("text", "cannot be read as a"), ("other.db", "no tables like")):
        with pytest.raises(BadFile, match=sentence):
            await import_predecessor(store, tmp_path / name)


def test_the_command_tells_what_came_and_what_was_left_out(klagg: Klagg, tmp_path: Path) -> None:
    tables: dict[str, list[Row]] = {"k_btc_1m": minutes(2), **{f"other{at}": [] for at in range(60)}}
    predecessor(tmp_path / "old.db", tables)
    said = klagg("import", "--legacy", "old.db", "--db", "a.db")
    assert (said.status, said.out.split(", ")[1]) == (0, "2 bars (2 new)")
    assert said.err.count("was left out") == 50
    assert "... and 10 more." in said.err
    assert klagg("import", "--legacy", "old.db", "file.csv", "--db", "a.db").status == 2
    assert klagg("import", "--db", "a.db").status == 2
