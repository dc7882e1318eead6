"""What lives in the engine's thread: the engine, its clock, and the ways out to store and screen."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.changes import ChangeBuffer, Changes
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.derivatives import SCREEN, DerivativeMinute
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import AggTrade, AppEvent, HoldSymbol, TradeFields
from klagg_tui.engine.period import Period, chain
from klagg_tui.engine.readers import Reader
from klagg_tui.errors import StorageError
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.exchange.transport.steady import Absence
from klagg_tui.feed import FeedUpdate, InstrumentFacts, Mode, Status
from klagg_tui.formatting import counted
from klagg_tui.metrics import Metric
from klagg_tui.names import parted
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.market_host import MarketHost
from klagg_tui.runtime.tape import Tape
from klagg_tui.runtime.venue_host import VenueHost
from klagg_tui.runtime.viewer import Viewer
from klagg_tui.storage.store import Store

log = logging.getLogger(__name__)

V = TypeVar("V", bound=Viewer)

TICK_S: Final = 0.2
LOOK_S: Final = 2.0
"""Between two looks whether the database is still in its place."""
MINUTES_AT_ONCE: Final = 1_024
"""Minutes ended before others have their turn, about 30 ms: more than there are symbols, so that only a leap needs several turns."""
SLEPT_MS: Final = 30_000
"""A pause between two ticks past which the machine must have slept."""
_AT_ONCE: Final = 40
"""Symbols whose bars are read in one go: all of 500 would hold up trades for 6 ms."""


class EngineHost(MarketHost):
    """Owns the engine. Everything here is called on the engine's loop only.

    Where one exchange is watched, it is that exchange's `MarketHost` too; where several are, each has its own of `venue`.

    Args:
        engine: fed by a source through `handle`.
        periods: those asked for; 1m goes to the store and the screen also where it is not among them.
        store: where changed bars go every `flush_s` seconds; None to keep nothing.
        now_ms: the exchange's clock, or a replay's.
    """

    def __init__(
        self,
        engine: KlineEngine,
        periods: tuple[Period, ...],
        store: Store | None,
        now_ms: Callable[[], int],
        flush_s: float = 2.0,
    ) -> None:
        super().__init__(now_ms)
        self.engine: KlineEngine = engine
        self.periods = periods
        self.store = store
        self.venues: list[VenueHost] = []
        """The sides of several exchanges; empty where one is watched."""
        self.tape = Tape()
        self.tapes = [self.tape]
        self._told = chain(periods)
        """Whose bars the screen is told: rolling windows are made of minutes."""
        self.stale_closes = list(self._told) if store else []
        """Periods whose stored closes the screen has not seen yet."""
        self._flush_s = flush_s
        self._screen = Viewer(SCREEN, engine.reader())
        self._viewers = [self._screen]
        self._disk = engine.reader() if store else None
        self._unwritten = ChangeBuffer()
        self._untold: list[DerivativeMinute] = []
        """Minutes of what was told beside trades that are to be written."""
        self._write_error: StorageError | None = None
        """Of the last write that failed."""
        self._writing = asyncio.Lock()
        if store:
            store.collect_news()
        self.status: Callable[[], Status] = lambda: Status("", Mode.CONNECTING, 0)
        """How the run is doing, as it was told last."""
        self.takes_more: Callable[[], bool] = lambda: True
        """Whether whoever looks has taken the newest update."""
        self.instruments: dict[str, InstrumentFacts] = {}
        """What is known of symbols, stored ones included."""
        self._tickers: dict[str, Ticker24h] = {}
        """The last 24 hours as they were told last."""
        self._look, self._looks = Look(), tuple[Look, ...]()

    def learn(self, instruments: Mapping[str, InstrumentFacts]) -> None:
        """Take in what a listing says of symbols, for whoever looks."""
        self.instruments.update(instruments)
        for viewer in self._viewers:
            viewer.learn(instruments)

    def tell_tickers(self, tickers: Mapping[str, Ticker24h]) -> None:
        """Take in what an exchange says of the last 24 hours, for whoever looks."""
        self._tickers.update(tickers)
        for viewer in self._viewers:
            viewer.tell_tickers(tickers)

    def tell_bars(self, current: Sequence[Bar]) -> None:
        """Take in bars under way that another klagg makes, for the screen."""
        self.told.tell(current, self.now_ms())
        for viewer in self._viewers:
            viewer.told.add(Changes(tuple(current)))

    def view(self, name: str, kind: Callable[[str, Reader], V]) -> V:
        """One more who is told updates, of that name, for whom everything is new; see `update` and `forget`."""
        viewer = kind(name, self.engine.reader())
        viewer.learn(self.instruments)
        viewer.tell_tickers(self._tickers)
        viewer.told.add(self.told.changes)
        self._viewers.append(viewer)
        return viewer

    def forget(self, viewer: Viewer) -> None:
        """It is told nothing more."""
        self._viewers.remove(viewer)
        self.engine.forget(viewer.reader)
        for market in self.markets:
            market.derivatives.forget(viewer.name)

    def venue(self, key: str, now_ms: Callable[[], int]) -> VenueHost:
        """The side of one exchange more, whose clock `now_ms` is; its symbols are named `key:symbol`."""
        made = VenueHost(self, key, now_ms)
        self.venues.append(made)
        return made

    @property
    def markets(self) -> Sequence[MarketHost]:
        """The side of each exchange that is watched."""
        return self.venues or [self]

    def market_of(self, symbol: str) -> MarketHost:
        """The side of the exchange that a symbol is of."""
        key = parted(symbol).venue
        return next((venue for venue in self.venues if venue.key == key), self)

    def handle(self, events: Iterable[AppEvent]) -> None:
        """Give events to the engine, in order."""
        self._bound()
        for event in events:
            self.engine.handle(event)

    def receive(self, trades: Sequence[TradeFields]) -> None:
        """Give trades to the engine, in order."""
        self._bound()
        self.engine.take(trades)
        for tape in self.tapes:
            if tape.symbol is not None:
                tape.record(trades, tape.symbol)

    def _bound(self) -> None:
        if self.ahead_ms is not None:
            self.engine.latest_ms = self.now_ms() + self.ahead_ms

    def follow(self, symbol: str | None) -> None:
        """Keep the tape of this symbol from now on."""
        self.tape.follow(symbol)

    def look_at(self, look: Look) -> None:
        """Fetch the history of what is on the own screen first, from now on."""
        self._look = look
        self._use_looks()

    def look_also(self, looks: Sequence[Look]) -> None:
        """And behind it, from now on, the history of what is looked at in windows."""
        self._looks = tuple(looks)
        self._use_looks()

    def _use_looks(self) -> None:
        look = self._look._replace(others=self._looks)
        for market in (self, *self.venues):
            market.look = look

    def tape_of(self, symbol: str) -> tuple[AggTrade, ...]:
        """The last trades of the followed symbol, oldest first; empty for another one."""
        return tuple(self.tape.trades) if symbol == self.tape.symbol else ()

    async def tick_forever(self) -> None:
        """End bars by the clock. A machine that slept received nothing meanwhile: its symbols wait until that is repaired."""
        absence = Absence()
        while True:
            if absence.ms() > SLEPT_MS:
                self.handle([HoldSymbol(symbol) for symbol in self.engine.symbols()])
                for market in self.markets:
                    market.on_wake()
            while self._tick():
                # Written as they are made: neither does memory grow by what a leap of the clock ends, nor does the disk wait.
                await self.flush()
                await asyncio.sleep(0)
            absence.restart()
            await asyncio.sleep(TICK_S)

    def _tick(self) -> bool:
        """End bars, each exchange's by its own clock; returns whether some are left."""
        for market in self.markets:
            market.derivatives.tick(market.now_ms())
        if not self.venues:
            return self.engine.tick(self.now_ms(), MINUTES_AT_ONCE)
        left = [self.engine.tick(venue.now_ms(), MINUTES_AT_ONCE, venue.key) for venue in self.venues]
        return any(left)

    async def flush_forever(self) -> None:
        """Write what changed, again and again; however rarely that is, the file is looked after every few seconds."""
        while True:
            left_s = self._flush_s
            while left_s > LOOK_S:
                await asyncio.sleep(LOOK_S)
                left_s -= LOOK_S
                self._look_after_file()
            await asyncio.sleep(left_s)
            await self.flush()

    def _look_after_file(self) -> None:
        try:
            if self.store is not None:
                self.store.require_in_place()
        except StorageError as error:
            self._note_failure(error)

    def _note_failure(self, error: StorageError) -> None:
        self._write_error = error
        count = len(self._unwritten)
        waiting = f"{counted(count, 'bar')} {'waits' if count == 1 else 'wait'}"
        self.notices["storage"] = f"{error} {waiting} in memory."

    async def flush(self) -> bool:
        """Write what changed since the last time. Where the disk fails, the bars are kept for the next try."""
        told = [minute for market in self.markets for minute in market.derivatives.take_ended()]
        if self.store is None or self._disk is None:
            return True
        self._untold += told
        async with self._writing:
            disk = self._disk
            async for changes in self._drained(disk, lambda most: self.engine.drain(disk, most=most)):
                self._unwritten.add(changes)
            self.metrics.set(Metric.DIRTY_ROWS, len(self._unwritten))
            try:
                await self._write(self.store)
            except StorageError as error:
                self._note_failure(error)
                log.warning("write failed: %s", error)
                return False
            self.notices.pop("storage", None)
            return True

    async def flush_ended(self) -> None:
        """Write what changed where something has ended since the last time: it is neither current nor on disk otherwise."""
        if self._disk is None:
            return
        has_told = self._untold or any(market.derivatives.has_ended for market in self.markets)
        if has_told or self._disk.ended or self._unwritten.has_ended:
            await self.flush()

    def unwritten(self, symbol: str, period: Period) -> dict[int, Bar]:
        """The bars of a series that are over and not on disk yet, by open time, in their newest state."""
        waiting = (*self._unwritten.ended, *(self._disk.ended.values() if self._disk else ()))
        return {bar.open_ms: bar for bar in waiting if bar.symbol == symbol and bar.period is period}

    async def flush_last(self) -> None:
        """Write what changed, before the end.

        Raises:
            StorageError: it could not be written; the sentence says how much that is, and why.
        """
        for market in self.markets:
            market.derivatives.end_all()
        if not await self.flush():
            bars = counted(len(self._unwritten), "bar")
            raise StorageError(
                f"Stopped; {bars} of the last state could not be written. {self._write_error}"
            ) from self._write_error

    async def _write(self, store: Store) -> None:
        """Also where nothing waits the file is looked at: whoever removed it is told within seconds."""
        if not self._unwritten and not self._untold:
            store.require_in_place()
            return
        began, told = time.perf_counter(), tuple(self._untold)
        written = await store.write(self._unwritten.changes(), told)
        self._unwritten.clear()
        del self._untold[: len(told)]
        self.metrics.set(Metric.DIRTY_ROWS, 0)
        self.metrics.add(Metric.ROWS_WRITTEN, written)
        self.metrics.set(Metric.WRITE, (time.perf_counter() - began) * 1000)

    @property
    def followed(self) -> tuple[str, ...]:
        """The symbols of which new bars come, whoever makes them."""
        return (*self.engine.symbols(), *self.told.symbols)

    def is_seen(self) -> bool:
        """Whether the own screen was told of all that happened, and took it."""
        return not self._screen.reader.tracker and not self._screen.told and self.takes_more()

    async def update(self, viewer: Viewer | None = None) -> FeedUpdate:
        """What changed for one who looks, the own screen, since it was asked last; trades go on between some symbols and the next."""
        viewer = viewer or self._screen
        buffer = ChangeBuffer()
        async for changes in self._drained(viewer.reader, lambda most: viewer.drain(self.engine, self._told, most)):
            buffer.add(changes)
        buffer.add(viewer.take_told())
        # Without a pause in between: what was written beside an ended bar is told with it or later, never before.
        stored = self._take_news(viewer)
        current, ended, _ = buffer.changes()
        added, removed = viewer.take_symbols(self.followed)
        learned, tickers = viewer.take_learned(), viewer.take_tickers()
        told = tuple(minute for market in self.markets for minute in market.derivatives.take_news(viewer.name))
        return FeedUpdate(
            Changes(current, ended), added, removed, self._traded(current), learned, stored, tickers, told
        )

    def _take_news(self, viewer: Viewer) -> tuple[StoredStretch, ...]:
        """What changed in the store beside the engine; all who look are told of it."""
        if self.store is not None and (news := self.store.take_news()):
            told = [stretch for stretch in news if stretch.period in self._told]
            for each in self._viewers:
                each.stored.add(told)
        return viewer.stored.take()

    async def _drained(self, reader: Reader, drain: Callable[[int], Changes]) -> AsyncIterator[Changes]:
        """What changed for a reader, some symbols at a time, trades being taken in between.

        The last of them holds every bar that has ended by then, also of symbols that came before.
        """
        yield drain(_AT_ONCE)
        # In a storm symbols change faster than they are read: those are for the next time.
        for _ in range(-(-len(reader.tracker) // _AT_ONCE)):
            await asyncio.sleep(0)
            yield drain(_AT_ONCE)

    def _traded(self, bars: Iterable[Bar]) -> Mapping[str, int]:
        symbols = {bar.symbol for bar in bars}
        told = self.told.symbols
        return {symbol: told[symbol] if symbol in told else self.engine.traded_ms(symbol) for symbol in symbols}
