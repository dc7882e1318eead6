"""What is kept beside bars."""

from __future__ import annotations

from pathlib import Path

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision
from klagg_tui.errors import DiskError
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Pair, StoredSymbol
from tests.filed import listed
from tests.makers import DAY, START, SYMBOL, bars


async def test_kept_texts_come_back(store: Store) -> None:
    assert await store.meta("mark") is None
    for value in ("one", "two"):
        await store.put_meta("mark", value)
    assert await store.meta("mark") == "two"


async def test_decimals_only_ever_grow(store: Store) -> None:
    assert await store.precisions() == {}
    await store.widen_precisions({"A": Precision(2, 3), "牛来USDT": Precision(1, 0)})
    await store.widen_precisions({"A": Precision(1, 5)})
    assert await store.precisions() == {"A": Precision(2, 5), "牛来USDT": Precision(1, 0)}


async def test_what_a_listing_says_of_symbols_is_kept_until_another_says_something_else(store: Store) -> None:
    assert await store.pairs() == {}
    await store.learn_pairs({"BTCUSDT": Pair("BTC", "USDT"), "BTCUSD_PERP": Pair("BTC", "USD", is_inverse=True)})
    await store.learn_pairs({"BTCUSDT": Pair("XBT", "USDT")})
    await store.learn_pairs({})
    assert await store.pairs() == {
        "BTCUSDT": Pair("XBT", "USDT"),
        "BTCUSD_PERP": Pair("BTC", "USD", is_inverse=True),
    }


async def test_what_a_newer_klagg_keeps_of_a_symbol_besides_is_passed_over(store: Store) -> None:
    await store.put_meta("pairs", '{"A":["A","USD",false,"more"]}')
    assert await store.pairs() == {"A": Pair("A", "USD")}


@pytest.mark.parametrize("text", ["[", "[7]", '{"A":7}', '{"A":["A"]}'])
async def test_a_damaged_list_of_pairs_is_told_as_damage(store: Store, text: str) -> None:
    await store.put_meta("pairs", text)
    with pytest.raises(DiskError, match="damaged"):
        await store.pairs()


async def test_three_day_bars_open_on_the_symbols_own_days(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", periods=(Period.D1, Period.D3)) as store:
        await store.add_confirmed(bars(9, START, period=Period.D1))
        for anchor in (1, 0, 2):
            await store.put_symbols([StoredSymbol(SYMBOL, anchor=anchor)])
            found = await listed(store, Period.D3)
            assert {each.open_ms // DAY % 3 for each in found} == {anchor}
            assert sum(each.trade_count for each in found) == sum(each.trade_count for each in bars(9))
