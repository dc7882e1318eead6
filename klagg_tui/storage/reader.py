"""Everything that is read from the database, on a connection that never waits for the writer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeVar

from klagg_tui.engine.bar import Bar, BarKey, State
from klagg_tui.engine.columns import COLUMN_FIELDS, BarColumns, no_columns
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS, Period, chain
from klagg_tui.engine.precision import Precision
from klagg_tui.engine.spans import Span
from klagg_tui.storage import columns, debts, derivatives, queries, unconfirmed
from klagg_tui.storage.connection import Row
from klagg_tui.storage.debts import Hole, Unavailable
from klagg_tui.storage.disk_errors import reading
from klagg_tui.storage.facts import StoreFacts
from klagg_tui.storage.lines import Lines, RowFormat, line_pages
from klagg_tui.storage.mantissas import Read, mantissa_pages
from klagg_tui.storage.queries import FOREVER, Stretch, minutes_of, pages, seed_stretches
from klagg_tui.storage.rows import JSON_ROWS, bars
from klagg_tui.storage.symbols import NO_SYMBOL, Symbols
from klagg_tui.storage.unconfirmed import Unconfirmed

T = TypeVar("T")

_LATEST: Final = f"""
SELECT {JSON_ROWS} FROM json_each(:symbols) AS s CROSS JOIN history AS h ON h.symbol = s.value AND h.period = :period
AND h.minute >= coalesce((SELECT o.minute FROM history AS o WHERE o.symbol = s.value AND o.period = :period
    ORDER BY o.minute DESC LIMIT 1 OFFSET :count - 1), 0)
