"""From settings to what is run."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from klagg_tui.config import Settings
from klagg_tui.engine.period import Period
from klagg_tui.exchange.listing import Choice, patterns
from klagg_tui.market.face import Mode
from klagg_tui.runtime.beside import keeping, with_beats
from klagg_tui.runtime.live import Live, Where
from klagg_tui.runtime.worker import Plan

REAL: Final = "binance-um"
SIMULATED: Final = "simulated"
"""Marks of the databases: bars of the one never get into the other's."""
DEMO_HISTORY: Final = 99
"""Bars of each period: as many as come for the least request weight, so that the market is full within two minutes."""


def live_plan(settings: Settings) -> Plan:
    """The market that the settings name. A simulated one is known by its answers and its loopback address.

    Raises:
        ConfigError: a list of symbols cannot be read.
    """
    market = settings.market
    choice = Choice(patterns(market.symbols), market.quote, market.contract_types)
    where = Where(market.rest_url, market.ws_url, choice, market.history, market.proxy)
    plan = Plan(
        lambda: Live(where),
        market.periods,
        settings.storage.database,
        REAL if _is_real(market.rest_url) else market.rest_url,
        settings.storage.flush_seconds,
    )
    return with_beats(plan, keeping(settings.storage.keep)) if settings.storage.keep else plan


def demo_plan(rest_url: str, ws_url: str, database: Path, periods: tuple[Period, ...]) -> Plan:
    """The simulated market, into a database of its own."""
    where = Where(rest_url, ws_url, history=DEMO_HISTORY, market="simulated market", mode=Mode.DEMO)
    return Plan(lambda: Live(where), periods, database, SIMULATED)


def _is_real(rest_url: str) -> bool:
    return rest_url.rsplit("//", maxsplit=1)[-1].split("/", maxsplit=1)[0].endswith("binance.com")
