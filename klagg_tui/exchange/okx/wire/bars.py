"""The exchange's own bars: rows of `[ts, o, h, l, c, vol, volCcy, volCcyQuote, confirm]`, all texts, the newest first.

`vol` counts contracts of derivatives and base coins of spot; `volCcy` base coins of derivatives, and the quote of spot;
`volCcyQuote` the quote. Trades are not counted, and takers not told apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from klagg_tui.engine.bar import Bar, Check, State
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.numerals import moment_of_digits, product
from klagg_tui.exchange.okx.facts import CANDLE, SPOT, Market
from klagg_tui.exchange.okx.wire.answers import rows
from klagg_tui.exchange.reading import bars_of, sound
from klagg_tui.exchange.units import Contract

_FINAL: Final = {"0": False, "1": True}


def read_bars(raw: bytes, now_ms: int, symbol: str, period: Period, market: Market, contract: Contract) -> list[Bar]:
    """The exchange's own bars, in order: confirmed where they say so and were over, else forming.

    Args:
        raw: the reply.
        now_ms: the time by our clock when they were asked for.
        symbol: whose bars they are.
        period: their length.
        market: says which column counts volume.
        contract: the unit of the instrument's sizes.

    Raises:
        BadFrame, BadNumber: any of them is damaged, off the grid (one of the exchange's own days, which begin at UTC+8) or out
            of order.
    """

    def read(value: Json) -> Bar:
        row = fields.sequence(value)
        first, high, low, last = (price(row[i]) for i in (1, 2, 3, 4))  # type: ignore[arg-type]
        volume, paid = _sums(row, market, contract)
        open_ms, is_final = moment_of_digits(row[0]), _FINAL[row[8]]  # type: ignore[index]
        state = State.CONFIRMED if is_final and period.end_ms(open_ms) <= now_ms else State.FORMING
        # Nothing traded is a count of 0 and nothing bought: of such a bar every field is known.
        evidence = (CANDLE.lacks if volume else Evidence.ALL).value
        bar = Bar(symbol, period, open_ms, first, high, low, last, volume, paid, 0, 0, 0, state, evidence)
        return sound(bar, Check.PARTS)

    return bars_of(reversed(rows(raw)), read, symbol)


def _sums(row: Sequence[Json], market: Market, contract: Contract) -> tuple[Exact, Exact]:
    """Volume and turnover in our units; BadNumber, or one of `DAMAGE`."""
    contracts, coins, quote = (fields.text(row[i]) for i in (5, 6, 7))
    if contract.is_inverse:
        return quantity(contracts), turnover(product(contracts, contract.value))
    return quantity(contracts if market is SPOT else coins), turnover(quote)
