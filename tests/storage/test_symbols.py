"""Symbols and what is known of them."""

from __future__ import annotations

from pathlib import Path

from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from tests.filed import file_in, listed
from tests.makers import MINUTE, START, bar, trades


async def test_symbols_come_by_first_open_time_and_name(store: Store) -> None:
    await store.put_symbols([StoredSymbol("B", 5), StoredSymbol("A", 5, anchor=0, active=False), StoredSymbol("C", 1)])
    assert [each.symbol for each in await store.symbols()] == ["C", "A", "B"]
    assert (await store.symbols())[1] == StoredSymbol("A", 5, 0, active=False)


async def test_of_what_no_listing_dates_the_oldest_bar_says_by_when_it_was_traded(store: Store) -> None:
    await store.put_symbols([StoredSymbol("TOLD", 5), StoredSymbol("NONE")])
    await store.add_confirmed([bar(symbol=name, open_ms=START + MINUTE) for name in ("TOLD", "BTCUSDT", "ETHUSDT")])
    day = bar(symbol="ETHUSDT", period=Period.D1, open_ms=START - 9 * DAY_MS)
    await store.add_confirmed([day, bar(symbol="ETHUSDT", period=Period.W1, open_ms=Period.W1.open_ms(day.open_ms))])
    assert await store.traded_by() == {"BTCUSDT": START + 2 * MINUTE, "ETHUSDT": START - 8 * DAY_MS}


async def test_symbols_are_not_only_ascii(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db") as store:
        await file_in(store, trades([START], symbol="币安人生USDT"), symbol="币安人生USDT")
        assert len(await listed(store, Period.M1, "币安人生USDT")) == 1
