"""Rows of kline archives, read into confirmed bars, a block of lines at a time. A row that cannot be read costs that row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import PRICE_DECIMALS
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.errors import BadFile, BadFrame, BadRow
from klagg_tui.exchange.binance.archive import (
    DECIMALS,
    MARKETS,
    UM,
    Market,
    fault_of_klines,
    is_header,
    kline_times,
    read_kline,
    read_name,
)
from klagg_tui.importing.lines import Block
from klagg_tui.importing.tally import Tally
from klagg_tui.importing.units import kline_in_own_units


class BarReader:
    """Reads rows of one symbol and, as found out from the rows of each part of a file, one period."""

    def __init__(self, symbol: str, tally: Tally, hint: Period | None = None, market: Market = UM) -> None:
        self._symbol = symbol
        self._tally = tally
        self._hint = hint
        self._market = market
        # What klagg exported of another exchange may be finer.
        self._decimals = DECIMALS if market in MARKETS else PRICE_DECIMALS
        self._period: Period | None = None
        self._part: str | None = None

    def read(self, block: Block) -> list[Bar]:
        """The bars of some lines.

        Raises:
            BadFile: the rows do not show how long a bar lasts, or are bars that klagg does not keep.
        """
        return list(self._bars(block, self._period_of(block)))

    def period_in(self, part: str) -> Period | None:
        """How long bars last in a part of the file, where its beginning showed it."""
        return self._period if self._part == part else None

    def settle(self, part: str, period: Period) -> None:
        """The beginning of a part was read otherwise, and showed it."""
        self._part, self._period = part, period

    def _period_of(self, block: Block) -> Period:
        if self._period is None or self._part != block.part:
            if fault := fault_of_klines(block.lines):
                raise BadFile(f"{block.part} {fault}")
            hint = read_name(block.part).period or self._hint
            self._period, self._part = period_of(block.lines, hint), block.part
            if hint and self._period and not _are_apart(block.lines, self._period):
                self._period = hint  # a few damaged rows say less than the name
            if self._period is None:
                raise BadFile(f"{block.part} does not show how long its bars last.")
        return self._period

    def _bars(self, block: Block, period: Period) -> Iterator[Bar]:
        for at, line in enumerate(block.lines):
            if not line.strip() or (block.is_first(at) and is_header(line)):
                continue
            self._tally.rows += 1
            fields = line.split(",")
            try:
                yield kline_in_own_units(
                    read_kline(self._symbol, period, fields, decimals=self._decimals), self._market
                )
            except (ValueError, BadRow, BadFrame) as error:
                self._tally.reject(block.where(at), str(error))
            else:
                self._tally.widen(self._symbol, fields[4], fields[5])


def period_of(lines: Sequence[str], hint: Period | None) -> Period | None:
    """How long the bars of these rows last: by their own ends, else by how they follow each other, else by `hint`."""
    times = [pair for line in lines if (pair := kline_times(line))]
    opens = sorted(open_ms for open_ms, _ in times)
    steps = [(earlier, later - earlier) for earlier, later in pairwise(opens) if later > earlier]
    return _of_lengths([(open_ms, close_ms + 1 - open_ms) for open_ms, close_ms in times]) or _of_lengths(steps) or hint


def _are_apart(lines: Sequence[str], period: Period) -> bool:
    """Whether the rows follow each other at the distance of such bars, or at a larger one."""
    opens = sorted({pair[0] for line in lines if (pair := kline_times(line))})
    return len(opens) > 1 and all(later >= period.end_ms(earlier) for earlier, later in pairwise(opens))


def _of_lengths(lengths: Sequence[tuple[int, int]]) -> Period | None:
    """The period of most bars, given when they open and how long they last: a damaged row must not decide for all."""
    periods = Counter(period for open_ms, length in lengths if (period := _of_length(open_ms, length)))
    return periods.most_common(1)[0][0] if periods else None


def _of_length(open_ms: int, length: int) -> Period | None:
    if 28 * DAY_MS <= length <= 31 * DAY_MS:
        return Period.MO1 if Period.MO1.end_ms(open_ms) == open_ms + length and Period.MO1.is_on_grid(open_ms) else None
    return _BY_LENGTH.get(length)


_BY_LENGTH: Final = {period.nominal_ms: period for period in Period if period is not Period.MO1}
