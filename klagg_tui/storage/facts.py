"""What the database keeps beside bars: symbols and venues, and what was learned of them."""

from __future__ import annotations

from klagg_tui.engine.precision import Precision
from klagg_tui.storage.contents import StoreContents
from klagg_tui.storage.symbols import Pair, StoredSymbol, Symbols, anchors, pairs, precisions, traded_by, watched


class StoreFacts(StoreContents):
    """The part of a `Store` that tells of symbols and venues."""

    @property
    def venues(self) -> tuple[str, ...]:
        """Labels of the venues whose bars are stored or are to be, those of the file first; none where nobody said whose."""
        return self._naming.labels

    @property
    def is_qualified(self) -> bool:
        """Whether symbols go by `venue:symbol`: there are several venues."""
        return self._naming.is_qualified

    async def symbols(self, venue: str | None = None) -> tuple[StoredSymbol, ...]:
        """Every symbol ever stored, of one venue or of all, by first open time, then by name."""
        known = (await Symbols.read(self._reader, self._naming)).of(venue).values()
        return tuple(sorted(known, key=lambda symbol: (symbol.first_open_ms, symbol.symbol)))

    async def meta(self, key: str) -> str | None:
        """A text kept with `put_meta`."""
        value = await self._reader.value("SELECT value FROM meta WHERE key = ?", (key,))
        return None if value is None else str(value)

    async def anchors(self, venue: str | None = None) -> dict[str, int]:
        """On which day numbers modulo 3 three-day bars open, of symbols of which the exchange's own bars showed it."""
        return await anchors(self._reader, self._naming, venue)

    async def precisions(self, venue: str | None = None) -> dict[str, Precision]:
        """With how many decimals the exchange writes each symbol's numbers, as far as was seen."""
        return await precisions(self._reader, self._naming, venue)

    async def pairs(self, venue: str | None = None) -> dict[str, Pair]:
        """What each symbol is, as far as a listing said it."""
        return await pairs(self._reader, self._naming, venue)

    async def traded_by(self) -> dict[str, int]:
        """When the oldest bar was over of each symbol of which no listing told when its trading began."""
        return await traded_by(self._reader, await self._names())

    async def watched(self) -> frozenset[str] | None:
        """Labels of the venues that were watched last, of which alone anything is owed; None where no run has said it yet."""
        return await watched(self._reader)

    async def _names(self) -> dict[int, str]:
        return (await Symbols.read(self._reader, self._naming)).names
