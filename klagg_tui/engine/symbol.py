"""Everything the engine holds of one symbol, and how its parts move together."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import Enum, auto

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.confirming import confirmed_by, is_whole
from klagg_tui.engine.ended import EndedBars
from klagg_tui.engine.events import AddSymbol, AggTrade, SeedBars
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.lifecycle import Life, LifeEvent, after
from klagg_tui.engine.minute import FormingMinute, with_trade
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.readers import Readers
from klagg_tui.engine.rollup import RollUp
from klagg_tui.engine.sequence import UNKNOWN
from klagg_tui.engine.spans import Span


class Placement(Enum):
    """Where a trade went."""

    IN_TIME = auto()
    """Into the forming minute."""
    LATE = auto()
    """Into a minute that was over."""
    TOO_LATE = auto()
    """Nowhere: its minute is no longer held."""


class Amendment(Enum):
    """What came of the exchange's own bar."""

    EQUAL = auto()
    AMENDED = auto()
    TOO_OLD = auto()
    """The engine does not hold its minute (any more), so the store alone must see to it."""


class SymbolState(FormingMinute):
    """One symbol: its life, its run of ids, its forming minute, its ended bars. Changes are passed on to `readers`."""

    __slots__ = (
        "_readers",
        "ended",
        "first_open_ms",
        "index",
        "is_doubted",
        "is_touched",
        "life",
        "name",
        "proves",
        "symbol",
        "venue",
    )

    def __init__(
        self, index: int, added: AddSymbol, periods: tuple[Period, ...], held_minutes: int, readers: Readers
    ) -> None:
        super().__init__(added.contract_value)
        self.index = index
        self.symbol = added.symbol
        self.venue = added.venue
        self.name = added.symbol.removeprefix(f"{added.venue}:")
        """What the exchange and its trades call it."""
        self.proves = added.proves
        """Whether unbroken ids show that no trade is missing."""
        self.first_open_ms = added.first_open_ms
        self.life = Life.EMPTY
        """Changed by `_move` alone."""
        rollup = RollUp(added.symbol, periods, added.three_day_anchor, held_minutes)
        self.ended = EndedBars(rollup, readers)
        self.is_touched = False
        """Whether the readers know that the current bars changed; here, so that a usual trade need not call them."""
        self.is_doubted = False
        """Whether the clock ended minutes in which nothing was traded as far as is known (or as the exchange's bar alone says):
        the next trade shows it."""
        self._readers = readers

    @property
    def is_waiting(self) -> bool:
        """Whether its trades are held back."""
        return self.life.is_waiting

    def place(self, trade: AggTrade) -> Placement:
        """Add a trade that is next in its run, wherever its time lies."""
        self.take_next(trade)
        if not self.is_begun:
            self._begin_at(trade)
        if trade.traded_ms < self.minute_ms:
            placement = self._place_late(trade)
        else:
            if self.is_doubted or (self.is_waiting and trade.traded_ms >= self.end_ms):
                self._trust()  # before minutes that were suspected are too old to be changed
            self.roll_to(trade.traded_ms)
            self.load_minute(with_trade(self.minute_bar(), trade, self.contract_value))
            placement = Placement.IN_TIME
            self.mark()
        self.set_gate()
        return placement

    def begin(self, seed: SeedBars) -> None:
        """Start at the seed's minute, standing on its bars."""
        self._give_out(self.span())
        self.begin_run(UNKNOWN if seed.next_id is None else seed.next_id, _known_from(seed))
        self.begun_ms, self.traded_ms, self.is_doubted = seed.minute_ms, 0, False
        self.ended.begin(seed.minute_ms, seed.bars, self.first_open_ms)
        self.start_minute(seed.minute_ms, _last_price(seed), self._state_from(seed.minute_ms))
        if seed.forming is not None:
            self.load_minute(seed.forming)
            if seed.forming.state is State.PARTIAL:
                self.state = State.PARTIAL
        self._move(LifeEvent.BEGUN)
        self.mark()

    def begin_anew(self, trades: list[AggTrade]) -> None:
        """The ids began anew with these trades: they wait for bars to begin on, as those of a symbol never seen."""
        self._give_out(self.span())
        self.begin_run(UNKNOWN, None)
        self.held = {trade.aggregate_id: trade for trade in trades}
        self.wait(LifeEvent.UNSEEDED)

    def skip_gap(self, trade: AggTrade) -> Placement:
        """Step over missing trades: what they touched becomes partial, and a new run begins with `trade`."""
        self._give_out(self.span(is_cut=True))
        self._suspect(self.reached_ms)
        return self._go_on_with(trade)

    def begin_run_with(self, trade: AggTrade) -> Placement:
        """Go on with a new run although no id is missing: nothing is known between what was proved and `trade`."""
        self._give_out(self.span())
        self._suspect(self.proved_ms)
        return self._go_on_with(trade)

    def roll_to(self, now_ms: int) -> None:
        """End every minute that is over at `now_ms`; minutes without trades are flat at the previous close.

        Those that nothing proves to be quiet stay open, whatever the clock says: see `ended`.
        """
        while self.end_ms <= now_ms:
            if self.close:
                self._end_minute()
                self._start_gated(self.end_ms, self.close, self._state_from(self.end_ms))
            else:
                # No price is known: there is no bar to make.
                minute_ms = now_ms - now_ms % MINUTE_MS
                self.ended.skip(minute_ms, is_partial=self.state is State.PARTIAL)
                self._start_gated(minute_ms, 0, self._state_from(minute_ms))
            self.mark()

    def amend(self, bar: Bar, opens_at: Exact | None) -> Amendment:
        """Confirm ours by the exchange's own 1m bar, which takes its place where they differ: see `confirmed_by`."""
        ours = self.ended.minute_at(bar.open_ms)
        if ours is None or bar.period is not Period.M1:
            return Amendment.TOO_OLD
        confirmed, is_equal = confirmed_by(ours, bar, is_whole=is_whole(ours), opens_at=opens_at)
        if confirmed.evidence and not is_equal and self.proves:
            self.ended.keep(ours, opens_at)
        self.ended.replace([confirmed], self)
        if is_equal and bar.open_ms <= self.proved_ms:
            self._be_quiet_in_confirmed(bar.end_ms)
        if self.is_doubted:
            self.is_doubted = self._is_awaiting_trade()
            self.set_gate()
        self.mark()
        return Amendment.EQUAL if is_equal else Amendment.AMENDED

    def wait(self, event: LifeEvent) -> None:
        """Hold trades back from now on, for this reason; what stands since the newest one says that trades are missing."""
        self._move(event)
        self._suspect(self.proved_ms)
        self.mark()

    def be_quiet(self, to_ms: int) -> None:
        """It is proved that nothing was traded from the newest trade until then: minutes in between are whole."""
        self.quiet_ms = max(self.quiet_ms, to_ms)
        if self.is_waiting or not self.is_begun:
            return
        self._trust()
        if self.close:
            self.roll_to(to_ms)
        self.mark()

    def resume(self) -> None:
        """Nothing is missing any more."""
        self._move(LifeEvent.RESUMED if self.is_begun else LifeEvent.LET_GO)
        self._trust()
        self.mark()

    def give_up(self) -> None:
        """What is missing cannot be had."""
        self._move(LifeEvent.GIVEN_UP)

    def minute_bar(self) -> Bar:
        """The forming 1m bar."""
        return self.as_bar(self.symbol, State.PARTIAL if self.is_waiting else self.state)

    def proved_minute(self) -> Bar | None:
        """Ours of the minute up to which no trade is missing; None before any price is known or where it is no longer held."""
        minute_ms = self.proved_ms // MINUTE_MS * MINUTE_MS
        if minute_ms < self.minute_ms:
            return self.ended.minute_at(minute_ms)
        return self.minute_bar() if self.close else None

    def current(self, periods: Collection[Period]) -> list[Bar]:
        """The current bars of those periods, short to long; empty before any price is known."""
        if not self.close:
            return []
        minute = self.minute_bar()
        bars = self.ended.current(minute, periods)
        return [minute, *bars] if Period.M1 in periods else bars

    def span(self, *, is_cut: bool = False) -> Span | None:
        """The unbroken run so far; where trades are missing behind it, it proves nothing past its newest trade.

        None where ids prove nothing.
        """
        if not self.proves:
            return None
        return self.span_to(self.symbol, 0 if is_cut or self.is_waiting else self.quiet_ms)

    def mark(self) -> None:
        """Tell the readers that the current bars changed."""
        if not self.is_touched:
            self.is_touched = True
            self._readers.touched(self.index)

    def set_gate(self) -> None:
        """Let `BarGrid.take` have the trades to come, where nothing speaks against it."""
        is_open = (
            self.life is Life.RUNNING
            and self.known_from_ms is not None
            and self.next_id != UNKNOWN
            and not self.is_doubted
            and not self.anew
        )
        self.until_ms = self.end_ms if is_open else 0

    def _move(self, event: LifeEvent) -> None:
        self.life = after(self.life, event)
        self.set_gate()

    def _begin_at(self, trade: AggTrade) -> None:
        minute_ms = trade.traded_ms - trade.traded_ms % MINUTE_MS
        self.ended.begin(minute_ms, (), self.first_open_ms)
        self.start_minute(minute_ms, 0, State.PARTIAL)
        self._move(LifeEvent.BEGUN)

    def _place_late(self, trade: AggTrade) -> Placement:
        held = self.ended.minute_at(trade.traded_ms - trade.traded_ms % MINUTE_MS)
        if held is None:
            return Placement.TOO_LATE
        if held.state is not State.CONFIRMED:
            self.ended.replace([with_trade(held, trade, self.contract_value)], self)
            self.mark()
        elif self.ended.add_to_kept(trade, self.contract_value):
            # The exchange's own bar already counts every trade of its minute, but may not tell all of it.
            self.is_doubted = True
        if self.is_doubted and not self.is_waiting:
            self._trust()
        return Placement.LATE

    def _be_quiet_in_confirmed(self, to_ms: int) -> None:
        """The exchange's own bars show that nothing was traded until then, nor in those without trades that follow."""
        while (bar := self.ended.minute_at(to_ms)) and bar.state is State.CONFIRMED and not bar.is_traded:
            to_ms = bar.end_ms
        self.quiet_ms = max(self.quiet_ms, to_ms)

    def _go_on_with(self, trade: AggTrade) -> Placement:
        """Begin a run with a trade that is none of the last one's."""
        self.begin_run(trade.aggregate_id, max(self.reached_ms, trade.traded_ms) + 1)
        if trade.traded_ms >= self.minute_ms:
            self.state = State.PARTIAL
        if self.is_begun and trade.traded_ms >= self.end_ms:
            self._jump(trade.traded_ms - trade.traded_ms % MINUTE_MS)
        placement = self.place(trade)
        self._trust()
        return placement

    def _suspect(self, since_ms: int) -> None:
        """Trades are or may be missing since then: minutes that the clock ended behind it are partial."""
        self._restate(since_ms // MINUTE_MS * MINUTE_MS, lambda _: State.PARTIAL)

    def _trust(self) -> None:
        """The unbroken run has what was suspected: its minutes are whole, those behind it open."""
        if self.known_from_ms is not None:
            self._restate(self.known_from_ms, self._state_in_run)
            if self.proves and (shown := self.ended.shown_by_ids(self.known_from_ms, self.reached_ms)):
                self.ended.replace(shown, self)
        self.is_doubted = self._is_awaiting_trade()
        self.set_gate()

    def _is_awaiting_trade(self) -> bool:
        is_shown_by_ids = self.proves and self.known_from_ms is not None
        return self.ended.has_open or (is_shown_by_ids and bool(self.ended.by_candle(self.known_from_ms or 0)))

    def _state_in_run(self, minute: Bar) -> State:
        if not self.proves:
            return State.PARTIAL
        return State.CLOSED if minute.is_traded or minute.end_ms <= self.proved_ms else State.FORMING

    def _restate(self, from_ms: int, state_of: Callable[[Bar], State]) -> None:
        if self.ended.restate(from_ms, state_of, self):
            self.mark()

    def _start_gated(self, minute_ms: int, price: Exact, state: State) -> None:
        self.start_minute(minute_ms, price, state)
        self.set_gate()

    def _end_minute(self) -> None:
        minute = self.as_bar(self.symbol, self.state)
        if self.state is not State.PARTIAL:
            minute = minute._replace(state=self._state_in_run(minute))
            self.is_doubted = self.is_doubted or minute.state is State.FORMING
        self.ended.end(minute)

    def _jump(self, minute_ms: int) -> None:
        """Go on at a later minute; nothing is known of the time in between."""
        if self.close:
            self._end_minute()
        self.ended.jump(minute_ms)
        self._start_gated(minute_ms, self.close, State.PARTIAL)

    def _state_from(self, minute_ms: int) -> State:
        known_from_ms = self.known_from_ms
        return State.FORMING if known_from_ms is not None and known_from_ms <= minute_ms else State.PARTIAL

    def _give_out(self, span: Span | None) -> None:
        if span:
            self._readers.spanned(span)


def _known_from(seed: SeedBars) -> int | None:
    """From when on no trade is missing, by what the seed says and what its forming minute lacks."""
    if seed.known_from_ms is not None or seed.next_id is None:
        return seed.known_from_ms
    is_cut = seed.forming is not None and seed.forming.state is State.PARTIAL
    return seed.minute_ms + MINUTE_MS if is_cut else seed.minute_ms


def _last_price(seed: SeedBars) -> Exact:
    """The close of the bar that ends latest, 0 where there is none."""
    newest = max(seed.bars, key=lambda bar: (bar.end_ms, -bar.period.ordinal), default=None)
    return newest.close if newest else 0
