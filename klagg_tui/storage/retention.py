"""How long bars are kept: old ones go in small steps, so that whoever writes meanwhile waits some milliseconds at most.

What larger bars are still to be made of stays; see `Store.delete_before`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.storage.store import Store

STEP: Final = 1_000
"""Bars deleted in one transaction."""


class Retention:
    """Keeps bars of each period for so many milliseconds; of periods that are not named, forever."""

    def __init__(self, store: Store, keep: Mapping[Period, int]) -> None:
        self._store = store
        self._keep = dict(sorted(keep.items()))
        self.deleted = 0
        """Bars, so far."""

    async def step(self, now_ms: int, at_most: int = STEP) -> bool:
        """Delete at most so many bars, shorter periods first; returns whether there may be more to delete.

        Raises:
            DiskTrouble: nothing was deleted.
        """
        for period, kept_ms in self._keep.items():
            deleted = await self._store.delete_before(period, now_ms - kept_ms, at_most)
            if deleted:
                self.deleted += deleted
                return True
        return False
