"""Every fault of the exchange; klagg, its copy and both servers killed again and again, the network cut: what was delivered is what is stored, and that the truth."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from klagg_tui.errors import StorageError
from klagg_tui.runtime.plans import mark_at
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.nats import NatsTarget
from klagg_tui.sinks.nats_told import read
from klagg_tui.sinks.postgres import PostgresTarget
from klagg_tui.sinks.target import Target
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from tests.market_run import MINUTE_MS, differences, now_ms, recorded, venue_of
from tests.runtime.test_soak import BESIDES, unstruck
from tests.sinks.line import Line
from tests.sinks.nats_server import NatsServer
from tests.sinks.server import Server
from tests.sinks.test_delivery import deliver
from tests.sinks.test_nats import most_told, sent
from tests.sinks.test_nats_copy import copied, rows_of
from tests.sinks.test_postgres import delivered, expected

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]

HISTORY: Final = 300
_BLOCKS: Final = ("451@150m+4m", "451@300m+4m")
"""Longer ones than usual: who is killed again and again asks less often."""
_GOES_IN_CUT: Final = 4
"""Of klagg, of which each but the last is killed while the network is cut."""
_LEAST_MINUTES: Final = 5
_PATIENCE_S: Final = 1200
"""For a start, and for what waited to be delivered: a machine may be busy."""
_BOUNDED: Final = """
from klagg_tui.storage import delivery_log
delivery_log.append.__defaults__ = ({},)
from klagg_tui.__main__ import main
main()
"""


class Scale(NamedTuple):
    """How much of it there is."""

    kills: int
    """Of klagg and its copy; of each server half as many."""
    cut_s: float
    speed: float
    minutes: float = 0
    """Of the exchange at the least."""
    log_bytes: int | None = None
    """What the delivery log may take; None: as much as usual."""


@dataclass
class Network:
    """The exchange, both servers, and the ways from klagg to these."""

    exchange: SimulatedExchange
    database: Path
    servers: tuple[Server, NatsServer]
    lines: tuple[Line, Line]
    log_bytes: int | None

    @property
    def copy(self) -> Path:
        """The other database."""
        return self.database.with_name("copy.db")

    @property
    def addresses(self) -> tuple[str, str]:
        """Of both servers, by way of the lines."""
        (postgres, nats), (first, second) = self.servers, self.lines
        return postgres.address(port=first.port), nats.address(options="?max_bytes=2GB", port=second.port)

    @property
    def names(self) -> tuple[str, str]:
        """Those under which klagg knows both."""
        postgres, nats = self.addresses
        return PostgresTarget(postgres).name, NatsTarget(nats).name

    @property
    def places(self) -> list[str]:
        """How both are told in the log, which hides logins."""
        return [f"127.0.0.1:{line.port}/" for line in self.lines]

    @property
    def mark(self) -> str:
        """Whose bars these are."""
        return mark_at(venue_of(self.exchange), self.exchange.rest_url)

    def cut(self, *, is_cut: bool) -> None:
        """Take the network away, or give it back."""
        for line in self.lines:
            line.is_cut = is_cut

    def logged(self, *words: str) -> int:
        """How many lines of klagg's log have all of these words."""
        texts = [path.read_text() for path in self.database.parent.glob("run.log*")]
        return sum(all(word in line for word in words) for text in texts for line in text.splitlines())

    @property
    def told(self) -> list[int]:
        """How often a trouble with each of the servers was told."""
        return [self.logged("WARNING", place) for place in self.places]

    @asynccontextmanager
    async def recording(self) -> AsyncIterator[None]:
        """A recorder that delivers to both, and a copy of it; killed at the end, if they live still."""
        sinks = [part for address in self.addresses for part in ("--sink", address)]
        where = ("--rest-url", self.exchange.rest_url, "--ws-url", self.exchange.ws_url)
        options = ("--history", str(HISTORY), "--flush-seconds", "0.5", "--sink-forming", "1")
        processes = [
            await self._klagg(self.database, *where, *options, *sinks),
            await self._klagg(self.copy, "--from", self.addresses[1]),
        ]
        try:
            yield
            assert [process.returncode for process in processes] == [None, None], "it ended by itself"
        finally:
            for process in processes:
                if process.returncode is None:
                    process.send_signal(signal.SIGKILL)
                await process.wait()

    async def _klagg(self, database: Path, *options: str) -> asyncio.subprocess.Process:
        begin = ("-m", "klagg_tui") if self.log_bytes is None else ("-c", _BOUNDED.format(self.log_bytes))
        settings, log = database.with_suffix(".toml"), database.with_suffix(".log")
        settings.touch()
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *begin, "record", "--db", str(database), "--log-path", str(log), *options),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "KLAGG_CONFIG": str(settings)},
        )


