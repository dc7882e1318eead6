"""What is told of a contract beside its trades: open interest and funding, below the candles."""

from __future__ import annotations

from typing import Final

from klagg_tui import formatting
from klagg_tui.view.contract_history import ContractHistory
from klagg_tui.view.indicators.indicator import Indicator, Line
from klagg_tui.view.role import Role


def percent(rate: float, extra: int) -> str:
    """A rate in percent, as exchanges write it: fine, and always with its sign."""
    return f"{formatting.signed(rate, 4 + extra)}%" if rate else "0%"


def amount(held: float, extra: int) -> str:
    """Two digits more than other amounts: it changes little beside what it is."""
    return formatting.short(held, 2 + extra)


OPEN_INTEREST: Final = Indicator(
    key="open_interest",
    binding="O",
    title="Open interest",
    note="Open interest below the candles, where the exchange tells it",
    make=lambda: (Line("", Role.LINE_C, is_price=False, tell=ContractHistory.interest, text=amount),),
    aliases=("oi", "interest"),
    is_pane=True,
    is_told=True,
)
FUNDING: Final = Indicator(
    key="funding",
    binding="F",
    title="Funding",
    note="Funding rate below the candles, where the exchange tells it",
    make=lambda: (Line("", Role.TEXT, is_histogram=True, is_price=False, tell=ContractHistory.funding, text=percent),),
    is_pane=True,
    is_told=True,
)
