"""What the database has already: by its own bars, or by a note of the file that they came from.

A note is a text beside the bars, by the file's name in the archive: its edition, and how many bars there were of its time when it was read.
It counts as long as so many are there, so that what was pruned since is fetched again.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.exchange.binance.archive import published
from klagg_tui.fetching.parts import Part
from klagg_tui.fetching.plan import Wanted
from klagg_tui.importing.shelf import Shelf
from klagg_tui.storage.store import Store

_KEY: Final = "fetched:"
_UNPROVEN: Final = (State.FORMING, State.PARTIAL)


class Note(NamedTuple):
    """Of a file that was read to its end."""

    etag: str
    digest: str
    """Its SHA-256."""
    bars: int


class Holdings:
    """Looks it up, and notes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def note_of(self, wanted: Wanted) -> Note | None:
        """What was noted of the file, in whichever edition it was fetched."""
        text = await self._store.meta(_KEY + wanted.entry.key)
        try:
            found = json.loads(text or "null")
            return Note(str(found["etag"]), str(found["sha256"]), int(found["bars"])) if found else None
        except (ValueError, TypeError, LookupError):
            return None

    async def is_kept(self, wanted: Wanted, note: Note) -> bool:
        """Whether all the bars are still there that were there when the file was read."""
        return await self._count(wanted.series, wanted.part) >= note.bars

    async def is_whole(self, series: published.Series, part: Part) -> bool:
        """Whether every bar of that time is stored, and closed or confirmed."""
        period = series.period or Period.M1
        if period > Period.D1 or await self._count(series, part) < period.count(part.from_ms, part.to_ms):
            return False
        doubtful = self._store.bars(self._name(series), period, part.from_ms, part.to_ms, states=_UNPROVEN, limit=1)
        return not [bar async for bar in doubtful]

    async def note(self, wanted: Wanted, digest: str) -> None:
        """The file was read to its end."""
        bars = await self._count(wanted.series, wanted.part)
        text = json.dumps({"etag": wanted.entry.etag, "sha256": digest, "bars": bars})
        await self._store.put_meta(_KEY + wanted.entry.key, text)

    async def _count(self, series: published.Series, part: Part) -> int:
        if series.market.key not in self._store.venues:
            return 0
        return await self._store.count(self._name(series), series.period or Period.M1, part.from_ms, part.to_ms)

    def _name(self, series: published.Series) -> str:
        return Shelf(self._store, series.market.key).name(series.symbol)