@asynccontextmanager
async def _network(servers: tuple[Server, NatsServer], database: Path, scale: Scale) -> AsyncIterator[Network]:
    spec = MarketSpec(symbols=20, seed=4, activity=5.0)
    async with (
        SimulatedExchange(spec, speed=scale.speed) as exchange,
        Line(servers[0].port) as first,
        Line(servers[1].port) as second,
    ):
        exchange.faults.plan(", ".join(("all/2m", *BESIDES, *_BLOCKS)), exchange.now_ms())
        yield Network(exchange, database, servers, (first, second), scale.log_bytes)


async def _kill_again_and_again(network: Network, scale: Scale) -> None:
    chance = random.Random(5)
    first, told = (scale.kills - _GOES_IN_CUT) // 2, network.told
    for number in range(scale.kills):
        logged = await _logged(network)
        async with network.recording():
            if number % 5 < 4:  # the others may be killed before they have come to anything
                await _until_more_is_logged(network, logged)
            await asyncio.sleep(chance.uniform(1.5, 6))
            server = network.servers[number % 2]
            await asyncio.to_thread(server.kill)
            await asyncio.sleep(chance.uniform(0, 2))
            await asyncio.to_thread(server.start)
            if first <= number < first + _GOES_IN_CUT:
                told = network.told if number == first else told
                network.cut(is_cut=True)
                await asyncio.sleep(scale.cut_s / _GOES_IN_CUT)
                if number == first + _GOES_IN_CUT - 1:
                    await _catch_up(network, told)
            elif number % 4 == 3:
                network.cut(is_cut=True)
                await asyncio.sleep(chance.uniform(1, 10))
                network.cut(is_cut=False)
            await asyncio.sleep(chance.uniform(0, 3))


async def _until_more_is_logged(network: Network, number: int | None) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while number is not None and await _logged(network) == number:  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.2)


async def _logged(network: Network) -> int | None:
    """The last number of the delivery log, 0 while there is none; None where nothing is logged, since all were dropped behind."""
    try:
        async with await SinkLog.open(network.database) as log:
            if all(is_dropped for _, is_dropped in await _positions(network, log)):
                return None
            return await log.last_number()
    except StorageError:
        return 0


async def _catch_up(network: Network, told_before: list[int]) -> None:
    """The network is there again: klagg by itself delivers what waited, or everything anew where that is not known any more."""
    told = [now - before for now, before in zip(network.told, told_before, strict=True)]
    assert all(told)
    async with await SinkLog.open(network.database) as log:
        number = await log.last_number()
        size = await log._writer.value("SELECT max(size) - min(size) FROM delivery_log")
        print(
            f"when the cut ends: {await _positions(network, log)} of {number}, {size} bytes of log, troubles told {told}"
        )
        begun_s = time.monotonic()
        network.cut(is_cut=False)
        async with asyncio.timeout(_PATIENCE_S):
            while any(is_dropped or there < number for there, is_dropped in await _positions(network, log)):  # noqa: ASYNC110 - another process's
                await asyncio.sleep(0.5)
        print(f"caught up in {time.monotonic() - begun_s:.0f} s")


async def _positions(network: Network, log: SinkLog) -> list[tuple[int, bool]]:
    """Up to which number each sink has everything, and whether it was dropped."""
    found = [await log.registration(name) for name in network.names]
    return [(one.delivered, one.is_dropped) if one else (0, False) for one in found]


