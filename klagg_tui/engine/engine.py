"""The engine: events in, exact bars out, one plain call each.

Everything comes as an argument, the time included, so the same recording gives the same bars on every run. It belongs
to one thread; everybody else gets the immutable values it gives out.

Symbols of several exchanges stand beside each other. Each venue has names, a clock, reports and counters of its own; where
one exchange is watched, its venue may go by the empty name. A method's `venue=None` means all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.continuity import Continuity, pending_gap
from klagg_tui.engine.events import (
    AbandonGap,
    AddSymbol,
    AggTrade,
    AmendBar,
    AppEvent,
    Counters,
    EarlierBars,
    HoldSymbol,
    MissingTrades,
    PendingGap,
    QuietUntil,
    ReleaseSymbol,
    RemoveSymbol,
    Report,
    SeedBars,
    TradeFields,
    TradeSum,
)
from klagg_tui.engine.grid import BarGrid
from klagg_tui.engine.lifecycle import LifeEvent
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS, Period
from klagg_tui.engine.readers import Reader
from klagg_tui.engine.sequence import UNKNOWN
from klagg_tui.engine.symbol import SymbolState
from klagg_tui.names import parted


class KlineEngine:
    """Keeps the current bar of every symbol and period.

    Args:
        periods: any subset in any order; 1m is always kept, because all others are made from it.
        holds_gaps: True: a symbol with missing trades waits for `MissingTrades`, `AbandonGap` or `SeedBars`, and so does
            a symbol at its very first trade. False (files): missing trades are stepped over at once.
        held_minutes: how many ended minutes of each symbol late trades and the exchange's own bars can still change.
    """

    def __init__(
        self, periods: tuple[Period, ...] = DEFAULT_PERIODS, *, holds_gaps: bool, held_minutes: int = 64
    ) -> None:
        self._grid = BarGrid(periods, held_minutes)
        self._states = self._grid.states
        self._holds_gaps = holds_gaps
        self._venues: dict[str, Continuity] = {}

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods kept, short to long, always beginning with 1m."""
        return self._grid.periods

    @property
    def counters(self) -> Counters:
        """What was met so far, of all venues together."""
        every = [self.counters_of(venue) for venue in self._venues]
        return Counters(*map(sum, zip(*every, strict=True)))

    def counters_of(self, venue: str) -> Counters:
        """What was met so far of one venue."""
        return self._of(venue).counters(self._grid.trades(venue))

    def symbols(self, venue: str | None = None) -> tuple[str, ...]:
        """Symbols that are followed, of one venue or of all, by first open time, then by name."""
        symbols = self._grid.symbols
        return symbols if venue is None else tuple(one for one in symbols if self._states[one].venue == venue)

    def handle(self, event: AppEvent) -> None:
        """Take in one event. Nothing about its content makes this raise."""
        if isinstance(event, AggTrade):
            self.take((event,))
        elif isinstance(event, AddSymbol):
            self._of(event.venue)
            self._grid.add(event)
        elif isinstance(event, RemoveSymbol):
            if state := self._states.get(event.symbol):
                self._of(state.venue).leave(state)
            self._grid.remove(event.symbol)
        elif isinstance(event, AmendBar):
            if state := self._states.get(event.bar.symbol):
                self._of(state.venue).amend(state, event)
        else:
            self._steer(event)

    def take(self, trades: Sequence[TradeFields], venue: str = "") -> None:
        """`handle` for many trades of one venue, under its own names: the way of everything that a stream brings."""
        continuity = self._venues.get(venue) or self._of(venue)
        self._grid.take(trades, continuity.states, continuity.take)

    def take_sum(self, added: TradeSum, venue: str = "") -> bool:
        """`take` for trades of one minute that were added up; False where they have to be taken one by one, and none was."""
        return self._grid.take_sum(added, self._of(venue).states)

    @property
    def latest_ms(self) -> int | None:
        """Trades of later minutes than the forming one are rejected where they lie behind this time; None: none are.

        It is that of the venue without a name; `bound` sets that of any.
        """
        return self._of("").latest_ms

    @latest_ms.setter
    def latest_ms(self, latest_ms: int | None) -> None:
        self.bound("", latest_ms)

    def bound(self, venue: str, latest_ms: int | None) -> None:
        """Set the `latest_ms` of one venue."""
        self._of(venue).latest_ms = latest_ms

    def tick(self, now_ms: int, most: int | None = None, venue: str | None = None) -> bool:
        """End the minutes that are over at `now_ms`; symbols that wait for missing trades stay where they are.

        A minute that only the clock ended is partial where nothing was traded, until the next trade, `QuietUntil` or the
        exchange's own bar shows that it was quiet.

        Args:
            now_ms: the time.
            most: minutes ended in this call, so that whoever calls can see to other things in between; None: all.
            venue: whose time it is; None: that of all venues.

        Returns:
            Whether some are left.
        """
        for state in self._states_of(venue):
            # Without a price there is no bar to end, and the first trade may still come from a minute just over.
            if not state.close or state.end_ms > now_ms or state.is_waiting:
                continue
            if most is None:
                state.roll_to(now_ms)
                continue
            to_ms = min(now_ms, state.minute_ms + most * MINUTE_MS)
            most -= (to_ms - state.minute_ms) // MINUTE_MS
            state.roll_to(to_ms)
            if state.end_ms <= now_ms:
                return True
        return False

    def reader(self) -> Reader:
        """Register a reader; its first `drain` gives every current bar."""
        return self._grid.readers.add()

    def forget(self, reader: Reader) -> None:
        """Unregister a reader."""
        self._grid.readers.remove(reader)

    def drain(self, reader: Reader, periods: Collection[Period] | None = None, most: int | None = None) -> Changes:
        """What changed since the reader asked last.

        Args:
            reader: whose changes.
            periods: only these; default: all that are kept.
            most: current bars of so many symbols only; the rest waits, as `reader.tracker` says.
        """
        return self._grid.drain(reader, self.periods if periods is None else periods, most)

    def drain_minutes(
        self, reader: Reader, periods: Collection[Period], most: int | None = None
    ) -> tuple[Changes, list[list[Bar]]]:
        """The same, but of the current bars only the minutes, and for each what the larger ones had before it: see `RollUp.before`."""
        return self._grid.drain_minutes(reader, periods, most)

    def traded_ms(self, symbol: str) -> int:
        """Time of the newest trade of a symbol since it began, 0 where there is none."""
        state = self._states.get(symbol)
        return state.traded_ms if state else 0

    def next_id(self, symbol: str) -> int | None:
        """The aggregate id that comes next, None where nothing is known."""
        state = self._states.get(symbol)
        return state.next_id if state and state.next_id != UNKNOWN else None

    def pending_gap(self, symbol: str) -> PendingGap | None:
        """What a symbol waits for; None where it does not wait."""
        state = self._states.get(symbol)
        return pending_gap(state) if state else None

    def held_trades(self, venue: str | None = None) -> int:
        """How many trades wait for missing ones before them."""
        return sum(len(state.held) for state in self._states_of(venue))

    def waiting(self, venue: str | None = None) -> tuple[str, ...]:
        """Symbols whose trades are held back."""
        return tuple(state.symbol for state in self._states_of(venue) if state.is_waiting)

    def incomplete(self, venue: str | None = None) -> dict[str, int]:
        """When the minutes held begin, of running symbols whose larger bars under way lack something before; busiest first."""
        running = [state for state in self._states_of(venue) if state.close and not state.is_waiting]
        running.sort(key=lambda state: -state.taken)
        found = {state.symbol: state.ended.lacks_before(state.minute_ms) for state in running}
        return {symbol: from_ms for symbol, from_ms in found.items() if from_ms is not None}

    def take_reports(self, venue: str | None = None) -> list[Report]:
        """What the shell should know or see to, oldest first within a venue; afterwards there is none."""
        taken: list[Report] = []
        for continuity in self._venues.values() if venue is None else (self._of(venue),):
            taken += continuity.reports
            continuity.reports = []
        return taken

    def _of(self, venue: str) -> Continuity:
        found = self._venues.get(venue)
        if found is None:
            found = Continuity(self._grid.table(venue), holds_gaps=self._holds_gaps, venues=self._venues)
            self._venues[venue] = found
        return found

    def _states_of(self, venue: str | None) -> Iterable[SymbolState]:
        return (self._states if venue is None else self._grid.table(venue)).values()

    def _steer(
        self,
        event: SeedBars | EarlierBars | MissingTrades | HoldSymbol | ReleaseSymbol | QuietUntil | AbandonGap,
    ) -> None:
        state = self._states.get(event.symbol)
        if state is None:
            self._of(parted(event.symbol).venue).counts.unknown_symbol += 1
            return
        continuity = self._of(state.venue)
        if isinstance(event, SeedBars):
            continuity.seed(state, event)
        elif isinstance(event, EarlierBars):
            continuity.complete(state, event.bars)
        elif isinstance(event, MissingTrades):
            continuity.fill(state, event.trades)
        elif isinstance(event, HoldSymbol):
            state.wait(LifeEvent.HOLD)
        elif isinstance(event, ReleaseSymbol):
            continuity.release(state)
        elif isinstance(event, QuietUntil):
            state.be_quiet(event.to_ms)
        else:
            continuity.abandon(state)
