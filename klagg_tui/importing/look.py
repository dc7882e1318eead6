"""A look at an archive of trades before anything of it counts: how its rows lie, and those that can be read by columns.

What is read by columns is little, some numbers a minute, so it is kept, and only what is unusual is read from the file once more.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import NamedTuple

from klagg_tui.errors import BadFile
from klagg_tui.importing.beside import beside_each_other
from klagg_tui.importing.columns import TradeColumns, columns_of
from klagg_tui.importing.detect import SourceFile
from klagg_tui.importing.read import Ids, Order, OrderFinder, own_raw_blocks


class Look(NamedTuple):
    """What was found in an archive."""

    order: Order
    blocks: list[TradeColumns | None]
    """Each block of lines by columns; None: it has to be read row by row."""
    failure: BadFile | None = None
    """Why it cannot be read to its end."""


class Looked(NamedTuple):
    """How far a look has come."""

    read_bytes: int
    rows: int


def can_be_mixed(file: SourceFile) -> bool:
    """Whether the rows of a file are such as `columns` knows."""
    return file.symbol is not None and file.unit is None


def look_at(file: SourceFile, latest_ms: int) -> Generator[Looked, None, Look]:
    """Look at an archive of one symbol, as far as it can be read: whoever reads it learns the rest.

    Args:
        file: the archive.
        latest_ms: now.

    Yields:
        How far it has come, block by block.
    """
    assert file.symbol is not None
    read = partial(columns_of, file.symbol, latest_ms=latest_ms)
    finder, found, rows = OrderFinder(file), list[TradeColumns | None](), 0
    failure = None
    try:
        for raw, columns in beside_each_other(own_raw_blocks(file), read):
            ids = columns and Ids(columns.first.aggregate_id, columns.last.aggregate_id, columns.last.aggregate_id)
            finder.take(raw, ids)
            found.append(columns)
            rows += columns.row_count if columns else raw.line_count
            yield Looked(raw.read_bytes, rows)
    except BadFile as error:
        failure = error
    return Look(finder.found(), found, failure)