"""
_SYMBOLS_AT_ONCE: Final = 100
"""Of which the newest bars are read together: 60 of each of 600 would be 36,000 rows in one text, 30 MB and 0.1 s of the loop."""
_BETWEEN: Final = f"""
SELECT {JSON_ROWS} FROM history AS h WHERE h.symbol = ? AND h.period = ? AND h.minute >= ? AND h.minute < ?
"""
_STORED_PERIODS: Final = """
SELECT s.id, p.id FROM symbols AS s CROSS JOIN periods AS p
WHERE EXISTS (SELECT 1 FROM history AS h WHERE h.symbol = s.id AND h.period = p.id)
OR EXISTS (SELECT 1 FROM forming AS f WHERE f.symbol = s.id AND f.period = p.id) ORDER BY p.id
"""
Wanted = tuple[str, Period, int | None, int | None]
"""Bars of a symbol and period that open from a time to before another; None: without end."""


class StoreReader(StoreFacts):
    """The reading half of a `Store`."""

    async def bars(
        self,
        symbol: str,
        period: Period,
        from_ms: int | None = None,
        to_ms: int | None = None,
        *,
        newest_first: bool = False,
        limit: int | None = None,
        states: Collection[State] | None = None,
    ) -> AsyncIterator[Bar]:
        """Bars that open from `from_ms` to before `to_ms`, the current one among them; memory stays constant."""
        async for page in self.pages(
            symbol, period, from_ms, to_ms, newest_first=newest_first, limit=limit, states=states
        ):
            for bar in page:
                yield bar

    async def pages(
        self,
        symbol: str,
        period: Period,
        from_ms: int | None = None,
        to_ms: int | None = None,
        *,
        newest_first: bool = False,
        limit: int | None = None,
        states: Collection[State] | None = None,
        ended_only: bool = False,
    ) -> AsyncIterator[list[Bar]]:
        """The same, some thousand bars at a time: faster where there are millions. `ended_only`: without the current one."""
        found = await self._stretch(
            symbol, period, from_ms, to_ms, newest_first=newest_first, states=states, ended_only=ended_only
        )
        if found is None:
            return
        stretch, name = found
        async for rows in pages(self._reader, stretch, FOREVER if limit is None else limit):
            yield self._bars(rows, {stretch.symbol: name})

    async def lines(
        self,
        symbol: str,
        period: Period,
        row_format: RowFormat,
        from_ms: int | None = None,
        to_ms: int | None = None,
        *,
        states: Collection[State] | None = None,
        ended_only: bool = False,
    ) -> AsyncIterator[Lines | list[Bar]]:
        """The bars of `pages`, oldest first, as lines of text where the database can write them, else as bars."""
        found = await self._stretch(symbol, period, from_ms, to_ms, states=states, ended_only=ended_only)
        if found is None:
            return
        stretch, name = found
        async for page in line_pages(self._reader, stretch, row_format):
            yield page if isinstance(page, Lines) else self._bars(page, {stretch.symbol: name})

    async def mantissas(
        self,
        symbol: str,
        period: Period,
        read: Read[T],
        from_ms: int | None = None,
        to_ms: int | None = None,
        *,
        states: Collection[State] | None = None,
        ended_only: bool = False,
    ) -> AsyncIterator[T | list[Bar]]:
        """The bars of `pages`, oldest first, as what `read` makes of columns of whole numbers, else as bars."""
        if found := await self._stretch(symbol, period, from_ms, to_ms, states=states, ended_only=ended_only):
            stretch, name = found
            async for page in mantissa_pages(self._reader, stretch, read):
                yield self._bars(page, {stretch.symbol: name}) if isinstance(page, list) else page

    async def columns(
        self,
        symbol: str,
        period: Period,
        from_ms: int | None = None,
        to_ms: int | None = None,
        fields: Collection[str] = COLUMN_FIELDS,
    ) -> BarColumns:
        """The ended bars of `bars` as columns of floats, those of `fields`; memory grows with them."""
        found = await self._stretch(symbol, period, from_ms, to_ms)
        return no_columns() if found is None else await columns.columns(self._reader, found[0], fields)

    async def derivatives(
        self,
        symbol: str,
        from_ms: int | None = None,
        to_ms: int | None = None,
        *,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> AsyncIterator[list[DerivativeMinute]]:
        """What was told of a contract beside its trades, by minutes from `from_ms` to before `to_ms`, page by page."""
        found = await self._naming.find(self._reader, symbol)
        if found is None or not await derivatives.is_there(self._reader):
            return
        left = FOREVER if limit is None else limit
        first, before = minutes_of(from_ms, to_ms)
        async for page in derivatives.pages(self._reader, *found, first, before, left, newest_first=newest_first):
            yield page

    async def derivatives_since(
        self, from_ms: int, *, venue: str | None = None
    ) -> AsyncIterator[list[DerivativeMinute]]:
        """The same of all symbols, or those of one venue, from a time on, some symbols at a time, each one's in order of time."""
        if await derivatives.is_there(self._reader):
            known = (await Symbols.read(self._reader, self._naming)).of(venue)
            names = {number: stored.symbol for number, stored in known.items()}
            async for page in derivatives.since(self._reader, names, minutes_of(from_ms, None)[0]):
                yield page

    async def derivatives_at(self, symbol: str, edges_ms: Sequence[int]) -> list[DerivativeMinute]:
        """Of each stretch from one of these times to the next, the last minutes that tell open interest and funding."""
        found = await self._naming.find(self._reader, symbol)
        if found is None or not await derivatives.is_there(self._reader):
            return []
        return await derivatives.last(self._reader, *found, [edge // MINUTE_MS for edge in edges_ms])

    async def stored_periods(self) -> dict[str, tuple[Period, ...]]:
        """The periods of which each symbol has bars, short to long."""
        periods = tuple(Period)
        found: dict[str, list[Period]] = {}
        rows = await self._reader.rows(_STORED_PERIODS)
        names = await self._names()
        for symbol, number in rows:
            with reading(self._reader.path):
                found.setdefault(names[symbol], []).append(periods[number])
        return {name: tuple(found[name]) for name in sorted(found)}

    async def lengths(self, wanted: Sequence[Wanted]) -> list[int]:
        """How many bars `bars` gives for each of many stretches, the current ones among them."""
        numbers = {name: number for number, name in (await self._names()).items()}
        return await queries.lengths(
            self._reader,
            [
                (numbers.get(symbol, NO_SYMBOL), period.ordinal, *minutes_of(from_ms, to_ms))
                for symbol, period, from_ms, to_ms in wanted
            ],
        )

    async def decimals(self, wanted: Wanted) -> Precision:
        """How many decimals the prices and quantities of a stretch of ended bars have at the most."""
        symbol, period, from_ms, to_ms = wanted
        number = await self._number(symbol)
        return await queries.decimals(self._reader, number, period, *minutes_of(from_ms, to_ms))

    async def latest(
        self, periods: Iterable[Period], count: int, symbols: Collection[str] | None = None
    ) -> tuple[Bar, ...]:
        """The newest ended bars, at most `count` of each symbol (of these; None: of all) and period, each symbol's in order of time."""
        names = await self._names()
        wanted = [number for number, name in sorted(names.items()) if symbols is None or name in symbols]
        found: list[Bar] = []
        for period in periods:
            for start in range(0, len(wanted), _SYMBOLS_AT_ONCE):
                part = json.dumps(wanted[start : start + _SYMBOLS_AT_ONCE])
                places = {"period": period.ordinal, "count": count, "symbols": part}
                rows = await self._reader.json_rows(_LATEST, places)
                found += self._bars(rows, names)
        return tuple(found)

    async def current(self) -> tuple[Bar, ...]:
        """The current bar of every symbol and period, as it was when it was written last."""
        rows = await self._reader.json_rows(f"SELECT {JSON_ROWS} FROM forming AS h")
        names = await self._names()
        with reading(self._reader.path):
            return tuple(bars(sorted(rows), names))

    async def seed(
        self, symbol: str, minute_ms: int, periods: Sequence[Period] = DEFAULT_PERIODS, held: int = 64
    ) -> tuple[Bar, ...]:
        """The ended bars on which an engine can begin at a minute.

        Of every period those from which the larger bars forming at that minute begin, and the last `held` 1m bars.
        What is not stored is not there; partial bars are, and say so.
        """
        found = await self._naming.find(self._reader, symbol)
        if found is None:
            return ()
        number, name = found
        rows: list[Row] = []
        for period, from_ms, to_ms in seed_stretches(minute_ms, chain(tuple(periods)), held):
            stretch = number, period.ordinal, from_ms // MINUTE_MS, to_ms // MINUTE_MS
            rows += await self._reader.json_rows(_BETWEEN, stretch)
        return tuple(self._bars(rows, {number: name}))

    async def spans(self, symbol: str) -> tuple[Span, ...]:
        """The runs of aggregate ids whose trades are all in the bars, contract after contract, by id."""
        return tuple(await queries.spans_of(self._reader, symbol, await self._number(symbol)))

    async def unconfirmed(
        self,
        without: Collection[BarKey] = (),
        *,
        venue: str | None = None,
        since: Mapping[Period, int] = MappingProxyType({}),
    ) -> list[Unconfirmed]:
        """Ended bars that were not compared with the exchange's, by symbol and period, except those given.

        `since`: when the first bar of a period opens that matters; of others all do.
        """
        return await unconfirmed.unconfirmed(self._reader, self._naming, without, venue, since)

    async def count(self, symbol: str, period: Period, from_ms: int, to_ms: int) -> int:
        """How many ended bars open from `from_ms` to before `to_ms`."""
        return await queries.count(self._reader, await self._number(symbol), period, from_ms, to_ms)

    async def ended_until(self, symbol: str, period: Period, before_ms: int) -> int | None:
        """When the newest ended bar that opened before a time ended, None where there is none.

        A current bar is none, also where it is partial: its last trades may be missing.
        """
        return await queries.ended_until(self._reader, await self._number(symbol), period, before_ms)

    async def owed(self, settled_ms: int, *, venue: str | None = None) -> list[Hole]:
        """The bars that are missing, of all symbols that are to be whole; see `find_owed` of `Store`."""
        return await debts.read_owed(self._reader, self._naming, settled_ms, venue)

    async def unavailable(self, *, venue: str | None = None) -> list[Unavailable]:
        """The bars that the exchange was shown not to have."""
        return await debts.read_unavailable(self._reader, self._naming, venue)

    async def has_bars(self) -> bool:
        """Whether there is any bar, of any symbol."""
        sql = "SELECT EXISTS (SELECT 1 FROM history) OR EXISTS (SELECT 1 FROM forming)"
        return bool(await self._reader.value(sql))

    def _bars(self, rows: Iterable[Row], names: Mapping[int, str]) -> list[Bar]:
        with reading(self._reader.path):
            return bars(rows, names)

    async def _stretch(
        self,
        symbol: str,
        period: Period,
        from_ms: int | None,
        to_ms: int | None,
        *,
        newest_first: bool = False,
        states: Collection[State] | None = None,
        ended_only: bool = False,
    ) -> tuple[Stretch, str] | None:
        """And what the symbol is called; None where it is not known."""
        found = await self._naming.find(self._reader, symbol)
        if found is None:
            return None
        number, name = found
        wanted = tuple(sorted(state.value for state in (State if states is None else states)))
        return Stretch(number, period, *minutes_of(from_ms, to_ms), wanted, newest_first, ended_only), name

    async def _number(self, symbol: str) -> int | None:
        return await self._naming.number_of(self._reader, symbol)
