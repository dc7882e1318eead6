"""What was read, written into the store.

Trades go through the same engine as live ones and come out as 1m bars and the spans that prove them; the store makes the
larger bars. A file that says by its name that it holds a whole day or month, and whose rows bear that out, proves that
nothing was traded before its first row and after its last, so the minutes at its edges are whole; other files' edge
minutes are partial.

An engine takes ids that rise. What lies below its run was not seen by it, whatever its next id is: such trades wait on
disk, and an engine of their own has them at the end. The store joins what belongs together.
"""

from __future__ import annotations

from operator import attrgetter, itemgetter
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade, NumberedAnew, QuietUntil, TradeRejected
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.spans import DISORDER_MS, Span, SpanKey
from klagg_tui.exchange.binance.archive import UM, ArchiveName, Market
from klagg_tui.importing.mixing import ColumnBlock
from klagg_tui.importing.outcome import Imported
from klagg_tui.importing.read import TradeBlock, in_order
from klagg_tui.importing.shelf import Shelf
from klagg_tui.importing.sorting import Sorter
from klagg_tui.importing.units import in_own_units

COMMIT_EVERY: Final = 200_000
"""Trades between two commits: some seconds of work, the most that a crash costs."""
_OVER: Final = frozenset({State.CLOSED, State.CONFIRMED})
_SYMBOL: Final = AggTrade._fields.index("symbol")
_ID: Final = AggTrade._fields.index("aggregate_id")
_SYMBOL_OF: Final = itemgetter(_SYMBOL)
_TIME_OF: Final = itemgetter(AggTrade._fields.index("traded_ms"))
_AT_ONCE: Final = 20_000
_FARTHEST_BACK_MS: Final = 30 * MINUTE_MS
"""How far the time may go back while ids rise: an engine holds more, and what lies farther back would be in no bar."""
_MOST_PASSES: Final = 50
"""Engines after each other for one file: what still goes back in time then is counted as too late."""


class Edges:
    """What an archive shows of the time before its first trade and after its last, as it is read."""

    def __init__(self) -> None:
        self.first: AggTrade | None = None
        """Its first trade, placeholders left aside."""
        self._is_cut = False
        self._names: set[ArchiveName] = set()

    def note(self, block: TradeBlock | ColumnBlock) -> None:
        """Some more of it, in order of id."""
        self._names.add(block.name)
        self._is_cut = self._is_cut or block.is_cut
        if self.first is None:
            self.first = block.first

    def range(self) -> tuple[int, int] | None:
        """From when to when its names say that it holds everything; None where they say nothing, or it was cut."""
        begins = [name.from_ms for name in self._names if name.from_ms is not None and name.period is None]
        ends = [name.to_ms for name in self._names if name.to_ms is not None]
        is_named = len(begins) == len(self._names) > 0
        return (min(begins), max(ends)) if is_named and not self._is_cut else None


