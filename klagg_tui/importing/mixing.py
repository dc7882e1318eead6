"""The trades of one archive on their way to the engine: by columns where nothing is unusual, else row by row.

Unusual rows are judged together with those around them, so the block before them is read row by row too, and the one behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadFile
from klagg_tui.exchange.binance.archive import ArchiveName
from klagg_tui.importing.columns import TradeColumns
from klagg_tui.importing.detect import SourceFile, name_of
from klagg_tui.importing.lines import RawBlock
from klagg_tui.importing.look import Look
from klagg_tui.importing.outliers import HELD_BACK, Sieve
from klagg_tui.importing.read import TradeBlock, own_raw_blocks, require_behind, trade_block, trade_reader
from klagg_tui.importing.tally import Tally


class ColumnBlock(NamedTuple):
    """A block that was read by columns, and counted."""

    columns: TradeColumns
    name: ArchiveName
    """Of the part of the file that it is in."""
    one_by_one: Callable[[], list[AggTrade]]
    """Reads its trades row by row, for whoever cannot take them together; to be called before the next block is asked for.

    Raises:
        BadFile: the file was changed since.
    """
    is_cut: bool = False
    """Never: a line that was cut is unusual."""

    @property
    def first(self) -> AggTrade:
        """The first trade."""
        return self.columns.first

    @property
    def read_bytes(self) -> int:
        """How far into the file on disk its end is."""
        return self.columns.read_bytes


class Mixed:
    """Reads one archive whose trades are in order, but within a block.

    Args:
        file: the archive.
        look: what was found in it.
        tally: gets what is met.
        sieve: judges the rows of unusual blocks.
    """

    def __init__(self, file: SourceFile, look: Look, tally: Tally, sieve: Sieve) -> None:
        assert file.symbol is not None
        self._symbol = file.symbol
        self._file = file
        self._look = look
        self._tally = tally
        self._sieve = sieve
        self._reader = trade_reader(file, tally)
        self._raws = _Raws(file)
        self._held: tuple[int, TradeColumns] | None = None
        """A plain block, with its place, that goes by columns if the next one is plain."""
        self._before_held: AggTrade | None = None
        self._aside: TradeColumns | None = None
        """The plain block behind an unusual one, which was read row by row; the sieve has its last rows."""
        self._last: AggTrade | None = None
        """The last trade of the block before."""

    def blocks(self) -> Iterator[TradeBlock | ColumnBlock]:
        """The trades that are judged, in order.

        Raises:
            BadFile: it cannot be read to its end, or was changed since it was looked at; what came before has been given out.
        """
        last = TradeBlock([], self._file.name, 0)
        failure = self._look.failure
        try:
            for at, columns in enumerate(self._look.blocks):
                for block in self._take(at, columns):
                    last = last._replace(name=block.name, read_bytes=block.read_bytes, is_cut=block.is_cut)
                    yield block
        except BadFile as error:
            failure = error
        if self._held:
            yield self._by_columns(*self._held)
        yield last._replace(trades=self._sieve.finish())
        if failure:
            raise failure

    def _take(self, at: int, columns: TradeColumns | None) -> Iterator[TradeBlock | ColumnBlock]:
        if columns is None or not columns.follows(self._last):
            yield from self._take_held_row_by_row()
            self._aside = None
            yield self._row_by_row(at)
            return
        if self._held:
            yield self._by_columns(*self._held)
        elif not self._sieve.is_empty:
            let_go = self._let_go()
            if let_go is None:
                self._aside = columns
                yield self._row_by_row(at)
                return
            yield let_go
        self._held, self._before_held, self._last = (at, columns), self._last, columns.last

    def _take_held_row_by_row(self) -> Iterator[TradeBlock]:
        held, self._held = self._held, None
        if held:
            if self._before_held:
                self._sieve.go_on_behind(self._before_held)
            self._last = self._before_held
            yield self._row_by_row(held[0])

    def _let_go(self) -> TradeBlock | None:
        """What the sieve still has: rows of the block before, which is plain as the one that follows it."""
        before = self._aside
        if before is None or before.row_count <= 2 * HELD_BACK:
            return None
        trades = self._sieve.let_go(self._symbol)
        return None if trades is None else TradeBlock(trades, self._name_of(before.part), before.read_bytes)

    def _by_columns(self, at: int, columns: TradeColumns) -> ColumnBlock:
        columns.tell(self._tally)
        return ColumnBlock(columns, self._name_of(columns.part), partial(self._one_by_one, at))

    def _one_by_one(self, at: int) -> list[AggTrade]:
        return trade_block(self._file, trade_reader(self._file, Tally()), self._raws.at(at)).trades

    def _row_by_row(self, at: int) -> TradeBlock:
        block = trade_block(self._file, self._reader, self._raws.at(at))
        if block.trades:
            require_behind(self._file, self._last, block.trades[0])
            self._last = block.trades[-1]
        return block._replace(trades=self._sieve.take(block.trades))

    def _name_of(self, part: str) -> ArchiveName:
        return name_of(part, self._file.path)


class _Raws:
    """The blocks of a file once more, those that are asked for, in their order."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._blocks = enumerate(own_raw_blocks(file))
        self._at = -1
        self._block: RawBlock | None = None

    def at(self, place: int) -> RawBlock:
        """The block at that place, which lies not before that of the last call."""
        while self._at < place:
            self._at, self._block = next(self._blocks, (place, None))
        if self._block is None:
            raise BadFile(f"{self._file.path} was changed while it was read; import it again.")
        return self._block
