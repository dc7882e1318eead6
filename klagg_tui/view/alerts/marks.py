"""What rows and charts show of alerts. Pure."""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.exact import PRICE_DECIMALS, Exact
from klagg_tui.view.alerts.watching import Alerts, is_price
from klagg_tui.view.model import Row

FIRED: Final = "◆"
ARMED: Final = "◇"


class AlertMarks:
    """Asked of each row that is drawn: whether an alert may be about it is found once."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._version = -1
        self._concerned: dict[str, bool] = {}

    def sign(self, row: Row) -> str:
        """`◆` where an alert fired for the symbol and still holds, `◇` where one that names it is armed; else nothing."""
        if self._alerts.holds_for(row.symbol):
            return FIRED
        if self._version != self._alerts.version:
            self._version, self._concerned = self._alerts.version, {}
        known = self._concerned.get(row.symbol)
        if known is None:
            named = (read for _, read in self._alerts.filters if read.names_symbols)
            known = self._concerned[row.symbol] = any(read.may(row) for read in named)
        return ARMED if known else ""

    def prices(self, row: Row) -> tuple[Exact, ...]:
        """Prices that alerts compare the symbol's newest one with, from low to high."""
        found = {
            round(number.limit * 10**PRICE_DECIMALS)
            for _, read in self._alerts.filters
            if read.may(row)
            for number in read.numbers
            if number.limit is not None and is_price(number.text)
        }
        return tuple(sorted(price for price in found if price > 0))
