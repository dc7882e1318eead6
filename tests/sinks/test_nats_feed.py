"""The market of a stream as a terminal gets it: history, what changes in it, and bars under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.errors import SinkError
from klagg_tui.feed import FeedUpdate, Mode
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.sinks.delivery import Delivery
from klagg_tui.sinks.nats import NatsTarget
from klagg_tui.sinks.nats_feed import Content, StreamFeed, content_of
from klagg_tui.storage.sink_log import SinkLog
from klagg_tui.storage.store import Store
from tests.makers import MINUTE, bar, bars
from tests.patience import WAIT_S
from tests.sinks.test_delivery import deliver

pytestmark = pytest.mark.xdist_group("nats")
MARKETS = ("binance-um", "okx@http://127.0.0.1:1")
PERIODS = (Period.M1, Period.M5, Period.M15)


class Screen:
    """Who looks at a runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.symbols: set[str] = set()
        self.current: dict[tuple[str, Period], Bar] = {}
        self.closes: dict[tuple[str, Period, int], Bar] = {}
        self.venues: dict[str, str] = {}

    async def until(self, is_there: Callable[[], bool]) -> None:
        """Take what changes until something is there."""
        async with asyncio.timeout(WAIT_S):
            while not is_there():
                if update := self._runtime.take_changes():
                    self._take(update)
                await asyncio.sleep(0.02)

    def take(self) -> None:
        """What has changed by now."""
        if update := self._runtime.take_changes():
            self._take(update)

    def _take(self, update: FeedUpdate) -> None:
        self.symbols |= set(update.symbols_added)
        self.current |= {one.series: one for one in update.changes.current}
        self.closes |= {one.key: one for one in update.changes.ended}
        self.venues |= {symbol: facts.venue for symbol, facts in update.instruments.items()}


@asynccontextmanager
async def watching(stream: str, path: Path) -> AsyncIterator[tuple[Runtime, Screen]]:
    marks, periods = await content_of(stream)
    runtime = Runtime(Plan(lambda: StreamFeed(stream), periods, path, marks[0], others=marks[1:]))
    await asyncio.to_thread(runtime.start)
    try:
        yield runtime, Screen(runtime)
    finally:
        await runtime.stop()


def confirmed(given: Sequence[Bar]) -> list[Bar]:
    return [one._replace(state=State.CONFIRMED) for one in given]


async def has(runtime: Runtime, wanted: Sequence[Bar], count: int) -> None:
    """Wait until the newest minutes of a symbol are these."""
    async with asyncio.timeout(WAIT_S):
        while (await runtime.history(wanted[0].symbol, Period.M1, None, count)) != tuple(wanted):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_history_and_what_is_new_and_bars_under_way_are_shown(stream: str, tmp_path: Path) -> None:
    there = tmp_path / "klagg.db"
    now = bar().open_ms + 10_000 * MINUTE
    async with await Store.open(there, periods=PERIODS, markets=MARKETS) as store, await SinkLog.open(there) as log:
        first = now - 30 * MINUTE
        await store.add_confirmed(
            [*bars(30, first, symbol="binance-um:BTCUSDT"), *bars(9, first, symbol="okx:ETH-USDT")]
        )
        delivery = Delivery(log, NatsTarget(stream), has_forming=True)
        await deliver(delivery)
        assert await content_of(stream) == Content(MARKETS, PERIODS)
        async with watching(stream, tmp_path / "copy.db") as (runtime, screen):
            await screen.until(lambda: screen.symbols == {"binance-um:BTCUSDT", "okx:ETH-USDT"})
            assert screen.venues == {"binance-um:BTCUSDT": "binance-um", "okx:ETH-USDT": "okx"}
            await has(runtime, confirmed(bars(30, first, symbol="binance-um:BTCUSDT")), 100)
            assert runtime.status().mode is Mode.LIVE
            forming = bar(now, "123", symbol="binance-um:BTCUSDT", state=State.FORMING)
            await store.write(Changes((forming,)))

            async def tell() -> None:
                while True:  # who listens late hears it the next time
                    await delivery.step(is_forming_due=True)
                    await asyncio.sleep(0.1)

            telling = asyncio.create_task(tell())
            await screen.until(lambda: screen.current.get(forming.series) == forming)
            assert now - MINUTE < runtime.status().exchange_now_ms < now + 3 * MINUTE  # of the bars, in the year 2024
            ended = forming._replace(state=State.CLOSED)
            await store.write(Changes((), (ended,)))
            await has(runtime, [ended], 1)
            telling.cancel()
        await delivery._target.close()


