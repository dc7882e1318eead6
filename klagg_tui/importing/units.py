"""The units that a market counts in.

Contracts on a coin are worth a fixed sum of US dollars. Their volume stays contracts, and their turnover is contracts x the
value of one, in dollars: exact, while the coins that they are worth are a quotient, which the exchange rounds. Pure.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.bar import Bar, fault_of
from klagg_tui.engine.exact import Exact, turnover_text
from klagg_tui.engine.parsing import price, turnover
from klagg_tui.errors import BadRow
from klagg_tui.exchange.binance.archive import MARKETS, Market, contract_value
from klagg_tui.exchange.okx.archive import MARKETS as DAILY
from klagg_tui.exchange.okx.archive import is_inverse
from klagg_tui.names import parted

_IN_CONTRACTS: Final = {market.key for market in MARKETS if market.is_in_contracts}
_SHOWN: Final = {market.key for market in DAILY}
"""Markets some of whose contracts are worth what their listing says, which is in no file."""
_ONE: Final = price("1")
_ROUNDED: Final = turnover("0.00000002")
"""By so much the exchange's own sum of coins may be off: it has eight decimals."""


def in_own_units(bars: list[Bar], market: Market) -> list[Bar]:
    """Bars made of trades, price x quantity and all, as that market counts."""
    return [_in_contracts(bar) for bar in bars] if market.is_in_contracts else bars


def kline_in_own_units(bar: Bar, market: Market) -> Bar:
    """The exchange's own bar as that market counts; of contracts on a coin it tells contracts and coins.

    Raises:
        BadRow: its coins are not what its contracts are worth at its prices.
    """
    if not market.is_in_contracts:
        return bar
    paid = bar.volume * contract_value(bar.symbol) * _ONE
    if not (bar.turnover - _ROUNDED) * bar.low <= paid <= (bar.turnover + _ROUNDED) * bar.high:
        raise BadRow(f"{turnover_text(bar.turnover)} coins are not what its contracts are worth at its prices")
    return _in_contracts(bar)


def fault_of_stored(bar: Bar, market: str | None) -> str | None:
    """Why no trades can have made a stored bar of the market with this key; None where some can."""
    return fault_of(bar, contract_value=_value_in(bar, market or ""))


def _value_in(bar: Bar, market: str) -> Exact:
    """What a contract is worth, as a price; 0 where volume is coins. Where only the listing said it, the bar itself shows it."""
    symbol, key = parted(bar.symbol).symbol, market.partition("@")[0]
    if key in _IN_CONTRACTS:
        return contract_value(symbol)
    is_shown = key in _SHOWN and is_inverse(symbol) and bar.volume and not bar.turnover % bar.volume
    return bar.turnover // bar.volume if is_shown else 0


def _in_contracts(bar: Bar) -> Bar:
    value = contract_value(bar.symbol)
    return bar._replace(turnover=bar.volume * value, taker_buy_turnover=bar.taker_buy_volume * value)
