"""What a file holds, read block by block; whoever reads it need not know in what form it lies there."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import PurePath
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.spans import DISORDER_MS
from klagg_tui.errors import BadFile
from klagg_tui.exchange.binance.archive import ArchiveName, plain_lines, trade_ids
from klagg_tui.exchange.kraken import archive as pairs
from klagg_tui.exchange.okx import archive as daily
from klagg_tui.importing.bars import BarReader
from klagg_tui.importing.detect import SourceFile, name_of
from klagg_tui.importing.events import EventReader
from klagg_tui.importing.foreign import name_in
from klagg_tui.importing.lines import Block, RawBlock, raw_blocks
from klagg_tui.importing.own import OwnBarReader
from klagg_tui.importing.sales import SalesReader, SparseBarReader
from klagg_tui.importing.sorting import Sorter
from klagg_tui.importing.tally import Tally
from klagg_tui.importing.trades import TradeReader

_ID: Final = AggTrade._fields.index("aggregate_id")
_CONTRACT: Final = len(AggTrade._fields)
BY_ID: Final = itemgetter(_ID)
_SAMPLED: Final = 200
"""Rows of a block: a thirtieth of them."""
_SORTED_AT_ONCE: Final = 20_000
"""Trades: about as many as a block of lines holds."""


class ContractCounter:
    """Which of the contracts of one name each trade is of: ids that go back while time goes on begin another one."""

    def __init__(self) -> None:
        self._contract = 0
        self._last_id = self._newest_ms = -1

    def contract_of(self, trade: AggTrade) -> int:
        """Its number, from 0; to be asked about one trade after the other, as they come."""
        if trade.aggregate_id < self._last_id and trade.traded_ms > self._newest_ms + DISORDER_MS:
            self._contract += 1
            self._last_id = self._newest_ms = -1
        self._last_id = max(self._last_id, trade.aggregate_id)
        self._newest_ms = max(self._newest_ms, trade.traded_ms)
        return self._contract


def in_order(trades: list[AggTrade]) -> list[AggTrade]:
    """Trades of one symbol, contract after contract, in order of id within each."""
    ids = list(map(BY_ID, trades))
    if ids == sorted(ids):
        return trades
    return [trade for contract in by_contract(trades) for trade in contract]


def by_contract(trades: list[AggTrade]) -> Iterator[list[AggTrade]]:
    """The same, each contract's by themselves."""
    counter = ContractCounter()
    for _, contract in groupby(trades, counter.contract_of):
        yield sorted(contract, key=BY_ID)


class TradeBlock(NamedTuple):
    """The trades of some lines."""

    trades: list[AggTrade]
    """In order of id, contract after contract, where they are of one symbol: archives are known to hold rows in disorder.
    Else as recorded."""
    name: ArchiveName
    """Of the part of the file that they are in."""
    read_bytes: int
    """How far into the file on disk this is."""
    is_cut: bool = False
    """The part of the file ends here, in the middle of a line for all one can say."""

    @property
    def first(self) -> AggTrade | None:
        """The first trade, placeholders left aside."""
        return next((trade for trade in self.trades if not trade.is_placeholder), None)


class BarBlock(NamedTuple):
    """The bars of some lines, and how far into the file on disk this is."""

    bars: list[Bar]
    read_bytes: int


class Order(NamedTuple):
    """How the trades of an archive lie in it."""

    first_id: int
    """The lowest."""
    is_sorted: bool = True
    """Rows in disorder lie in the same block of lines, where they are sorted as they are read."""


class Ids(NamedTuple):
    """The ids that the rows of a block begin with."""

    lowest: int
    highest: int
    last: int


