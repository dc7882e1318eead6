"""Recorded trades and bars, from files, into the store."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadFile
from klagg_tui.exchange.binance.archive import Market
from klagg_tui.importing.bar_blocks import read_series
from klagg_tui.importing.check import check
from klagg_tui.importing.detect import FileKind, SourceFile, plan
from klagg_tui.importing.foreign import checked_value
from klagg_tui.importing.kline_columns import KlineColumns
from klagg_tui.importing.look import Look, can_be_mixed, look_at
from klagg_tui.importing.markets import assumption, settle
from klagg_tui.importing.mixing import ColumnBlock, Mixed
from klagg_tui.importing.outcome import Imported, OnProgress, Progress, ShouldStop
from klagg_tui.importing.outliers import Sieve
from klagg_tui.importing.read import (
    Order,
    TradeBlock,
    by_contract,
    order_of,
    read_bars,
    read_sales,
    read_trades,
    sorted_trades,
)
from klagg_tui.importing.shelf import Shelf, known_pairs
from klagg_tui.importing.strangers import refuse_strangers
from klagg_tui.importing.write import (
    Edges,
    SeriesWriter,
    TradeWriter,
    write_as_told,
    write_confirmed,
    write_partial,
)
from klagg_tui.storage.store import Store


async def import_files(
    store: Store,
    paths: Sequence[Path],
    *,
    symbol: str | None = None,
    market: str | None = None,
    contract_value: str | None = None,
    now_ms: int | None = None,
    on_progress: OnProgress = lambda _: None,
    should_stop: ShouldStop = lambda: False,
) -> Imported:
    """Read the files, whatever they are, into the store; asked to stop, keep what is whole and return.

    Nothing about the files' content raises: what could not be used is in the outcome. What claims to be later than
    `now_ms` (default: this machine's time) is a bad row.

    Args:
        store: gets the files' venues besides its own.
        paths: the files.
        symbol: of rows that do not name theirs.
        market: of all files, as `--market` says; where None, each of them and what is stored decide.
        contract_value: coins that one contract is worth, for files that count contracts and do not say it.
        now_ms: see above.
        on_progress: told how far it is.
        should_stop: asked now and then.

    Raises:
        BadUsage: there is no such market, or what is stored is of an imitation of it; or `contract_value` is no number.
        StorageError: the store cannot be written to.
    """
    value = None if contract_value is None else checked_value(contract_value)
    files, failures = plan(paths, symbol, value, await known_pairs(store))
    latest_ms = int(time.time() * 1000) if now_ms is None else now_ms
    settled = settle(files, market, await store.markets())
    work = _Import(
        store, settled.files, latest_ms, is_named=market is not None, on_progress=on_progress, should_stop=should_stop
    )
    work.outcome.failures += failures + settled.failures
    for mark in settled.marks:
        await store.claim(mark)
    for file in settled.files:
        if not work.outcome.is_stopped:
            await work.read(file)
    await work.finish()
    if work.outcome.is_usable:
        work.outcome.notes[:0] = filter(None, [assumption(settled, work.used)])
    return work.outcome


class _Import:
    """An import of files under way."""

    def __init__(
        self,
        store: Store,
        files: list[SourceFile],
        latest_ms: int,
        *,
        is_named: bool,
        on_progress: OnProgress,
        should_stop: ShouldStop,
    ) -> None:
        self.outcome = Imported()
        self.used: set[Path] = set()
        """Files of which rows were taken."""
        self._store = store
        self._latest_ms = latest_ms
        self._is_named = is_named
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._total_bytes = sum(file.size for file in files)
        self._bytes_before = 0
        self._told = 0, 0
        """Bytes and rows, as they were told last."""
        self._writer: TradeWriter | None = None
        self._written: tuple[FileKind, str | None, Market] | None = None
        self._market: Market | None = None
        """Of the file that is read, and of what its tally says of symbols."""

    async def read(self, file: SourceFile) -> None:
        """Read one file into the store."""
        await self._begin(file)
        try:
            for _ in check(file.path):
                if self._is_stopped_at(file, 0):
                    return
            await refuse_strangers(
                self._shelf(file), file, lambda: self._is_stopped_at(file, 0), is_named=self._is_named
            )
            if self.outcome.is_stopped:
                return
            if file.kind is FileKind.BARS:
                await self._read_bars(file)
            elif file.kind is FileKind.OWN:
                await self._read_own(file)
            elif file.kind is FileKind.SALES:
                await self._read_sales(file)
            else:
                await self._read_trades(file)
        except BadFile as error:
            self.outcome.failures.append(str(error))
        self._bytes_before += file.size

    async def _begin(self, file: SourceFile) -> None:
        """Symbols of several markets may have one name."""
        if file.market != self._market:
            await self._keep_precisions()
            self._market = file.market

    async def _keep_precisions(self) -> None:
        seen = self.outcome.tally.take_precisions()
        if self._market:
            await Shelf(self._store, self._market.key).widen_precisions(seen)

    def _shelf(self, file: SourceFile) -> Shelf:
        return Shelf(self._store, file.market.key)

    async def finish(self) -> None:
        """Nothing follows."""
        await self._finish_trades()
        tally = self.outcome.tally
        if tally.other_market:
            self.outcome.notes.append(f"Trades of another market of the exchange left out: {tally.other_market:,}.")
        await self._keep_precisions()

    async def _read_bars(self, file: SourceFile) -> None:
        shelf = self._shelf(file)
        writer = SeriesWriter(shelf, self.outcome)
        try:
            for block in read_series(file, self.outcome.tally, self._latest_ms):
                if isinstance(block, KlineColumns):
                    self.used.add(file.path)
                    await writer.write(block.series)
                else:
                    await writer.finish()
                    bars = self._over(file, block.bars)
                    self._note_use(file, bars)
                    await write_confirmed(shelf, bars, self.outcome)
                if self._is_stopped_at(file, block.read_bytes):
                    break
        except BadFile:
            await writer.finish()  # what came before counts
            raise
        await writer.finish()

    async def _read_own(self, file: SourceFile) -> None:
        """Bars that klagg exported, each as sure as its row says."""
        assert file.layout is not None
        for block in read_bars(file, self.outcome.tally):
            partial = [bar for bar in block.bars if bar.state is State.PARTIAL]
            over = self._over(file, [bar for bar in block.bars if bar.state is not State.PARTIAL])
            self._note_use(file, block.bars)
            await write_as_told(self._shelf(file), [*over, *partial], self.outcome)
            if self._is_stopped_at(file, block.read_bytes):
                return
        if not file.layout.says_state:
            note = (
                f"{file.path} does not say how sure its bars are: taken as partial; klagg export --with state says it."
            )
            self.outcome.notes += [] if note in self.outcome.notes else [note]

    async def _read_sales(self, file: SourceFile) -> None:
        """Minutes for which the file vouches, and those at its edges; trades that wait in an engine are another file's."""
        tally = self.outcome.tally
        for block in read_sales(file, tally, self._latest_ms):
            over = self._over(file, [bar for bar in block.bars if bar.state is State.CONFIRMED])
            self._note_use(file, block.bars)
            self.outcome.trades += sum(bar.trade_count for bar in block.bars)
            await write_confirmed(self._shelf(file), over, self.outcome)
            await write_partial(
                self._shelf(file), [bar for bar in block.bars if bar.state is State.PARTIAL], self.outcome
            )
            if self._is_stopped_at(file, block.read_bytes):
                return

    async def _read_trades(self, file: SourceFile) -> None:
        look = self._look_at(file)
        if look is None:
            return
        writer, tally, edges = await self._writer_for(file, look.order), self.outcome.tally, Edges()
        before = tally.bad, writer.lost
        for block in self._judged(file, look):
            edges.note(block)
            if isinstance(block, ColumnBlock):
                self.used.add(file.path)
                await writer.write_columns(block)
            else:
                self._note_use(file, block.trades)
                await writer.write(block.trades)
            if self._is_stopped_at(file, block.read_bytes):
                return
        await writer.commit()
        if file.symbol is None or file.name.from_ms is None:
            return
        if (tally.bad, writer.lost) != before or not await writer.prove(edges):
            self.outcome.notes.append(
                f"{file.path} does not show that it is whole, as its name says: the minutes at its edges are partial."
            )

    def _note_use(self, file: SourceFile, rows: Sequence[object]) -> None:
        if rows:
            self.used.add(file.path)

    def _judged(self, file: SourceFile, look: Look) -> Iterator[TradeBlock | ColumnBlock]:
        """The trades of a file without those that fit no others, somewhat later: each is judged by those behind it."""

        def reject(trade: AggTrade, reason: str) -> None:
            self.outcome.tally.reject(f"{file.path.name}, {trade.symbol}, aggregate id {trade.aggregate_id}", reason)

        sieve, tally = Sieve(self._latest_ms, by_contract, reject), self.outcome.tally
        is_sorted = look.order.is_sorted
        if is_sorted and can_be_mixed(file):
            return Mixed(file, look, tally, sieve).blocks()
        return _sieved(sieve, file, (read_trades if is_sorted else sorted_trades)(file, tally))

    def _over(self, file: SourceFile, bars: list[Bar]) -> list[Bar]:
        """Those of a file's bars that can be the exchange's last word: their time is over."""
        for bar in bars:
            if bar.end_ms > self._latest_ms:
                self.outcome.tally.reject(f"{file.path.name}, open time {bar.open_ms}", "its time is not over")
        return [bar for bar in bars if bar.end_ms <= self._latest_ms]

    def _look_at(self, file: SourceFile) -> Look | None:
        """How the file's trades lie in it; None: asked to stop meanwhile."""
        if file.symbol is None:
            return Look(Order(file.first), [])
        if not can_be_mixed(file):
            looking = order_of(file)
            while True:
                try:
                    next(looking)
                except StopIteration as found:
                    return Look(cast(Order, found.value), [])
                if self._is_stopped_at(file, 0):
                    return None
        looking_at = look_at(file, self._latest_ms)
        while True:
            try:
                come = next(looking_at)
            except StopIteration as found:
                return cast(Look, found.value)
            if self._is_stopped_at(file, come.read_bytes, come.rows):
                return None

    async def _writer_for(self, file: SourceFile, order: Order) -> TradeWriter:
        """Files of one symbol that go on where the last one ended, and all files of events, go through one engine."""
        written = (file.kind, file.symbol, file.market)
        if self._writer is not None and self._written == written and file.symbol is not None:
            if file.name.from_ms is None and self._writer.is_ahead(file.symbol, order.first_id):
                self.outcome.gaps += 1
            if not await self._writer.goes_on_at(file.symbol, order.first_id, file.name.to_ms):
                await self._finish_trades()
        if self._writer is None or self._written != written:
            await self._finish_trades()
            self._writer = TradeWriter(self._shelf(file), self.outcome, file.market)
            self._written = written
        return self._writer

    async def _finish_trades(self) -> None:
        if self._writer:
            await self._writer.finish()
        self._writer = None

    def _is_stopped_at(self, file: SourceFile, read_bytes: int, looked_at: int = 0) -> bool:
        """Say how far it is, never less than before, and ask; `looked_at`: rows that are read, but not counted yet."""
        done = self._bytes_before + min(read_bytes, file.size)
        self._told = max(self._told[0], done), max(self._told[1], self.outcome.tally.rows + looked_at)
        self._on_progress(Progress(file.path, self._told[0], self._total_bytes, self._told[1]))
        self.outcome.is_stopped = self._should_stop()
        return self.outcome.is_stopped


def _sieved(sieve: Sieve, file: SourceFile, blocks: Iterator[TradeBlock]) -> Iterator[TradeBlock]:
    last, failure = TradeBlock([], file.name, 0), None
    try:
        for last in blocks:
            yield last._replace(trades=sieve.take(last.trades))
    except BadFile as error:
        failure = error
    yield last._replace(trades=sieve.finish())
    if failure:
        raise failure
