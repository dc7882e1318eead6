"""One kline: the twelve columns that REST answers and that archives keep.

Times and count are numbers in a reply and texts in a file; whoever reads them passes numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from klagg_tui.engine.bar import Bar, Check, State, fault_of
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.binance.facts import DECIMALS
from klagg_tui.exchange.fields import DAMAGE, Json

_HIGHEST: Final = price("92000000000")
"""Far above the dearest contract, which is paid in rupiah."""


def read_bars(
    raw: bytes, symbol: str, period: Period, now_ms: int, shown_ms: int = 0, contract_value: Exact = 0
) -> list[Bar]:
    """The exchange's own bars, in order: confirmed where they were over, else forming.

    Confirmed is for ever, so it needs more than our clock: the answer itself must show that a bar was over, by a newer bar
    behind it or by its date.

    Args:
        raw: the reply.
        symbol: whose bars they are.
        period: their length.
        now_ms: the time by our clock. A bar may still change in the seconds after its end, so it may well be some seconds ago.
        shown_ms: the time that the answer itself shows, for the same reason some seconds less; 0 where it shows none.
        contract_value: see `read_bar`.

    Raises:
        BadFrame, BadNumber: any of them is damaged, off the grid or out of order.
    """
    rows = fields.sequence(fields.decoded(raw))
    found = [
        read_bar(symbol, period, fields.sequence(row), State.CONFIRMED, contract_value=contract_value) for row in rows
    ]
    if any(later.open_ms <= earlier.open_ms for earlier, later in pairwise(found)):
        raise BadFrame(f"the bars of {symbol} are out of order")
    over_ms = min(now_ms, max(shown_ms, found[-1].open_ms)) if found else 0
    return [bar if bar.end_ms <= over_ms else bar._replace(state=State.FORMING) for bar in found]


def read_bar(
    symbol: str,
    period: Period,
    row: Sequence[Json],
    state: State,
    check: Check = Check.ORDER,
    contract_value: Exact = 0,
    decimals: int = DECIMALS,
) -> Bar:
    """The bar of one row of columns, sound as far as `check` goes.

    `contract_value`, in price units, where quantities are contracts: turnover is contracts x this, exact. The columns of turnover
    are coins there, a quotient that the exchange rounds, and are not read. `decimals`: the most of a price.

    Raises:
        BadFrame, BadNumber: it is damaged, contradicts itself or is off the grid.
    """
    try:
        open_ms = fields.moment(row[0])
        first, high, low, last = (price(row[i], decimals) for i in (1, 2, 3, 4))  # type: ignore[arg-type]
        volume, taker_buy_volume = quantity(row[5]), quantity(row[9])  # type: ignore[arg-type]
        count = fields.counted(row[8])
        if contract_value:
            sums = volume * contract_value, count, taker_buy_volume, taker_buy_volume * contract_value
        else:
            sums = turnover(row[7]), count, taker_buy_volume, turnover(row[10])  # type: ignore[arg-type]
    except DAMAGE as error:
        raise BadFrame(f"a bar of {symbol} cannot be read: {error}") from error
    if high > _HIGHEST:
        raise BadFrame(f"a bar of {symbol} has its prices out of range")
    if not period.is_on_grid(open_ms):
        raise BadFrame(f"a bar of {symbol} opens off the grid of {period}")
    bar = Bar(symbol, period, open_ms, first, high, low, last, volume, *sums, state)
    if fault := fault_of(bar, check, contract_value):
        raise BadFrame(f"a bar of {symbol} is none: {fault}")
    return bar
