"""The push server over real sockets: what readers are told, and who may read."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from klagg_tui.config import Serve
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, SeedBars
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.errors import ConfigError
from klagg_tui.feed import Mode, Status
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.replay import Replay
from klagg_tui.runtime.worker import Plan
from klagg_tui.serve.access import Gate
from klagg_tui.serve.hub import News
from klagg_tui.serve.push import push_forever
from klagg_tui.serve.server import PushServer, served
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, START, SYMBOL, bar, bars, trade

OTHER = "ETHUSDT"
LOCAL = Gate("127.0.0.1", 0)


def status() -> Status:
    return Status("made market", Mode.DEMO, START + 10 * MINUTE, connection="connected")


def current(close: str, open_ms: int = START, symbol: str = SYMBOL, period: Period = Period.M1) -> Bar:
    return bar(open_ms, close=close, symbol=symbol, period=period, state=State.FORMING)


@asynccontextmanager
async def serving(gate: Gate = LOCAL, database: Path | None = None) -> AsyncIterator[PushServer]:
    server = PushServer(gate, database, status)
    await asyncio.to_thread(server.start)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


class Reader:
    """A websocket reader."""

    def __init__(self, opened: aiohttp.ClientWebSocketResponse) -> None:
        self.opened = opened

    async def ask(self, **wish: Any) -> dict[str, Any]:
        await self.opened.send_json(wish)
        return await self.hear()

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            heard: dict[str, Any] = await self.opened.receive_json()
        return heard

    async def bars(self) -> dict[tuple[str, str, int], dict[str, Any]]:
        heard = await self.hear()
        assert heard["type"] == "bars"
        return {(told["symbol"], told["period"], told["open_time"]): told for told in heard["bars"]}


@asynccontextmanager
async def reading(server: PushServer, **options: Any) -> AsyncIterator[Reader]:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{server.url}ws", **options) as opened:
        yield Reader(opened)


async def put(
    server: PushServer, *current_bars: Bar, ended: tuple[Bar, ...] = (), symbols: tuple[str, ...] | None = None
) -> None:
    """Give news as the engine's beat does: when the last ones are taken."""
    assert await asyncio.to_thread(server._is_ready.wait, 10)
    server.put(News(Changes(current_bars, ended), symbols))
    assert await asyncio.to_thread(server._is_ready.wait, 10)


async def get(server: PushServer, path: str, **options: Any) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(server.url + path, **options) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if answer.content_type == "application/json" else text


async def test_a_reader_gets_a_snapshot_and_then_what_changes() -> None:
    async with serving() as server:
        await put(server, current("100.5"), current("7", symbol=OTHER), symbols=(SYMBOL, OTHER))
        async with reading(server) as reader:
            snapshot = await reader.ask(subscribe=SYMBOL)
            assert snapshot["type"] == "snapshot"
            assert [told["close"] for told in snapshot["bars"]] == ["100.5"]
            await put(server, current("101"), current("8", symbol=OTHER))
            assert [told["close"] for told in (await reader.bars()).values()] == ["101"]
            await put(server, current("99.5", START + MINUTE), ended=(bar(START, close="101.25"),))
            heard = await reader.bars()
            assert {key[2]: (told["close"], told["is_final"]) for key, told in heard.items()} == {
                START: ("101.25", True),
                START + MINUTE: ("99.5", False),
            }


async def test_a_bar_is_told_in_exact_texts_under_the_exchanges_names() -> None:
    told_bar = bar(START, "100.10", "100.3", "99.9", "100.2", "1.00000001", trade_count=3, taker_buy_volume="0.5",
                   taker_buy_turnover="50.1", turnover_text="100.2000010020000001")  # fmt: skip
    async with serving() as server, reading(server) as reader:
        await reader.ask(subscribe="*")
        await put(server, ended=(told_bar,))
        (told,) = (await reader.bars()).values()
    assert told == {
        "symbol": SYMBOL, "period": "1m", "open_time": START, "close_time": START + MINUTE - 1, "open": "100.1",
        "high": "100.3", "low": "99.9", "close": "100.2", "volume": "1.00000001", "quote_volume": "100.2000010020000001",
        "count": 3, "taker_buy_volume": "0.5", "taker_buy_quote_volume": "50.1", "is_final": True, "state": "closed",
    }  # fmt: skip


