"""The parameters of a REST request, checked as the exchange checks them."""

from __future__ import annotations

from collections.abc import Mapping

from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.market import Market


class Refusal(Exception):
    """The exchange refuses a request; `code` is its own."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Query:
    """Parameters by name; every look-up raises `Refusal` for what the exchange would refuse."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def is_sent(self, name: str) -> bool:
        """Whether an optional parameter was sent."""
        return name in self._values

    def text(self, name: str) -> str:
        """A parameter that must be there."""
        value = self._values.get(name)
        if not value:
            raise Refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
        return value

    def number(self, name: str) -> int | None:
        """A whole number, or None where it was not sent."""
        value = self._values.get(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 19):
            raise Refusal(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
        return int(value)

    def limit(self, default: int, most: int) -> int:
        """How many rows are asked for."""
        value = self.number("limit")
        if value is None:
            return default
        if not 1 <= value <= most:
            raise Refusal(-1130, "Data sent for parameter 'limit' is not valid.")
        return value


def known_symbol(market: Market, query: Query, now_ms: int) -> str:
    """The symbol that is asked for."""
    symbol = query.text("symbol")
    if symbol not in market.lives:
        raise Refusal(-1121, "Invalid symbol.")
    if market.status(symbol, now_ms // MINUTE_MS) == "PENDING_TRADING":
        raise Refusal(-1122, "Invalid symbol status.")
    return symbol
