"""A made-up market behind the face that screens see: trades drawn by chance from a seed, bars of the real engine.

The time moves only when it is told to, so that a test reads the same screen on every run.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from klagg_tui.edge import Edge, OlderBars
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import COLUMN_FIELDS, BarColumns, StoredStretch, no_columns
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AddSymbol, AggTrade, SeedBars
from klagg_tui.engine.exact import PRICE_DECIMALS, QUANTITY_DECIMALS, TURNOVER_DECIMALS
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS, Period, chain
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.exporting import exporter as export
from klagg_tui.exporting.exporter import Estimate, Exported, OnProgress, ShouldStop
from klagg_tui.exporting.format import Format
from klagg_tui.exporting.selection import Selection
from klagg_tui.feed import FeedUpdate, InstrumentFacts, Mode, Progress, Status, VenueStatus
from klagg_tui.metrics import Metric
from klagg_tui.storage.store import Store
from tests.makers import snapshot

BEGIN_MS = 1_723_075_200_000
"""2024-08-08 00:00 UTC, a Thursday."""

NAMES = [
    "BTCUSDT",
    "ETHUSDT",
    "SOLUSDT",
    "XRPUSDT",
    "DOGEUSDT",
    "BNBUSDT",
    "ADAUSDT",
    "LINKUSDT",
    "AVAXUSDT",
    "SUIUSDT",
    "TRXUSDT",
    "DOTUSDT",
    "LTCUSDT",
    "NEARUSDT",
    "APTUSDT",
    "ARBUSDT",
    "OPUSDT",
    "UNIUSDT",
    "AAVEUSDT",
    "INJUSDT",
    "TIAUSDT",
    "SEIUSDT",
    "FILUSDT",
    "ATOMUSDT",
    "ETCUSDT",
    "ICPUSDT",
    "1000PEPEUSDT",
    "1000SHIBUSDT",
    "WIFUSDT",
    "BTCUSDC",
    "ETHUSDC",
    "SOLUSDC",
    "FETUSDT",
    "RNDRUSDT",
    "GALAUSDT",
    "SANDUSDT",
    "MANAUSDT",
    "LDOUSDT",
    "CRVUSDT",
    "SNXUSDT",
    "币安人生USDT",
]
PRICES = (64250.1, 3301.25, 148.31, 0.5912, 0.10234, 572.4, 0.3345, 10.21, 21.4, 0.8123)


class MadeMarket:
    """Implements `Feed`."""

    def __init__(
        self,
        symbols: int = 40,
        periods: Sequence[Period] = DEFAULT_PERIODS,
        minutes: int = 30,
        seed: int = 1,
        per_minute: int = 3,
        prices: Mapping[str, float] | None = None,
    ) -> None:
        self.periods = tuple(sorted(periods))
        self.mode = Mode.DEMO
        self.is_simulated = False
        self.connection = "connected"
        self.notices: tuple[str, ...] = ()
        self.halted: frozenset[str] = frozenset()
        self.not_chosen = ""
        self.attached = ""
        self.others: tuple[str, ...] = ()
        self.metrics: dict[Metric, float] = {}
        self.progress: Progress | None = None
        self.estimates = 0
        self.estimated: Selection | None = None
        """How often somebody asked how much an export would be."""
        self.hides_trades = False
        """As after a warm start: bars from the disk, and no trade yet."""
        self.looked_at: tuple[tuple[str, ...], Period, str | None] = ((), Period.M1, None)
        self.older: dict[tuple[str, Period], list[Bar]] = {}
        """What the exchange has before the stored bars, and what it says where there is no more."""
        self.edge = OlderBars(Edge.NONE)
        self.asked_older: list[tuple[str, Period, int]] = []
        self._told_stored: list[StoredStretch] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.stopped = False
        self.followed: str | None = None
        self._tape: deque[AggTrade] = deque(maxlen=200)
        self._engine = KlineEngine(self.periods, holds_gaps=False, held_minutes=64)
        self._reader = self._engine.reader()
        self._chance = random.Random(seed)
        made = [NAMES[i] if i < len(NAMES) else f"COIN{i:03d}USDT" for i in range(symbols)]
        self.symbols = list(prices or made)
        self.instruments: dict[str, InstrumentFacts] = {}
        """What the listing says."""
        self.venues: tuple[VenueStatus, ...] = ()
        self.told: list[DerivativeMinute] = []
        """What is stored of contracts beside their trades."""
        self.telling: list[DerivativeMinute] = []
        """The same that is told with the next changes."""
        self.asked_edges: list[tuple[int, int]] = []
        """From when to when somebody asked what is stored of it."""
        self._prices = {
            s: (prices or {}).get(s) or round(PRICES[i % len(PRICES)] * (1 + 0.07 * (i // len(PRICES))), 6)
            for i, s in enumerate(self.symbols)
        }
        self._digits = {s: max(2, 6 - len(str(int(p)))) if p > 0.01 else 10 for s, p in self._prices.items()}
        self._ids = dict.fromkeys(self.symbols, 0)
        self._closed: dict[tuple[str, Period], dict[int, Bar]] = {}
        self._shown: set[str] = set()
        self._is_reopened = False
        self._last_ms: dict[str, int] = {}
        self.now_ms = BEGIN_MS
        for symbol in self.symbols:
            self._engine.handle(AddSymbol(symbol, BEGIN_MS))
            self._engine.handle(SeedBars(symbol, BEGIN_MS, (), None, 1, BEGIN_MS))
        for _ in range(minutes):
            self.play(per_minute * len(self.symbols), MINUTE_MS)

    def play(self, trades: int, over_ms: int) -> None:
        """Let so many trades happen, the earlier symbols more often, while so much time passes."""
        chance = self._chance
        moments = sorted(chance.randrange(over_ms) for _ in range(trades))
        for moment in moments:
            index = int(len(self.symbols) * chance.random() ** 1.6)
            self._trade(self.symbols[index], self.now_ms + moment)
        self.now_ms += over_ms
        self._engine.tick(self.now_ms)

    def trade_at(self, symbol: str, price: str) -> None:
        """One trade at that price now."""
        self._prices[symbol] = float(price)
        self._emit(symbol, self.now_ms, price, 1.0)

    def _trade(self, symbol: str, at_ms: int) -> None:
        price = self._prices[symbol] * (1 + self._chance.gauss(0, 0.0006))
        self._prices[symbol] = price
        self._emit(
            symbol, at_ms, f"{price:.{self._digits[symbol]}f}", self._chance.expovariate(1) * 9_000 / price + 0.001
        )

    def _emit(self, symbol: str, at_ms: int, price: str, quantity: float) -> None:
        self._ids[symbol] += 1
        number = self._ids[symbol]
        trade = AggTrade(
            symbol, price, f"{max(quantity, 0.001):.3f}", at_ms, self._chance.random() < 0.47,
            number, number * 3, number * 3 + self._chance.randrange(3), at_ms,
        )  # fmt: skip
        self._engine.handle(trade)
        self._last_ms[symbol] = at_ms
        if symbol == self.followed:
            self._tape.append(trade)

    def reopen(self) -> None:
        """Let the next `take_changes` give all there is, as to a screen that was just opened."""
        self._shown.clear()
        self._reader = self._engine.reader()
        self._is_reopened = True

    def take_changes(self) -> FeedUpdate | None:
        if self._is_reopened:
            self._is_reopened = False
            self._shown.update(self.symbols)
            closed = tuple(bar for kept in self._closed.values() for _, bar in sorted(kept.items())[-64:])
            everything = Changes(snapshot(self._engine, self.periods), closed)
            last, learned = dict(self._last_ms), dict(self.instruments)
            return FeedUpdate(everything, tuple(self.symbols), (), last, learned, tickers=self._days(everything))
        drained = self._engine.drain(self._reader, chain(self.periods))
        for bar in drained.ended:
            self._closed.setdefault((bar.symbol, bar.period), {})[bar.open_ms] = bar
        added = tuple(s for s in self.symbols if s not in self._shown)
        self._shown.update(added)
        stored, self._told_stored = tuple(self._told_stored), []
        told, self.telling = tuple(self.telling), []
        if not (drained.current or drained.ended or added or stored or told):
            return None
        traded = () if self.hides_trades else drained.current
        last = {bar.symbol: self._last_ms.get(bar.symbol, BEGIN_MS) for bar in traded}
        learned = {symbol: self.instruments[symbol] for symbol in added if symbol in self.instruments}
        days = self._days(drained)
        return FeedUpdate(drained, added, (), last, learned, stored, days, told)

    def _days(self, changes: Changes) -> dict[str, Ticker24h]:
        """As an exchange tells its last 24 hours: it has traded since midnight only."""
        days = {bar.symbol: bar for bar in changes.current if bar.period is Period.D1 and bar.close}
        return {
            symbol: Ticker24h(
                self.now_ms,
                bar.close / 10**PRICE_DECIMALS,
                bar.open / 10**PRICE_DECIMALS,
                bar.high / 10**PRICE_DECIMALS,
                bar.low / 10**PRICE_DECIMALS,
                bar.volume / 10**QUANTITY_DECIMALS,
                bar.turnover / 10**TURNOVER_DECIMALS,
                bar.trade_count,
            )
            for symbol, bar in days.items()
        }

    def tell_stored(self, stretch: StoredStretch) -> None:
        """The next update says that the database holds something else there."""
        self._told_stored.append(stretch)

    def status(self) -> Status:
        return Status(
            "made market", self.mode, self.now_ms, 45.0, self.connection, self.notices, self._engine.counters,
            {Metric.TRADES_PER_SECOND: 1200.0, Metric.MEMORY: 61.0, **self.metrics}, ("21:00:01 INFO began", "21:00:02 INFO connected"),
            self.progress, self.halted, self.not_chosen, venues=self.venues, is_simulated=self.is_simulated,
            others=self.others, attached=self.attached,
        )  # fmt: skip

    async def history(self, symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
        kept = sorted(self._closed.get((symbol, period), {}).items())
        return tuple(bar for open_ms, bar in kept if before_ms is None or open_ms < before_ms)[-count:]

    async def fetch_older(self, symbol: str, period: Period, before_ms: int) -> OlderBars:
        self.asked_older.append((symbol, period, before_ms))
        await self.may_answer.wait()
        if found := self.older.pop((symbol, period), None):
            self._closed.setdefault((symbol, period), {}).update((bar.open_ms, bar) for bar in found)
            return OlderBars(Edge.OPEN)
        return self.edge

    async def columns(
        self,
        symbols: Sequence[str],
        period: Period,
        from_ms: int,
        fields: Collection[str] = COLUMN_FIELDS,
        *,
        to_ms: int | None = None,
    ) -> Mapping[str, BarColumns]:
        until_ms = self.now_ms if to_ms is None else to_ms
        wanted = {symbol: self._closed.get((symbol, period), {}) for symbol in symbols}
        found = {
            symbol: _columns({at: bar for at, bar in bars.items() if from_ms <= at < until_ms}, fields)
            for symbol, bars in wanted.items()
        }
        return {symbol: columns for symbol, columns in found.items() if columns}

    async def derivatives(self, symbol: str, edges_ms: Sequence[int]) -> tuple[DerivativeMinute, ...]:
        self.asked_edges.append((edges_ms[0], edges_ms[-1]))
        return tuple(one for one in self.told if one.symbol == symbol and edges_ms[0] <= one.open_ms < edges_ms[-1])

    def tape(self, symbol: str) -> tuple[AggTrade, ...]:
        return tuple(self._tape) if symbol == self.followed else ()

    def follow(self, symbol: str | None) -> None:
        self._tape.clear()
        self.followed = symbol

    def look_at(self, symbols: Sequence[str], period: Period, opened: str | None = None) -> None:
        self.looked_at = (tuple(symbols), period, opened)

    async def estimate(self, selection: Selection, form: Format) -> Estimate:
        self.estimates += 1
        self.estimated = selection
        async with self._stored() as store:
            return await export.estimate(store, selection, form)

    async def export(
        self,
        selection: Selection,
        target: Path,
        form: Format,
        *,
        is_split: bool,
        on_progress: OnProgress,
        should_stop: ShouldStop,
    ) -> Exported:
        async with self._stored() as store:
            return await export.export(
                store, selection, target, form, is_split=is_split, on_progress=on_progress, should_stop=should_stop
            )

    @asynccontextmanager
    async def _stored(self) -> AsyncIterator[Store]:
        """All bars so far in a database of their own."""
        bars = tuple(bar for kept in self._closed.values() for bar in kept.values())
        with TemporaryDirectory() as folder:
            store = await Store.open(Path(folder) / "made.db", periods=self.periods)
            try:
                await store.write(Changes(snapshot(self._engine, self.periods), bars))
                yield store
            finally:
                await store.close()

    async def stop(self) -> None:
        self.stopped = True


def _columns(bars: Mapping[int, Bar], fields: Collection[str]) -> BarColumns:
    """As the store reads them."""
    found = no_columns()
    for open_ms, bar in sorted(bars.items()):
        found.open_ms.append(open_ms)
        found.state.append(bar.state)
        found.evidence.append(bar.evidence)
        for name in COLUMN_FIELDS:
            if name in fields:
                getattr(found, name).append(getattr(bar, name) / _UNITS.get(name, 10**PRICE_DECIMALS))
    return found


_UNITS = {
    "volume": 10**QUANTITY_DECIMALS,
    "turnover": 10 ** (PRICE_DECIMALS + QUANTITY_DECIMALS),
    "trade_count": 1,
    "taker_buy_volume": 10**QUANTITY_DECIMALS,
    "taker_buy_turnover": 10 ** (PRICE_DECIMALS + QUANTITY_DECIMALS),
}


__all__ = ["BEGIN_MS", "MadeMarket", "State"]
