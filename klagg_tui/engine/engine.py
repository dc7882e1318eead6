"""The engine: events in, exact bars out, one plain call each.

It is told everything, the time included, so the same recording gives the same bars on every run. It belongs to one
thread; everybody else gets the immutable values it gives out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.events import (
    AbandonGap,
    AddSymbol,
    AggTrade,
    AmendBar,
    AppEvent,
    BarJudged,
    Counters,
    GapClosed,
    GapFound,
    HoldSymbol,
    MissingTrades,
    PendingGap,
    ReleaseSymbol,
    RemoveSymbol,
    Report,
    SeedBars,
    TradeFields,
    TradeRejected,
    TradeTooLate,
)
from klagg_tui.engine.grid import BarGrid
from klagg_tui.engine.period import DAY_MS, DEFAULT_PERIODS, MINUTE_MS, Period
from klagg_tui.engine.readers import Reader
from klagg_tui.engine.sequence import UNKNOWN, Verdict
from klagg_tui.engine.symbol import SymbolState
from klagg_tui.errors import BadNumber


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
        self._lanes = self._grid.lanes
        self._holds_gaps = holds_gaps
        self._counts: Counter[str] = Counter()
        self._reports: list[Report] = []

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods kept, short to long, always beginning with 1m."""
        return self._grid.periods

    @property
    def counters(self) -> Counters:
        """What was met so far."""
        return Counters(trades=self._grid.trades, **self._counts)

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
            self._amend(event.bar)
        else:
            self._steer(event)

    def take(self, trades: Sequence[TradeFields]) -> None:
        """`handle` for many trades: the way of everything that a stream brings."""
        self._grid.take(trades, self._take_uncommon)

    def tick(self, now_ms: int) -> None:
        """End the minutes that are over at `now_ms`; symbols that wait for missing trades stay where they are."""
        for lane in self._lanes.values():
            # Without a price there is no bar to end, and the first trade may still come from a minute just over.
            if lane.close and lane.end_ms <= now_ms and not lane.waiting:
                lane.roll_to(now_ms)

    def reader(self) -> Reader:
        """Register a reader; its first `drain` gives every current bar."""
        return self._grid.readers.add()

    def forget(self, reader: Reader) -> None:
        """Unregister a reader."""
        self._grid.readers.remove(reader)

    def drain(self, reader: Reader, periods: Collection[Period] | None = None, most: int | None = None) -> Changes:
        """What changed since the reader asked last.

        Args:
            periods: only these; default: all that are kept.
            most: current bars of so many symbols only; the rest waits, which `reader.tracker` tells.
        """
        return self._grid.drain(reader, self.periods if periods is None else periods, most)

    def snapshot(self, periods: Collection[Period] | None = None) -> tuple[Bar, ...]:
        """The current bars of every symbol, in the order of `symbols()`, short periods first."""
        return self._grid.snapshot(self.periods if periods is None else periods)

    def bars(self, symbol: str) -> dict[Period, Bar]:
        """The current bars of one symbol; empty where it is unknown or has no price yet."""
        lane = self._lanes.get(symbol)
        return {bar.period: bar for bar in lane.current(self.periods)} if lane else {}

    def traded_ms(self, symbol: str) -> int:
        """Time of the newest trade of a symbol since it began, 0 where there is none."""
        lane = self._lanes.get(symbol)
        return lane.traded_ms if lane else 0

    def next_id(self, symbol: str) -> int | None:
        """The aggregate id that comes next, None where nothing is known."""
        lane = self._lanes.get(symbol)
        return lane.next_id if lane and lane.next_id != UNKNOWN else None

    def hole(self, symbol: str) -> PendingGap | None:
        """What a symbol waits for; None where it does not wait."""
        lane = self._lanes.get(symbol)
        if lane is None or not lane.waiting:
            return None
        held = tuple(lane.held[held_id] for held_id in sorted(lane.held))
        return PendingGap(self.next_id(symbol), held, lane.minute() if lane.close else None, lane.traded_ms)

    def held_trades(self) -> int:
        """How many trades wait for missing ones before them."""
        return sum(len(lane.held) for lane in self._lanes.values())

    def waiting(self) -> tuple[str, ...]:
        """Symbols whose trades are held back."""
        return tuple(lane.symbol for lane in self._lanes.values() if lane.waiting)

    def take_reports(self) -> list[Report]:
        """What the shell should know or see to, oldest first; afterwards there is none."""
        reports, self._reports = self._reports, []
        return reports

    def _take_uncommon(self, fields: TradeFields) -> None:
        trade = AggTrade(*fields)
        lane = self._lanes.get(trade.symbol)
        if lane is None:
            self._counts["unknown_symbol"] += 1
            return
        if reason := _fault(trade, lane):
            self._reject(trade, reason)
            # Recorded streams hold records of nothing: no trades, but their ids are used up.
            if trade.is_placeholder and trade.aggregate_id == lane.next_id and not lane.waiting:
                lane.skip()
            return
        verdict = lane.judge(trade.aggregate_id)
        if verdict is Verdict.DUPLICATE:
            self._counts["duplicates"] += 1
        elif verdict is Verdict.NEXT or self._is_welcome_first(lane):
            self._place(lane, trade)
            if lane.waiting:
                self._release(lane)
        elif self._holds_gaps:
            lane.hold(trade)
            if not lane.has_gap:
                self._open_gap(lane)
        else:
            self._report_gap(lane, trade)
            self._counts["gaps"] += 1
            self._counts["gaps_abandoned"] += 1
            self._tear(lane, trade)

    def _is_welcome_first(self, lane: SymbolState) -> bool:
        """Whether a run begins with whatever comes: in files, and where a seed knew no id."""
        return lane.next_id == UNKNOWN and (lane.is_begun or not self._holds_gaps)

    def _place(self, lane: SymbolState, trade: AggTrade) -> None:
        self._count_late(trade, is_late=lane.is_late(trade), is_in=lane.place(trade))

    def _tear(self, lane: SymbolState, trade: AggTrade) -> None:
        self._count_late(trade, is_late=lane.is_late(trade), is_in=lane.skip_gap(trade))

    def _count_late(self, trade: AggTrade, *, is_late: bool, is_in: bool) -> None:
        if not is_in:
            self._counts["too_late"] += 1
            self._reports.append(TradeTooLate(trade))
        elif is_late:
            self._counts["late"] += 1

    def _steer(self, event: SeedBars | MissingTrades | HoldSymbol | ReleaseSymbol | AbandonGap) -> None:
        lane = self._lanes.get(event.symbol)
        if lane is None:
            self._counts["unknown_symbol"] += 1
        elif isinstance(event, SeedBars):
            self._seed(lane, event)
        elif isinstance(event, MissingTrades):
            self._fill(lane, event.trades)
        elif isinstance(event, HoldSymbol):
            lane.wait()
        elif isinstance(event, ReleaseSymbol):
            self._release(lane)
        else:
            self._abandon(lane)

    def _seed(self, lane: SymbolState, seed: SeedBars) -> None:
        lane.begin(seed)
        if seed.next_id is None and (first := lane.pop_first()):
            self._place(lane, first)
        if lane.waiting:
            self._release(lane)

    def _fill(self, lane: SymbolState, trades: tuple[AggTrade, ...]) -> None:
        for trade in trades:
            verdict = lane.judge(trade.aggregate_id)
            if reason := _fault(trade, lane):
                self._reject(trade, reason)
            elif verdict is Verdict.NEXT:
                self._place(lane, trade)
            elif verdict is Verdict.AHEAD:
                lane.hold(trade)
        self._release(lane)

    def _release(self, lane: SymbolState) -> None:
        """Put in what was held back and fits now; go on when nothing is left, else say what is missing still."""
        while trade := lane.pop_next():
            self._place(lane, trade)
        lane.forget_passed()
        if lane.held:
            self._open_gap(lane)
            return
        if lane.has_gap:
            self._close_gap(lane, filled=True)
        lane.go_on()

    def _abandon(self, lane: SymbolState) -> None:
        first = lane.pop_first()
        if first is None:
            return
        self._close_gap(lane, filled=False)
        self._tear(lane, first)
        self._release(lane)

    def _open_gap(self, lane: SymbolState) -> None:
        if not lane.has_gap and lane.next_id != UNKNOWN:
            self._counts["gaps"] += 1
            lane.suspect()
            lane.is_gap_counted = True
        lane.has_gap = True
        lane.wait()
        self._report_gap(lane, lane.held[min(lane.held)])

    def _close_gap(self, lane: SymbolState, *, filled: bool) -> None:
        if lane.is_gap_counted:
            self._counts["gaps_filled" if filled else "gaps_abandoned"] += 1
        lane.has_gap = lane.is_gap_counted = False
        self._reports.append(GapClosed(lane.symbol, filled))

    def _report_gap(self, lane: SymbolState, trade: AggTrade) -> None:
        next_id = lane.next_id
        from_ms = lane.reached_ms or trade.traded_ms - trade.traded_ms % MINUTE_MS
        first_id = None if next_id == UNKNOWN else next_id
        self._reports.append(GapFound(lane.symbol, first_id, trade.aggregate_id - 1, from_ms, trade.traded_ms))

    def _amend(self, bar: Bar) -> None:
        lane = self._lanes.get(bar.symbol)
        outcome = lane.amend(bar) if lane else "too old"
        if outcome != "too old":
            self._counts[outcome] += 1
        self._reports.append(BarJudged(bar, outcome))

    def _reject(self, trade: AggTrade, reason: str) -> None:
        self._counts["rejected"] += 1
        self._reports.append(TradeRejected(trade, reason))


_FARTHEST_MS: Final = 366 * DAY_MS
"""No symbol rests longer; a time that far ahead is damage, and every minute up to it would become a flat bar."""


def _fault(trade: AggTrade, lane: SymbolState) -> str | None:
    """What makes a trade impossible, by name."""
    try:
        price, quantity = trade.amounts()
    except BadNumber as error:
        return str(error)
    if not price:
        return "price is not positive"
    if not quantity:
        return "quantity is not positive"
    if trade.traded_ms < 0 or trade.aggregate_id < 0:
        return "time or id is negative"
    if trade.last_trade_id < trade.first_trade_id:
        return "trade ids run backwards"
    if lane.close and trade.traded_ms >= lane.end_ms + _FARTHEST_MS:
        return "time is more than a year ahead"
    return None
