"""The engine: events in, exact bars out, one plain call each.

Everything comes as an argument, the time included, so the same recording gives the same bars on every run. It belongs
to one thread; everybody else gets the immutable values it gives out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.continuity import Continuity
from klagg_tui.engine.events import (
    AbandonGap,
    AddSymbol,
    AggTrade,
    AmendBar,
    AppEvent,
    Counters,
    HoldSymbol,
    MissingTrades,
    PendingGap,
    QuietUntil,
    ReleaseSymbol,
    RemoveSymbol,
    Report,
    SeedBars,
    TradeFields,
)
from klagg_tui.engine.grid import BarGrid
from klagg_tui.engine.lifecycle import LifeEvent
from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS, Period
from klagg_tui.engine.readers import Reader
from klagg_tui.engine.sequence import UNKNOWN


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
        self._continuity = Continuity(self._states, holds_gaps=holds_gaps)

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods kept, short to long, always beginning with 1m."""
        return self._grid.periods

    @property
    def counters(self) -> Counters:
        """What was met so far."""
        return self._continuity.counters(self._grid.trades)

    def symbols(self) -> tuple[str, ...]:
        """Symbols that are followed, by first open time, then by name."""
        return self._grid.symbols

    def handle(self, event: AppEvent) -> None:
        """Take in one event. Nothing about its content makes this raise."""
        if isinstance(event, AggTrade):
            self.take((event,))
        elif isinstance(event, AddSymbol):
            self._grid.add(event)
        elif isinstance(event, RemoveSymbol):
            self._grid.remove(event.symbol)
        elif isinstance(event, AmendBar):
            self._continuity.amend(event.bar)
        else:
            self._steer(event)

    def take(self, trades: Sequence[TradeFields]) -> None:
        """`handle` for many trades: the way of everything that a stream brings."""
        self._grid.take(trades, self._continuity.take)

    @property
    def latest_ms(self) -> int | None:
        """Trades of later minutes than the forming one are rejected where they lie behind this time; None: none are."""
        return self._continuity.latest_ms

    @latest_ms.setter
    def latest_ms(self, latest_ms: int | None) -> None:
        self._continuity.latest_ms = latest_ms

    def tick(self, now_ms: int, most: int | None = None) -> bool:
        """End the minutes that are over at `now_ms`; symbols that wait for missing trades stay where they are.

        A minute that only the clock ended is partial where nothing was traded, until the next trade, `QuietUntil` or the
        exchange's own bar shows that it was quiet.

        Args:
            now_ms: the time.
            most: minutes ended in this call, so that whoever calls can see to other things in between; None: all.

        Returns:
            Whether some are left.
        """
        for state in self._states.values():
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
        return self._continuity.pending_gap(symbol)

    def held_trades(self) -> int:
        """How many trades wait for missing ones before them."""
        return self._continuity.held_trades()

    def waiting(self) -> tuple[str, ...]:
        """Symbols whose trades are held back."""
        return tuple(state.symbol for state in self._states.values() if state.is_waiting)

    def take_reports(self) -> list[Report]:
        """What the shell should know or see to, oldest first; afterwards there is none."""
        reports, self._continuity.reports = self._continuity.reports, []
        return reports

    def _steer(self, event: SeedBars | MissingTrades | HoldSymbol | ReleaseSymbol | QuietUntil | AbandonGap) -> None:
        continuity = self._continuity
        state = continuity.state_of(event.symbol)
        if state is None:
            return
        if isinstance(event, SeedBars):
            continuity.seed(state, event)
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
