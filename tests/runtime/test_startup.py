"""What is on the screen before any exchange has answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.exchange.registry import venue
from klagg_tui.feed import FeedUpdate, InstrumentFacts
from klagg_tui.runtime.startup import note_watched, stored_bars, stored_closes, stored_instruments
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import Pair, Standing, StoredSymbol
from klagg_tui.view import filter as filters
from klagg_tui.view.model import Market
from klagg_tui.view.screener.figure import FigureCall
from tests.makers import MINUTE, START, bar, bars

UM, OKX = "binance-um", "okx-swap"


async def first_picture(store: Store) -> FeedUpdate:
    return await stored_bars(store, (Period.M1,), await stored_instruments(store))


async def test_what_is_stored_comes_with_what_its_exchange_said_of_it(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", market=UM) as store:
        await store.write(Changes(current=(bar(), bar(symbol="OLDUSDT"))))
        await store.learn_pairs({"BTCUSDT": Pair("BTC", "USDT"), "GONEUSDT": Pair("GONE", "USDT")})
        update = await first_picture(store)
    assert update.instruments == {
        "BTCUSDT": InstrumentFacts(UM, venue(UM).name, "BTCUSDT", "BTC", "USDT", tells_derivatives=True),
        "OLDUSDT": InstrumentFacts(UM, venue(UM).name, "OLDUSDT", tells_derivatives=True),
    }


async def test_stored_rows_of_several_exchanges_can_be_filtered_before_any_has_answered(tmp_path: Path) -> None:
    ours, theirs, other = f"{UM}:BTCUSDT", f"{OKX}:BTC-USD-SWAP", "gone:X"
    async with await Store.open(tmp_path / "klagg.db", markets=(UM, OKX, "gone")) as store:
        await store.write(Changes(current=tuple(bar(symbol=name) for name in (ours, theirs, other))))
        await store.learn_pairs({ours: Pair("BTC", "USDT"), theirs: Pair("BTC", "USD", is_inverse=True)})
        update = await first_picture(store)
    assert update.instruments[theirs].is_inverse
    assert [name for name, facts in update.instruments.items() if facts.tells_derivatives] == [ours]
    assert update.instruments[other] == InstrumentFacts("gone", "", "X")
    market = Market()
    market.apply(update)
    for text, found in (("base:btc", {ours, theirs}), ("quote:usdt", {ours}), (f"venue:{OKX}", {theirs})):
        passes = filters.read(text).matches
        assert {row.symbol for row in market.rows.values() if passes(row, Period.M1, START)} == found, text


async def test_since_when_stored_symbols_are_traded_is_known_without_any_exchange(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", market=UM) as store:
        await store.put_symbols([StoredSymbol("NEWUSDT", START - 3 * DAY_MS)])
        await store.add_confirmed(bars(2, symbol="OLDUSDT"))
        await store.write(Changes(current=tuple(bar(symbol=name) for name in ("NEWUSDT", "OLDUSDT", "BTCUSDT"))))
        update = await first_picture(store)
    assert [(facts.listed_ms, facts.traded_by_ms) for _, facts in sorted(update.instruments.items())] == [
        (0, 0),
        (START - 3 * DAY_MS, 0),
        (0, START + MINUTE),
    ]
    market = Market()
    market.screener.use([FigureCall("listed")])
    market.apply(update)
    passes = filters.read("@new").matches
    assert [row.symbol for row in market.rows.values() if passes(row, Period.M1, START)] == ["NEWUSDT"]


async def test_closes_of_symbols_without_a_current_bar_come_with_it_too(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db", market=UM) as store:
        await store.add_confirmed(bars(2))
        await store.learn_pairs({"BTCUSDT": Pair("BTC", "USDT")})
        update = await stored_closes(store, Period.M1, await stored_instruments(store))
    assert (update.symbols_added, update.instruments["BTCUSDT"].base) == (("BTCUSDT",), "BTC")


async def test_nothing_is_said_of_symbols_of_a_file_that_nobody_marked(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db") as store:
        await store.write(Changes(current=(bar(),)))
        update = await first_picture(store)
    assert (update.symbols_added, update.instruments) == (("BTCUSDT",), {})


async def test_it_is_said_once_that_an_exchange_is_not_watched_any_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> list[str]:
        said = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return said

    async with await Store.open(tmp_path / "klagg.db", markets=(UM, OKX, "gone")) as store:
        names = f"{UM}:A", f"{OKX}:B", f"{OKX}:C", "gone:D"
        await store.put_symbols(StoredSymbol(name, standing=Standing.FOLLOWED) for name in names)
        await note_watched(store, (UM, "gone"))
        assert told() == [
            "OKX swaps is not watched any more: what is missing of its 2 symbols is fetched once it is watched again"
        ]
        await note_watched(store, (UM,))
        assert told() == [
            "gone is not watched any more: what is missing of its 1 symbol is fetched once it is watched again"
        ]
        await note_watched(store, (UM,))
        await note_watched(store, (UM, OKX))
        assert told() == []
        assert await store.watched() == frozenset({UM, OKX})
