"""The server's thread: where it listens, how it ends, beside a runtime."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from klagg_tui.config import Serve
from klagg_tui.engine.period import Period
from klagg_tui.errors import ConfigError
from klagg_tui.runtime.replay import Replay
from klagg_tui.runtime.source import Plan
from klagg_tui.serve.access import AccessPolicy
from klagg_tui.serve.server import PushServer, served
from tests.makers import MINUTE, START, SYMBOL
from tests.patience import WAIT_S
from tests.serve.serving import LOCAL, get, reading, serving, status


async def test_a_taken_port_is_one_sentence() -> None:
    async with serving() as server:
        with pytest.raises(ConfigError, match=r"cannot be listened at \(Address already in use\): nothing"):
            await asyncio.to_thread(PushServer(AccessPolicy("127.0.0.1", server.port), None, status).start)


async def test_readers_are_closed_when_klagg_ends() -> None:
    server = PushServer(LOCAL, None, status)
    await asyncio.to_thread(server.start)
    async with reading(server) as reader:
        await reader.ask(subscribe="*")
        await asyncio.to_thread(server.stop)
        received = await reader.opened.receive()
    assert (received.type, received.data) == (aiohttp.WSMsgType.CLOSE, 1001)


async def test_a_server_beside_a_runtime_sends_its_bars_from_the_first_to_the_last(tmp_path: Path) -> None:
    recorded = tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv"
    recorded.write_text("".join(f"{at},100.{at},1,{at},{at},{START + at * 20_000},true\n" for at in range(1, 9)))
    plan = Plan(lambda: Replay([recorded], None), (Period.M1,), tmp_path / "klagg.db", "replay")
    runtime, server = served(plan, Serve("127.0.0.1", 1, None, ()))
    server._access = LOCAL
    await asyncio.to_thread(server.start)
    try:
        assert (await get(server, "api/symbols")) == (200, [])
        async with reading(server) as reader:
            await reader.ask(subscribe="*")
            await asyncio.to_thread(runtime.start)
            received: dict[tuple[str, str, int], dict[str, Any]] = {}
            while (SYMBOL, "1m", START + 2 * MINUTE) not in received:
                received |= await reader.bars()
        assert [sent["count"] for _, sent in sorted(received.items())] == [2, 3, 3]
        _, sent = await get(server, f"api/bars?symbol={SYMBOL}")
        assert [one["count"] for one in sent] == [2, 3, 3]
        assert (await get(server, "api/health"))[1]["market"] == "replay"
    finally:
        runtime.cancel()
        await asyncio.to_thread(runtime.wait, WAIT_S)
        await asyncio.to_thread(server.stop)
