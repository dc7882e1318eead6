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
from klagg_tui.errors import BadFrame
from klagg_tui.evidence import Evidence
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import DAMAGE, Json
from klagg_tui.exchange.numerals import moment_of_digits, product
from klagg_tui.exchange.okx.facts import CANDLE, SPOT, Market
from klagg_tui.exchange.okx.wire.answers import rows
from klagg_tui.exchange.reading import rising_bars, sound
from klagg_tui.exchange.units import Contract

_FINAL: Final = {"0": False, "1": True}


def read_bars(raw: bytes, symbol: str, period: Period, now_ms: int, market: Market, contract: Contract) -> list[Bar]:
    """The exchange's own bars, in order: confirmed where they say so and were over, else forming.

    Args:
        raw: the reply.
        symbol: whose bars they are.
        period: their length.
        now_ms: the time by our clock when they were asked for.
        market: says which column counts volume.
        contract: the unit of the instrument's sizes.

    Raises:
        BadFrame, BadNumber: any of them is damaged, off the grid (one of the exchange's own days, which begin at UTC+8) or out
            of order.
    """
    found = [_bar(symbol, period, fields.sequence(row), now_ms, market, contract) for row in reversed(rows(raw))]
    return rising_bars(found, symbol)


def _bar(symbol: str, period: Period, row: Sequence[Json], now_ms: int, market: Market, contract: Contract) -> Bar:
    try:
        open_ms = moment_of_digits(row[0])
        first, high, low, last = (price(row[i]) for i in (1, 2, 3, 4))  # type: ignore[arg-type]
        volume, paid = _sums(row, market, contract)
        is_final = _FINAL[row[8]]  # type: ignore[index]
    except DAMAGE as error:
        raise BadFrame(f"a bar of {symbol} cannot be read: {error}") from error
    # Nothing traded is a count of 0 and nothing bought: of such a bar every field is known.
    evidence = CANDLE.lacks if volume else Evidence.ALL
    bar = Bar(symbol, period, open_ms, first, high, low, last, volume, paid, 0, 0, 0, State.FORMING, evidence)
    return sound(bar, Check.PARTS)._replace(
        state=State.CONFIRMED if is_final and bar.end_ms <= now_ms else State.FORMING
    )


def _sums(row: Sequence[Json], market: Market, contract: Contract) -> tuple[Exact, Exact]:
    """Volume and turnover in our units; BadNumber, or one of `DAMAGE`."""
    contracts, coins, quote = (fields.text(row[i]) for i in (5, 6, 7))
    if contract.is_inverse:
        return quantity(contracts), turnover(product(contracts, contract.value))
    return quantity(contracts if market is SPOT else coins), turnover(quote)
