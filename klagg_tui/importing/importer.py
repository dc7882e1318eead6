"""Recorded trades and bars, from files into the store.

Trades go through the same engine as live ones and come out as 1m bars and the spans that prove them; the store makes the
larger bars. A file that says by its name that it holds a whole day or month proves that nothing was traded before its
first row and after its last, so the minutes at its edges are whole; other files' edge minutes are partial.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade, SeedBars, TradeRejected
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFile
from klagg_tui.exchange.binance.archive import ArchiveName, read_name
from klagg_tui.importing.bars import KlineRows
from klagg_tui.importing.detect import Kind, Source, name_of, plan
from klagg_tui.importing.events import EventRows
from klagg_tui.importing.source import Block, blocks, check
from klagg_tui.importing.trades import BY_ID, Tally, TradeRows
from klagg_tui.storage.store import Store

COMMIT_EVERY: Final = 200_000
"""Trades between two commits: some seconds of work, the most that a crash costs."""


class Progress(NamedTuple):
    """How far an import has come."""

    path: Path
    done: int
    total: int
    """Of all files, in bytes as they lie on the disk; of a database, in tables."""
    rows: int


@dataclass
class Imported:
    """What came of an import."""

    tally: Tally = field(default_factory=Tally)
    trades: int = 0
    """Taken into bars."""
    bars: int = 0
    """1m bars made of trades, and bars read as they are."""
    new: int = 0
    """Of these, those of which nothing was stored before."""
    duplicates: int = 0
    gaps: int = 0
    too_late: int = 0
    """Trades that came when their minute was long over: the only ones that are in no bar."""
    notes: list[str] = field(default_factory=list)
    """A sentence for each thing that was left out on purpose."""
    failures: list[str] = field(default_factory=list)
    """A sentence for each file that could not be read, or not to its end."""
    is_stopped: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether anything was of use, be it known before."""
        return bool(self.trades or self.bars or self.duplicates)


OnProgress = Callable[[Progress], None]
ShouldStop = Callable[[], bool]


async def import_files(
    store: Store,
    paths: Sequence[Path],
    *,
    symbol: str | None = None,
    on_progress: OnProgress = lambda _: None,
    should_stop: ShouldStop = lambda: False,
) -> Imported:
    """Read the files, whatever they are, into the store; asked to stop, keep what is whole and return.

    Nothing about the files' content raises: what could not be used is in the outcome.

    Raises:
        StorageError: the store cannot be written to.
    """
    sources, failures = plan(paths, symbol)
    intake = _Intake(store, sources, on_progress, should_stop)
    intake.outcome.failures += failures
    for source in sources:
        if not intake.outcome.is_stopped:
            await intake.read(source)
    await intake.finish()
    await store.widen_precisions(intake.outcome.tally.grains)
    return intake.outcome


