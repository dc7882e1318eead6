"""Several venues in one file: whose a symbol is, and what it is called."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision
from klagg_tui.errors import OtherMarket, StorageError
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Pair, Standing, StoredSymbol
from klagg_tui.storage.venues import MarkedVenue, label_of, mark_of, naming_of
from tests.filed import listed
from tests.makers import MINUTE, START, SYMBOL, bar

UM, OKX, SPOT = "binance-um", "okx-swap", "binance-spot"
OURS, THEIRS = f"{UM}:{SYMBOL}", f"{OKX}:{SYMBOL}"
PATH = Path("klagg.db")


async def two(path: Path) -> None:
    """A file with the same symbol of two venues, at other prices."""
    async with await Store.open(path, market=UM) as store:
        await store.add_confirmed([bar(START, "100"), bar(START + MINUTE, "101")])
    async with await Store.open(path, markets=(UM, OKX)) as store:
        await store.add_confirmed([bar(START, "200", symbol=THEIRS)])


def test_a_mark_is_a_key_and_of_an_imitation_its_address() -> None:
    assert (mark_of(UM), mark_of(UM, "http://127.0.0.1:1")) == (UM, f"{UM}@http://127.0.0.1:1")
    assert label_of(mark_of(UM, "http://127.0.0.1:1")) == label_of(mark_of(UM)) == UM


async def test_one_venue_goes_by_bare_names_and_several_by_their_own(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, market=UM) as store:
        await store.add_confirmed([bar(START, "100")])
        assert (store.venues, store.is_qualified) == ((UM,), False)
        assert [one.symbol for one in await store.symbols()] == [SYMBOL]
    async with await Store.open(path, markets=(UM, OKX)) as store:
        assert (store.venues, store.is_qualified) == ((UM, OKX), True)
        assert [one.symbol for one in await store.symbols()] == [OURS]
        await store.add_confirmed([bar(START, "200", symbol=THEIRS)])
        assert [one.symbol for one in await store.symbols()] == [OURS, THEIRS]
        assert [one.open for one in [*await listed(store, symbol=OURS), *await listed(store, symbol=THEIRS)]] == [
            bar(open="100").open,
            bar(open="200").open,
        ]
    async with await Store.open(path, market=UM) as store:
        assert (store.venues, store.is_qualified) == ((UM, OKX), True)
        assert await store.markets() == (UM, OKX)
    async with await Store.open(path, read_only=True) as store:
        assert store.is_qualified
        assert [one.symbol for one in await store.symbols()] == [OURS, THEIRS]


async def test_a_symbol_is_found_with_and_without_its_venue_where_that_says_enough(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    await two(path)
    async with await Store.open(path, markets=(UM, OKX)) as store:
        await store.add_confirmed([bar(START, "7", symbol=f"{OKX}:ETH-USDT-SWAP")])
        assert len(await listed(store, symbol=OURS)) == 2
        assert len(await listed(store, symbol="ETH-USDT-SWAP")) == 1
        assert await listed(store, symbol=SYMBOL) == []  # two have it
        assert await listed(store, symbol=f"kraken:{SYMBOL}") == []
    async with await Store.open(tmp_path / "one.db", market=UM) as store:
        await store.add_confirmed([bar()])
        assert [one.symbol for one in await listed(store, symbol=OURS)] == [SYMBOL]
        assert await listed(store, symbol=THEIRS) == []


async def test_what_is_known_of_a_symbol_is_its_venues_own(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, market=UM) as store:
        await store.put_symbols([StoredSymbol(SYMBOL, START)])
        await store.widen_precisions({SYMBOL: Precision(1, 3)})
        await store.add_confirmed([bar()])
    async with await Store.open(path, markets=(UM, OKX)) as store:
        await store.put_symbols([StoredSymbol(THEIRS, START + MINUTE)])
        await store.widen_precisions({THEIRS: Precision(5, 2)})
        await store.learn_anchors({OURS: 0, THEIRS: 2})
        await store.learn_pairs({OURS: Pair("BTC", "USDT"), THEIRS: Pair("BTC", "USD", is_inverse=True)})
        assert await store.precisions() == {OURS: Precision(1, 3), THEIRS: Precision(5, 2)}
        assert await store.precisions(OKX) == {THEIRS: Precision(5, 2)}
        assert (await store.anchors(), await store.anchors(UM)) == ({OURS: 0, THEIRS: 2}, {OURS: 0})
        assert [(one.symbol, one.first_open_ms, one.anchor) for one in await store.symbols(OKX)] == [
            (THEIRS, START + MINUTE, 2)
        ]
    async with await Store.open(path) as store:  # of the other venue nothing but a listing is stored
        assert (store.is_qualified, await store.precisions(UM)) == (False, {SYMBOL: Precision(1, 3)})
        assert (await store.anchors(UM), await store.anchors("kraken")) == ({SYMBOL: 0}, {})
        assert await store.pairs(UM) == {SYMBOL: Pair("BTC", "USDT")}


async def test_debts_and_doubts_are_told_for_one_venue_or_all(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, markets=(UM, OKX)) as store:
        for name in (OURS, THEIRS):
            await store.put_symbols([StoredSymbol(name, standing=Standing.FOLLOWED)])
            await store.add([bar(START, symbol=name), bar(START + 2 * MINUTE, symbol=name)], [])
        until = START + 3 * MINUTE
        one = await store.find_owed(until, (Period.M1,), venue=OKX)
        both = await store.find_owed(until, (Period.M1,))
        assert [hole[:3] for hole in one] == [(THEIRS, Period.M1, START + MINUTE)]
        assert [hole.symbol for hole in both] == [OURS, THEIRS]
        assert [hole.symbol for hole in await store.owed(until, venue=UM)] == [OURS]
        assert {doubt.symbol for doubt in await store.unconfirmed()} == {OURS, THEIRS}
        assert {doubt.symbol for doubt in await store.unconfirmed(venue=OKX)} == {THEIRS}
        left = await store.unconfirmed([(THEIRS, Period.M1, START)], venue=OKX)
        assert [doubt.first_open_ms for doubt in left if doubt.period is Period.M1] == [START + 2 * MINUTE]
        assert await store.ended_until(THEIRS, Period.M1, until) == until
        assert await store.count(OURS, Period.M1, START, until) == 2
        assert await store.remove_future(START + MINUTE, venue=OKX) > 0
        assert (len(await listed(store, symbol=OURS)), len(await listed(store, symbol=THEIRS))) == (2, 1)
        held = [(one.symbol, one.rows) for one in await store.summary() if one.period is Period.M1]
        assert held == [(OURS, 2), (THEIRS, 1)]
        assert (await store.stored_periods())[THEIRS][0] is Period.M1


async def test_an_address_never_meets_another_one_of_its_venue(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    await two(path)
    with pytest.raises(OtherMarket, match="holds the bars of okx-swap, not of okx-swap@http://localhost:1: nothing"):
        await Store.open(path, markets=(UM, f"{OKX}@http://localhost:1"))
    async with await Store.open(path) as store:
        with pytest.raises(OtherMarket):
            await store.claim(f"{OKX}@simulated")
        await store.claim(SPOT)
        assert store.venues == (UM, OKX, SPOT)


async def test_a_name_of_no_venue_of_the_run_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, markets=(UM, OKX)) as store:
        for name in (SYMBOL, "kraken:BTC/USD"):
            with pytest.raises(StorageError, match="is of none of the exchanges"):
                await store.add_confirmed([bar(symbol=name)])
        assert await store.symbols() == ()


async def test_the_view_says_whose_a_bar_is(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, market=f"{UM}@http://localhost:1") as store:
        await store.add_confirmed([bar()])
    async with await Store.open(path, markets=(f"{UM}@http://localhost:1", OKX)) as store:
        await store.add_confirmed([bar(symbol=THEIRS)])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT symbol, venue FROM bars WHERE period = '1m'").fetchall() == [
            (SYMBOL, UM),
            (SYMBOL, OKX),
        ]


async def test_a_reader_beside_a_writer_tells_the_symbols_of_a_venue_that_comes_from_its_own(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, markets=(UM, OKX)) as store:
        await store.add_confirmed([bar(symbol=OURS)])
        async with (
            await Store.open(path, read_only=True) as beside,
            await Store.open(path, read_only=True, markets=(UM, OKX)) as knowing,
        ):
            assert (beside.is_qualified, knowing.is_qualified) == (False, True)
            await store.add_confirmed([bar(symbol=THEIRS, open="3")])
            assert {one.symbol for one in await beside.symbols()} == {SYMBOL, THEIRS}
            assert {one.symbol for one in await beside.latest([Period.M1], 5)} == {SYMBOL, THEIRS}
            assert {one.symbol for one in await knowing.symbols()} == {OURS, THEIRS}
            assert [one.open for one in await listed(knowing, symbol=THEIRS)] == [bar(open="3").open]


def test_a_venue_without_a_bar_is_none_of_the_files() -> None:
    rows = [MarkedVenue(1, UM, has_bars=True), MarkedVenue(2, OKX, has_bars=False)]
    assert naming_of(PATH, rows, ()).labels == (UM,)
    assert naming_of(PATH, rows, (UM,)).labels == (UM,)
    back = naming_of(PATH, rows, (f"{OKX}@there",))
    assert (back.labels, back.claims, back.new) == ((UM, OKX), {2: f"{OKX}@there"}, {})
    third = naming_of(PATH, rows, (SPOT, "kraken"))
    assert (third.labels, third.claims, third.new) == ((UM, SPOT, "kraken"), {}, {3: SPOT, 4: "kraken"})


def test_rows_that_nobody_marked_go_to_the_first_who_comes() -> None:
    rows = [MarkedVenue(1, None, has_bars=True)]
    naming = naming_of(PATH, rows, (UM, OKX))
    assert (naming.labels, naming.claims, naming.new) == ((UM, OKX), {1: UM}, {2: OKX})
    assert naming.name(1, None, SYMBOL) == OURS
    assert naming_of(PATH, rows, ()).name(1, None, SYMBOL) == SYMBOL


async def test_states_of_bars_are_kept_apart_by_venue(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    await two(path)
    async with await Store.open(path, markets=(UM, OKX)) as store:
        await store.add([bar(START + MINUTE, "5", symbol=THEIRS, state=State.PARTIAL)], [])
        assert [one.state for one in await listed(store, symbol=OURS)] == [State.CONFIRMED] * 2
        assert [one.state for one in await listed(store, symbol=THEIRS)] == [State.CONFIRMED, State.PARTIAL]
