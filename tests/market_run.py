"""A run of klagg against simulated exchanges, and the comparison of all that it stored with the truth."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Container, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias

from klagg_tui.engine.bar import SUM_BITS, Bar, State
from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.errors import StorageError
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.registry import venue
from klagg_tui.exchange.venue import Ids, Venue
from klagg_tui.feed import Mode, Status
from klagg_tui.metrics import Metric
from klagg_tui.names import parted
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.plans import mark_at
from klagg_tui.runtime.several import SeveralMarkets
from klagg_tui.runtime.source import Plan
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store

Exchanges: TypeAlias = SimulatedExchange | Sequence[SimulatedExchange]
"""One, or several of different venues that are watched at once."""

SIX = ("binance-um", "binance-spot", "coinbase", "okx-swap", "kraken", "hyperliquid")


def every(exchanges: Exchanges) -> Sequence[SimulatedExchange]:
    """As a sequence also where it is one."""
    return (exchanges,) if isinstance(exchanges, SimulatedExchange) else exchanges


def venue_of(exchange: SimulatedExchange) -> Venue:
    """Whose face it shows."""
    return venue(exchange.face.key)


@asynccontextmanager
async def simulated(
    venues: Sequence[str] = SIX,
    *,
    symbols: int,
    seed: int,
    activity: float,
    speed: float,
    faults: str | Mapping[str, str],
) -> AsyncIterator[list[SimulatedExchange]]:
    """An exchange for each venue, on the air; each has so many symbols and trades, and all the same faults or its own."""
    own = dict.fromkeys(venues, faults) if isinstance(faults, str) else faults
    spec = MarketSpec(symbols=symbols, seed=seed, activity=activity)
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                SimulatedExchange(spec, venue=key, speed=speed, faults=own.get(key, "none"))
            )
            for key in venues
        ]


def plan(exchanges: Exchanges, database: Path, history: int = 30, market: str = "simulated") -> Plan:
    """klagg on these exchanges; `market` marks the bars of one, several are marked as the command line does."""

    def endpoint(exchange: SimulatedExchange) -> MarketEndpoint:
        return MarketEndpoint(
            venue_of(exchange),
            exchange.rest_url,
            exchange.ws_url,
            history=history,
            market=f"{exchange.face.key} simulated",
            mode=Mode.DEMO,
            start_ms=exchange.now_ms(),
        )

    if isinstance(exchanges, SimulatedExchange):
        where = endpoint(exchanges)
        return Plan(lambda: LiveFeed(where), DEFAULT_PERIODS, database, market, flush_s=0.5)
    places = [endpoint(exchange) for exchange in exchanges]
    first, *others = (mark_at(place.venue, place.rest_url) for place in places)
    return Plan(
        lambda: SeveralMarkets({place.venue.key: LiveFeed(place) for place in places}),
        DEFAULT_PERIODS,
        database,
        first,
        flush_s=0.5,
        others=tuple(others),
    )


MINUTE_MS = 60_000
SETTLE_MINUTES = 9
"""For the last bars of a run to be confirmed: they gather for five minutes."""
PATIENCE_MINUTES = 90
"""As long may what went wrong keep them on top of that: contracts that ended last have their end shown by then."""
IN_VAIN_S = 15.0
"""Of this process's CPU time without anything having come: a busy machine has the time that it makes use of."""


class Recorded(NamedTuple):
    """A run that is over."""

    status: Status
    to_ms: int
    """Bars that ended by then had the time to settle."""
    whole_ms: int
    """Of several: minutes that open from then on were seen from their beginning, of all symbols that there were at the start."""


async def recorded(
    exchanges: Exchanges,
    database: Path,
    minutes: float,
    history: int = 30,
    market: str = "simulated",
    *,
    faults: str = "",
) -> Recorded:
    """Let klagg record these exchanges for so long, and for the last bars to settle; then it is stopped as a person would.

    When the time is over faults cease: what is owed then and stays so is owed for good. It counts from the start, for several from the moment in which all are ready, as that of the `faults` does.
    """
    runtime = Runtime(plan(exchanges, database, history, market))
    runtime.start()
    whole_ms = 0 if isinstance(exchanges, SimulatedExchange) else await ready_ms(exchanges, runtime)
    for exchange in every(exchanges):
        exchange.faults.plan(faults, whole_ms)
    await until(exchanges, runtime, now_ms(exchanges) + int(minutes * MINUTE_MS))
    to_ms = now_ms(exchanges) // MINUTE_MS * MINUTE_MS
    for exchange in every(exchanges):
        exchange.faults.cease()
    await until(exchanges, runtime, to_ms + SETTLE_MINUTES * MINUTE_MS)
    status = await settled(exchanges, runtime, database, to_ms)
    await runtime.stop()
    return Recorded(status, to_ms, whole_ms)