async def _check(network: Network, scale: Scale, from_ms: int) -> None:
    """Let the last bars settle, give both what is left, and compare everything with everything."""
    before = len(await delivered(network.servers[0].address())), len(await rows_of(network.copy))
    left = scale.minutes - (now_ms(network.exchange) - from_ms) / MINUTE_MS
    status, to_ms, _ = await recorded(
        network.exchange, network.database, max(_LEAST_MINUTES, left), HISTORY, network.mark
    )
    found, told = await differences(network.exchange, network.database, from_ms=from_ms, to_ms=to_ms)
    struck = network.exchange.faults.counts
    print(f"{(to_ms - from_ms) / MINUTE_MS:.0f} minutes", dict(found), dict(struck), *told[:200], sep="\n")
    deliveries = await _deliver_what_is_left(network)
    async with await Store.open(network.database, market=network.mark) as store:
        there, here = await delivered(network.servers[0].address()), await expected(store, network.mark)
    copy, original = await rows_of(network.copy), await rows_of(network.database)
    print(f"{before} rows in PostgreSQL and in the copy before the last go, {len(there)} and {len(copy)} behind it")
    assert there == here, [pair for pair in zip(there, here, strict=False) if pair[0] != pair[1]][:3]
    assert copy == original, sorted(copy ^ original)[:3]
    assert not any(delivery.anew for delivery in deliveries)
    assert not told, "\n".join(told[:5])
    assert not status.owed
    assert found["CONFIRMED"] == found["equal"] > 0


async def _deliver_what_is_left(network: Network) -> list[Delivery]:
    postgres, nats = network.addresses
    targets: list[Target] = [PostgresTarget(postgres), NatsTarget(nats)]
    async with await SinkLog.open(network.database) as log:
        deliveries = [Delivery(log, target) for target in targets]
        for delivery, target in zip(deliveries, targets, strict=True):
            await deliver(delivery)
            await target.close()
    await copied(network.copy, nats)
    return deliveries


async def _check_messages(network: Network) -> None:
    """No message is in the stream twice; of those that were overtaken on their way it is told.

    A state of a minute may be told under two numbers: who comes late reads it confirmed already at the entry of its end, and again at that of its confirmation.
    """
    messages = await sent(network.servers[1].address())
    numbers = [read(content).number for _, content in messages]
    overtaken = sum(number < highest for number, highest in zip(numbers, accumulate(numbers, max), strict=True))
    print(f"{len(messages)} messages, {overtaken} overtaken; a state of a minute {most_told(messages)} times at most")
    assert len(set(messages)) == len(messages)


async def test_six_hours_with_every_fault_kills_and_ten_minutes_without_network_cost_nothing(
    own: Server, own_nats: NatsServer, tmp_path: Path
) -> None:
    scale = Scale(
        kills=int(os.environ.get("KLAGG_SINK_KILLS", "20")),
        cut_s=float(os.environ.get("KLAGG_SINK_CUT_S", "600")),
        speed=float(os.environ.get("KLAGG_SINK_SPEED", "15")),
        minutes=float(os.environ.get("KLAGG_SINK_MINUTES", "360")),
    )
    async with _network((own, own_nats), tmp_path / "run.db", scale) as network:
        from_ms = now_ms(network.exchange) // MINUTE_MS * MINUTE_MS
        await _kill_again_and_again(network, scale)
        await _check(network, scale, from_ms)
        await _check_messages(network)
        assert not network.logged("Everything stored is delivered", "anew")
        assert not unstruck(network.exchange)


async def test_where_the_log_does_not_reach_over_the_cut_everything_is_told_anew_and_that_is_said(
    own: Server, own_nats: NatsServer, tmp_path: Path
) -> None:
    scale = Scale(kills=8, cut_s=90, speed=20, log_bytes=5_000)
    async with _network((own, own_nats), tmp_path / "run.db", scale) as network:
        from_ms = now_ms(network.exchange) // MINUTE_MS * MINUTE_MS
        await _kill_again_and_again(network, scale)
        for place in network.places:
            assert network.logged(place, "anew: it was too far behind")
        await _check(network, scale, from_ms)
        await _check_messages(network)
