"""The trades of one archive on their way to the engine: by columns where nothing is unusual, else row by row.

A block that is unusual is judged together with the rows around it, so the block before it is read row by row too, and the one
behind it. That is why each plain block waits until the next one is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadFile
from klagg_tui.exchange.binance.archive import ArchiveName
from klagg_tui.importing.columns import TradeColumns, columns_of
from klagg_tui.importing.detect import SourceFile, name_of
from klagg_tui.importing.lines import RawBlock
from klagg_tui.importing.outliers import HELD_BACK, Sieve
from klagg_tui.importing.read import TradeBlock, own_raw_blocks, require_behind, trade_block, trade_reader
from klagg_tui.importing.tally import Tally


class ColumnBlock(NamedTuple):
    """A block that was read by columns."""

    columns: TradeColumns
    name: ArchiveName
    """Of the part of the file that it is in."""
    read_bytes: int
    is_cut: bool = False
    """Never: the line that was cut is unusual."""

    @property
    def first(self) -> AggTrade:
        """The first trade."""
        return self.columns.first


def can_be_mixed(file: SourceFile) -> bool:
    """Whether the rows of a file are such as `columns` knows."""
    return file.symbol is not None and file.unit is None


class Mixed:
    """Reads one archive whose trades are in order, but within a block.

    Args:
        file: the archive.
        tally: gets what is met.
        sieve: judges the rows of unusual blocks.
        latest_ms: now.
    """

    def __init__(self, file: SourceFile, tally: Tally, sieve: Sieve, latest_ms: int) -> None:
        assert file.symbol is not None
        self._symbol = file.symbol
        self._file = file
        self._tally = tally
        self._sieve = sieve
        self._latest_ms = latest_ms
        self._reader = trade_reader(file, tally)
        self._held: TradeColumns | None = None
        """A plain block that goes by columns if the next one is plain."""
        self._before_held: AggTrade | None = None
        self._aside: TradeColumns | None = None
        """The plain block behind an unusual one, which was read row by row; the sieve has its last rows."""
        self._last: AggTrade | None = None
        """The last trade of the block before."""

    def blocks(self) -> Iterator[TradeBlock | ColumnBlock]:
        """The trades that are judged, in order.

        Raises:
            BadFile: as `read_trades`, after what came before.
        """
        last = TradeBlock([], self._file.name, 0)
        failure = None
        try:
            for raw in own_raw_blocks(self._file):
                last = last._replace(
                    name=name_of(raw.part, self._file.path), read_bytes=raw.read_bytes, is_cut=raw.is_cut
                )
                yield from self._take(raw)
        except BadFile as error:
            failure = error
        if self._held:
            yield self._by_columns(self._held)
        yield last._replace(trades=self._sieve.finish())
        if failure:
            raise failure

    def _take(self, raw: RawBlock) -> Iterator[TradeBlock | ColumnBlock]:
        columns = columns_of(self._symbol, raw, self._latest_ms)
        if columns is None or not columns.follows(self._last):
            yield from self._take_held_row_by_row()
            self._aside = None
            yield self._row_by_row(raw)
            return
        if self._held:
            yield self._by_columns(self._held)
        elif not self._sieve.is_empty:
            let_go = self._let_go()
            if let_go is None:
                self._aside = columns
                yield self._row_by_row(raw)
                return
            yield let_go
        self._held, self._before_held, self._last = columns, self._last, columns.last

    def _take_held_row_by_row(self) -> Iterator[TradeBlock]:
        held, self._held = self._held, None
        if held:
            if self._before_held:
                self._sieve.go_on_behind(self._before_held)
            self._last = self._before_held
            yield self._row_by_row(held.raw)

    def _let_go(self) -> TradeBlock | None:
        """What the sieve still has: rows of the block before, which is plain as the one that follows it."""
        before = self._aside
        if before is None or before.row_count <= 2 * HELD_BACK:
            return None
        trades = self._sieve.let_go(self._symbol)
        if trades is None:
            return None
        return TradeBlock(trades, name_of(before.raw.part, self._file.path), before.raw.read_bytes)

    def _by_columns(self, columns: TradeColumns) -> ColumnBlock:
        columns.tell(self._tally)
        return ColumnBlock(columns, name_of(columns.raw.part, self._file.path), columns.raw.read_bytes)

    def _row_by_row(self, raw: RawBlock) -> TradeBlock:
        block = trade_block(self._file, self._reader, raw)
        if block.trades:
            require_behind(self._file, self._last, block.trades[0])
            self._last = block.trades[-1]
        return block._replace(trades=self._sieve.take(block.trades))
