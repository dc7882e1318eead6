"""Trades without ids, read into 1m bars; and bars of archives that leave out those without trades. Pure.

Nothing but the archive itself says that no trade is missing between two of its rows: it vouches for the minutes between, as the
exchange's own bars do. For those at its edges it does not, nor for those beside a row that could not be read or behind a rest of
more than a day, in which files may have been put together: they are partial.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from klagg_tui.engine.bar import Bar, State, empty_bar, merge
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.spans import LONGEST_REST_MS
from klagg_tui.errors import BadFile, BadFrame, BadNumber, BadRow
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.kraken import archive as pairs
from klagg_tui.importing.lines import Block
from klagg_tui.importing.tally import Tally

_LACK: Final = pairs.SALES_LACK.value
_ON_ITS_WORD: Final = Evidence.CANDLE_ONLY.value


class SalesReader:
    """Rows of one symbol, in order of time, into its minutes."""

    def __init__(self, symbol: str, tally: Tally, latest_ms: int) -> None:
        self._symbol = symbol
        self._tally = tally
        self._latest_ms = latest_ms
        self._minute: Bar | None = None
        self._is_edge = True
        """Whether trades of the minute under way may be missing."""
        self._doubts_next = False
        """Whether a row was lost that may be of the next minute, or of one between."""
        self._newest_ms = 0
        self.trades = 0
        """Read so far."""

    def read(self, block: Block) -> list[Bar]:
        """The minutes that end in these lines.

        Raises:
            BadFile: a time goes back.
        """
        ended: list[Bar] = []
        for at, line in enumerate(block.lines):
            if not line.strip():
                continue
            self._tally.rows += 1
            try:
                sale = self._sale(line, is_cut=block.is_cut and at == len(block.lines) - 1)
            except (BadRow, BadNumber) as error:
                self._tally.reject(block.where(at), str(error))
                self._is_edge = True
                self._doubts_next = True
                continue
            if sale.traded_ms < self._newest_ms:
                raise BadFile(
                    f"{block.where(at)}: its time lies before that of the row above; sort the rows by their time."
                )
            self._newest_ms = sale.traded_ms
            ended += self._take(sale)
            fields = line.split(",")
            self._tally.widen(self._symbol, fields[1], fields[2])
        return ended

    def finish(self) -> list[Bar]:
        """The last minute, of which trades may be missing."""
        self._is_edge = True
        return [self._ended()] if self._minute else []

    def _sale(self, line: str, *, is_cut: bool) -> pairs.Sale:
        if is_cut:
            raise BadRow("it lacks its end of line, so nobody can say whether it is whole")
        sale = pairs.read_sale(line)
        if sale.traded_ms > self._latest_ms:
            raise BadRow("it claims to be of a time that has not come")
        return sale

    def _take(self, sale: pairs.Sale) -> Iterator[Bar]:
        self.trades += 1
        open_ms = sale.traded_ms - sale.traded_ms % MINUTE_MS
        part = _of_sale(self._symbol, open_ms, sale)
        before = self._minute
        if before and before.open_ms == open_ms:
            self._minute = merge(before, part)
            return
        is_behind_rest = False
        if before:
            is_behind_rest = open_ms - before.end_ms > LONGEST_REST_MS
            self._is_edge = self._is_edge or is_behind_rest
            yield self._ended()
            if not (is_behind_rest or self._doubts_next):
                yield from flat_between(before, open_ms)
        self._minute = part
        self._is_edge = before is None or is_behind_rest or self._doubts_next
        self._doubts_next = False

    def _ended(self) -> Bar:
        assert self._minute is not None
        if self._is_edge:
            return self._minute._replace(state=State.PARTIAL, evidence=_LACK)
        return self._minute._replace(state=State.CONFIRMED, evidence=_LACK | _ON_ITS_WORD)


class SparseBarReader:
    """Rows of bars of one symbol, those without trades left out."""

    def __init__(self, symbol: str, tally: Tally) -> None:
        self._symbol = symbol
        self._tally = tally
        self._part = ""
        self._period: Period | None = None
        self._last: Bar | None = None

    def read(self, block: Block) -> list[Bar]:
        """The bars of some lines, and flat ones between them.

        Raises:
            BadFile: the rows do not show how long a bar lasts, or a time goes back.
        """
        if self._part != block.part:
            name = pairs.read_name(block.part)
            self._period = pairs.period_of(block.lines, name.minutes if name else 0)
            self._part, self._last = block.part, None
        if self._period is None:
            raise BadFile(f"{block.part} does not show how long its bars last, or has bars that klagg does not keep.")
        found: list[Bar] = []
        for at, line in enumerate(block.lines):
            if not line.strip():
                continue
            self._tally.rows += 1
            try:
                if block.is_cut and at == len(block.lines) - 1:
                    raise BadRow("it lacks its end of line, so nobody can say whether it is whole")
                bar = pairs.read_bar(self._symbol, self._period, line)
            except (BadRow, BadFrame, BadNumber) as error:
                self._tally.reject(block.where(at), str(error))
                self._last = None
                continue
            if self._last and bar.open_ms < self._last.end_ms:
                raise BadFile(
                    f"{block.where(at)}: its time lies before that of the row above; sort the rows by their time."
                )
            if self._last and bar.open_ms - self._last.end_ms <= LONGEST_REST_MS:
                found += flat_between(self._last, bar.open_ms)
            found.append(bar)
            self._last = bar
            fields = line.split(",")
            self._tally.widen(self._symbol, fields[4], fields[5])
        return found


def flat_between(before: Bar, until_ms: int) -> Iterator[Bar]:
    """Bars in which nothing was traded, on the word of who shows those around them."""
    open_ms, close, period = before.end_ms, before.close, before.period
    while open_ms < until_ms:
        yield empty_bar(before.symbol, period, open_ms, close, State.CONFIRMED, _ON_ITS_WORD)
        open_ms = period.end_ms(open_ms)


def _of_sale(symbol: str, open_ms: int, sale: pairs.Sale) -> Bar:
    paid, traded = sale.price, sale.quantity
    return Bar(symbol, Period.M1, open_ms, paid, paid, paid, paid, traded, paid * traded, 1, 0, 0, State.CLOSED, _LACK)