class TradeWriter:
    """Trades of some files through an engine of their own into the store."""

    def __init__(self, shelf: Shelf, outcome: Imported, market: Market = UM, passes: int = 0) -> None:
        """`passes`: how many engines had what was put aside before."""
        self._engine = KlineEngine((Period.M1,), holds_gaps=False)
        self._shelf = shelf
        self._run = shelf.importing()
        self._reader = self._engine.reader()
        self._outcome = outcome
        self._market = market
        self._symbols: set[str] = set()
        self._uncommitted = 0
        self._counted_to_ms: dict[str, int] = {}
        self._spans: dict[SpanKey, Span] = {}
        self._newest: dict[str, Span] = {}
        self._aside = Sorter(_SYMBOL, _ID)
        self._passes = passes
        self._began_ms: dict[str, int] = {}

    async def goes_on_at(self, symbol: str, first_id: int, until_ms: int | None) -> bool:
        """Whether trades from that id on belong to the run that is under way, or nothing is under way.

        Those of another contract may have the same ids; `until_ms`: when they end at the latest, None where nothing says so.
        """
        next_id = self._engine.next_id(symbol)
        run = await self._run_under_way(symbol)
        if next_id is None or run is None:
            return next_id is None or first_id <= next_id
        return run.first_id <= first_id <= next_id and (until_ms is None or until_ms >= run.from_ms)

    def is_ahead(self, symbol: str, first_id: int) -> bool:
        """Whether ids are missing between the run that is under way and that one."""
        next_id = self._engine.next_id(symbol)
        return next_id is not None and next_id < first_id

    @property
    def lost(self) -> int:
        """Trades that have no place in a bar, or wait for an engine of their own."""
        return self._engine.counters.too_late + len(self._aside)

    async def prove(self, edges: Edges) -> bool:
        """The file ended as it should, and no row was lost: nothing was traded in the rest of its days or months.

        Returns whether it shows that: its names may say no time, or another than its trades.
        """
        named, first = edges.range(), edges.first
        if named is None or first is None:
            return False
        from_ms, to_ms = named
        if not from_ms <= first.traded_ms <= self._engine.traded_ms(first.symbol) < to_ms:
            return False
        self._engine.handle(QuietUntil(first.symbol, to_ms))
        await self.commit()
        begun = [span for span in self._spans.values() if span[:2] == (first.symbol, first.aggregate_id)]
        span = max(begun, key=attrgetter("from_ms"), default=None)
        if span and span.from_ms > from_ms:
            await self._run.add([], [span._replace(from_ms=from_ms)])
        return True

    async def write(self, trades: list[AggTrade]) -> None:
        """Put trades into bars, in order of id."""
        for symbol, of_symbol in _by_symbol(trades).items():
            self._follow(symbol)
            self._engine.take(await self._to_take(symbol, in_order(of_symbol)))
        await self._count(len(trades))

    async def write_columns(self, block: ColumnBlock) -> None:
        """Put the trades of a block that was read by columns into bars: what comes of it is what comes of them one by one.

        Raises:
            BadFile: they have to be read again, and the file was changed.
        """
        first = block.first
        symbol = first.symbol
        self._follow(symbol)
        is_next = first.aggregate_id >= (self._engine.next_id(symbol) or 0)
        if not is_next or first.traded_ms < self._engine.traded_ms(symbol):
            await self.write(block.one_by_one())
            return
        self._note_begin(first)
        for minute in block.columns.minutes:
            self._engine.take((minute.first,))
            if minute.rest and not self._engine.take_sum(minute.rest):
                first_id, last_id = minute.rest.first_id, minute.rest.last_id
                self._engine.take([one for one in block.one_by_one() if first_id <= one.aggregate_id <= last_id])
        await self._count(block.columns.row_count)

    async def finish(self) -> None:
        """Nothing follows: write what is left, and add the engine's counters to the outcome."""
        await self.commit()
        counters = self._engine.counters
        self._outcome.trades += counters.trades
        self._outcome.duplicates += counters.duplicates
        self._outcome.gaps += counters.gaps
        self._outcome.too_late += counters.too_late
        with self._aside:
            if self._aside:
                later = TradeWriter(self._shelf, self._outcome, self._market, self._passes + 1)
                for batch in self._aside.batches(_AT_ONCE):
                    await later.write([AggTrade(*row) for row in batch])
                await later.finish()

    async def commit(self) -> None:
        """Write what there is so far."""
        changes = self._engine.drain(self._reader)
        bars = [*changes.ended, *(bar for bar in changes.current if bar.is_traded)]
        added = await self._run.add(in_own_units(bars, self._market), changes.spans)
        self._spans.update((span.key, span) for span in changes.spans)
        self._newest.update((span.symbol, span) for span in changes.spans)
        self._outcome.new += added.new
        self._uncommitted = 0
        self._count_bars(bars)
        for report in self._engine.take_reports():
            if isinstance(report, TradeRejected) and not report.trade.is_placeholder:  # the reader counts those
                trade = report.trade
                self._outcome.tally.reject(f"{trade.symbol}, aggregate id {trade.aggregate_id}", report.reason)
            elif isinstance(report, NumberedAnew):
                self._outcome.notes.append(
                    f"The ids of {report.trade.symbol} begin anew with {report.trade.aggregate_id}: another contract has that name from there on."
                )

    def _follow(self, symbol: str) -> None:
        if symbol not in self._symbols:
            self._engine.handle(AddSymbol(symbol, first_open_ms=0))
            self._symbols.add(symbol)

    def _note_begin(self, first: AggTrade) -> int:
        """When the minute began in which this engine began to have trades of a symbol."""
        return self._began_ms.setdefault(first.symbol, first.traded_ms // MINUTE_MS * MINUTE_MS)

    async def _count(self, trades: int) -> None:
        self._uncommitted += trades
        if self._uncommitted >= COMMIT_EVERY:
            await self.commit()

    async def _to_take(self, symbol: str, trades: list[AggTrade]) -> list[AggTrade]:
        """Trades of one symbol without those that this engine cannot take any more, which are put aside."""
        next_id, newest_ms = self._engine.next_id(symbol) or 0, self._engine.traded_ms(symbol)
        began_ms = self._note_begin(trades[0])
        times = list(map(_TIME_OF, trades))
        if trades[0].aggregate_id >= next_id and times[0] >= newest_ms and times == sorted(times):
            return trades
        run = await self._run_under_way(symbol)
        first_id, from_ms = (run.first_id, run.from_ms - DISORDER_MS) if run else (0, 0)
        taken: list[AggTrade] = []
        aside: list[AggTrade] = []
        for trade in trades:
            is_seen = first_id <= trade.aggregate_id < next_id and trade.traded_ms >= from_ms
            is_back = trade.aggregate_id < first_id or trade.traded_ms < max(began_ms, newest_ms - _FARTHEST_BACK_MS)
            if is_back and not is_seen and self._passes < _MOST_PASSES:
                aside.append(trade)
                continue
            taken.append(trade)
            newest_ms = max(newest_ms, trade.traded_ms)
        self._aside.add(aside)
        return taken

    async def _run_under_way(self, symbol: str) -> Span | None:
        """The unbroken run that is under way."""
        await self.commit()
        return self._newest.get(symbol)

    def _count_bars(self, bars: list[Bar]) -> None:
        for bar in bars:
            if bar.end_ms > self._counted_to_ms.get(bar.symbol, 0):
                self._counted_to_ms[bar.symbol] = bar.end_ms
                self._outcome.bars += 1


async def write_confirmed(shelf: Shelf, bars: list[Bar], outcome: Imported) -> None:
    """The exchange's own bars take the place of others."""
    added = await shelf.add_confirmed(bars)
    outcome.bars += len(bars)
    outcome.new += added.new


async def write_partial(shelf: Shelf, bars: list[Bar], outcome: Imported) -> None:
    """Minutes of which trades may be missing, without ids to say which: only where there is nothing at all."""
    there = await shelf.keys_of(bars) if bars else set()
    missing = [bar for bar in bars if bar.key not in there]
    await shelf.add(missing)
    outcome.bars += len(bars)
    outcome.new += len(missing)


async def write_missing(shelf: Shelf, bars: list[Bar], outcome: Imported) -> None:
    """Bars of one symbol that take no place of bars which the store has closed already."""
    there = await shelf.keys_of(bars, _OVER)
    missing = [bar for bar in bars if bar.key not in there]
    outcome.duplicates += len(bars) - len(missing)
    outcome.bars += len(missing)
    outcome.new += len(missing)
    await shelf.add([bar for bar in missing if bar.period is Period.M1])
    await shelf.write_ended([bar for bar in missing if bar.period is not Period.M1])


async def write_as_told(shelf: Shelf, bars: list[Bar], outcome: Imported) -> None:
    """Bars of several series, each as its state says: minutes first, of which the store makes larger bars."""
    for symbol, period in sorted({bar.series for bar in bars}, key=itemgetter(1, 0)):
        series = [bar for bar in bars if bar.series == (symbol, period)]
        await write_confirmed(shelf, [bar for bar in series if bar.state is State.CONFIRMED], outcome)
        if closed := [bar for bar in series if bar.state is State.CLOSED]:
            await write_missing(shelf, closed, outcome)
        partial = [bar for bar in series if bar.state is State.PARTIAL]
        there = await shelf.keys_of(partial) if partial else set()
        missing = [bar for bar in partial if bar.key not in there]
        outcome.bars += len(partial)
        outcome.new += len(missing)
        await (shelf.add(missing) if period is Period.M1 else shelf.write_ended(missing))


def _by_symbol(trades: list[AggTrade]) -> dict[str, list[AggTrade]]:
    symbols = set(map(_SYMBOL_OF, trades))
    if len(symbols) == 1:
        return {symbols.pop(): trades}
    found: dict[str, list[AggTrade]] = {symbol: [] for symbol in symbols}
    for trade in trades:
        found[trade.symbol].append(trade)
    return found