class _Intake:
    """One import under way."""

    def __init__(self, store: Store, sources: list[Source], on_progress: OnProgress, should_stop: ShouldStop) -> None:
        self.outcome = Imported()
        self._store = store
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._total_bytes = sum(source.size for source in sources)
        self._bytes_before = 0
        self._lanes: _Lanes | None = None
        self._lanes_of: tuple[Kind, str | None] | None = None

    async def read(self, source: Source) -> None:
        try:
            self._check(source)
            if self.outcome.is_stopped:
                return
            if source.kind is Kind.BARS:
                await self._read_bars(source)
            else:
                await self._read_trades(source)
        except BadFile as error:
            self.outcome.failures.append(str(error))
        self._bytes_before += source.size

    async def finish(self) -> None:
        """Commit what is there; nothing follows."""
        if self._lanes:
            await self._lanes.commit()
            self._lanes.count_up()
        self._lanes = None

    def _check(self, source: Source) -> None:
        for _ in check(source.path):
            if self._is_stopped_at(source, 0):
                return

    async def _read_bars(self, source: Source) -> None:
        assert source.symbol is not None
        rows = KlineRows(source.symbol, self.outcome.tally, source.name.period)
        for block in _own_blocks(source):
            bars = rows.read(block)
            added = await self._store.add_confirmed(bars)
            self.outcome.bars += len(bars)
            self.outcome.new += added.new
            if self._is_stopped_at(source, block.read_bytes):
                return

    async def _read_trades(self, source: Source) -> None:
        lanes = await self._lanes_for(source)
        tally = self.outcome.tally
        rows = EventRows(tally) if source.symbol is None else TradeRows(source.symbol, tally)
        if source.symbol is not None:
            lanes.begin(source.symbol, source.name, source.first)
        last_name = source.name
        for block in _own_blocks(source):
            await lanes.take(rows.read(block))
            if self._is_stopped_at(source, block.read_bytes):
                return
            last_name = name_of(block.part, source.path)
        if source.symbol is not None:
            lanes.end(source.symbol, last_name)

    async def _lanes_for(self, source: Source) -> _Lanes:
        """Files of one symbol, and all files of events, go through one engine, so that they may overlap."""
        key = (source.kind, source.symbol)
        if self._lanes is None or self._lanes_of != key:
            await self.finish()
            self._lanes = _Lanes(self._store, self.outcome)
            self._lanes_of = key
        return self._lanes

    def _is_stopped_at(self, source: Source, read_bytes: int) -> bool:
        done = self._bytes_before + min(read_bytes, source.size)
        self._on_progress(Progress(source.path, done, self._total_bytes, self.outcome.tally.rows))
        self.outcome.is_stopped = self._should_stop()
        return self.outcome.is_stopped


def _own_blocks(source: Source) -> Iterator[Block]:
    """The lines of a file; a zip archive may hold several files, but of one symbol."""
    for block in blocks(source.path):
        named = read_name(block.part).symbol
        if source.symbol == source.name.symbol and named not in (None, source.symbol):
            raise BadFile(
                f"{source.path} holds files of {source.symbol} and of {named}; unpack it and name them singly."
            )
        yield block


class _Lanes:
    """An engine of its own for some files, and its way into the store."""

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
            self._engine.tick(name.to_ms)

    async def take(self, trades: list[AggTrade]) -> None:
        """Put trades into bars, in order of id."""
        for symbol in {trade.symbol for trade in trades} - self._symbols:
            self._add(symbol)
        trades.sort(key=BY_ID)
        self._engine.take(trades)
        self._uncommitted += len(trades)
        if self._uncommitted >= COMMIT_EVERY:
            await self.commit()

    async def commit(self) -> None:
        """Hand over what changed since the last time."""
        drained = self._engine.drain(self._reader)
        bars = [*drained.ended, *(bar for bar in drained.current if bar.is_traded)]
        added = await self._run.add(bars, drained.spans)
        self._outcome.new += added.new
        self._uncommitted = 0
        self._count_bars(bars)
        for report in self._engine.take_reports():
            if (
                isinstance(report, TradeRejected) and not report.trade.is_placeholder
            ):  # the reader counts records of nothing
                trade = report.trade
                self._outcome.tally.reject(f"{trade.symbol}, aggregate id {trade.aggregate_id}", report.reason)

    def count_up(self) -> None:
        """Add the engine's counters to the outcome."""
        counters = self._engine.counters
        self._outcome.trades += counters.trades
        self._outcome.duplicates += counters.duplicates
        self._outcome.gaps += counters.gaps
        self._outcome.too_late += counters.too_late

    def _add(self, symbol: str) -> None:
        self._engine.handle(AddSymbol(symbol, first_open_ms=0))
        self._symbols.add(symbol)

    def _count_bars(self, bars: list[Bar]) -> None:
        for bar in bars:
            if bar.end_ms > self._counted_to_ms.get(bar.symbol, 0):
                self._counted_to_ms[bar.symbol] = bar.end_ms
                self._outcome.bars += 1
