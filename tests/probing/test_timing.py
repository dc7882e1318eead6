"""The clock of a probe: asked for until it is known well enough, and never taken for better known than it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from klagg_tui.errors import Unreachable
from klagg_tui.exchange.binance.rest import RestClient
from klagg_tui.exchange.transport.clock import ExchangeClock
from klagg_tui.probing.timing import ENOUGH_MS, MOST_ASKS, KnownClock, until_ms, until_past

NOW_MS = 1_790_000_000_000


class World:
    """Its time is moved by hand: each answer takes as long as it is told, and comes at the end of its trip."""

    def __init__(self, *trips_ms: int) -> None:
        self.trips_ms = list(trips_ms)
        self.local_ms = 0.0
        self.ahead_ms = 0

    async def answer(self, _: web.Request) -> web.Response:
        self.local_ms += self.trips_ms.pop(0)
        return web.json_response({"serverTime": int(NOW_MS + self.local_ms) + self.ahead_ms})


@asynccontextmanager
async def asking(world: World) -> AsyncIterator[RestClient]:
    app = web.Application()
    app.router.add_get("/{path:.*}", world.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with RestClient(address, ExchangeClock(NOW_MS, 0), local_ms=lambda: world.local_ms) as rest:
            yield rest
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("trips_ms", "left", "error_ms"),
    [
        ((2 * ENOUGH_MS - 2, 1), 1, ENOUGH_MS - 1),
        ((9_000, 4_000, 20, 1), 1, 10),
        ((9_000,) * (MOST_ASKS + 1), 1, 4_500),
    ],
    ids=["good at once", "better in the end", "never good"],
)
async def test_the_time_is_asked_for_until_it_is_known_well_enough(
    trips_ms: Sequence[int], left: int, error_ms: int
) -> None:
    world = World(*trips_ms)
    async with asking(world) as data:
        clock = KnownClock(data, "Binance")
        await clock.set()
        assert len(world.trips_ms) == left
        error_now_ms = clock.error_ms()
        off_ms = clock.now_ms() - (NOW_MS + world.local_ms)
    assert error_ms <= error_now_ms <= 1.01 * error_ms + 30  # of five answers the first counts, which is a while ago
    assert abs(off_ms) <= error_now_ms
    assert clock.most_error_ms == error_now_ms


async def test_what_is_known_well_enough_is_not_asked_for_again() -> None:
    world = World(10)
    async with asking(world) as data:
        clock = KnownClock(data, "Binance")
        await clock.set()
        await clock.set()
        clock.require_steady()


async def test_a_clock_that_is_not_believed_cannot_be_probed_by() -> None:
    world = World(*[10] * MOST_ASKS * 3)
    world.ahead_ms = 86_400_000
    async with asking(world) as data:
        with pytest.raises(Unreachable, match=r"not believed.* Nothing can be probed by such a clock\."):
            await KnownClock(data, "Binance").set()


async def test_a_clock_that_is_moved_meanwhile_is_told() -> None:
    world = World(10)
    async with asking(world) as data:
        clock = KnownClock(data, "Binance")
        await clock.set()
        data.clock.jumps += 1
        with pytest.raises(Unreachable, match="The clock of Binance was moved while it was probed"):
            clock.require_steady()


async def test_a_moment_is_past_only_when_it_is_so_by_any_clock_that_may_be_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(1_000)

    async def sleep(seconds: float) -> None:
        world.local_ms += 1000 * seconds

    async with asking(world) as data:
        await data.sync()
        monkeypatch.setattr("klagg_tui.probing.timing.asyncio.sleep", sleep)
        soon_ms = data.now_ms() + 5_000
        await until_ms(data, soon_ms)
        assert soon_ms <= data.now_ms() < soon_ms + 100
        await until_past(data, soon_ms)
        assert soon_ms + 500 <= data.now_ms() < soon_ms + 600
