"""Positions that are closed by force: some contracts have one in some minutes, drawn by chance like everything else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.chance import WILD, draws
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.quotes import mark_at

_ONE_IN: Final = 24
"""Of the minutes of a contract have one."""
_LOTS: Final = 20
"""A position is larger than a trade."""


class Liquidated(NamedTuple):
    """One position, in the units of its listing."""

    symbol: str
    at_ms: int
    is_long: bool
    price: int
    quantity: int


def liquidations(market: Market, symbol: str, minute: int) -> Iterator[Liquidated]:
    """Those of one minute: at most one."""
    listing = market.listing(symbol)
    which, when, side, size = draws(listing.key + b"L%d" % minute, 4)
    if which * _ONE_IN >= 256 or market.status(symbol, minute) != "TRADING":
        return
    at_ms = minute * MINUTE_MS + when * MINUTE_MS // 256
    tick, _ = market.tick(symbol, minute)
    ticks = round(mark_at(market, listing, at_ms) * 10**listing.price_unit_decimals / tick)
    lots = int(market.lots(listing, minute) * _LOTS * WILD[size])
    yield Liquidated(symbol, at_ms, side % 2 == 0, max(1, ticks) * tick, max(1, lots))
