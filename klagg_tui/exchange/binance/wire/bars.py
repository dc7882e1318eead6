"""One kline: the twelve columns that REST answers and that archives keep.

Times and count are numbers in a reply and texts in a file; whoever reads them passes numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from klagg_tui.engine.bar import Bar, Check, State, fault_of
from klagg_tui.engine.parsing import number, turnover
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import DAMAGE, Json


def read_bars(raw: bytes, symbol: str, period: Period, now_ms: int) -> list[Bar]:
    """The exchange's own bars, in order: confirmed where they were over at `now_ms`, else forming.

    A bar may still change in the seconds after its end, so `now_ms` may well be some seconds ago.

    Raises:
        BadFrame, BadNumber: any of them is damaged, off the grid or out of order.
    """
    rows = fields.sequence(fields.decoded(raw))
    found = [_bar(fields.sequence(row), symbol, period, now_ms) for row in rows]
    if any(later.open_ms <= earlier.open_ms for earlier, later in pairwise(found)):
        raise BadFrame(f"the bars of {symbol} are out of order")
    return found


def read_bar(symbol: str, period: Period, row: Sequence[Json], state: State, check: Check = Check.ORDER) -> Bar:
    """The bar of one row of columns, sound as far as `check` goes.

    Raises:
        BadFrame, BadNumber: it is damaged, contradicts itself or is off the grid.
    """
    try:
        open_ms = fields.moment(row[0])
        first, high, low, last, volume, taker_buy_volume = (number(row[i]) for i in (1, 2, 3, 4, 5, 9))  # type: ignore[arg-type]
        sums = turnover(row[7]), fields.whole(row[8]), taker_buy_volume, turnover(row[10])  # type: ignore[arg-type]
    except DAMAGE as error:
        raise BadFrame(f"a bar of {symbol} cannot be read: {error}") from error
    if high > fields.LARGEST:
        raise BadFrame(f"a bar of {symbol} has its prices out of range")
    if not period.is_on_grid(open_ms):
        raise BadFrame(f"a bar of {symbol} opens off the grid of {period}")
    bar = Bar(symbol, period, open_ms, first, high, low, last, volume, *sums, state)
    if fault := fault_of(bar, check):
        raise BadFrame(f"a bar of {symbol} is none: {fault}")
    return bar


def _bar(row: list[Json], symbol: str, period: Period, now_ms: int) -> Bar:
    bar = read_bar(symbol, period, row, State.CONFIRMED)
    return bar if bar.end_ms <= now_ms else bar._replace(state=State.FORMING)
