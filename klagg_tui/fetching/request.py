"""What a person asks for, made out of what was typed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.engine.period import Period
from klagg_tui.errors import BadUsage
from klagg_tui.exchange.binance.archive import UM, Market, can_be_symbol, published, shown_by_symbol
from klagg_tui.fetching.remote import Addresses
from klagg_tui.hints import ended, hint_or_all
from klagg_tui.importing.markets import market_of

TRADES: Final = "aggTrades"
KLINES: Final = "klines"


class Request(NamedTuple):
    """What to fetch, and how."""

    series: Sequence[published.Series]
    first: date
    after: date
    """The first day that is not asked for any more."""
    folder: Path
    """For files."""
    addresses: Addresses = Addresses()
    proxy: str | None = None
    keeps: bool = False
    """Whether files stay when they are read."""
    at_once: int = 4
    """Requests for files."""
    pause_s: float = 0.5
    """Before a second try."""


def series_of(symbols: Sequence[str], what: str, periods: Sequence[Period], flag: str | None) -> list[published.Series]:
    """Each symbol's trades, or its bars of each period; `flag`: the market, None: the one that the symbol shows, USDⓈ-M futures else.

    Raises:
        BadUsage: there is no such market or kind, or no archive of it.
    """
    kind = next((known for known in (TRADES, KLINES) if known.casefold() == what.casefold()), None)
    if kind is None:
        raise BadUsage(
            ended(f"There is no archive of {what}{hint_or_all(what, (TRADES, KLINES), lead='--what takes')}")
        )
    if kind == TRADES and periods:
        raise BadUsage("--period is for klines; trades have none: leave it out.")
    if not symbols:
        raise BadUsage("Name a symbol, as BTCUSDT.")
    for symbol in symbols:
        if not can_be_symbol(symbol):
            raise BadUsage(f"{symbol} cannot be a symbol: archives are of single ones, as BTCUSDT.")
    wanted: Sequence[Period | None] = [None] if kind == TRADES else list(periods or (Period.M1,))
    return [published.Series(_market(symbol, flag), symbol, period) for symbol in symbols for period in wanted]


def _market(symbol: str, flag: str | None) -> Market:
    if flag is None:
        return next(
            (one for evidence in shown_by_symbol(symbol) if len(evidence.markets) == 1 for one in evidence.markets), UM
        )
    market = market_of(flag)
    if market not in published.FOLDERS:
        flags = ", ".join(one.flag for one in published.FOLDERS)
        raise BadUsage(f"No archives of {market.name} are published that klagg knows; --market takes {flags}.")
    return market
