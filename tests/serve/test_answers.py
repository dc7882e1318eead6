"""Bars, symbols and health over HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.derivatives import DerivativeMinute, rate
from klagg_tui.engine.parsing import price
from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.serve.answers import Disk
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from tests.makers import MINUTE, START, SYMBOL, bar, bars
from tests.serve.serving import current, get, put, serving
from tests.slow_sqlite import SlowSqlite


async def test_questions_are_answered_over_http_from_disk_and_memory(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
        await store.add_confirmed(bars(9))
        async with serving(database=path) as server:
            await put(
                server,
                current("50", START + 10 * MINUTE),
                ended=(bar(START + 9 * MINUTE, close="49"),),
                symbols=(SYMBOL,),
            )
            code, sent = await get(server, f"api/bars?symbol={SYMBOL.lower()}&limit=4")
            assert code == 200
            assert [(one["open_time"] - START) // MINUTE for one in sent] == [7, 8, 9, 10]
            assert [one["is_final"] for one in sent] == [True, True, True, False]
            _, sent = await get(server, f"api/bars?symbol={SYMBOL}&from={START}&to={START + 3 * MINUTE}&limit=2")
            assert [(one["open_time"] - START) // MINUTE for one in sent] == [0, 1]
            _, sent = await get(server, f"api/bars?symbol={SYMBOL}&period=5m")
            assert len(sent) == 2
            assert await get(server, "api/symbols") == (200, [{"symbol": SYMBOL, "followed": True, "halted": False}])
            _, health = await get(server, "api/health")
            assert (health["market"], health["connection"], health["readers"]) == ("made market", "connected", 0)
            assert health["periods"] == ["1m"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "symbol=NONE",
        f"symbol={SYMBOL}&period=7m",
        f"symbol={SYMBOL}&from=soon",
        f"symbol={SYMBOL}&limit=0",
        f"symbol={SYMBOL}&limit=5001",
        f"symbol={SYMBOL}&limit=000000001{9:0200}",
        f"symbol={SYMBOL}&limit=000000001{'9' * 5000}",
        f"symbol={SYMBOL}&limit=0000050009",
    ],
)
async def test_a_request_that_asks_for_nothing_is_answered_with_an_error(query: str) -> None:
    async with serving() as server:
        await put(server, symbols=(SYMBOL,))
        code, sent = await get(server, f"api/bars?{query}")
    assert (code, list(sent)) == (400, ["error"])


async def test_a_name_that_a_page_cannot_show_as_it_is_is_not_offered(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path) as store:
        await store.put_symbols([StoredSymbol(name) for name in (SYMBOL, "BTC\u202eTDSU", "\x1b[2J", "\u3164")])
        async with serving(database=path) as server:
            _, sent = await get(server, "api/symbols")
            assert [one["symbol"] for one in sent] == [SYMBOL]
            code, sent = await get(server, "api/bars?symbol=%1B[2J%E2%80%AE")
            assert (code, sent["error"].split(";")[0]) == (400, r"There are no bars of \x1b[2J\u202e")


async def test_a_name_that_several_exchanges_have_asks_for_one_of_them() -> None:
    async with serving() as server:
        await put(server, symbols=("kraken:BTC/USD", "binance-um:BTCUSDT", "binance-spot:BTCUSDT"))
        code, sent = await get(server, "api/bars?symbol=btcusdt")
        assert (code, sent["error"]) == (
            400,
            "BTCUSDT is 2 symbols: name one of them, like binance-um:BTCUSDT, binance-spot:BTCUSDT.",
        )
        code, sent = await get(server, "api/bars?symbol=binance:BTCUSDT")
        assert (code, sent["error"]) == (
            400,
            "binance:BTCUSDT is 2 symbols: name one of them, like binance-um:BTCUSDT, binance-spot:BTCUSDT.",
        )
        for name in ("BTC%2FUSD", "btc/usd", "kraken:BTC/USD", "KRAKEN%3Abtc%2Fusd"):
            assert await get(server, f"api/bars?symbol={name}") == (200, [])


async def test_the_beginning_of_an_exchanges_key_will_do_where_that_is_one_symbol(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, markets=("okx-swap", "kraken")) as store:
        await store.add_confirmed([bar(symbol="okx-swap:BTC-USDT-SWAP"), bar(symbol="kraken:BTC/USD")])
    async with serving(database=path) as server:
        await put(server, symbols=("okx-spot:BTC-USDT", "kraken:BTC/USD"))
        assert await get(server, "api/bars?symbol=okx:btc-usdt") == (200, [])
        for name in ("okx:BTC-USDT-SWAP", "OKX-SWAP:btc-usdt-swap", "btc-usdt-swap"):  # stored, and not followed now
            code, sent = await get(server, f"api/bars?symbol={name}")
            assert (code, [one["symbol"] for one in sent]) == (200, ["okx-swap:BTC-USDT-SWAP"])
        code, sent = await get(server, "api/bars?symbol=okx:NONE")
        assert (code, sent["error"]) == (400, "There are no bars of okx:NONE; /api/symbols lists what there is.")


async def test_the_only_exchange_of_a_file_may_be_said(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    async with await Store.open(path, market="okx-swap") as store:
        await store.add_confirmed([bar(symbol="BTC-USDT-SWAP")])
    async with serving(database=path) as server:
        for name in ("BTC-USDT-SWAP", "okx-swap:BTC-USDT-SWAP", "okx:btc-usdt-swap"):
            code, sent = await get(server, f"api/bars?symbol={name}")
            assert (code, len(sent)) == (200, 1)
        assert (await get(server, "api/bars?symbol=kraken:BTC-USDT-SWAP"))[0] == 400


async def test_a_disk_that_is_closed_while_it_opens_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "klagg.db"
    await (await Store.open(path)).close()
    slow = SlowSqlite(monkeypatch, "open")
    disk = Disk(path)
    asked = asyncio.create_task(disk.store())
    await asyncio.to_thread(slow.reached.wait)
    slow.go_on_soon()
    await disk.close()
    await asked
    slow.assert_is_over()


async def test_what_is_told_beside_trades_is_answered_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    minutes = [
        DerivativeMinute(SYMBOL, START + at * MINUTE, price(str(at + 1)), None, rate("-0.0001"), START)
        for at in range(5)
    ]
    async with await Store.open(path, periods=DEFAULT_PERIODS) as store:
        await store.write(Changes(), minutes)
        async with serving(database=path) as server:
            code, sent = await get(server, f"api/derivatives?symbol={SYMBOL.lower()}&limit=2")
            assert code == 200
            assert [one["mark_price"] for one in sent] == ["4", "5"]
            assert sent[0] == {
                "symbol": SYMBOL,
                "open_time": START + 3 * MINUTE,
                "mark_price": "4",
                "index_price": None,
                "funding_rate": "-0.0001",
                "next_funding_time": START,
                "funding_interval_ms": None,
                "open_interest": None,
                "long_liquidated_volume": None,
                "long_liquidated_quote_volume": None,
                "long_liquidations": None,
                "short_liquidated_volume": None,
                "short_liquidated_quote_volume": None,
                "short_liquidations": None,
            }
            _, sent = await get(server, f"api/derivatives?symbol={SYMBOL}&from={START}&to={START + 3 * MINUTE}&limit=2")
            assert [one["mark_price"] for one in sent] == ["1", "2"]
            assert await get(server, f"api/derivatives?symbol={SYMBOL}&from=now") == (200, [])
            for query in ("", "symbol=NONE", f"symbol={SYMBOL}&from=soon", f"symbol={SYMBOL}&limit=0"):
                code, sent = await get(server, f"api/derivatives?{query}")
                assert (code, list(sent)) == (400, ["error"])
    async with serving(database=None) as server:
        await put(server, current("5"), symbols=(SYMBOL,))
        assert await get(server, f"api/derivatives?symbol={SYMBOL}") == (200, [])
