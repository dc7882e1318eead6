"""One exchange's side of an engine that keeps the bars of several: its symbols, clock, notices and metrics alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AppEvent, Counters, PendingGap, Report, TradeFields
from klagg_tui.engine.period import Period
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import InstrumentFacts
from klagg_tui.names import parted
from klagg_tui.runtime.market_host import MarketHost
from klagg_tui.runtime.tape import Tape
from klagg_tui.storage.store import Store


class Core(Protocol):
    """What the sides of all exchanges share; see `EngineHost`."""

    engine: KlineEngine
    periods: tuple[Period, ...]
    store: Store | None
    tape: Tape
    tapes: list[Tape]

    def learn(self, instruments: Mapping[str, InstrumentFacts]) -> None:
        """Take in what a listing says."""
        ...

    def tell_tickers(self, tickers: Mapping[str, Ticker24h]) -> None:
        """Take in the last 24 hours."""
        ...

    async def flush(self) -> bool:
        """Write what changed."""
        ...


class VenueEngine:
    """The engine as one exchange's rooms see it: symbols are `venue:symbol`, and only its own."""

    def __init__(self, engine: KlineEngine, key: str) -> None:
        self._engine = engine
        self._key = key
        self.latest_ms: int | None = None
        """Trades of the exchange behind it are rejected; see `bound`."""

    @property
    def periods(self) -> tuple[Period, ...]:
        """See `KlineEngine`."""
        return self._engine.periods

    @property
    def counters(self) -> Counters:
        """Of the exchange alone."""
        return self._engine.counters_of(self._key)

    def symbols(self) -> tuple[str, ...]:
        """Those of the exchange that are followed."""
        return self._engine.symbols(self._key)

    def waiting(self) -> tuple[str, ...]:
        """Those of the exchange whose trades are held back."""
        return self._engine.waiting(self._key)

    def incomplete(self) -> dict[str, int]:
        """Those of the exchange whose larger bars under way lack something; see `KlineEngine`."""
        return self._engine.incomplete(self._key)

    def held_trades(self) -> int:
        """How many trades of the exchange wait for missing ones before them."""
        return self._engine.held_trades(self._key)

    def traded_ms(self, symbol: str) -> int:
        """Time of its newest trade."""
        return self._engine.traded_ms(symbol)

    def pending_gap(self, symbol: str) -> PendingGap | None:
        """What it waits for."""
        return self._engine.pending_gap(symbol)

    def take_reports(self) -> list[Report]:
        """What the engine reports of the exchange's symbols."""
        return self._engine.take_reports(self._key)

    def bound(self, latest_ms: int) -> None:
        """Reject trades of the exchange that lie behind this time."""
        self.latest_ms = latest_ms
        self._engine.bound(self._key, latest_ms)


class VenueHost(MarketHost):
    """See `MarketHost`."""

    engine: VenueEngine

    def __init__(self, core: Core, key: str, now_ms: Callable[[], int]) -> None:
        super().__init__(now_ms)
        self.key = key
        self.engine = VenueEngine(core.engine, key)
        self.periods, self.store, self.tape, self.tapes = core.periods, core.store, core.tape, core.tapes
        self._core = core

    def handle(self, events: Iterable[AppEvent]) -> None:
        """Give events to the engine, in order."""
        self._bound()
        for event in events:
            self._core.engine.handle(event)

    def receive(self, trades: Sequence[TradeFields]) -> None:
        """Give trades to the engine, in order; they carry the exchange's own names."""
        self._bound()
        self._core.engine.take(trades, self.key)
        for tape in self.tapes:
            followed = parted(tape.symbol or "")
            if followed.venue == self.key:
                tape.record(trades, followed.symbol)

    def learn(self, instruments: Mapping[str, InstrumentFacts]) -> None:
        """Take in what the exchange's listing says of its symbols."""
        self._core.learn(instruments)

    def tell_tickers(self, tickers: Mapping[str, Ticker24h]) -> None:
        """Take in what the exchange says of the last 24 hours."""
        self._core.tell_tickers(tickers)

    async def flush(self) -> bool:
        """See `EngineHost.flush`."""
        return await self._core.flush()

    def _bound(self) -> None:
        if self.ahead_ms is not None:
            self.engine.bound(self.now_ms() + self.ahead_ms)
