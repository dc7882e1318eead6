"""The bars of a file, block by block: by columns where nothing is unusual, else row by row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from klagg_tui.engine.bar import Bar
from klagg_tui.errors import BadFile
from klagg_tui.exchange.binance.archive import END_OF_TIME_MS
from klagg_tui.importing.bars import BarReader
from klagg_tui.importing.beside import beside_each_other
from klagg_tui.importing.detect import SourceFile
from klagg_tui.importing.kline_columns import KlineColumns, columns_of_klines
from klagg_tui.importing.lines import RawBlock
from klagg_tui.importing.read import SAMPLED, BarBlock, bar_reader, own_block, own_raw_blocks
from klagg_tui.importing.tally import Tally


def read_series(file: SourceFile, tally: Tally, latest_ms: int) -> Iterator[BarBlock | KlineColumns]:
    """The bars of a file, by columns where nothing is unusual; these are counted, and over by `latest_ms`.

    Raises:
        BadFile: as `read.read_bars` does, which is the law.
    """
    return _read_series(file, own_raw_blocks(file), tally, latest_ms)


def _read_series(
    file: SourceFile, blocks: Iterator[RawBlock], tally: Tally, latest_ms: int
) -> Iterator[BarBlock | KlineColumns]:
    reader = bar_reader(file, tally)
    if not isinstance(reader, BarReader) or file.symbol is None or not can_be_series(file):
        for raw in blocks:
            yield BarBlock(reader.read(own_block(file, raw)), raw.read_bytes)
        return
    read = partial(columns_of_klines, file.symbol, latest_ms=latest_ms)
    for raw, columns in beside_each_other(blocks, read):
        if columns and reader.period_in(raw.part) in {None, columns.period}:
            reader.settle(raw.part, columns.period)
            columns.tell(tally)
            yield columns
        else:
            yield BarBlock(reader.read(own_block(file, raw)), raw.read_bytes)


def can_be_series(file: SourceFile) -> bool:
    """Whether the rows of a file are such as `kline_columns` knows: contracts on coins are counted otherwise."""
    return file.unit is None and not file.is_of_pair and not file.market.is_in_contracts


def sampled_bars(file: SourceFile) -> Iterator[list[Bar]]:
    """Some bars out of each block of a file, as far as it can be read."""
    samples = (_sample(block) for block in own_raw_blocks(file))
    with suppress(BadFile):
        for block in _read_series(file, samples, Tally(), END_OF_TIME_MS):
            yield block.series.bars() if isinstance(block, KlineColumns) else block.bars


def _sample(block: RawBlock) -> RawBlock:
    return block._replace(data=b"\n".join(block.data.split(b"\n", SAMPLED)[:SAMPLED]), is_cut=False)
