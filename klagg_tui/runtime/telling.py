"""How a run is doing, put together from its exchanges: of each alone, and of all as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from klagg_tui import logs
from klagg_tui.exchange.instruments import nothing_called
from klagg_tui.feed import Status, VenueStatus
from klagg_tui.metrics import together
from klagg_tui.names import Name
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.market_host import MarketHost
from klagg_tui.runtime.several import MarketSource, SeveralMarkets
from klagg_tui.runtime.source import Source
from klagg_tui.texts import printable, told_once


def told_status(source: Source, host: EngineHost) -> Status:
    """How things stand now."""
    sources: Sequence[Source | MarketSource] = (
        [*source.sources.values()] if isinstance(source, SeveralMarkets) else [source]
    )
    venues = tuple(map(_venue, sources, host.markets))
    status = source.status
    told = Status(
        market=source.market,
        mode=status.mode,
        exchange_now_ms=source.now_ms(),
        knows_time=source.knows_time,
        delay_ms=status.delay_ms,
        connection=status.connection,
        notices=told_once(_notices(host, venues)),
        counters=host.engine.counters,
        metrics=together([host.metrics.snapshot(), *(venue.metrics.snapshot() for venue in host.venues)]),
        log_lines=logs.newest(),
        progress=status.progress,
        halted=frozenset().union(*(market.halted for market in host.markets)),
        not_chosen=_not_chosen(venues),
        others=tuple(chain.from_iterable(market.others for market in host.markets)),
        venues=venues,
        is_simulated=status.is_simulated,
    )
    # Where one of several exchanges is behind, only its own rows are.
    return told.behind() if all(market.is_waking for market in host.markets) else told


def _venue(source: Source | MarketSource, market: MarketHost) -> VenueStatus:
    status, counters = source.status, market.engine.counters
    told = VenueStatus(
        key=market.key,
        name=source.market,
        mode=status.mode,
        connection=status.connection,
        exchange_now_ms=source.now_ms(),
        knows_time=source.knows_time,
        delay_ms=status.delay_ms,
        notices=told_once(map(printable, market.notices.values())),
        symbols=len(market.engine.symbols()) + len(market.told.symbols),
        halted=len(market.halted),
        counters=counters,
        trades_per_second=market.rate.measure(counters.trades),
        progress=status.progress,
        metrics=market.metrics.snapshot(),
        not_chosen=printable(market.not_chosen),
    )
    return told._replace(is_behind=True, connection="stale") if market.is_waking else told


def _notices(host: EngineHost, venues: Sequence[VenueStatus]) -> Iterator[str]:
    """What is wrong; of several exchanges with the name of the one before it."""
    yield from map(printable, host.notices.values())
    if not host.venues:
        return
    if unmatched := _unmatched(host.venues):
        yield printable(nothing_called(unmatched, "No exchange that is watched lists anything"))
    for venue in venues:
        yield from (f"{printable(venue.name)}: {notice}" for notice in venue.notices)


def _unmatched(markets: Sequence[MarketHost]) -> Mapping[str, str]:
    """Patterns that match nothing on any exchange, once each that has them told what it lists."""
    markets = [market for market in markets if "exchange" not in market.notices]  # what does not answer may never do
    if any(market.unmatched is None for market in markets):
        return {}
    found: dict[str, str] = {}
    for pattern in dict.fromkeys(pattern for market in markets for pattern in market.asked):
        asked = [market for market in markets if pattern in market.asked]
        hints = [hint for market in asked if (hint := (market.unmatched or {}).get(pattern)) is not None]
        if len(hints) == len(asked):
            name = pattern if len(asked) == len(markets) else str(Name(asked[0].key, pattern))
            found[name] = next(filter(None, hints), "")
    return found


def _not_chosen(venues: Sequence[VenueStatus]) -> str:
    if len(venues) == 1:
        return venues[0].not_chosen
    return " ".join(f"{venue.name}: {venue.not_chosen}" for venue in venues if venue.not_chosen)