async def test_lists_periods_everything_and_taking_back() -> None:
    async with serving() as server, reading(server) as reader:
        every = [
            current("1", symbol=symbol, period=period)
            for symbol in (SYMBOL, OTHER)
            for period in (Period.M1, Period.M5)
        ]
        await put(server, *every, symbols=(SYMBOL, OTHER))
        assert len((await reader.ask(subscribe="*"))["bars"]) == 4
        assert (await reader.ask(unsubscribe="*"))["wanted"] == []
        assert len((await reader.ask(subscribe=[SYMBOL, OTHER], periods="5m"))["bars"]) == 2
        await put(server, *every)
        assert {key[1] for key in await reader.bars()} == {"5m"}
        assert (await reader.ask(unsubscribe=[OTHER]))["wanted"] == [SYMBOL]
        await put(server, *every)
        assert {key[0] for key in await reader.bars()} == {SYMBOL}
        assert (await reader.ask(subscribe=["none"], periods=["1m"]))["unknown"] == ["NONE"]


@pytest.mark.parametrize(
    "said", ["[]", "{}", "x", '{"subscribe": 5}', '{"subscribe": []}', '{"subscribe": "A", "unsubscribe": "B"}',
             '{"subscribe": "A", "periods": "7m"}', '{"subscribe": "A", "periods": [1]}', '{"subscribe": [""]}'],
)  # fmt: skip
async def test_a_message_that_means_nothing_is_answered_and_costs_nothing_else(said: str) -> None:
    async with serving() as server, reading(server) as reader:
        await reader.opened.send_str(said)
        assert (await reader.hear())["type"] == "error"
        assert (await reader.ask(subscribe="*"))["type"] == "snapshot"


async def test_a_symbol_that_is_gone_is_in_no_snapshot() -> None:
    async with serving() as server, reading(server) as reader:
        await put(server, current("1"), current("1", symbol=OTHER), symbols=(SYMBOL, OTHER))
        await put(server, symbols=(OTHER,))
        assert [told["symbol"] for told in (await reader.ask(subscribe="*"))["bars"]] == [OTHER]


async def test_a_reader_that_slept_finds_the_newest_state_not_a_queue() -> None:
    many = [f"COIN{at:04d}USDT" for at in range(2_000)]
    async with serving() as server:
        connector = aiohttp.TCPConnector(socket_factory=_small_socket)
        async with (
            aiohttp.ClientSession(connector=connector, read_bufsize=1024) as session,
            session.ws_connect(f"{server.url}ws", max_msg_size=0) as opened,
        ):
            reader = Reader(opened)
            await reader.ask(subscribe="*")
            for turn in range(1, 31):
                await put(server, *[current(f"{turn}", symbol=symbol) for symbol in many], symbols=tuple(many))
            closes = [await _closes(reader)]
            while "30" not in closes[-1]:
                closes.append(await _closes(reader))
            # What the system held already, one message made meanwhile, and then the newest.
            assert len(closes) < 8
            assert closes[-1] == {"30"}


async def _closes(reader: Reader) -> set[str]:
    return {told["close"] for told in (await reader.bars()).values()}


