"""Rows of the exchange's kline archives, read into confirmed bars.

Columns: `open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,
ignore`, times in milliseconds, or in microseconds in spot archives from 2025 on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from klagg_tui.engine.bar import Bar, Check, State, fault_of
from klagg_tui.engine.exact import number, turnover
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.errors import BadFile, BadRow
from klagg_tui.importing.source import Block
from klagg_tui.importing.trades import Tally, is_header_row, milliseconds

COLUMNS: Final = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
)


class KlineRows:
    """Rows of bars of one symbol and, as found out from the rows, one period."""

    def __init__(self, symbol: str, tally: Tally, hint: Period | None = None) -> None:
        self._symbol = symbol
        self._tally = tally
        self._hint = hint
        self._period: Period | None = None

    def read(self, block: Block) -> list[Bar]:
        """The bars of some lines.

        Raises:
            BadFile: the rows do not show how long a bar lasts.
        """
        if self._period is None:
            self._period = period_of(block.lines, self._hint)
            if self._period is None:
                raise BadFile(f"{block.part} does not show how long its bars last.")
        bars = []
        for at, line in enumerate(block.lines):
            if not line.strip() or (block.first_line + at == 1 and is_header_row(line)):
                continue
            self._tally.rows += 1
            try:
                fields = line.split(",")
                bars.append(read_bar(self._symbol, self._period, fields))
                self._tally.widen(self._symbol, fields[4], fields[5])
            except (ValueError, BadRow) as error:
                self._tally.reject(block.where(at), str(error))
        return bars


def read_bar(symbol: str, period: Period, fields: Sequence[str], state: State = State.CONFIRMED) -> Bar:
    """The bar of a row's twelve fields.

    Raises:
        BadRow: it has not twelve, or they contradict each other.
        ValueError: one of them is no number (`BadNumber` among them).
    """
    if len(fields) != len(COLUMNS):
        raise BadRow(f"{len(fields)} columns instead of {len(COLUMNS)}")
    opened, high, low, close, volume = (number(text) for text in fields[1:6])
    bar = Bar(
        symbol,
        period,
        milliseconds(int(fields[0])),
        opened,
        high,
        low,
        close,
        volume,
        turnover(fields[7]),
        int(fields[8]),
        number(fields[9]),
        turnover(fields[10]),
        state,
    )
    if not period.is_on_grid(bar.open_ms):
        raise BadRow(f"{bar.open_ms} is not where a {period} bar opens")
    if fault := fault_of(bar, Check.PARTS):
        raise BadRow(fault)
    return bar


def period_of(lines: list[str], hint: Period | None) -> Period | None:
    """How long the bars of these rows last: by their own ends, else by how they follow each other, else by `hint`."""
    times = [pair for line in lines if (pair := _times(line))]
    lengths = Counter(close_ms + 1 - open_ms for open_ms, close_ms in times)
    for length, _ in lengths.most_common(3):
        if period := _of_length(length, [open_ms for open_ms, _ in times]):
            return period
    opens = sorted(open_ms for open_ms, _ in times)
    steps = [later - earlier for earlier, later in pairwise(opens) if later > earlier]
    return (_of_length(min(steps), opens) if steps else None) or hint


def _times(line: str) -> tuple[int, int] | None:
    fields = line.split(",")
    try:
        return milliseconds(int(fields[0])), milliseconds(int(fields[6]))
    except (ValueError, IndexError, BadRow):
        return None


def _of_length(length: int, opens: list[int]) -> Period | None:
    if 28 * DAY_MS <= length <= 31 * DAY_MS:
        return Period.MO1 if all(map(Period.MO1.is_on_grid, opens)) else None
    return next((period for period in Period if period.nominal_ms == length and period is not Period.MO1), None)
