"""Six exchanges in one run: each keeps its own rules, and all bars end as its exchange has them, as far as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from klagg_tui.exchange.venue import Ids
from klagg_tui.feed import Mode
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import SimulatedExchange
from klagg_tui.simulator.face import Asked, Reply
from tests.market_run import (
    MINUTE_MS,
    SIX,
    differences,
    missed,
    now_ms,
    plan,
    recorded,
    simulated,
    unsettled,
    until,
    venue_of,
)

pytestmark = pytest.mark.xdist_group("live markets")

FAULTS = "cut@30s, drop@1m+30s, reorder@2m+20s, double@2m+30s"
"""After the start."""


@pytest.mark.soak
async def test_what_six_exchanges_can_prove_is_proved(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with simulated(symbols=3, seed=6, activity=1.5, speed=40, faults="none") as exchanges:
        from_ms = (now_ms(exchanges) // MINUTE_MS + 1) * MINUTE_MS
        status, to_ms, whole_ms = await recorded(exchanges, database, 4, faults=FAULTS)
        found, told = await differences(exchanges, database, from_ms=from_ms, to_ms=to_ms)
        assert not told, "\n".join(told[:10])
        assert found["equal"] >= 6 * 3 * 4
        assert not status.owed
        assert [venue.key for venue in status.venues] == list(SIX)
        for exchange in exchanges:
            if venue_of(exchange).ids is not Ids.NONE:
                untold = await missed(exchange, database, from_ms=whole_ms, to_ms=to_ms)
                assert not untold, "\n".join(untold[:10])
            else:  # what was lost there cannot be fetched: the exchange's bar stands for it
                untold = await missed(exchange, database, from_ms=whole_ms, to_ms=to_ms, witness="candle")
                assert len(untold) < found[f"{exchange.face.key} candle"]


def break_listing(exchange: SimulatedExchange, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = exchange.face.answer

    def broken(asked: Asked, at_ms: int) -> Reply:
        reply = answer(asked, at_ms)
        return reply._replace(body=reply.body[:40]) if asked.path.endswith("/instruments") else reply

    monkeypatch.setattr(exchange.face, "answer", broken)


async def test_a_blocked_a_banned_and_one_without_a_listing_stop_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "run.db"
    faults = {"coinbase": "451@0+10h", "binance-spot": "418@0+10h"}
    async with simulated(symbols=3, seed=6, activity=1.5, speed=40, faults=faults) as exchanges:
        by_key = {exchange.face.key: exchange for exchange in exchanges}
        break_listing(by_key["okx-swap"], monkeypatch)
        living = [by_key[key] for key in ("binance-um", "kraken", "hyperliquid")]
        runtime = Runtime(plan(exchanges, database))
        runtime.start()
        while any(not venue.counters.trades for venue in runtime.status().venues if by_key[venue.key] in living):
            await until(exchanges, runtime, now_ms(exchanges) + 1)
        from_ms = (now_ms(exchanges) // MINUTE_MS + 2) * MINUTE_MS
        to_ms = from_ms + 3 * MINUTE_MS
        await until(exchanges, runtime, to_ms + MINUTE_MS)
        while await unsettled(living, database, to_ms):
            await until(exchanges, runtime, now_ms(exchanges) + MINUTE_MS)
        status = runtime.status()
        await runtime.stop()
        found, told = await differences(living, database, from_ms=from_ms, to_ms=to_ms)
    assert not told, "\n".join(told[:10])
    assert found["equal"] >= 3 * 3 * 3
    assert not status.owed
    said = {venue.key: venue for venue in status.venues}
    assert [(said[key].mode, said[key].connection) for key in ("binance-um", "kraken", "hyperliquid")] == [
        (Mode.DEMO, "connected")
    ] * 3
    for key, word in (("coinbase", "(451)"), ("binance-spot", "(418)"), ("okx-swap", "cannot be read")):
        assert said[key].mode is Mode.OFFLINE
        assert word in " ".join(said[key].notices)
        assert len(said[key].notices) == 1
    assert status.connection == "3 of 6 connected"