class OrderFinder:
    """Finds the `Order` of an archive, block after block."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._first_id: int | None = None
        self._last_id = -1
        self._is_sorted = True
        self._before: RawBlock | None = None

    def take(self, block: RawBlock, ids: Ids | None = None) -> None:
        """The next one, and its ids where they are known."""
        ids = ids or self._ids_of(block)
        if ids is None:
            return
        self._first_id = ids.lowest if self._first_id is None else min(self._first_id, ids.lowest)
        is_plain = ids.last == ids.highest and ids.lowest >= self._last_id
        self._is_sorted = self._is_sorted and (is_plain or self._follows(block))
        self._last_id, self._before = ids.last, block

    def found(self) -> Order:
        """What was found so far."""
        return Order(self._file.first if self._first_id is None else self._first_id, self._is_sorted)

    def _ids_of(self, block: RawBlock) -> Ids | None:
        """Without those of rows that begin with none; None where none does."""
        ids = trade_ids(_own_block(self._file, block).lines)
        return Ids(min(ids), max(ids), ids[-1]) if ids else None

    def _follows(self, block: RawBlock) -> bool:
        """Whether the trades of a block go on where those of the one before ended, in ids or with another contract's."""
        reader = trade_reader(self._file, Tally())
        earlier, later = (trade_block(self._file, reader, one).trades if one else [] for one in (self._before, block))
        return not earlier or not later or is_behind(earlier[-1], later[0])


def order_of(file: SourceFile) -> Generator[None, None, Order]:
    """Look at the ids of an archive of trades; yields now and then, and returns what it found.

    A file that cannot be read to its end is looked at as far as it goes: whoever reads it learns the rest.
    """
    finder = OrderFinder(file)
    with suppress(BadFile):
        for block in own_raw_blocks(file):
            finder.take(block)
            yield
    return finder.found()


def is_behind(earlier: AggTrade, later: AggTrade) -> bool:
    """Whether a trade comes behind another one: by its id, or as that of another contract."""
    return later.aggregate_id >= earlier.aggregate_id or later.traded_ms > earlier.traded_ms + DISORDER_MS


def require_behind(file: SourceFile, earlier: AggTrade | None, later: AggTrade) -> None:
    """Check that blocks of an archive follow each other.

    Raises:
        BadFile: they do not, although they did when it was looked at.
    """
    if earlier is not None and not is_behind(earlier, later):
        raise BadFile(f"{file.path} holds its trades in disorder; `klagg import` puts them in order.")


def read_trades(file: SourceFile, tally: Tally) -> Iterator[TradeBlock]:
    """The trades of a file.

    Raises:
        BadFile: it cannot be read to its end, or is an archive in disorder (see `sorted_trades`); what came before
            has been given out.
    """
    last: AggTrade | None = None
    for block in _blocks_as_they_are(file, tally):
        if file.symbol is not None and block.trades:
            require_behind(file, last, block.trades[0])
            last = block.trades[-1]
        yield block


def sorted_trades(file: SourceFile, tally: Tally) -> Iterator[TradeBlock]:
    """The trades of an archive in disorder, in order of id; first come blocks without trades, as it is read.

    Raises:
        BadFile: the disk has no room to sort them; or it cannot be read to its end, after what came before that.
    """
    contracts = ContractCounter()
    with Sorter(_CONTRACT, _ID) as sorter:
        failure, name, read_bytes = None, file.name, 0
        try:
            for block in _blocks_as_they_are(file, tally):
                sorter.add([(*trade, contracts.contract_of(trade)) for trade in block.trades])
                name, read_bytes = block.name, block.read_bytes
                yield block._replace(trades=[])
        except BadFile as error:
            failure = error
        for batch in sorter.batches(_SORTED_AT_ONCE):
            yield TradeBlock([AggTrade(*row[:_CONTRACT]) for row in batch], name, read_bytes)
        if failure:
            raise failure


def read_bars(file: SourceFile, tally: Tally) -> Iterator[BarBlock]:
    """The bars of a file.

    Raises:
        BadFile: it cannot be read to its end, or does not show how long its bars last.
    """
    reader = _bar_reader(file, tally)
    for block in _own_blocks(file):
        yield BarBlock(reader.read(block), block.read_bytes)


