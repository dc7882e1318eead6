"""How a venue comes to be asked: its client, with a clock of its own, at an address.

Facts are read at every start and name what is made here, so that the client, HTTP and JSON are loaded only when somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, Unpack

from klagg_tui.exchange.hosts import is_host_of
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.exchange.venue import MakeMarketData, MarketData

if TYPE_CHECKING:
    from klagg_tui.exchange.transport.clock import ExchangeClock
    from klagg_tui.exchange.transport.rules import HttpOptions


class MakeClient(Protocol):
    """Makes a client out of its address, its clock and how else it is to ask: see `MarketClient`."""

    def __call__(self, base_url: str, clock: ExchangeClock, /, **options: Unpack[HttpOptions]) -> MarketData:
        """Not opened yet."""
        ...


def asked_by(load: Callable[[], MakeClient], hosts: re.Pattern[str]) -> MakeMarketData:
    """What makes the `MarketData` of a venue.

    Args:
        load: imports its client.
        hosts: its own. Only an imitation has a pace of its own: their time runs as fast as the world's whatever an answer says.
    """

    def market_data(rest_url: str, start_ms: float, *, proxy: str | None = None) -> MarketData:
        from klagg_tui.exchange.transport.clock import ExchangeClock

        clock = ExchangeClock(start_ms, steady_ms())
        return load()(rest_url, clock, proxy=proxy, has_speed=not is_host_of(hosts, rest_url))

    return market_data
