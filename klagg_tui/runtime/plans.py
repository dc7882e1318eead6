"""From settings to what is run."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from klagg_tui.config import Settings
from klagg_tui.engine.period import Period
from klagg_tui.errors import ConfigError
from klagg_tui.exchange.instruments import SymbolFilter, patterns
from klagg_tui.exchange.registry import venue
from klagg_tui.feed import Mode
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.retention import deleting_old_bars
from klagg_tui.runtime.source import Plan
from klagg_tui.storage.venues import mark_of
from klagg_tui.texts import without_login

SIMULATED: Final = "simulated"
"""Marks the databases of the demo, behind the exchange's key: bars of one market never get into another's."""


def live_plan(settings: Settings) -> Plan:
    """The market that the settings name; any but the real one goes by its address, also in the database.

    Raises:
        ConfigError: a list of symbols cannot be read, or one address is the real market's and the other this machine's.
    """
    market, exchange = settings.market, venue()
    is_real = exchange.is_at(market.rest_url)
    if is_real != exchange.is_at(market.ws_url) and _is_here(market.ws_url if is_real else market.rest_url):
        raise ConfigError(
            f"Bars from {without_login(market.rest_url)} and trades from {without_login(market.ws_url)} are of two markets: "
            "give both --rest-url and --ws-url."
        )
    keep = settings.storage.keep
    endpoint = MarketEndpoint(
        exchange,
        market.rest_url,
        market.ws_url,
        market.history,
        SymbolFilter(patterns(market.symbols), market.quote, market.contract_types),
        keep,
        market.proxy,
        exchange.name if is_real else urlsplit(without_login(market.rest_url)).netloc,
    )
    plan = Plan(
        lambda: LiveFeed(endpoint),
        market.periods,
        settings.storage.database,
        market_at(market.rest_url),
        settings.storage.flush_seconds,
    )
    return plan.with_background(deleting_old_bars(keep)) if keep else plan


def demo_plan(rest_url: str, ws_url: str, database: Path, periods: tuple[Period, ...]) -> Plan:
    """The simulated market, into a database of its own."""
    exchange = venue()
    # As many bars as come at the least cost, so that the market is full within two minutes.
    endpoint = MarketEndpoint(exchange, rest_url, ws_url, exchange.requests.cheapest_bars, mode=Mode.DEMO)
    return Plan(lambda: LiveFeed(endpoint), periods, database, mark_of(exchange.key, SIMULATED))


def market_at(rest_url: str) -> str:
    """Whose bars come from there, as databases are marked."""
    return mark_of(venue().key, "" if venue().is_at(rest_url) else without_login(rest_url))


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
