"""What the tasks of the live market share."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, BarKey, SeriesKey
from klagg_tui.engine.events import AddSymbol, AmendBar
from klagg_tui.engine.period import DEFAULT_THREE_DAY_ANCHOR, MINUTE_MS, Period
from klagg_tui.errors import BadNumber
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.transport.clock import LITTLE_MS
from klagg_tui.exchange.venue import Clock, Ids, MarketData, Venue
from klagg_tui.metrics import Metric
from klagg_tui.names import parted
from klagg_tui.runtime.live.keyed import Naming
from klagg_tui.runtime.market_host import MarketHost
from klagg_tui.storage.debts import Hole
from klagg_tui.storage.maintenance import kept_from
from klagg_tui.storage.store import Store
from klagg_tui.storage.symbols import StoredSymbol
from klagg_tui.storage.unconfirmed import Unconfirmed

log = logging.getLogger(__name__)


def note_clock(clock: Clock, notices: dict[str, str]) -> None:
    """Say what was doubted of the exchange's time, until an answer comes that is not."""
    if not clock.trouble:
        notices.pop("clock", None)
    elif notices.get("clock") != clock.trouble:
        log.warning("%s", clock.trouble)
        notices["clock"] = clock.trouble


async def remove_future(host: MarketHost, store: Store, latest_ms: int, error_ms: float) -> None:
    """Take back what an error of a clock left behind `latest_ms`: bars of a time that has not come.

    `error_ms`: by how much that may be off; nothing is taken back by a clock of which that is not known.
    """
    if error_ms == math.inf:
        return
    latest_ms += LITTLE_MS + math.ceil(error_ms)
    if removed := await store.remove_future(latest_ms, venue=host.key or None):
        log.warning("%d bars lay in the future, or were over before their end: they are removed or doubted", removed)
        host.metrics.add(Metric.BARS_TAKEN_BACK, removed)


class Contract(NamedTuple):
    """What the listing says of a symbol."""

    listed_ms: int = 0
    """When trading began, 0 where unknown."""
    anchor: int = DEFAULT_THREE_DAY_ANCHOR
    value: int = 0
    """What one contract of it is worth, in units of a price, where it is inverse; else 0."""


def contract_value(text: str) -> int:
    """What a listing says of a contract's worth; 0 where it is not inverse, or what is said cannot be read."""
    try:
        return parsing.price(text) if text else 0
    except BadNumber:
        return 0


@dataclass(frozen=True)
class LiveContext:
    """Engine, database and exchange, for one run."""

    host: MarketHost
    store: Store
    venue: Venue
    market_data: MarketData
    contracts: dict[str, Contract] = field(default_factory=dict)
    left_ms: dict[str, int] = field(default_factory=dict)
    """Since when, by the exchange's clock, klagg knows of symbols that they are no longer traded, until they are *gone*."""

    filling: set[SeriesKey] = field(default_factory=set)
    """Symbols and periods whose newest page of history is still to come: the exchange's bars of them need not be asked for besides."""
    completing: set[str] = field(default_factory=set)
    """Symbols that began before the bars before them were fetched, and whose turn for these is still to come."""

    @property
    def naming(self) -> Naming:
        """The way between the exchange's names and those here."""
        return Naming(self.host.key)

    @property
    def periods(self) -> tuple[Period, ...]:
        """1m and all that was asked for."""
        return self.host.engine.periods

    def contract(self, symbol: str) -> Contract:
        """What is known of a symbol."""
        return self.contracts.get(symbol, Contract())

    def added(self, symbol: str) -> AddSymbol:
        """What the engine is told of a symbol that is to be followed."""
        listed_ms, anchor, value = self.contract(symbol)
        proves = self.venue.ids is not Ids.NONE
        return AddSymbol(symbol, listed_ms, anchor, venue=self.host.key, contract_value=value, proves=proves)

    @property
    def fetched_periods(self) -> tuple[Period, ...]:
        """Those that the exchange has bars of; the others are made of minutes alone."""
        return tuple(period for period in self.periods if period in self.venue.candle.periods)

    def reach_ms(self, period: Period) -> int:
        """From when on bars of the exchange can be had that open then; 0 where all can. One bar is left as time passes."""
        reach, makes_minutes = self.venue.candle.reach, self.venue.candle.makes_older_minutes
        if reach is None or (period is Period.M1 and makes_minutes):
            return 0
        return max(0, period.open_ms(self.now_ms()) - (reach - 2) * period.nominal_ms)

    async def stored_symbols(self) -> list[StoredSymbol]:
        """What the store knows of the exchange's symbols.

        Where its names are bare, those with a key are of an exchange that was watched once, and of which no bar ever came.
        """
        found = await self.store.symbols(self.host.key or None)
        return [known for known in found if self.host.key or not parted(known.symbol).venue]

    async def find_owed(self, periods: Collection[Period]) -> list[Hole]:
        """What of the exchange's bars is missing in the store."""
        return await self.store.find_owed(self.settled_ms(), periods, venue=self.host.key or None)

    async def unconfirmed(self, without: Collection[BarKey]) -> list[Unconfirmed]:
        """Which stored bars are to be compared with the exchange's: those that it has."""
        since = {period: self.reach_ms(period) for period in self.fetched_periods}
        found = await self.store.unconfirmed(without, venue=self.host.key or None, since=since)
        return [run for run in found if run.period in self.venue.candle.periods]

    def amended(self, bars: Iterable[Bar]) -> Iterator[AmendBar]:
        """What the engine is told of the exchange's minutes."""
        opens_before = self.venue.candle.opens_at_previous_close
        return (AmendBar(bar, bar.open if opens_before else None) for bar in bars if bar.period is Period.M1)

    def agree(self, ours: Bar, theirs: Bar) -> bool:
        """Whether a confirmed bar is the exchange's in all that the exchange's says."""
        lacks = Evidence(theirs.evidence)
        return (
            ours[3:8] == theirs[3:8]
            and (Evidence.NO_TURNOVER in lacks or ours.turnover == theirs.turnover)
            and (Evidence.NO_COUNT in lacks or ours.trade_count == theirs.trade_count)
            and (Evidence.NO_TAKER_VOLUME in lacks or ours.taker_buy_volume == theirs.taker_buy_volume)
            and (Evidence.NO_TAKER_TURNOVER in lacks or ours.taker_buy_turnover == theirs.taker_buy_turnover)
        )

    def now_ms(self) -> int:
        """The exchange's clock."""
        return self.host.now_ms()

    def kept_ms(self, symbol: str, period: Period, keep: Mapping[Period, int]) -> int:
        """Where the first bar opens that is not deleted again, where `keep` says for how many milliseconds bars are kept."""
        if period not in keep:
            return 0
        from_ms = kept_from(period, self.now_ms() - keep[period], self.periods)
        return period.end_ms(period.open_ms(from_ms - 1, self.contract(symbol).anchor))

    def settled_ms(self) -> int:
        """Bars that ended by then are final at the exchange.

        The venue's time for that includes a little for our picture of its clock; what that may be off besides is waited for too.
        """
        beyond_ms = min(max(0.0, self.market_data.error_ms() - LITTLE_MS), MINUTE_MS)
        return self.now_ms() - self.venue.settle_ms - math.ceil(beyond_ms)