async def test_of_two_recorders_the_surer_bar_is_shown_and_when_one_dies_the_other_carries_on(
    stream: str, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        stores, deliveries = [], []
        for number, name in enumerate(("one.db", "two.db")):
            store = await stack.enter_async_context(
                await Store.open(tmp_path / name, periods=PERIODS, market="binance-um")
            )
            log = await stack.enter_async_context(await SinkLog.open(tmp_path / name))
            given = [one._replace(state=State.CLOSED) for one in bars(30)]
            given[number] = given[number]._replace(state=State.PARTIAL, volume=1)
            await store.add(given, [])
            delivery = Delivery(log, NatsTarget(stream), has_forming=True)
            await deliver(delivery)
            stores.append(store)
            deliveries.append(delivery)
        async with watching(stream, tmp_path / "copy.db") as (runtime, screen):
            await has(runtime, [one._replace(state=State.CLOSED) for one in bars(30)], 100)
            now = bars(31)[-1].open_ms
            seen: list[Bar] = []

            async def tell(*who: int, until: Bar) -> None:
                """Until it is shown; whoever listens late hears it the next time."""
                async with asyncio.timeout(WAIT_S):
                    while screen.current.get(until.series) != until:
                        for number in who:
                            await deliveries[number].step(is_forming_due=True)
                        screen.take()
                        if (found := screen.current.get(until.series)) and found not in seen:
                            seen.append(found)
                        await asyncio.sleep(0.05)

            def forming(volume: str, at: int = now) -> Bar:
                return bar(at, volume=volume, state=State.FORMING)

            await stores[0].write(Changes((forming("7"),)))
            await stores[1].write(Changes((forming("5"),)))  # has missed some
            await tell(1, 0, until=forming("7"))
            await tell(1, 0, 1, 0, until=forming("7"))
            await deliveries[0]._target.close()  # dies
            await stores[1].write(Changes((forming("9"),)))
            await tell(1, until=forming("9"))
            await stores[1].write(Changes((forming("1", now + MINUTE),), (forming("9")._replace(state=State.CLOSED),)))
            await tell(1, until=forming("1", now + MINUTE))
            await has(runtime, [forming("9")._replace(state=State.CLOSED)], 1)
            places = [(one.open_ms, one.volume) for one in seen]
            assert places == sorted(places)
        await deliveries[1]._target.close()


async def test_a_bar_that_is_over_for_one_recorder_is_not_under_way_again(stream: str, tmp_path: Path) -> None:
    late = bar(bar().open_ms + 9 * MINUTE, volume="3", state=State.FORMING)
    async with (
        await Store.open(tmp_path / "one.db", periods=PERIODS, market="binance-um") as store,
        await SinkLog.open(tmp_path / "one.db") as log,
        await Store.open(tmp_path / "two.db", periods=PERIODS, market="binance-um") as slow,
        await SinkLog.open(tmp_path / "two.db") as slow_log,
    ):
        ended = late._replace(state=State.CLOSED)
        await store.add([ended], [])
        first, second = Delivery(log, NatsTarget(stream)), Delivery(slow_log, NatsTarget(stream), has_forming=True)
        await deliver(first)
        async with watching(stream, tmp_path / "copy.db") as (runtime, screen):
            await has(runtime, [ended], 1)
            behind = late._replace(symbol="ETHUSDT")
            await slow.write(Changes((late, behind)))
            await deliver(second)

            async def tell() -> None:
                while True:
                    await second.step(is_forming_due=True)
                    await asyncio.sleep(0.05)

            telling = asyncio.create_task(tell())
            await screen.until(lambda: screen.current.get(behind.series) == behind)
            telling.cancel()
            assert late.series not in screen.current
        for each in (first, second):
            await each._target.close()


async def test_a_stream_of_one_exchange_goes_by_bare_names_and_a_copy_goes_on(stream: str, tmp_path: Path) -> None:
    there = tmp_path / "klagg.db"
    async with await Store.open(there, periods=PERIODS, market="binance-um") as store, await SinkLog.open(there) as log:
        await store.add_confirmed(bars(30))
        delivery = Delivery(log, NatsTarget(stream))
        await deliver(delivery)
        for count in (30, 33):
            async with watching(stream, tmp_path / "copy.db") as (runtime, screen):
                await screen.until(lambda: screen.symbols == {"BTCUSDT"})
                await has(runtime, confirmed(bars(count)), 100)
            await store.add_confirmed(bars(33))
            while await delivery.step():
                pass
        await delivery._target.close()


async def test_where_nobody_has_delivered_yet_that_is_told(stream: str) -> None:
    with pytest.raises(SinkError, match="nobody has delivered there yet"):
        await content_of(stream)
