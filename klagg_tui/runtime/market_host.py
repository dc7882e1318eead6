"""What the rooms of one market have of the engine: bars in and out, its clock, and what is told of it.

Where one exchange is watched this is the whole `EngineHost`; where several are, each has a `VenueHost`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from klagg_tui.edge import OlderBars
from klagg_tui.engine.derivatives import DerivativesBook
from klagg_tui.engine.events import AppEvent, Counters, PendingGap, Report, TradeFields
from klagg_tui.engine.period import Period
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.exchange.transport.steady import steady_ms
from klagg_tui.feed import InstrumentFacts
from klagg_tui.metrics import Metrics
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.tape import Tape
from klagg_tui.runtime.told import ToldBars
from klagg_tui.storage.store import Store

FetchOlder: TypeAlias = Callable[[str, Period, int], Awaitable[OlderBars]]
"""Symbol, period, and when the oldest stored bar opens."""

_RATE_MS: Final = 1_000
"""Trades a second are counted over so long."""


class EngineView(Protocol):
    """What the rooms of a market ask of the engine; see `KlineEngine`."""

    @property
    def periods(self) -> tuple[Period, ...]:
        """Short to long, always beginning with 1m."""
        ...

    @property
    def counters(self) -> Counters:
        """What was met so far."""
        ...

    @property
    def latest_ms(self) -> int | None:
        """See `KlineEngine.latest_ms`."""
        ...

    def symbols(self) -> tuple[str, ...]:
        """Those of the market that are followed."""
        ...

    def waiting(self) -> tuple[str, ...]:
        """Those of them whose trades are held back."""
        ...

    def incomplete(self) -> dict[str, int]:
        """Those that run on and whose larger bars under way lack something; see `KlineEngine.incomplete`."""
        ...

    def held_trades(self) -> int:
        """How many trades wait."""
        ...

    def traded_ms(self, symbol: str) -> int:
        """Time of its newest trade."""
        ...

    def pending_gap(self, symbol: str) -> PendingGap | None:
        """What it waits for."""
        ...

    def take_reports(self) -> list[Report]:
        """Those of the market."""
        ...


class MarketHost(ABC):
    """One market's side of the engine. Everything here is called on the engine's loop only."""

    key: str = ""
    """The exchange's, in the names of its symbols; empty where one is watched, whose names are bare."""
    engine: EngineView
    periods: tuple[Period, ...]
    store: Store | None
    tape: Tape
    """Of the own screen, which is one exchange's symbol at a time."""
    tapes: list[Tape]
    """All that somebody looks at, the own screen's first."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.now_ms = now_ms
        self.notices: dict[str, str] = {}
        """Present troubles by subject, each one sentence."""
        self.halted: frozenset[str] = frozenset()
        """Followed symbols whose trading rests at the exchange."""
        self.not_chosen = ""
        """What the exchange lists besides what is followed, as a sentence; empty where nothing."""
        self.others: tuple[str, ...] = ()
        """Their symbols."""
        self.asked: tuple[str, ...] = ()
        """Patterns of symbols that are to be found there."""
        self.unmatched: dict[str, str] | None = None
        """Those that match nothing listed, each with a name that is near, or none; None before it was listed."""
        self.metrics = Metrics()
        self.ahead_ms: int | None = None
        """How far ahead of `now_ms` a trade may lie; None: as far as it likes."""
        self.look = Look()
        """What somebody looks at, of all exchanges."""
        self.fetch_older: FetchOlder | None = None
        """Fetches bars from before the stored ones, see `Feed.fetch_older`; None while the exchange cannot be asked."""
        self.on_wake: Callable[[], None] = lambda: None
        """Called after the machine slept, when every symbol waits."""
        self.is_waking = False
        """Whether the machine slept and the exchange has not told its time since."""
        self.rate = TradeRate()
        self.told = ToldBars()
        """Bars that another klagg makes."""
        self.derivatives = DerivativesBook()
        """What is told of contracts beside their trades."""

    @abstractmethod
    def handle(self, events: Iterable[AppEvent]) -> None:
        """Give events to the engine, in order."""

    @abstractmethod
    def receive(self, trades: Sequence[TradeFields]) -> None:
        """Give trades to the engine, in order."""

    @abstractmethod
    def learn(self, instruments: Mapping[str, InstrumentFacts]) -> None:
        """Take in what a listing says of symbols, for the screen."""

    @abstractmethod
    def tell_tickers(self, tickers: Mapping[str, Ticker24h]) -> None:
        """Take in what the exchange says of the last 24 hours, for the screen."""

    @abstractmethod
    async def flush(self) -> bool:
        """Write what changed since the last time."""


class TradeRate:
    """How many trades a second a market brings."""

    def __init__(self) -> None:
        self._per_second = 0.0
        self._counted, self._since_ms = 0, steady_ms()

    def measure(self, trades: int) -> float:
        """Trades a second, over the last whole second; `trades`: all so far."""
        now_ms = steady_ms()
        past_ms = now_ms - self._since_ms
        if past_ms >= _RATE_MS:
            self._per_second = (trades - self._counted) * 1000 / past_ms
            self._counted, self._since_ms = trades, now_ms
        return self._per_second
