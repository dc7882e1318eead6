"""Websocket readers of the push server: snapshots, changes, what a message can ask for."""

from __future__ import annotations

import socket
from typing import Any

import aiohttp
import pytest

from klagg_tui.engine.period import Period
from klagg_tui.errors import StorageError
from klagg_tui.serve.routes import PAGE_FILES
from tests.makers import MINUTE, START, SYMBOL, bar
from tests.serve.serving import OTHER, Reader, current, get, put, reading, serving


async def test_a_reader_gets_a_snapshot_and_then_what_changes() -> None:
    async with serving() as server:
        await put(server, current("100.5"), current("7", symbol=OTHER), symbols=(SYMBOL, OTHER))
        async with reading(server) as reader:
            snapshot = await reader.ask(subscribe=SYMBOL)
            assert snapshot["type"] == "snapshot"
            assert [sent["close"] for sent in snapshot["bars"]] == ["100.5"]
            await put(server, current("101"), current("8", symbol=OTHER))
            assert [sent["close"] for sent in (await reader.bars()).values()] == ["101"]
            await put(server, current("99.5", START + MINUTE), ended=(bar(START, close="101.25"),))
            received = await reader.bars()
            assert {key[2]: (sent["close"], sent["is_final"]) for key, sent in received.items()} == {
                START: ("101.25", True),
                START + MINUTE: ("99.5", False),
            }


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
    "text", ["[]", "{}", "x", '{"subscribe": 5}', '{"subscribe": []}', '{"subscribe": "A", "unsubscribe": "B"}',
             '{"subscribe": "A", "periods": "7m"}', '{"subscribe": "A", "periods": [1]}', '{"subscribe": [""]}'],
)  # fmt: skip
async def test_a_message_that_means_nothing_is_answered_and_costs_nothing_else(text: str) -> None:
    async with serving() as server, reading(server) as reader:
        await reader.opened.send_str(text)
        assert (await reader.receive())["type"] == "error"
        assert (await reader.ask(subscribe="*"))["type"] == "snapshot"


async def test_a_symbol_that_is_gone_is_in_no_snapshot() -> None:
    async with serving() as server, reading(server) as reader:
        await put(server, current("1"), current("1", symbol=OTHER), symbols=(SYMBOL, OTHER))
        await put(server, symbols=(OTHER,))
        assert [sent["symbol"] for sent in (await reader.ask(subscribe="*"))["bars"]] == [OTHER]


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
    return {sent["close"] for sent in (await reader.bars()).values()}


def _small_socket(address: Any) -> socket.socket:
    made = socket.socket(address[0], address[1], address[2])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return made


async def test_only_get_is_answered() -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        async with session.post(f"{server.url}api/bars") as answer:
            assert answer.status == 405
        assert (await get(server, "ws"))[0] == 426


async def test_the_page_stands_alone() -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        for path, file in PAGE_FILES.items():
            async with session.get(server.url.rstrip("/") + path) as answer:
                assert answer.status == 200, file
                policy = answer.headers["Content-Security-Policy"]
                text = await answer.text()
            assert "http" not in text.replace('"https:"', ""), "the page loads nothing from elsewhere"
            assert "unsafe" not in policy, "what is put into the page does not run"
            assert "innerHTML" not in text
        async with session.get(f"{server.url}page.mjs") as answer:
            assert answer.content_type == "text/javascript"


async def test_what_the_disk_is_to_blame_for_is_not_called_the_requests_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(_: object) -> bytes:
        raise StorageError("The disk is broken.")

    monkeypatch.setattr("klagg_tui.serve.answers.Answers.symbols", fails)
    async with serving() as server:
        assert await get(server, "api/symbols") == (500, {"error": "The disk is broken."})


async def test_a_question_to_the_websockets_path_says_how_to_ask() -> None:
    async with serving() as server, aiohttp.ClientSession() as session, session.get(f"{server.url}ws") as answer:
        assert (answer.status, answer.headers["Upgrade"]) == (426, "websocket")
        assert list(await answer.json()) == ["error"]
