"""One kline: the twelve columns that REST answers and that archives keep.

Times and count are numbers in a reply and texts in a file; whoever reads them passes numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from klagg_tui.engine.bar import Bar, Check, State
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame
from klagg_tui.exchange import fields
from klagg_tui.exchange.binance.facts import DECIMALS
from klagg_tui.exchange.fields import DAMAGE, Json
from klagg_tui.exchange.reading import rising_bars, shown_over, sound


def read_bars(
    raw: bytes, symbol: str, period: Period, now_ms: int, shown_ms: int = 0, contract_value: Exact = 0
) -> list[Bar]:
    """The exchange's own bars, in order, as `shown_over` has it; `contract_value`: see `read_bar`.

    Raises:
        BadFrame, BadNumber: any of them is damaged, off the grid or out of order.
    """
    rows = fields.sequence(fields.decoded(raw))
    found = [
        read_bar(symbol, period, fields.sequence(row), State.CONFIRMED, contract_value=contract_value) for row in rows
    ]
    return shown_over(rising_bars(found, symbol), now_ms, shown_ms)


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
    bar = Bar(symbol, period, open_ms, first, high, low, last, volume, *sums, state)
    return sound(bar, check, contract_value)
