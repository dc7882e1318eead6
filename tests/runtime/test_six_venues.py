"""Six exchanges in one run: each keeps its own rules, and all bars end as its exchange has them, as far as it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from klagg_tui.exchange.venue import Ids
from tests.market_run import MINUTE_MS, SIX, differences, missed, now_ms, recorded, simulated, venue_of

pytestmark = pytest.mark.xdist_group("live")

FAULTS = "cut@4m, drop@5m+30s, double@6m+30s, reorder@7m+30s"


async def test_what_six_exchanges_can_prove_is_proved(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with simulated(symbols=4, seed=6, activity=1.5, speed=60, faults=FAULTS) as exchanges:
        from_ms = (now_ms(exchanges) // MINUTE_MS + 1) * MINUTE_MS
        status, to_ms, whole_ms = await recorded(exchanges, database, 5)
        found, told = await differences(exchanges, database, from_ms=from_ms, to_ms=to_ms)
        assert not told, "\n".join(told[:10])
        assert found["equal"] >= 6 * 3 * 5
        assert not status.owed
        assert [venue.key for venue in status.venues] == list(SIX)
        for exchange in exchanges:
            witness = "candle" if venue_of(exchange).ids is Ids.NONE else "ids"
            untold = await missed(exchange, database, from_ms=whole_ms, to_ms=to_ms, witness=witness)
            assert not untold, "\n".join(untold[:10])
