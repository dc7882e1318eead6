"""Deleting bars that are older than they are to be kept, while klagg runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.errors import KlaggError
from klagg_tui.metrics import Metric
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.source import BackgroundTask

LOOK_S: Final = 60.0
"""Between two looks for bars that have grown old."""
STEP_S: Final = 0.5
"""Between two steps of deleting them."""


def deleting_old_bars(keep: Mapping[Period, int]) -> BackgroundTask:
    """Deletes bars when they are older than they are to be kept, in milliseconds by period, each exchange's by its clock."""

    async def delete_forever(host: EngineHost) -> None:
        if host.store is None:
            return
        retention = host.store.retention(keep)
        while True:
            try:
                more = await retention.step(host.now_ms(), clocks={venue.key: venue.now_ms() for venue in host.venues})
                host.notices.pop("retention", None)
            except KlaggError as error:
                host.notices["retention"] = f"{error} Old bars are kept until then."
                more = False
            host.metrics.set(Metric.ROWS_DELETED, retention.deleted)
            await asyncio.sleep(STEP_S if more else LOOK_S)

    return delete_forever
