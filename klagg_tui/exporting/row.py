"""The row that a bar is in an exported file: its columns, once, for all who write it.

What a column holds is its kind; how a kind looks is for the writers to know: `text` writes lines in Python, `printf` has
SQLite write the same lines, `arrow` makes columns of a table.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.engine.bar import Bar, State
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.binance.archive import KlineColumn


class Kind(Enum):
    """What a column holds."""

    SYMBOL = auto()
    PERIOD = auto()
    OPEN_TIME = auto()
    CLOSE_TIME = auto()
    """Both in milliseconds since the epoch; a bar closes one millisecond before the next one opens."""
    OPEN_DATE = auto()
    """The open time for people and spreadsheets, in lines alone: `2024-08-08 12:00:00`, UTC."""
    PRICE = auto()
    QUANTITY = auto()
    TURNOVER = auto()
    """Each with the decimals that the series has for it."""
    COUNT = auto()
    STATE = auto()
    VENUE = auto()
    WITNESS = auto()
    """Who vouches for a confirmed bar, `ids` or `candle` (see `evidence`); unknown of all others."""


class Column(NamedTuple):
    """One column of a row."""

    name: str
    """In the file."""
    field: str
    """Of `Bar`, from which it is made; in the database its column has the same name."""
    kind: Kind
    is_zero_bare: bool = False
    """Zero is written `0`, without decimals."""
    unknown: str = ""
    """What is written where the value is unknown; `null` stands without quotes, whatever is written around a value."""


SERIES: Final = (Column("symbol", "symbol", Kind.SYMBOL), Column("period", "period", Kind.PERIOD))
"""Whose bar it is: the same in all rows of a series."""

BAR: Final = (
    Column(KlineColumn.OPEN_TIME, "open_ms", Kind.OPEN_TIME),
    Column(KlineColumn.OPEN, "open", Kind.PRICE),
    Column(KlineColumn.HIGH, "high", Kind.PRICE),
    Column(KlineColumn.LOW, "low", Kind.PRICE),
    Column(KlineColumn.CLOSE, "close", Kind.PRICE),
    Column(KlineColumn.VOLUME, "volume", Kind.QUANTITY),
    Column(KlineColumn.CLOSE_TIME, "open_ms", Kind.CLOSE_TIME),
    Column(KlineColumn.QUOTE_VOLUME, "turnover", Kind.TURNOVER),
    Column(KlineColumn.COUNT, "trade_count", Kind.COUNT),
    Column(KlineColumn.TAKER_BUY_VOLUME, "taker_buy_volume", Kind.QUANTITY),
    Column(KlineColumn.TAKER_BUY_QUOTE_VOLUME, "taker_buy_turnover", Kind.TURNOVER),
)
"""The bar itself, in the order of the exchange's archives, whose names the columns have."""

STATE: Final = Column("state", "state", Kind.STATE)
VENUE: Final = Column("venue", "symbol", Kind.VENUE)
"""Before symbol and period, where there are several venues or it is asked for."""
WITNESS: Final = Column("witness", "evidence", Kind.WITNESS)
"""Behind all others, where there are several venues or it is asked for."""

LACKS: Final = {
    "turnover": Evidence.NO_TURNOVER.value,
    "trade_count": Evidence.NO_COUNT.value,
    "taker_buy_volume": Evidence.NO_TAKER_VOLUME.value,
    "taker_buy_turnover": Evidence.NO_TAKER_TURNOVER.value,
}
"""Fields that can be unknown, each with its bit of a bar's evidence."""


def witness_of(bar: Bar) -> str | None:
    """Who vouches for a bar; None for one that nobody has confirmed."""
    return Evidence(bar.evidence).witness if bar.state is State.CONFIRMED else None


Line: TypeAlias = "tuple[str | Column, ...]"
"""A row as text: columns, and what stands between them to the letter. The last letter is the end of the line."""
