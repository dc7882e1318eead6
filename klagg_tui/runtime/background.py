"""Work that goes on beside a source, on the engine's loop: pushing bars to readers, letting go of old ones."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from klagg_tui.engine.period import Period
from klagg_tui.errors import KlaggError
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.source import Source
from klagg_tui.runtime.worker import Plan

log = logging.getLogger(__name__)

LOOK_S: Final = 60.0
"""Between two looks for bars that have grown old."""
STEP_S: Final = 0.5
"""Between two steps of deleting them."""

Beat: TypeAlias = Callable[[EngineHost], Awaitable[None]]
"""Runs until cancelled."""


def with_beats(plan: Plan, *beats: Beat) -> Plan:
    """The same plan, with work beside its source."""
    return replace(plan, source=lambda: WithBackground(plan.source(), *beats)) if beats else plan


class WithBackground:
    """A `Source` like the one inside it. It goes on until cancelled: also what a recording came to is read."""

    def __init__(self, source: Source, *beats: Beat) -> None:
        self.market = source.market
        self.is_live = source.is_live
        self._source = source
        self._beats = beats

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the source has
        return getattr(self._source, name)

    async def run(self, core: EngineHost) -> None:
        """Feed the core. A beat that fails is told, and costs what it does; the bars go on."""
        beats = [asyncio.ensure_future(_told(beat, core)) for beat in self._beats]
        try:
            await self._source.run(core)
            await core.flush()
            await asyncio.gather(*beats)
        finally:
            for beat in beats:
                beat.cancel()
            await asyncio.gather(*beats, return_exceptions=True)


def keeping(keep: Mapping[Period, int]) -> Beat:
    """Deletes bars when they are older than they are to be kept, in milliseconds by period."""

    async def beat(core: EngineHost) -> None:
        if core.store is None:
            return
        retention = core.store.retention(keep)
        while True:
            try:
                more = await retention.step(core.now_ms())
                core.notices.pop("retention", None)
            except KlaggError as error:
                core.notices["retention"] = f"{error} Old bars are kept until then."
                more = False
            core.figures["rows deleted"] = retention.deleted
            await asyncio.sleep(STEP_S if more else LOOK_S)

    return beat


async def _told(beat: Beat, core: EngineHost) -> None:
    try:
        await beat(core)
    except Exception as error:  # the edge of a task
        log.exception("work beside the market ended")
        core.notices["beside"] = f"Work beside the market ended ({error}); bars go on."
