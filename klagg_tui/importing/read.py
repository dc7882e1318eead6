"""What a file holds, read block by block; whoever reads it need not know in what form it lies there."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadFile
from klagg_tui.exchange.binance.archive import ArchiveName, read_name
from klagg_tui.importing.bars import BarReader
from klagg_tui.importing.detect import SourceFile, name_of
from klagg_tui.importing.events import EventReader
from klagg_tui.importing.lines import Block, blocks
from klagg_tui.importing.tally import Tally
from klagg_tui.importing.trades import TradeReader

BY_ID: Final = itemgetter(AggTrade._fields.index("aggregate_id"))


class TradeBlock(NamedTuple):
    """The trades of some lines."""

    trades: list[AggTrade]
    """In order of id where they are of one symbol: archives are known to hold rows in disorder. Else as recorded."""
    name: ArchiveName
    """Of the part of the file that they are in."""
    read_bytes: int
    """How far into the file on disk this is."""


class BarBlock(NamedTuple):
    """The bars of some lines, and how far into the file on disk this is."""

    bars: list[Bar]
    read_bytes: int


def read_trades(file: SourceFile, tally: Tally) -> Iterator[TradeBlock]:
    """The trades of a file.

    Raises:
        BadFile: it cannot be read to its end; what came before has been given out.
    """
    reader = EventReader(tally) if file.symbol is None else TradeReader(file.symbol, tally)
    for block in _own_blocks(file):
        trades = reader.read(block)
        if file.symbol is not None:
            trades.sort(key=BY_ID)
        yield TradeBlock(trades, name_of(block.part, file.path), block.read_bytes)


def read_bars(file: SourceFile, tally: Tally) -> Iterator[BarBlock]:
    """The bars of a file.

    Raises:
        BadFile: it cannot be read to its end, or does not show how long its bars last.
    """
    assert file.symbol is not None
    reader = BarReader(file.symbol, tally, file.name.period)
    for block in _own_blocks(file):
        yield BarBlock(reader.read(block), block.read_bytes)


def _own_blocks(file: SourceFile) -> Iterator[Block]:
    """The lines of a file; a zip archive may hold several files, but of one symbol."""
    for block in blocks(file.path):
        named = read_name(block.part).symbol
        if file.symbol == file.name.symbol and named not in (None, file.symbol):
            raise BadFile(f"{file.path} holds files of {file.symbol} and of {named}; unpack it and name them singly.")
        yield block
