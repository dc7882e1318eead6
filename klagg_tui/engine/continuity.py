"""What keeps a symbol's run of trades unbroken: seeds, gaps found, filled, given up or stepped over.

Trades come here that `BarGrid.take` could not add at once, and all events about what is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import (
    AggTrade,
    AmendBar,
    Counters,
    GapFound,
    NumberedAnew,
    PendingGap,
    Report,
    SeedBars,
    TradeFields,
    TradeRejected,
    TradeTooLate,
)
from klagg_tui.engine.lifecycle import Life, LifeEvent
from klagg_tui.engine.period import DAY_MS
from klagg_tui.engine.sequence import UNKNOWN, Verdict
from klagg_tui.engine.spans import DISORDER_MS
from klagg_tui.engine.symbol import Amendment, Placement, SymbolState
from klagg_tui.errors import BadNumber

_MOST_REPORTS: Final = 1_000
"""Single trades reported at once: where no trades arrive nobody takes the reports, and fetched ones may all be wrong."""
MOST_HELD_IN_SUM: Final = 100_000
"""Trades of all symbols that wait for others: some 50 MB."""


@dataclass(slots=True)
class Counts:
    """See `Counters`."""

    duplicates: int = 0
    gaps: int = 0
    gaps_filled: int = 0
    gaps_abandoned: int = 0
    late: int = 0
    too_late: int = 0
    unknown_symbol: int = 0
    rejected: int = 0
    held_cut: int = 0
    equal: int = 0
    amended: int = 0


class Continuity:
    """Works on the symbols of one venue that a grid follows.

    Args:
        states: the symbols followed, by the names that trades tell; others are counted and left.
        holds_gaps: see `KlineEngine`.
        venues: all venues, this one included: each may hold back the same share of trades.
    """

    def __init__(self, states: Mapping[str, SymbolState], *, holds_gaps: bool, venues: Collection[object]) -> None:
        self.counts = Counts()
        self.reports: list[Report] = []
        self.latest_ms: int | None = None
        """See `KlineEngine.latest_ms`."""
        self.states = states
        self._held_about = 0
        """Trades held back by all symbols, or more: counted anew where it seems too many."""
        self._holds_gaps = holds_gaps
        self._venues = venues

    def counters(self, trades: int) -> Counters:
        """What was met so far, with the number of trades taken."""
        return Counters(trades=trades, **asdict(self.counts))

    def take(self, fields: TradeFields) -> None:
        """A trade that is not as most are."""
        trade = AggTrade(*fields)
        state = self.states.get(trade.symbol)
        if state is None:
            self.counts.unknown_symbol += 1
            return
        if fault := self._fault(trade, state):
            self._reject(state, trade, fault)
            # Recorded streams hold placeholders: no trades, but their ids are used up.
            if 0 <= trade.aggregate_id == state.next_id and trade.is_placeholder and not state.is_waiting:
                state.skip_id()
            return
        verdict = state.judge(trade.aggregate_id)
        if verdict is Verdict.DUPLICATE or state.continues_anew(trade):
            self._take_again(state, trade)
        elif self._holds_gaps and state.is_of_former(trade):
            self.counts.duplicates += 1
        elif verdict is Verdict.NEXT or self._is_welcome_first(state):
            self._place(state, trade)
            if state.is_waiting:
                self.release(state)
        elif self._holds_gaps:
            is_news = not state.held
            self._hold(state, trade)
            if is_news:
                self._open_gap(state)
        else:
            self.counts.gaps += 1
            self.counts.gaps_abandoned += 1
            self._count(state, trade, state.skip_gap(trade))

    def seed(self, state: SymbolState, seed: SeedBars) -> None:
        """Begin a symbol, and go on with what was held back; what was traded before the seed's minute is in its bars."""
        state.begin(seed)
        state.drop_held_before(seed.minute_ms - DISORDER_MS)
        if seed.next_id is None and (first := state.pop_first()):
            self._place(state, first)
        if state.is_waiting:
            self.release(state)

    def complete(self, state: SymbolState, bars: Collection[Bar]) -> None:
        """Let a symbol that has begun stand on earlier bars."""
        if state.is_begun:
            state.ended.stand_on(bars, state.minute_ms, state.first_open_ms)
            state.mark()

    def fill(self, state: SymbolState, trades: tuple[AggTrade, ...]) -> None:
        """Put in trades that were fetched, and what they let in."""
        for trade in trades:
            verdict = state.judge(trade.aggregate_id)
            if fault := self._fault(trade, state):
                self._reject(state, trade, fault)
            elif verdict is Verdict.NEXT:
                self._place(state, trade)
            elif verdict is Verdict.AHEAD:
                self._hold(state, trade)
        self.release(state)

    def release(self, state: SymbolState) -> None:
        """Put in what was held back and fits now; go on when nothing is left, else say what is missing still."""
        while trade := state.pop_next():
            self._place(state, trade)
        state.forget_passed()
        if state.held:
            self._open_gap(state)
        elif state.is_waiting:
            if state.life is Life.GAP:
                self.counts.gaps_filled += 1
            state.resume()

    def abandon(self, state: SymbolState) -> None:
        """Step over what is missing before the first trade held back."""
        first = state.pop_first()
        if first is None:
            return
        if state.life is Life.GAP:
            self.counts.gaps_abandoned += 1
        state.give_up()
        self._count(state, first, state.skip_gap(first))
        self.release(state)

    def leave(self, state: SymbolState) -> None:
        """A symbol is no longer followed: what it waited for is not fetched any more."""
        self.counts.gaps_abandoned += state.life is Life.GAP

    def amend(self, state: SymbolState, amended: AmendBar) -> None:
        """Compare the exchange's own bar, which takes the place of ours where they differ."""
        outcome = state.amend(*amended)
        if outcome is Amendment.EQUAL:
            self.counts.equal += 1
        elif outcome is Amendment.AMENDED:
            self.counts.amended += 1

    def held_trades(self) -> int:
        """How many trades wait for missing ones before them."""
        return sum(len(state.held) for state in self.states.values())

    def _hold(self, state: SymbolState, trade: AggTrade) -> None:
        """Hold a trade back, within bounds: what is let go for it is missing like the rest, and is fetched."""
        self.counts.held_cut += state.hold(trade)
        self._held_about += 1
        most = MOST_HELD_IN_SUM // len(self._venues)
        if self._held_about >= most:
            if self.held_trades() >= most:
                self.counts.held_cut += sum(one.cut_held() for one in self.states.values() if len(one.held) > 1)
            self._held_about = self.held_trades()

    def _is_welcome_first(self, state: SymbolState) -> bool:
        """Whether a run begins with whatever comes: in files, and where a seed knew no id and nothing waits for one."""
        return state.next_id == UNKNOWN and not state.held and (state.is_begun or not self._holds_gaps)

    def _take_again(self, state: SymbolState, trade: AggTrade) -> None:
        """A trade whose id was passed or is held: it came twice, or the exchange numbers the symbol's trades anew."""
        is_back = state.goes_back(trade) or state.continues_anew(trade)
        if not is_back or trade.aggregate_id in state.anew:
            self.counts.duplicates += 1
        elif begun := state.doubt(trade):
            self._begin_anew(state, begun)
        else:
            if len(state.anew) > _MOST_DOUBTED:
                self._drop_doubted(state)
            state.set_gate()

    def _begin_anew(self, state: SymbolState, begun: list[AggTrade]) -> None:
        """Another contract has the symbol's name: a run begins with its first trades. In files at once, live on bars."""
        self.reports.append(NumberedAnew(begun[0], _qualified(state, begun[0])))
        state.anew_ms = min(trade.traded_ms for trade in begun)
        if self._holds_gaps:
            self.counts.gaps_abandoned += state.life is Life.GAP
            state.begin_anew(begun)
            self.reports.append(GapFound(state.symbol))
            return
        first, *rest = begun
        self._count(state, first, state.begin_run_with(first))
        for trade in rest:
            self.take(trade)

    def _drop_doubted(self, state: SymbolState) -> None:
        """Trades whose ids went back were damaged: nothing went on with them."""
        self.counts.duplicates += len(state.anew)
        state.anew.clear()

    def _place(self, state: SymbolState, trade: AggTrade) -> None:
        """Add a trade that comes next; after a rest that no symbol takes it begins a run, and nothing is known in between."""
        if state.anew and trade.traded_ms >= max(doubted.traded_ms for doubted in state.anew.values()):
            self._drop_doubted(state)
        self._count(state, trade, state.begin_run_with(trade) if state.has_rested(trade) else state.place(trade))

    def _count(self, state: SymbolState, trade: AggTrade, placement: Placement) -> None:
        if placement is Placement.LATE:
            self.counts.late += 1
        elif placement is Placement.TOO_LATE:
            self.counts.too_late += 1
            self._tell(TradeTooLate(trade, _qualified(state, trade)))

    def _open_gap(self, state: SymbolState) -> None:
        before = state.life
        state.wait(LifeEvent.UNSEEDED if state.next_id == UNKNOWN else LifeEvent.MISSED)
        if state.life is Life.GAP and before is not Life.GAP:
            self.counts.gaps += 1
        self.reports.append(GapFound(state.symbol))

    def _fault(self, trade: AggTrade, state: SymbolState) -> str | None:
        """What makes a trade impossible here and now, by name."""
        if self.latest_ms is not None and trade.traded_ms > self.latest_ms:
            return f"its time is ahead of the exchange's clock ({trade.traded_ms} ms)"
        return _fault(trade, state)

    def _reject(self, state: SymbolState, trade: AggTrade, reason: str) -> None:
        self.counts.rejected += 1
        self._tell(TradeRejected(trade, reason, _qualified(state, trade)))

    def _tell(self, report: TradeRejected | TradeTooLate) -> None:
        """Report a single trade; all are counted, and so many are kept until somebody takes them."""
        if len(self.reports) < _MOST_REPORTS:
            self.reports.append(report)


def pending_gap(state: SymbolState) -> PendingGap | None:
    """What a symbol waits for; None where it does not wait."""
    if not state.is_waiting:
        return None
    held = state.held
    trades = tuple(held[held_id] for held_id in sorted(held))
    return PendingGap(_id_or_none(state), trades, state.proved_minute(), state.traded_ms, state.anew_ms)


def _qualified(state: SymbolState, trade: AggTrade) -> str:
    return "" if state.symbol == trade.symbol else state.symbol


def _id_or_none(state: SymbolState) -> int | None:
    next_id = state.next_id
    return None if next_id == UNKNOWN else next_id


_MOST_DOUBTED: Final = 16
"""Trades whose ids went back and that nothing follows: more of them are no beginning."""

_FARTHEST_MS: Final = 366 * DAY_MS
"""No symbol rests longer; a time that far ahead is damage, and every minute up to it would become a flat bar."""


def _fault(trade: AggTrade, state: SymbolState) -> str | None:
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
    if state.close and trade.traded_ms >= state.end_ms + _FARTHEST_MS:
        return "time is more than a year ahead"
    return None
