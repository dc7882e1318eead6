"""`klagg simulate` in a process of its own, and what it says when it is asked without a client between."""

from __future__ import annotations

import asyncio
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import time
from typing import Final

import aiohttp

SPEED: Final = 20
"""Simulated seconds a second: a minute ends every three seconds."""
_ARGUMENTS: Final = (
    "simulate", "--port", "0", "--symbols", "40", "--activity", "20", "--speed", str(SPEED), "--faults", "none",
)  # fmt: skip
_PATIENCE_S: Final = 60
_ADDRESSES: Final = re.compile(r"--rest-url (\S+) --ws-url (\S+)")


@dataclass(frozen=True)
class Exchange:
    """Where it is."""

    rest_url: str
    ws_url: str

    async def ask(self, name: str, **values: str | int) -> list | dict:
        """`GET /fapi/v1/name`, as it stands."""
        return await self.get(f"/fapi/v1/{name}", values)

    async def get(self, path: str, values: Mapping[str, str | int] | None = None) -> list | dict:
        """`GET path`, as it stands."""
        async with (
            aiohttp.ClientSession(self.rest_url, raise_for_status=True) as session,
            session.get(path, params=values) as response,
        ):
            return await response.json()

    async def now_ms(self) -> tuple[int, int]:
        """Its time, and the local one."""
        return (await self.get("/klagg/faults"))["now_ms"], int(time() * 1000)


@asynccontextmanager
async def simulated(venue: str = "binance-um") -> AsyncIterator[Exchange]:
    """An exchange with the face of that venue on a free port of the loopback address while the block runs."""
    command = (sys.executable, "-m", "klagg_tui", *_ARGUMENTS, "--venue", venue)
    process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_PATIENCE_S):
            exchange = await _found(process.stdout)
        draining = asyncio.create_task(process.stdout.read())
        yield exchange
        draining.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _found(output: asyncio.StreamReader) -> Exchange:
    async for line in output:
        if said := _ADDRESSES.search(line.decode()):
            return Exchange(*said.groups())
    raise RuntimeError("klagg simulate ended before it said where it is")
