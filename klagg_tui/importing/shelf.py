"""The store as files of one venue know it: their symbols go by the exchange's own names.

Where a database holds several venues, the store calls a symbol `venue:symbol`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from typing import Final

from klagg_tui.engine.bar import Bar, BarKey, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.engine.precision import Precision
from klagg_tui.engine.spans import Span
from klagg_tui.exchange.kraken import archive as pairs
from klagg_tui.importing.series import Series
from klagg_tui.names import Name, parted
from klagg_tui.storage.merging import Added
from klagg_tui.storage.store import Importing, Store

_ANY: Final = frozenset(State)


async def known_pairs(store: Store) -> list[str]:
    """Symbols of the venue whose archives join both sides of a pair in their names."""
    return [parted(known.symbol).symbol for known in await store.symbols(pairs.KEY)]


class Shelf:
    """One venue's place in a store."""

    def __init__(self, store: Store, label: str) -> None:
        """`label`: of the venue; the store was told of it before, with `claim`."""
        self._store = store
        self._label = label

    def name(self, symbol: str) -> str:
        """What the store calls a symbol."""
        return str(Name(self._label, symbol)) if self._store.is_qualified else symbol

    async def spans(self, symbol: str) -> tuple[Span, ...]:
        """See `Store.spans`."""
        return await self._store.spans(self.name(symbol))

    async def keys_of(self, bars: Sequence[Bar], states: Collection[State] = _ANY) -> set[BarKey]:
        """Those of some bars of one symbol that are stored, in one of these states."""
        there: set[BarKey] = set()
        for period in {bar.period for bar in bars}:
            opens = [bar.open_ms for bar in bars if bar.period is period]
            async for bar in self.between(bars[0].symbol, period, min(opens), max(opens) + 1, states):
                there.add((bars[0].symbol, period, bar.open_ms))
        return there

    async def between(
        self, symbol: str, period: Period, from_ms: int, to_ms: int, states: Collection[State]
    ) -> AsyncIterator[Bar]:
        """Stored bars that open from one time to before another."""
        async for bar in self._store.bars(self.name(symbol), period, from_ms, to_ms, states=states):
            yield bar

    def importing(self) -> _Importing:
        """See `Store.importing`."""
        return _Importing(self, self._store.importing())

    async def add(self, bars: Sequence[Bar]) -> Added:
        """See `Store.add`, without spans."""
        return await self._store.add(self.named(bars), [])

    async def write_ended(self, bars: Sequence[Bar]) -> None:
        """Bars that are over, in the place of what knows less (see `Store.write`)."""
        await self._store.write(Changes(ended=tuple(self.named(bars))))

    async def add_confirmed(self, bars: Sequence[Bar]) -> Added:
        """See `Store.add_confirmed`."""
        return await self._store.add_confirmed(self.named(bars))

    async def add_series(self, series: Series) -> Added:
        """See `Store.add_series`."""
        return await self._store.add_series(replace(series, symbol=self.name(series.symbol)))

    async def widen_precisions(self, seen: dict[str, Precision]) -> None:
        """See `Store.widen_precisions`."""
        await self._store.widen_precisions({self.name(symbol): precision for symbol, precision in seen.items()})

    def named(self, bars: Sequence[Bar]) -> Sequence[Bar]:
        """Bars by the store's names."""
        if not self._store.is_qualified:
            return bars
        return [bar._replace(symbol=self.name(bar.symbol)) for bar in bars]


class _Importing:
    """`storage.store.Importing` by the exchange's own names."""

    def __init__(self, shelf: Shelf, run: Importing) -> None:
        self._shelf = shelf
        self._run = run

    async def add(self, bars: Sequence[Bar], spans: Sequence[Span]) -> Added:
        """See `Importing.add`."""
        named = [span._replace(symbol=self._shelf.name(span.symbol)) for span in spans]
        return await self._run.add(self._shelf.named(bars), named)