def _small_socket(address: Any) -> socket.socket:
    made = socket.socket(address[0], address[1], address[2])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return made


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
            code, told = await get(server, f"api/bars?symbol={SYMBOL.lower()}&limit=4")
            assert code == 200
            assert [(one["open_time"] - START) // MINUTE for one in told] == [7, 8, 9, 10]
            assert [one["is_final"] for one in told] == [True, True, True, False]
            _, told = await get(server, f"api/bars?symbol={SYMBOL}&from={START}&to={START + 3 * MINUTE}&limit=2")
            assert [(one["open_time"] - START) // MINUTE for one in told] == [0, 1]
            _, told = await get(server, f"api/bars?symbol={SYMBOL}&period=5m")
            assert len(told) == 2
            assert await get(server, "api/symbols") == (200, [{"symbol": SYMBOL, "followed": True}])
            _, health = await get(server, "api/health")
            assert (health["market"], health["connection"], health["readers"]) == ("made market", "connected", 0)
            assert health["periods"] == ["1m"]


@pytest.mark.parametrize(
    "query", ["", "symbol=NONE", f"symbol={SYMBOL}&period=7m", f"symbol={SYMBOL}&from=soon", f"symbol={SYMBOL}&limit=0"]
)
async def test_a_question_that_is_none_is_told_so(query: str) -> None:
    async with serving() as server:
        await put(server, symbols=(SYMBOL,))
        code, told = await get(server, f"api/bars?{query}")
    assert (code, list(told)) == (400, ["error"])


async def test_only_get_is_answered() -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        async with session.post(f"{server.url}api/bars") as answer:
            assert answer.status == 405
        assert (await get(server, "ws"))[0] == 426


async def test_pages_of_others_may_not_read() -> None:
    async with serving() as server:
        own = server.url.rstrip("/")
        for origin, code in (("https://elsewhere.example", 403), ("null", 403), (own, 200)):
            assert (await get(server, "api/symbols", headers={"Origin": origin}))[0] == code
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with reading(server, origin="https://elsewhere.example"):
                pass
        assert refused.value.status == 403
        # A name of somebody else that was made to point at this machine.
        assert (await get(server, "api/symbols", headers={"Host": f"elsewhere.example:{server.port}"}))[0] == 403
    async with serving(Gate("127.0.0.1", 0, origins=("https://good.example",))) as server:
        assert (await get(server, "api/symbols", headers={"Origin": "https://good.example"}))[0] == 200


async def test_with_a_token_only_its_owners_read() -> None:
    async with serving(Gate("127.0.0.1", 0, token="secret-token")) as server:
        assert (await get(server, "api/symbols"))[0] == 401
        assert (await get(server, "api/symbols?token=wrong-token"))[0] == 401
        assert (await get(server, "api/symbols?token=secret-token"))[0] == 200
        assert (await get(server, "api/symbols", headers={"Authorization": "Bearer secret-token"}))[0] == 200
        assert (await get(server, "", headers={}))[0] == 200
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with reading(server):
                pass


def test_other_machines_need_a_token() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.5", "example.org"):
        with pytest.raises(ConfigError, match="token"):
            PushServer(Gate(host, 0), None, status)
        PushServer(Gate(host, 0, token="secret-token"), None, status)
    for host in ("127.0.0.1", "::1", "localhost", "127.5.0.1"):
        PushServer(Gate(host, 0), None, status)


async def test_a_taken_port_is_one_sentence() -> None:
    async with serving() as server:
        with pytest.raises(ConfigError, match="cannot be listened at"):
            await asyncio.to_thread(PushServer(Gate("127.0.0.1", server.port), None, status).start)


async def test_the_page_stands_alone() -> None:
    async with serving() as server:
        code, text = await get(server, "")
    assert code == 200
    assert "<canvas" in text
    assert "http" not in text.replace('"https:"', ""), "the page loads nothing from elsewhere"


async def test_what_the_engine_does_reaches_a_reader() -> None:
    engine = KlineEngine((Period.M1, Period.M5), holds_gaps=False)
    engine.handle(AddSymbol(SYMBOL, START))
    engine.handle(SeedBars(SYMBOL, START, (), None, 1, START))
    core = EngineHost(engine, (Period.M1,), None, lambda: START)
    async with serving() as server, reading(server) as reader:
        await reader.ask(subscribe=SYMBOL)
        pushing = asyncio.create_task(push_forever(core, server))
        engine.handle(trade(1, START + 1, "100.5"))
        assert [told["close"] for told in (await reader.bars()).values()] == ["100.5"]
        engine.handle(trade(2, START + MINUTE, "101"))
        assert {(key[2], told["is_final"]) for key, told in (await reader.bars()).items()} == {
            (START, True),
            (START + MINUTE, False),
        }
        pushing.cancel()


async def test_readers_are_told_that_klagg_ends() -> None:
    server = PushServer(LOCAL, None, status)
    await asyncio.to_thread(server.start)
    async with reading(server) as reader:
        await reader.ask(subscribe="*")
        await asyncio.to_thread(server.stop)
        heard = await reader.opened.receive()
    assert (heard.type, heard.data) == (aiohttp.WSMsgType.CLOSE, 1001)


async def test_a_server_beside_a_runtime_tells_of_its_bars_from_the_first_to_the_last(tmp_path: Path) -> None:
    recorded = tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv"
    recorded.write_text("".join(f"{at},100.{at},1,{at},{at},{START + at * 20_000},true\n" for at in range(1, 9)))
    plan = Plan(lambda: Replay([recorded], None), (Period.M1,), tmp_path / "klagg.db", "replay")
    runtime, server = served(plan, Serve("127.0.0.1", 1, None, ()))
    server._gate = LOCAL
    await asyncio.to_thread(server.start)
    try:
        assert (await get(server, "api/symbols")) == (200, [])
        async with reading(server) as reader:
            await reader.ask(subscribe="*")
            await asyncio.to_thread(runtime.start)
            heard: dict[tuple[str, str, int], dict[str, Any]] = {}
            while (SYMBOL, "1m", START + 2 * MINUTE) not in heard:
                heard |= await reader.bars()
        assert [told["count"] for _, told in sorted(heard.items())] == [2, 3, 3]
        _, told = await get(server, f"api/bars?symbol={SYMBOL}")
        assert [one["count"] for one in told] == [2, 3, 3]
        assert (await get(server, "api/health"))[1]["market"] == "replay"
    finally:
        runtime.cancel()
        await asyncio.to_thread(runtime.wait, 10)
        await asyncio.to_thread(server.stop)