async def settled(exchanges: Exchanges, runtime: Runtime, database: Path, to_ms: int) -> Status:
    """Wait until nothing is to come any more of what was over by then; the status is of a moment in which no symbol waits for trades."""
    left: object = None
    used_s = time.process_time()
    while True:
        # On a busy machine what is owed comes late, a contract that was listed later still, and history last.
        status = runtime.status()
        coming = (status.progress, await unsettled(exchanges, database, to_ms))
        is_all = not any((*coming, status.owed)) and await is_stored(
            exchanges, database, to_ms - SETTLE_MINUTES * MINUTE_MS, to_ms
        )
        if left != (left := coming):
            used_s = time.process_time()
        is_late = now_ms(exchanges) >= to_ms + PATIENCE_MINUTES * MINUTE_MS
        if (is_all and _are_gaps_closed(status)) or (is_late and time.process_time() - used_s > IN_VAIN_S):
            return status
        await until(exchanges, runtime, now_ms(exchanges) + (1 if is_all else MINUTE_MS))


def _are_gaps_closed(status: Status) -> bool:
    return status.counters.gaps == status.counters.gaps_filled + status.counters.gaps_abandoned


def settled_now(exchange: SimulatedExchange) -> int:
    """The time there, once the minute before the one under way is final: nothing changes by the clock for most of a minute then.

    An imitation starts on the edge of a minute, where it would be final only after the first seconds of a test.
    """
    exchange.jump(max(0, venue_of(exchange).settle_ms + 2_000 - exchange.now_ms() % MINUTE_MS))
    return exchange.now_ms()


def now_ms(exchanges: Exchanges) -> int:
    """The time that has come at all of them."""
    return min(exchange.now_ms() for exchange in every(exchanges))


_LOOKS = 6
"""That must find all well, one after the other: how many symbols wait is measured twice a second."""


