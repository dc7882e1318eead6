"""What was read, written into the store.

Trades go through the same engine as live ones and come out as 1m bars and the spans that prove them; the store makes the
larger bars. A file that says by its name that it holds a whole day or month proves that nothing was traded before its
first row and after its last, so the minutes at its edges are whole; other files' edge minutes are partial.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade, QuietUntil, SeedBars, TradeRejected
from klagg_tui.engine.period import Period
from klagg_tui.exchange.binance.archive import ArchiveName
from klagg_tui.importing.outcome import Imported
from klagg_tui.importing.read import BY_ID
from klagg_tui.storage.store import Store

COMMIT_EVERY: Final = 200_000
"""Trades between two commits: some seconds of work, the most that a crash costs."""
_OVER: Final = frozenset({State.CLOSED, State.CONFIRMED})


class TradeWriter:
    """Trades of some files through an engine of their own into the store."""

    def __init__(self, store: Store, outcome: Imported) -> None:
        self._engine = KlineEngine((Period.M1,), holds_gaps=False)
        self._run = store.importing()
        self._reader = self._engine.reader()
        self._outcome = outcome
        self._symbols: set[str] = set()
        self._uncommitted = 0
        self._counted_to_ms: dict[str, int] = {}

    def begin(self, symbol: str, name: ArchiveName, first_id: int) -> None:
        """A file of one symbol begins with that id: unless it goes on where the last one ended, its name counts."""
        self._add(symbol)
        next_id = self._engine.next_id(symbol)
        if name.from_ms is not None and (next_id is None or next_id < first_id):
            self._engine.handle(SeedBars(symbol, name.from_ms, (), None, None, known_from_ms=name.from_ms))

    def end(self, symbol: str, name: ArchiveName) -> None:
        """The file ended as it should: nothing was traded in what is left of its day or month."""
        if name.to_ms is not None and self._engine.traded_ms(symbol) < name.to_ms:
            self._engine.handle(QuietUntil(symbol, name.to_ms))

    async def write(self, trades: list[AggTrade]) -> None:
        """Put trades into bars, in order of id."""
        for symbol in {trade.symbol for trade in trades} - self._symbols:
            self._add(symbol)
        trades.sort(key=BY_ID)
        self._engine.take(trades)
        self._uncommitted += len(trades)
        if self._uncommitted >= COMMIT_EVERY:
            await self._commit()

    async def finish(self) -> None:
        """Nothing follows: write what is left, and add the engine's counters to the outcome."""
        await self._commit()
        counters = self._engine.counters
        self._outcome.trades += counters.trades
        self._outcome.duplicates += counters.duplicates
        self._outcome.gaps += counters.gaps
        self._outcome.too_late += counters.too_late

    async def _commit(self) -> None:
        changes = self._engine.drain(self._reader)
        bars = [*changes.ended, *(bar for bar in changes.current if bar.is_traded)]
        added = await self._run.add(bars, changes.spans)
        self._outcome.new += added.new
        self._uncommitted = 0
        self._count_bars(bars)
        for report in self._engine.take_reports():
            if isinstance(report, TradeRejected) and not report.trade.is_placeholder:  # the reader counts those
                trade = report.trade
                self._outcome.tally.reject(f"{trade.symbol}, aggregate id {trade.aggregate_id}", report.reason)

    def _add(self, symbol: str) -> None:
        self._engine.handle(AddSymbol(symbol, first_open_ms=0))
        self._symbols.add(symbol)

    def _count_bars(self, bars: list[Bar]) -> None:
        for bar in bars:
            if bar.end_ms > self._counted_to_ms.get(bar.symbol, 0):
                self._counted_to_ms[bar.symbol] = bar.end_ms
                self._outcome.bars += 1


async def write_confirmed(store: Store, bars: list[Bar], outcome: Imported) -> None:
    """The exchange's own bars take the place of others."""
    added = await store.add_confirmed(bars)
    outcome.bars += len(bars)
    outcome.new += added.new


async def write_missing(store: Store, bars: list[Bar], outcome: Imported) -> None:
    """Bars of one symbol that take no place of bars which the store has closed already."""
    missing = await _not_there(store, bars)
    outcome.duplicates += len(bars) - len(missing)
    outcome.bars += len(missing)
    outcome.new += len(missing)
    await store.add([bar for bar in missing if bar.period is Period.M1], [])
    await store.write(Changes(ended=tuple(bar for bar in missing if bar.period is not Period.M1)))


async def _not_there(store: Store, bars: list[Bar]) -> list[Bar]:
    there: set[tuple[Period, int]] = set()
    for period in {bar.period for bar in bars}:
        opens = [bar.open_ms for bar in bars if bar.period is period]
        async for page in store.pages(bars[0].symbol, period, min(opens), max(opens) + 1, states=_OVER):
            there.update((bar.period, bar.open_ms) for bar in page)
    return [bar for bar in bars if (bar.period, bar.open_ms) not in there]
