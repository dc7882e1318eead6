"""From settings to what is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from klagg_tui.config import Settings
from klagg_tui.engine.period import Period
from klagg_tui.errors import ConfigError
from klagg_tui.exchange.instruments import SymbolFilter, patterns
from klagg_tui.feed import Mode
from klagg_tui.runtime.live import LiveFeed, MarketEndpoint
from klagg_tui.runtime.retention import deleting_old_bars
from klagg_tui.runtime.source import Plan

REAL: Final = "binance-um"
SIMULATED: Final = "simulated"
"""Marks of the databases: bars of the one never get into the other's."""
_REAL_HOST: Final = re.compile(r"(fapi|fstream)\d?\.binance\.com")
"""Its test market, at `demo-fapi`, is another one."""
DEMO_HISTORY: Final = 99
"""Bars of each period: as many as come for the least request weight, so that the market is full within two minutes."""


def live_plan(settings: Settings) -> Plan:
    """The market that the settings name; any but the real one goes by its address, also in the database.

    Raises:
        ConfigError: a list of symbols cannot be read, or one address is the real market's and the other this machine's.
    """
    market = settings.market
    symbols = SymbolFilter(patterns(market.symbols), market.quote, market.contract_types)
    keep = settings.storage.keep
    is_real = _is_real(market.rest_url)
    if is_real != _is_real(market.ws_url) and _is_here(market.ws_url if is_real else market.rest_url):
        raise ConfigError(
            f"Bars from {market.rest_url} and trades from {market.ws_url} are of two markets: "
            "give both --rest-url and --ws-url."
        )
    name = "Binance USDⓈ-M" if is_real else urlsplit(market.rest_url).netloc
    endpoint = MarketEndpoint(market.rest_url, market.ws_url, symbols, market.history, keep, market.proxy, name)
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
    endpoint = MarketEndpoint(rest_url, ws_url, history=DEMO_HISTORY, market="simulated market", mode=Mode.DEMO)
    return Plan(lambda: LiveFeed(endpoint), periods, database, SIMULATED)


def market_at(rest_url: str) -> str:
    """Whose bars come from there, as databases are marked."""
    return REAL if _is_real(rest_url) else rest_url


def _is_real(url: str) -> bool:
    return bool(_REAL_HOST.fullmatch(urlsplit(url).hostname or ""))


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
