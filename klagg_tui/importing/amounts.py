"""Prices and quantities of the trades of a block, looked at together: their texts are nearly all good."""

from __future__ import annotations

from collections.abc import Sequence

from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.parsing import are_prices, are_quantities
from klagg_tui.errors import BadNumber
from klagg_tui.importing.tally import Tally


def without_bad_amounts(
    trades: list[AggTrade], places: Sequence[int], tally: Tally
) -> tuple[list[AggTrade], dict[int, str]]:
    """The trades that have a price and a quantity, and what is wrong with the others, by their `places`.

    Price and quantity may be 0 together: such a placeholder is counted, and stays for the id that it uses up.
    """
    if are_prices([trade[1] for trade in trades]) and are_quantities([trade[2] for trade in trades]):
        return trades, {}
    good: list[AggTrade] = []
    bad: dict[int, str] = {}
    for trade, at in zip(trades, places, strict=True):
        fault = _fault_of(trade)
        if fault and not trade.is_placeholder:
            bad[at] = fault
            continue
        tally.placeholders += fault is not None
        good.append(trade)
    return good, bad


def _fault_of(trade: AggTrade) -> str | None:
    try:
        price, quantity = trade.amounts()
    except BadNumber as error:
        return str(error)
    return None if price and quantity else f"{'quantity' if price else 'price'} is not positive"