def sampled_trades(file: SourceFile) -> Iterator[list[AggTrade]]:
    """Some trades out of each block of a file, as far as it can be read: whoever reads it all learns the rest."""
    reader = trade_reader(file, Tally())
    with suppress(BadFile):
        for block in own_raw_blocks(file):
            yield reader.read(_own_block(file, block, _SAMPLED))


def sampled_bars(file: SourceFile) -> Iterator[list[Bar]]:
    """Some bars out of each block of a file, as far as it can be read."""
    reader = _bar_reader(file, Tally())
    with suppress(BadFile):
        for block in own_raw_blocks(file):
            yield reader.read(_own_block(file, block, _SAMPLED)._replace(is_cut=False))


def read_sales(file: SourceFile, tally: Tally, latest_ms: int) -> Iterator[BarBlock]:
    """The minutes of a file of trades without ids; a minute that claims to be later than `latest_ms` is a bad row.

    Raises:
        BadFile: it cannot be read to its end, or is in disorder; what came before has been given out.
    """
    assert file.symbol is not None
    reader, read_bytes = SalesReader(file.symbol, tally, latest_ms), 0
    for block in _own_blocks(file):
        read_bytes = block.read_bytes
        yield BarBlock(reader.read(block), read_bytes)
    yield BarBlock(reader.finish(), read_bytes)


def _bar_reader(file: SourceFile, tally: Tally) -> BarReader | SparseBarReader | OwnBarReader:
    if file.layout is not None:
        return OwnBarReader(file.layout, file.symbol, file.market, tally, file.name.period)
    assert file.symbol is not None
    if file.is_of_pair:
        return SparseBarReader(file.symbol, tally)
    return BarReader(file.symbol, tally, file.name.period, file.market)


def trade_reader(file: SourceFile, tally: Tally) -> EventReader | TradeReader:
    """Reads the rows of a file one by one."""
    if file.symbol is None:
        return EventReader(tally, file.market)
    if file.unit is None:
        return TradeReader(file.symbol, tally)
    return TradeReader(file.symbol, tally, daily.DECIMALS, partial(daily.fault_of, file.symbol))


def _blocks_as_they_are(file: SourceFile, tally: Tally) -> Iterator[TradeBlock]:
    reader = trade_reader(file, tally)
    for block in own_raw_blocks(file):
        yield trade_block(file, reader, block)


def trade_block(file: SourceFile, reader: EventReader | TradeReader, raw: RawBlock) -> TradeBlock:
    """The trades of a block, read one by one."""
    trades = reader.read(_own_block(file, raw))
    if file.symbol is not None:
        trades = in_order(trades)
    return TradeBlock(trades, name_of(raw.part, file.path), raw.read_bytes, raw.is_cut)


def _own_blocks(file: SourceFile) -> Iterator[Block]:
    """The lines of a file, as the exchange writes them."""
    for block in own_raw_blocks(file):
        yield _own_block(file, block)


def own_raw_blocks(file: SourceFile) -> Iterator[RawBlock]:
    """The blocks of a file; a zip archive may hold several files, but of one symbol."""
    for block in raw_blocks(file.path):
        named = name_in(block.part).symbol
        if file.is_of_pair:
            _require_pair(file, block.part)
        elif file.symbol == file.name.symbol and named not in (None, file.symbol):
            raise BadFile(f"{file.path} holds files of {file.symbol} and of {named}; unpack it and name them singly.")
        yield block


def _own_block(file: SourceFile, raw: RawBlock, most: int | None = None) -> Block:
    """The lines of a block, of which no more than so many, as the exchange writes them."""
    block = raw.read(most)
    if file.is_of_pair or file.symbol is None or file.layout is not None:
        return block
    if file.unit is None:
        return block._replace(lines=plain_lines(block.lines))
    return block._replace(lines=daily.plain_rows(file.symbol, block.lines, file.unit))


def _require_pair(file: SourceFile, part: str) -> None:
    found = pairs.read_name(PurePath(part).name)
    other = found.pair if found else ""
    if other != file.pair:
        raise BadFile(f"{file.path} holds files of {file.pair} and of {other or part}; unpack it and name them singly.")