async def ready_ms(exchanges: Exchanges, runtime: Runtime) -> int:
    """Wait until all of them deliver and no symbol waits, for an hour at the most; returns when the next minute opens."""
    begun_ms, looks = now_ms(exchanges), 0
    while looks < _LOOKS and now_ms(exchanges) < begun_ms + PATIENCE_MINUTES * MINUTE_MS:
        await until(exchanges, runtime, now_ms(exchanges) + 1)
        looks = looks + 1 if _is_ready(runtime.status()) else 0
    latest_ms = max(exchange.now_ms() for exchange in every(exchanges))
    return (latest_ms // MINUTE_MS + 1) * MINUTE_MS


def _is_ready(status: Status) -> bool:
    return all(
        told.connection == "connected" and told.counters.trades and not told.metrics[Metric.SYMBOLS_WAITING]
        for told in status.venues
    )


async def unsettled(exchanges: Exchanges, database: Path, to_ms: int) -> list[str]:
    """What is owed or not yet compared of the bars that ended by then, of periods that the exchanges have."""
    own = {exchange.face.key: venue_of(exchange).candle.periods for exchange in every(exchanges)}
    sole = next(iter(own.values())) if len(own) == 1 else frozenset[Period]()
    async with await Store.open(database, read_only=True) as store:
        holes, runs = await store.owed(to_ms), await store.unconfirmed()
    return [
        *(f"owed {hole}" for hole in holes if hole.period in own.get(parted(hole.symbol).venue, sole)),
        *(
            f"unconfirmed {run}"
            for run in runs
            if run.period in own.get(parted(run.symbol).venue, sole) and run.period.end_ms(run.first_open_ms) <= to_ms
        ),
    ]


async def is_stored(exchanges: Exchanges, database: Path, from_ms: int, to_ms: int) -> bool:
    """Whether there are symbols of each exchange, and a minute between two times of all that were traded then.

    What is missing behind it is owed. Of what was lost before anything was on disk nothing tells: it is history, as far as that
    goes back, and another contract's once the name was given to one.
    """
    is_several = not isinstance(exchanges, SimulatedExchange)
    try:
        store = await Store.open(database, read_only=True)
    except StorageError:  # it is being made
        return False
    async with store:
        for exchange in every(exchanges):
            names = [known.symbol for known in await store.symbols(exchange.face.key if is_several else None)]
            for name in names:
                is_traded = exchange.bars(parted(name).symbol, Period.M1, from_ms, to_ms)
                if is_traded and not await store.count(name, Period.M1, from_ms, to_ms):
                    return False
            if not names:
                return False
    return True


async def until(exchanges: Exchanges, runtime: Runtime, end_ms: int) -> None:
    """Let it run until the exchanges' clocks say so, looking at it as a screen does."""
    while now_ms(exchanges) < end_ms:
        runtime.take_changes()
        assert not runtime.has_ended, runtime.error
        await asyncio.sleep(0.2)


async def differences(
    exchanges: Exchanges, database: Path, *, from_ms: int, to_ms: int
) -> tuple[Counter[str], list[str]]:
    """How many ended bars between two times are equal to the truth, and what is not.

    They are to be equal in every field that is known, known in every field that the exchange's own bar has, confirmed
    where the exchange has bars of their period, and to have the witness that follows from what is known. Two things cannot be
    known and are let pass: at an exchange that has no bar of an empty minute, whether a minute was empty or between two contracts of
    one name; and whether a bar that is made of minutes alone has all of them, where its contract began or ended inside it.
    """
    found: Counter[str] = Counter()
    told: list[str] = []
    is_several = not isinstance(exchanges, SimulatedExchange)
    async with await Store.open(database, read_only=True) as store:
        for exchange in every(exchanges):
            key = exchange.face.key if is_several else ""
            for name in [known.symbol for known in await store.symbols(key or None)]:
                minutes = {bar.open_ms for bar in exchange.bars(parted(name).symbol, Period.M1, from_ms, to_ms)}
                for period in DEFAULT_PERIODS:
                    truth = {
                        bar.open_ms: bar
                        for bar in exchange.bars(parted(name).symbol, period, from_ms, to_ms)
                        if bar.end_ms <= to_ms
                    }
                    ours = {
                        bar.open_ms: bar
                        async for bar in store.bars(name, period, from_ms, to_ms, states=set(State) - {State.FORMING})
                        if bar.end_ms <= to_ms
                    }
                    ours = {
                        at: bar for at, bar in ours.items() if not _is_beyond_proof(venue_of(exchange), bar, minutes)
                    }
                    _compare(venue_of(exchange), truth, ours, minutes, found, told, f"{name} {period}")
    return found, told


async def missed(
    exchange: SimulatedExchange, database: Path, *, from_ms: int, to_ms: int, witness: str = "ids"
) -> list[str]:
    """Which minutes between two times, of symbols that trade, are not known in all fields by that witness."""
    found: list[str] = []
    async with await Store.open(database, read_only=True) as store:
        for known in await store.symbols(exchange.face.key):
            async for bar in store.bars(known.symbol, Period.M1, from_ms, to_ms):
                evidence = Evidence(bar.evidence)
                if bar.volume and (evidence & ~Evidence.CANDLE_ONLY or evidence.witness != witness):
                    found.append(f"{known.symbol} {bar.open_ms} {evidence!r}: {bar}")
    return found


def _compare(
    of: Venue,
    truth: dict[int, Bar],
    ours: dict[int, Bar],
    minutes: Container[int],
    found: Counter[str],
    told: list[str],
    name: str,
) -> None:
    for open_ms, bar in truth.items():
        mine = ours.get(open_ms)
        if mine is None:
            found["missing"] += 1
            told.append(f"{name} {open_ms} is missing")
            continue
        if not _is_equal(mine, bar):
            found["different"] += 1
            told.append(f"{name} {open_ms}\n  ours {mine}\n truth {bar}")
        else:
            found["equal"] += 1
        found[mine.state.name] += 1
        found[f"{of.key} {Evidence(mine.evidence).witness}"] += 1
        has_all = all(at in minutes for at in range(mine.open_ms, mine.end_ms, MINUTE_MS))
        told.extend(f"{name} {open_ms} {wrong}: {mine}" for wrong in _claims(of, mine, has_all=has_all))
    for open_ms in sorted(ours.keys() - truth.keys()):
        found["surplus"] += 1
        told.append(f"{name} {open_ms} is not in the truth: {ours[open_ms]}")


def _is_beyond_proof(of: Venue, mine: Bar, minutes: Container[int]) -> bool:
    """Whether an empty bar lies where there was no contract, at an exchange that would not show one of an empty minute either."""
    within = range(mine.open_ms, mine.end_ms, MINUTE_MS)
    return not of.candle.has_empty_minutes and not mine.is_traded and not any(at in minutes for at in within)


def _is_equal(mine: Bar, true: Bar) -> bool:
    """In every field that is known."""
    unknown = mine.evidence
    return mine[2:8] == true[2:8] and all(
        mine[place] == (0 if unknown & bit else true[place]) for place, bit in SUM_BITS
    )


def _claims(of: Venue, mine: Bar, *, has_all: bool) -> list[str]:
    """What is wrong with what a bar says of itself, whatever its values are."""
    evidence, lacks = Evidence(mine.evidence), of.candle.lacks
    unknown, is_fetched = evidence & ~Evidence.CANDLE_ONLY, mine.period in of.candle.periods
    wrong: list[str] = []
    if mine.state is not State.CONFIRMED and (is_fetched or (has_all and mine.state is not State.CLOSED)):
        wrong.append(f"is {mine.state.label}")
    if unknown & ~lacks:
        wrong.append(f"does not know {unknown & ~lacks!r}, which the exchange tells")
    # A minute without volume is known in all fields from any bar that says so.
    is_weak = mine.volume != 0 and (unknown or of.ids is Ids.NONE)
    if mine.state is State.CONFIRMED and lacks and evidence.witness == "ids" and is_weak:
        wrong.append("says that unbroken ids vouch for it")
    if not lacks and evidence:
        wrong.append(f"says {evidence!r}, where the exchange's bars have all fields")
    return wrong
