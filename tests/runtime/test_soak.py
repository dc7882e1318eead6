"""Hours of markets in which everything goes wrong that can: of one exchange, and of six at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from klagg_tui.metrics import Metric
from klagg_tui.simulator import ARCHIVE_FAULTS, MarketSpec, SimulatedExchange
from klagg_tui.simulator.faces import face_class
from tests.market_run import MINUTE_MS, SIX, differences, now_ms, recorded, simulated, unsettled

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]


async def test_after_twenty_hours_every_bar_equals_the_exchanges(tmp_path: Path) -> None:
    hours = float(os.environ.get("KLAGG_SOAK_HOURS", "20"))
    spec = MarketSpec(symbols=200, seed=5, activity=15.0)
    async with SimulatedExchange(spec, speed=60, faults="all/5m") as exchange:
        from_ms = exchange.now_ms() // MINUTE_MS * MINUTE_MS
        status, to_ms, _ = await recorded(exchange, tmp_path / "run.db", hours * 60)
        found, told = await differences(exchange, tmp_path / "run.db", from_ms=from_ms, to_ms=to_ms)
        print(dict(found), status.counters, dict(status.metrics), dict(exchange.faults.counts), *told[:200], sep="\n")
        assert not told, "\n".join(told[:5])
        assert found["CONFIRMED"] == found["equal"]
        counters, metrics, struck = status.counters, status.metrics, exchange.faults.counts
        assert counters.gaps == counters.gaps_filled + counters.gaps_abandoned > 0
        assert counters.duplicates >= struck["double"] > 0
        # What was sent into a connection that was cut at that moment never came.
        assert 0 < metrics[Metric.BAD_FRAMES] < metrics[Metric.BAD_FRAMES] + counters.rejected <= struck["malform"]
        assert metrics[Metric.RECONNECTS] >= struck["cut"] + struck["closed"] > 0
        assert metrics[Metric.BARS_AMENDED] >= 2 * struck["straddle"] > 0


async def test_after_six_hours_of_six_exchanges_every_bar_is_as_its_exchange_has_it(tmp_path: Path) -> None:
    """Every fault of every face, again and again; speed and number of symbols are what this machine bears."""
    hours = float(os.environ.get("KLAGG_SIX_HOURS", "6"))
    speed = float(os.environ.get("KLAGG_SIX_SPEED", "15"))
    database = tmp_path / "run.db"
    faults = {key: ", ".join(["all/3m", *BESIDES, *map(_for_long, _traps(key))]) for key in SIX}
    async with simulated(symbols=6, seed=9, activity=1.0, speed=speed, faults=faults) as exchanges:
        from_ms = now_ms(exchanges) // MINUTE_MS * MINUTE_MS
        status, to_ms, _ = await recorded(exchanges, database, hours * 60)
        found, told = await differences(exchanges, database, from_ms=from_ms, to_ms=to_ms)
        print(dict(found), status.counters, dict(status.metrics), *told[:200], sep="\n")
        for exchange in exchanges:
            print(exchange.face.key, dict(exchange.faults.counts), *exchange.faults.incidents, sep="\n    ")
        assert not told, "\n".join(told[:5])
        assert not await unsettled(exchanges, database, to_ms)
        assert not status.owed
        assert not [f"{exchange.face.key} {kind}" for exchange in exchanges for kind in unstruck(exchange)]


def unstruck(exchange: SimulatedExchange) -> list[str]:
    """Kinds of faults that never came over it; but for those of files, which nobody asks for here."""
    struck, spared = exchange.faults.counts, _spared(exchange).union(ARCHIVE_FAULTS)
    return [kind for kind in exchange.faults.kinds if not struck[kind] and kind not in spared]


BESIDES = (
    "451@100m+2m, future@130m+45s, 451@220m+90s, future@250m+45s",  # which `all` leaves out
    "clock@40m+40m:-4000, clock@190m+40m:4000",  # it is asked for the time rarely
)


def _traps(key: str) -> list[str]:
    """Those of its face, but for two.

    With `prevclose` the exchange has other bars for ever. And `nobars` comes for a while only, as `all` brings it: an exchange that shows
    the bars beside a missing one says that nothing was traded in it, and what klagg did not see itself it cannot know then.
    """
    return [trap for trap in face_class(key).traps if trap not in ("prevclose", "nobars")]


def _for_long(trap: str) -> str:
    return f"{trap}@70m+30m, {trap}@280m+30m"


def _spared(exchange: SimulatedExchange) -> set[str]:
    """What cannot strike: single fills never straddle a minute."""
    return {"prevclose"} | ({"straddle"} if exchange.face.single_fills else set())
