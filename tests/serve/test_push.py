"""From the engine to a reader."""

from __future__ import annotations

import asyncio

from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, SeedBars
from klagg_tui.engine.period import Period
from klagg_tui.runtime.host import EngineHost
from klagg_tui.serve.push import push_forever
from tests.makers import MINUTE, START, SYMBOL, trade
from tests.serve.serving import reading, serving


async def test_what_the_engine_does_reaches_a_reader() -> None:
    engine = KlineEngine((Period.M1, Period.M5), holds_gaps=False)
    engine.handle(AddSymbol(SYMBOL, START))
    engine.handle(SeedBars(SYMBOL, START, (), None, 1, START))
    host = EngineHost(engine, (Period.M1,), None, lambda: START)
    async with serving() as server, reading(server) as reader:
        await reader.ask(subscribe=SYMBOL)
        pushing = asyncio.create_task(push_forever(host, server))
        engine.handle(trade(1, START + 1, "100.5"))
        assert [sent["close"] for sent in (await reader.bars()).values()] == ["100.5"]
        engine.handle(trade(2, START + MINUTE, "101"))
        assert {(key[2], sent["is_final"]) for key, sent in (await reader.bars()).items()} == {
            (START, True),
            (START + MINUTE, False),
        }
        pushing.cancel()
