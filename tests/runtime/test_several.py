"""Several exchanges in one run: each by its own clock, in its own part of the file, and none stops another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.errors import OtherMarket
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.instruments import SymbolFilter
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import CandleFacts, Ids, Venue
from klagg_tui.feed import Mode, Progress, Status
from klagg_tui.names import Name
from klagg_tui.runtime.latest import Latest
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.market_host import MarketHost
from klagg_tui.runtime.replay import Replay
from klagg_tui.runtime.run import opened
from klagg_tui.runtime.several import SeveralMarkets
from klagg_tui.runtime.source import Plan, SourceStatus
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store
from tests.makers import START
from tests.patience import WAIT_S

pytestmark = pytest.mark.xdist_group("live markets")

MINUTE_MS = 60_000
ONE = replace(venue(), key="one", name="The first")
TWO = replace(venue(), key="two", name="The second")
PERIODS = (Period.M1, Period.M5)
SUMS_ONLY = CandleFacts(lacks=Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER)


@asynccontextmanager
async def two_exchanges(faults: str = "none") -> AsyncIterator[tuple[SimulatedExchange, SimulatedExchange]]:
    """Symbols of the same names, but other trades."""
    async with (
        SimulatedExchange(MarketSpec(symbols=5, seed=1, activity=5), speed=60, faults=faults) as one,
        SimulatedExchange(MarketSpec(symbols=7, seed=2, activity=5), speed=60, faults=faults) as two,
    ):
        yield one, two


def endpoint(exchange: SimulatedExchange, of: Venue, choice: SymbolFilter | None = None) -> MarketEndpoint:
    return MarketEndpoint(
        of, exchange.rest_url, exchange.ws_url, 5, choice, market=of.name, mode=Mode.DEMO, start_ms=exchange.now_ms()
    )


def nowhere(of: Venue) -> MarketEndpoint:
    return MarketEndpoint(of, "http://127.0.0.1:9", "ws://127.0.0.1:9", 5, market=of.name)


def plan(database: Path, *endpoints: MarketEndpoint) -> Plan:
    def source() -> SeveralMarkets:
        return SeveralMarkets({one.venue.key: LiveFeed(one) for one in endpoints})

    first, *others = (f"{one.venue.key}@simulated" for one in endpoints)
    return Plan(source, PERIODS, database, first, flush_s=0.5, others=tuple(others))


async def status_when(runtime: Runtime, holds: Callable[[Status], bool], within_s: float = WAIT_S) -> Status:
    async with asyncio.timeout(within_s):
        while not holds(runtime.status()):
            runtime.take_changes()
            assert not runtime.has_ended, runtime.error
            await asyncio.sleep(0.05)
    return runtime.status()


async def run_until(runtime: Runtime, exchange: SimulatedExchange, end_ms: int) -> None:
    while exchange.now_ms() < end_ms:
        runtime.take_changes()
        assert not runtime.has_ended, runtime.error
        await asyncio.sleep(0.1)


async def compared(
    database: Path,
    exchange: SimulatedExchange,
    key: str,
    from_ms: int,
    to_ms: int,
    states: tuple[State, ...] = (State.CLOSED, State.CONFIRMED),
) -> int:
    """How many minutes of an exchange are stored as it has them, all of those between two times."""
    equal = 0
    async with await Store.open(database, read_only=True) as store:
        names = [known.symbol for known in await store.symbols(key)]
        assert names
        for name in names:
            truth = exchange.truth.bars(name.partition(":")[2], Period.M1, from_ms, to_ms)
            ours = {bar.open_ms: bar async for bar in store.bars(name, Period.M1, from_ms, to_ms)}
            for bar in truth:
                if bar.end_ms <= to_ms:
                    mine = ours[bar.open_ms]
                    assert mine._replace(symbol=bar.symbol).same_values(bar)
                    assert mine.state in states
                    equal += 1
    return equal


async def test_symbols_of_the_same_name_stay_two_and_each_ends_equal_to_its_own_exchange(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with two_exchanges("all/2m") as (one, two):
        runtime = Runtime(plan(database, endpoint(one, ONE), endpoint(two, TWO)))
        from_ms = {key: exchange.now_ms() // MINUTE_MS * MINUTE_MS for key, exchange in (("one", one), ("two", two))}
        runtime.start()
        await run_until(runtime, one, one.now_ms() + 5 * MINUTE_MS)
        to_ms = {key: exchange.now_ms() // MINUTE_MS * MINUTE_MS for key, exchange in (("one", one), ("two", two))}
        await run_until(runtime, one, one.now_ms() + 12 * MINUTE_MS)
        status = await status_when(runtime, lambda status: not status.owed)
        await runtime.stop()
        assert await compared(database, one, "one", from_ms["one"], to_ms["one"]) >= 5 * 4
        assert await compared(database, two, "two", from_ms["two"], to_ms["two"]) >= 7 * 4
    assert [(told.key, told.name, told.mode) for told in status.venues] == [
        ("one", "The first", Mode.DEMO),
        ("two", "The second", Mode.DEMO),
    ]
    assert all(told.symbols >= 5 and told.counters.trades > 100 and told.requests_limit for told in status.venues)
    assert sum(told.counters.trades for told in status.venues) == status.counters.trades
    assert status.market == "The first, The second"


async def test_one_that_cannot_be_reached_stops_no_other_and_is_named_in_its_notice(tmp_path: Path) -> None:
    async with two_exchanges() as (one, _):
        runtime = Runtime(plan(tmp_path / "run.db", endpoint(one, ONE), nowhere(TWO)))
        runtime.start()
        status = await status_when(runtime, lambda status: status.counters.trades > 50 and bool(status.notices))
        await runtime.stop()
    first, second = status.venues
    assert (first.mode, first.connection, first.notices) == (Mode.DEMO, "connected", ())
    assert second.mode is Mode.OFFLINE
    assert "cannot be reached" in second.notices[0]
    assert status.notices == (f"The second: {second.notices[0]}",)
    assert status.mode is Mode.DEMO
    assert status.connection == "1 of 2 connected"


async def test_one_that_does_not_serve_this_place_says_so_in_one_line_and_stops_no_other(tmp_path: Path) -> None:
    async with (
        SimulatedExchange(MarketSpec(symbols=5, seed=1, activity=5), speed=60) as one,
        SimulatedExchange(MarketSpec(symbols=7, seed=2, activity=5), speed=1, faults="451@0s+9h") as two,
    ):
        runtime = Runtime(plan(tmp_path / "run.db", endpoint(one, ONE), endpoint(two, TWO)))
        runtime.start()
        status = await status_when(runtime, lambda status: status.counters.trades > 50 and bool(status.notices))
        await runtime.stop()
    (notice,) = status.notices
    assert notice.startswith("The second: ")
    assert "does not serve this place (451)" in notice
    assert [told.symbols > 0 for told in status.venues] == [True, False]


async def test_one_that_crashes_is_begun_again_while_the_other_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    run = LiveFeed.run

    async def crash_once(self: LiveFeed, host: object) -> None:
        begun.append(self.market)
        if self.market == "The second" and begun.count("The second") == 1:
            raise RuntimeError("nobody thought of that")
        await run(self, host)  # type: ignore[arg-type]

    monkeypatch.setattr(LiveFeed, "run", crash_once)
    async with two_exchanges() as (one, two):
        runtime = Runtime(plan(tmp_path / "run.db", endpoint(one, ONE), endpoint(two, TWO)))
        runtime.start()
        status = await status_when(
            runtime, lambda status: status.venues[0].counters.trades > 20 and bool(status.notices)
        )
        assert "is being restarted" in status.notices[0]
        status = await status_when(runtime, lambda status: status.venues[1].counters.trades > 20)
        assert not status.notices
        await runtime.stop()
    assert sorted(begun) == ["The first", "The second", "The second"]


async def test_a_pattern_that_fits_no_exchange_is_one_notice_and_one_that_fits_some_is_none(tmp_path: Path) -> None:
    async with two_exchanges() as (one, two):
        patterns = ("BTCUSDT", "ETHUSDX", "two:NOBODY")
        choices = [SymbolFilter.of_venue(of.key, patterns, (), ()) for of in (ONE, TWO)]
        runtime = Runtime(plan(tmp_path / "run.db", endpoint(one, ONE, choices[0]), endpoint(two, TWO, choices[1])))
        runtime.start()
        status = await status_when(
            runtime, lambda status: bool(status.notices) and all(told.symbols for told in status.venues)
        )
        await runtime.stop()
    assert status.notices == (
        "No exchange that is watched lists anything called ETHUSDX, two:NOBODY; did you mean ETHUSDT?",
    )
    assert [told.symbols for told in status.venues] == [1, 1]


@pytest.mark.parametrize(
    ("patterns", "quotes", "words"),
    [
        (("two:BTCUSDT",), (), "All symbols that were asked for are of other exchanges"),
        ((), ("one:NONE",), "The exchange lists no symbol that was asked for"),
    ],
    ids=["symbols of another one", "a quote that it has not"],
)
async def test_one_of_several_that_follows_nothing_says_why(
    tmp_path: Path, patterns: tuple[str, ...], quotes: tuple[str, ...], words: str
) -> None:
    async with two_exchanges() as (one, two):
        choices = [SymbolFilter.of_venue(of.key, patterns, quotes, ()) for of in (ONE, TWO)]
        runtime = Runtime(plan(tmp_path / "run.db", endpoint(one, ONE, choices[0]), endpoint(two, TWO, choices[1])))
        runtime.start()
        status = await status_when(runtime, lambda status: bool(status.notices) and status.venues[1].symbols > 0)
        await runtime.stop()
    (notice,) = status.notices
    assert notice.startswith(f"The first: {words}")
    assert status.venues[0].symbols == 0


async def test_alone_in_a_file_of_several_an_exchange_keeps_its_key_before_its_symbols(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with two_exchanges() as (one, two):
        both = Runtime(plan(database, endpoint(one, ONE), endpoint(two, TWO)))
        both.start()
        await status_when(both, lambda status: all(told.counters.trades > 50 for told in status.venues))
        await run_until(both, two, two.now_ms() + 2 * MINUTE_MS)
        await both.stop()
        alone = Runtime(Plan(lambda: LiveFeed(endpoint(two, TWO)), PERIODS, database, "two@simulated"))
        alone.start()
        status = await status_when(alone, lambda status: status.counters.trades > 50)
        alone.follow("two:BTCUSDT")
        async with asyncio.timeout(WAIT_S):
            while not alone.tape("two:BTCUSDT"):  # noqa: ASYNC110 - another thread's
                await asyncio.sleep(0.05)
        assert await alone.history("two:BTCUSDT", Period.M1, None, 3)
        await alone.stop()
    assert [told.key for told in status.venues] == ["two"]
    async with await Store.open(database, read_only=True) as store:
        assert {str(Name(key, "BTCUSDT")) for key in ("one", "two")} <= {
            known.symbol for known in await store.symbols()
        }
    recorded = tmp_path / "BTCUSDT-aggTrades-2024-08-08.csv"
    recorded.write_text(f"1,100,1,1,1,{START},true\n")
    with pytest.raises(OtherMarket, match="holds the bars of one@simulated, two@simulated, not of replay@file alone"):
        async with opened(Plan(lambda: Replay([recorded], None), PERIODS, database, "replay@file"), Latest()):
            pass


@pytest.mark.soak
async def test_where_ids_prove_nothing_the_exchanges_bars_confirm_every_minute(tmp_path: Path) -> None:
    weak = replace(TWO, ids=Ids.NONE, candle=SUMS_ONLY)
    database = tmp_path / "run.db"
    async with two_exchanges("cut@3m,cut@5m") as (one, two):
        runtime = Runtime(plan(database, endpoint(one, ONE), endpoint(two, weak)))
        runtime.start()
        await status_when(runtime, lambda status: all(told.counters.trades > 50 for told in status.venues))
        from_ms = (two.now_ms() // MINUTE_MS + 1) * MINUTE_MS
        await run_until(runtime, two, from_ms + 16 * MINUTE_MS)
        await runtime.stop()
        assert await compared(database, two, "two", from_ms, from_ms + 4 * MINUTE_MS, (State.CONFIRMED,)) >= 7 * 4


class _Told:
    """A source of which only its status counts."""

    market, knows_time = "x", True

    def __init__(self) -> None:
        self.status = SourceStatus(Mode.LIVE, "connected")

    def now_ms(self) -> int:
        return 0

    async def run(self, host: MarketHost) -> None:
        """Nothing."""


def test_the_history_of_several_goes_on_as_one_and_says_when_some_have_not_begun() -> None:
    one, other = _Told(), _Told()
    several = SeveralMarkets({"one": one, "other": other})

    def told() -> Progress | None:
        return several.status.progress

    assert told() is None
    one.status.progress = Progress("history", 8, 100)
    assert told() == ("history of 1 of 2 exchanges", 8, 100)
    other.status.progress = Progress("history", 0, 50)
    assert told() == ("history", 8, 150)
    other.status.progress = None
    assert told() == ("history", 58, 150), "one that has finished still counts"
    one.status.progress = None
    assert told() is None
