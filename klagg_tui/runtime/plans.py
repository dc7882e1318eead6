"""From settings to what is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from klagg_tui.config import Settings, VenueTable, defaults
from klagg_tui.engine.period import Period
from klagg_tui.errors import ConfigError
from klagg_tui.exchange.instruments import SymbolFilter, patterns
from klagg_tui.exchange.registry import DEFAULT, venue
from klagg_tui.exchange.venue import Venue
from klagg_tui.feed import Mode
from klagg_tui.runtime.live.endpoint import MarketEndpoint
from klagg_tui.runtime.live.feed import LiveFeed
from klagg_tui.runtime.retention import deleting_old_bars
from klagg_tui.runtime.several import SeveralMarkets
from klagg_tui.runtime.source import Plan, Source
from klagg_tui.storage.venues import mark_of
from klagg_tui.texts import without_login

_DAY_OF_MINUTES: Final = 1_450
"""And some: what is read while the first of them go by."""
SIMULATED: Final = "simulated"
"""Marks the databases of the demo, behind the exchange's key: bars of one market never get into another's."""


def live_plan(settings: Settings) -> Plan:
    """The exchanges that the settings name; any but the real ones go by their address, also in the database.

    Raises:
        ConfigError: a list of symbols cannot be read, or one address is the real market's and the other this machine's.
    """
    keep = settings.storage.keep
    endpoints = {key: _endpoint(settings, venue(key)) for key in settings.market.venues}
    marks = [mark_at(endpoint.venue, endpoint.rest_url) for endpoint in endpoints.values()]
    plan = Plan(
        _source_of(endpoints),
        settings.market.periods,
        settings.storage.database,
        marks[0],
        settings.storage.flush_seconds,
        tuple(marks[1:]),
        previous_close=_previous_close(endpoints),
    )
    return plan.with_background(deleting_old_bars(keep)) if keep else plan


def _source_of(endpoints: Mapping[str, MarketEndpoint]) -> Callable[[], Source]:
    if len(endpoints) == 1:
        (endpoint,) = endpoints.values()
        return lambda: LiveFeed(endpoint)
    return lambda: SeveralMarkets({key: LiveFeed(endpoint) for key, endpoint in endpoints.items()})


def _previous_close(endpoints: Mapping[str, MarketEndpoint]) -> tuple[str, ...]:
    return tuple(key for key, where in endpoints.items() if where.venue.candle.opens_at_previous_close)


def _endpoint(settings: Settings, exchange: Venue) -> MarketEndpoint:
    """Where one exchange is, and what is wanted of it."""
    market, table = settings.market, settings.venue.get(exchange.key, VenueTable())
    rest_url, ws_url = rest_url_of(settings, exchange), stream_url_of(settings, exchange)
    require_one_market(exchange, rest_url, ws_url)
    types = table.contract_types or tuple(kind for kind in market.contract_types if kind in exchange.contract_types)
    symbols = SymbolFilter.of_venue(
        exchange.key,
        patterns(market.symbols if table.symbols is None else table.symbols),
        market.quote if table.quote is None else table.quote,
        types or exchange.contract_types[:1],
    )
    address = urlsplit(without_login(rest_url)).netloc
    other = f"{exchange.name} at {address}" if len(market.venues) > 1 else address
    return MarketEndpoint(
        exchange,
        rest_url,
        ws_url,
        history_of(settings, exchange),
        symbols,
        settings.storage.keep,
        market.proxy,
        exchange.name if exchange.is_at(rest_url) else other,
        minutes=minutes_of(settings, exchange),
    )


def rest_url_of(settings: Settings, exchange: Venue) -> str:
    """Where one exchange answers requests, by the settings."""
    table = settings.venue.get(exchange.key, VenueTable())
    return table.rest_url or (settings.market.rest_url if exchange.key == DEFAULT else exchange.rest_url)


def stream_url_of(settings: Settings, exchange: Venue) -> str:
    """Where its trades come from, by the settings."""
    table = settings.venue.get(exchange.key, VenueTable())
    return table.ws_url or (settings.market.ws_url if exchange.key == DEFAULT else exchange.stream_url)


def history_of(settings: Settings, exchange: Venue) -> int:
    """Bars of each period to fetch: one good page of the exchange, unless asked for otherwise; no more than it has."""
    asked = settings.market.history
    wanted = exchange.requests.best_bars if asked == defaults().market.history else asked
    reach = exchange.candle.reach
    return wanted if reach is None else min(wanted, reach)


def minutes_of(settings: Settings, exchange: Venue) -> int:
    """Minutes to fetch, where that is more than `history_of`: what figures over a day need, where candles reach so far back."""
    facts = exchange.candle
    if settings.market.history != defaults().market.history or facts.makes_older_minutes:
        return 0
    return _DAY_OF_MINUTES if facts.reach is None else min(_DAY_OF_MINUTES, facts.reach)


def demo_plan(rest_url: str, ws_url: str, database: Path, periods: tuple[Period, ...]) -> Plan:
    """The simulated market, into a database of its own."""
    exchange = venue()
    # As many bars as come at the least cost, so that the market is full within minutes; of minutes one good page: figures of
    # hours are whole then, and those of a day are the exchange's own.
    asked = exchange.requests
    endpoint = MarketEndpoint(exchange, rest_url, ws_url, asked.cheapest_bars, mode=Mode.DEMO, minutes=asked.best_bars)
    return Plan(lambda: LiveFeed(endpoint), periods, database, mark_of(exchange.key, SIMULATED))


def several_demo_plan(urls: Mapping[str, tuple[str, str]], database: Path, periods: tuple[Period, ...]) -> Plan:
    """Simulated markets of several exchanges: addresses of requests and of trades, by key."""
    if len(urls) == 1 and DEFAULT in urls:
        return demo_plan(*urls[DEFAULT], database, periods)
    endpoints = {
        key: MarketEndpoint(
            venue(key),
            rest,
            ws,
            venue(key).requests.cheapest_bars,
            market=f"{venue(key).name}, simulated",
            mode=Mode.DEMO,
        )
        for key, (rest, ws) in urls.items()
    }
    first, *others = (mark_of(key, SIMULATED) for key in endpoints)
    return Plan(
        _source_of(endpoints), periods, database, first, others=tuple(others), previous_close=_previous_close(endpoints)
    )


def mark_at(exchange: Venue, rest_url: str) -> str:
    """Whose bars come from there, as databases are marked: the exchange's own, or those of an imitation of it."""
    return mark_of(exchange.key, "" if exchange.is_at(rest_url) else without_login(rest_url))


def require_one_market(exchange: Venue, rest_url: str, ws_url: str) -> None:
    """Refuse to take bars from the real exchange and trades from an imitation of it here, or the other way round.

    Raises:
        ConfigError: so it is.
    """
    is_real = exchange.is_at(rest_url)
    if is_real != exchange.is_at(ws_url) and _is_here(ws_url if is_real else rest_url):
        raise ConfigError(
            f"Bars from {without_login(rest_url)} and trades from {without_login(ws_url)} are of two markets: "
            "give both --rest-url and --ws-url."
        )


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
