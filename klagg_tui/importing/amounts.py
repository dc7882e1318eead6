"""Prices and quantities of the trades of a block, looked at together: their texts are nearly all good."""

from __future__ import annotations

from collections.abc import Sequence

from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.exact import QUANTITY_DECIMALS
from klagg_tui.engine.parsing import are_amounts, price, quantity
from klagg_tui.errors import BadNumber
from klagg_tui.exchange.binance.archive import DECIMALS
from klagg_tui.importing.tally import Tally


def without_bad_amounts(
    trades: list[AggTrade], places: Sequence[int], tally: Tally, decimals: int = DECIMALS
) -> tuple[list[AggTrade], dict[int, str]]:
    """The trades that have a price and a quantity, and what is wrong with the others, by their `places`.

    `decimals`: the most that the exchange writes of a price. Price and quantity may be 0 together: such a placeholder is counted, and stays for the id that it uses up.
    """
    if are_amounts([trade[1] for trade in trades] + [trade[2] for trade in trades], min(decimals, QUANTITY_DECIMALS)):
        return trades, {}
    good: list[AggTrade] = []
    bad: dict[int, str] = {}
    for trade, at in zip(trades, places, strict=True):
        fault = _fault_of(trade, decimals)
        if fault and not trade.is_placeholder:
            bad[at] = fault
            continue
        tally.placeholders += fault is not None
        good.append(trade)
    return good, bad


def _fault_of(trade: AggTrade, decimals: int) -> str | None:
    try:
        amounts = {"price": price(trade.price, decimals), "quantity": quantity(trade.quantity)}
    except BadNumber as error:
        return str(error)
    return next((f"{name} is not positive" for name, amount in amounts.items() if not amount), None)
