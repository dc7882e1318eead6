"""A server that takes webhooks, and is told how to answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from klagg_tui.alert import Firing
from tests.makers import START

FIRING = Firing(START + 789, "BTCUSDT", "binance-um", "last>1", "Up", "70001.5", "vol 2", 3)


class Hooks:
    """What came, and how it is answered: a status each, the last one from then on; None: never."""

    def __init__(self, *statuses: int | None) -> None:
        self.statuses = list(statuses or (200,))
        self.came: list[dict[str, Any]] = []
        self.url = ""
        self.arrived = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        self.came.append(await request.json())
        self.arrived.set()
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status is None:
            await asyncio.Event().wait()
        return web.Response(status=status or 0, headers={"Location": "/elsewhere"})


@asynccontextmanager
async def hooks(*statuses: int | None, port: int = 0) -> AsyncIterator[Hooks]:
    """One at the loopback address."""
    made = Hooks(*statuses)
    app = web.Application()
    app.router.add_post("/hook", made.take)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield made
    finally:
        await runner.cleanup()
