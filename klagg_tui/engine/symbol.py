"""Everything the engine holds of one symbol: its forming minute, its ids, its larger bars.

The fields of the forming minute stand in the lane itself, because every trade of the market changes them: see `BarGrid.take`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.events import AddSymbol, AggTrade, SeedBars
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.readers import Readers
from klagg_tui.engine.rollup import RollUp
from klagg_tui.engine.sequence import UNKNOWN, TradeSequence
from klagg_tui.engine.spans import Span

_HIGHEST: Final[Exact] = 1 << 256
"""Above every price."""


class SymbolState(TradeSequence):
    """One symbol, its run of ids among the rest; what changes in it is told to `readers`."""

    __slots__ = (
        "_readers",
        "_rollup",
        "begun_ms",
        "close",
        "end_ms",
        "first_open_ms",
        "high",
        "index",
        "is_touched",
        "known_from_ms",
        "low",
        "minute_ms",
        "open",
        "open_for_ms",
        "state",
        "symbol",
        "taker_buy_turnover",
        "taker_buy_volume",
        "taker_sell_turnover",
        "taker_sell_volume",
        "trade_count",
        "traded_ms",
    )

    def __init__(
        self, index: int, added: AddSymbol, periods: tuple[Period, ...], held_minutes: int, readers: Readers
    ) -> None:
        super().__init__()
        self.index = index
        self.symbol = added.symbol
        self.first_open_ms = added.first_open_ms
        self.is_touched = False
        self.known_from_ms: int | None = None
        """From when on no trade is missing; None before the first one."""
        self.begun_ms = 0
        """Open of the minute it was seeded at, 0 where it was not."""
        self.traded_ms = 0
        """Time of the newest trade since, 0 before the first."""
        self.open_for_ms = 0
        """`BarGrid.take` adds trades so far into the minute; 0 sends every trade the long way (waiting, not begun)."""
        self._readers = readers
        self._rollup = RollUp(added.symbol, periods, added.three_day_anchor, held_minutes)
        self.minute_ms = self.end_ms = 0
        # Before the minute's first trade `high` is 0, `low` above every price, and `open` says nothing: so that one
        # comparison each is enough for every trade.
        self.open: Exact = 0
        self.high: Exact = 0
        self.low: Exact = _HIGHEST
        self.close: Exact = 0
        self.trade_count = 0
        self.taker_buy_volume: Exact = 0
        self.taker_buy_turnover: Exact = 0
        # Not the bar's own sums: of these a trade changes one pair, of volume and taker_buy_volume it would change both.
        self.taker_sell_volume: Exact = 0
        self.taker_sell_turnover: Exact = 0
        self.state = State.PARTIAL

    @property
    def is_begun(self) -> bool:
        """Whether there is a forming minute."""
        return self.end_ms > 0

    @property
    def is_traded(self) -> bool:
        """Whether anything was traded in the forming minute."""
        return self.taker_buy_volume > 0 or self.taker_sell_volume > 0

    @property
    def reached_ms(self) -> int:
        """Up to when the ids say that no trade is missing; the clock may have ended minutes behind it."""
        return max(self.begun_ms, self.traded_ms)

    def is_late(self, trade: AggTrade) -> bool:
        """Whether a trade belongs to a minute that is over."""
        return trade.traded_ms < self.minute_ms

    def place(self, trade: AggTrade) -> bool:
        """Add a trade that is next in its run, wherever its time lies. False: its minute is no longer held."""
        self.next_id = trade.aggregate_id + 1
        if self.first_id == UNKNOWN:
            self.first_id = trade.aggregate_id
        if not self.is_begun:
            self._begin_at(trade)
        if self.known_from_ms is None:
            self.known_from_ms = trade.traded_ms + 1
        self.traded_ms = max(self.traded_ms, trade.traded_ms)
        if self.is_late(trade):
            return self._place_late(trade)
        if self.waiting and trade.traded_ms >= self.end_ms:
            self._trust()  # before minutes that were suspected are too old to be changed
        self.roll_to(trade.traded_ms)
        self._load(with_trade(self.minute(), trade))
        self.mark()
        return True

    def begin(self, seed: SeedBars) -> None:
        """Start at the seed's minute, standing on its bars."""
        self._finish_span()
        self.begun_ms = seed.minute_ms
        self.begin_run(UNKNOWN if seed.next_id is None else seed.next_id)
        self.known_from_ms = _known_from(seed)
        self.traded_ms = 0
        self._rollup.begin(seed.minute_ms, seed.bars, self.first_open_ms)
        self._open_minute(seed.minute_ms, _last_price(seed), self._state_from(seed.minute_ms))
        if seed.forming is not None:
            self._load(seed.forming)
            if seed.forming.state is State.PARTIAL:
                self.state = State.PARTIAL
        self.mark()

    def skip_gap(self, trade: AggTrade) -> bool:
        """Step over missing trades: what they touched becomes partial, and a new run begins with `trade`."""
        self._finish_span(is_torn=True)
        self.suspect()
        self.begin_run(trade.aggregate_id)
        self.known_from_ms = max(self.reached_ms, trade.traded_ms) + 1
        if not self.is_late(trade):
            self.state = State.PARTIAL
        if self.is_begun and trade.traded_ms >= self.end_ms:
            self._jump(trade.traded_ms - trade.traded_ms % MINUTE_MS)
        is_in = self.place(trade)
        self._trust()
        return is_in

    def roll_to(self, now_ms: int) -> None:
        """End every minute that is over at `now_ms`; minutes without trades are flat at the previous close."""
        while self.end_ms <= now_ms:
            if self.close:
                self._end_minute()
                self._open_minute(self.end_ms, self.close, self._state_from(self.end_ms))
            else:
                self._skip(now_ms - now_ms % MINUTE_MS)
            self.mark()

    def amend(self, bar: Bar) -> str:
        """Put the exchange's own 1m bar in the place of ours; returns the outcome as in `BarJudged`."""
        ours = self._rollup.held.get(bar.open_ms)
        if ours is None or bar.period is not Period.M1:
            return "too old"
        self._replace([bar._replace(state=State.CONFIRMED)])
        return "equal" if ours.same_values(bar) else "amended"

    def wait(self) -> None:
        """Hold trades back from now on; the current bars say that trades are missing."""
        self.waiting = True
        self._regate()
        self.mark()

    def go_on(self) -> None:
        """Nothing is missing any more."""
        self.waiting = False
        self._trust()
        self._regate()
        self.mark()

    def suspect(self) -> None:
        """Trades are missing since the newest one: minutes that the clock ended since then are partial."""
        since_ms = self.reached_ms // MINUTE_MS * MINUTE_MS
        self._restate(since_ms, State.CLOSED, State.PARTIAL)

    def minute(self) -> Bar:
        """The forming 1m bar."""
        return self._minute(State.PARTIAL if self.waiting else self.state)

    def current(self, periods: Collection[Period]) -> list[Bar]:
        """The current bars of those periods, short to long; empty before any price is known."""
        if not self.close:
            return []
        minute = self.minute()
        bars = self._rollup.current(minute, periods)
        return [minute, *bars] if Period.M1 in periods else bars

    def span(self, *, is_torn: bool = False) -> Span | None:
        """The unbroken run so far; where trades are missing behind it, it proves nothing past its newest trade."""
        if self.known_from_ms is None or self.last_id < self.first_id or self.first_id == UNKNOWN:
            return None
        to_ms = self.reached_ms if is_torn or self.waiting else max(self.reached_ms, self.minute_ms)
        return Span(self.symbol, self.first_id, self.last_id, self.known_from_ms, to_ms)

    def mark(self) -> None:
        """Tell the readers that the current bars changed."""
        if not self.is_touched:
            self.is_touched = True
            self._readers.touched(self.index)

    def _begin_at(self, trade: AggTrade) -> None:
        minute_ms = trade.traded_ms - trade.traded_ms % MINUTE_MS
        self._rollup.begin(minute_ms, (), self.first_open_ms)
        self._open_minute(minute_ms, 0, State.PARTIAL)

    def _place_late(self, trade: AggTrade) -> bool:
        held = self._rollup.held.get(trade.traded_ms - trade.traded_ms % MINUTE_MS)
        if held is None:
            return False
        # The exchange's own bar already counts every trade of its minute.
        if held.state is not State.CONFIRMED:
            self._replace([with_trade(held, trade)])
        return True

    def _replace(self, minutes: list[Bar]) -> None:
        """Put changed minutes in their places, and with the last one the flat minutes behind it at its close."""
        changed = [*minutes, *self._flat_behind(minutes[-1])]
        for bar in (*changed, *self._rollup.replace(changed, self.minute_ms)):
            self._readers.ended(bar)
        self.mark()

    def _flat_behind(self, minute: Bar) -> Iterator[Bar]:
        """The minutes without trades that stand at another price than the close before them, up to the forming one."""
        at_ms, price = minute.end_ms, minute.close
        while (bar := self._rollup.held.get(at_ms)) and _is_to_be_flat_at(price, bar):
            yield empty_bar(self.symbol, Period.M1, at_ms, price, bar.state)
            at_ms = bar.end_ms
        if at_ms == self.minute_ms and not self.is_traded:
            self.close = price

    def _trust(self) -> None:
        """What was suspected has come: minutes of the unbroken run are whole."""
        if self.known_from_ms is not None:
            self._restate(self.known_from_ms, State.PARTIAL, State.CLOSED)

    def _restate(self, from_ms: int, old: State, new: State) -> None:
        bars = [bar for bar in self._rollup.held.values() if bar.state is old and from_ms <= bar.open_ms]
        if bars:
            self._replace([bar._replace(state=new) for bar in bars])

    def _load(self, minute: Bar) -> None:
        self.open, self.high, self.low, self.close = minute[3:7]
        if not minute.is_traded:
            self.high, self.low = 0, _HIGHEST
        self.trade_count, self.taker_buy_volume, self.taker_buy_turnover = minute[9:12]
        self.taker_sell_volume = minute.volume - self.taker_buy_volume
        self.taker_sell_turnover = minute.turnover - self.taker_buy_turnover
        self._regate()

    def _open_minute(self, minute_ms: int, price: Exact, state: State) -> None:
        self.minute_ms = minute_ms
        self.end_ms = minute_ms + MINUTE_MS
        self.close = price
        self.high, self.low = 0, _HIGHEST
        self.trade_count = 0
        self.taker_buy_volume = self.taker_buy_turnover = 0
        self.taker_sell_volume = self.taker_sell_turnover = 0
        self.state = state
        self._regate()

    def _end_minute(self) -> None:
        minute = self._minute(State.PARTIAL if self.state is State.PARTIAL else State.CLOSED)
        self._readers.ended(minute)
        for bar in self._rollup.absorb(minute):
            self._readers.ended(bar)

    def _minute(self, state: State) -> Bar:
        close = self.close
        opened, high, low = (self.open, self.high, self.low) if self.high else (close, close, close)
        # Without the named constructor, which costs more than all the sums of a trade.
        return tuple.__new__(
            Bar,
            (
                self.symbol,
                Period.M1,
                self.minute_ms,
                opened,
                high,
                low,
                close,
                self.taker_buy_volume + self.taker_sell_volume,
                self.taker_buy_turnover + self.taker_sell_turnover,
                self.trade_count,
                self.taker_buy_volume,
                self.taker_buy_turnover,
                state,
            ),
        )

    def _jump(self, minute_ms: int) -> None:
        """Go on at a later minute; nothing is known of the time in between."""
        if self.close:
            self._end_minute()
        for bar in self._rollup.jump(minute_ms):
            if bar.close:
                self._readers.ended(bar)
        self._open_minute(minute_ms, self.close, State.PARTIAL)

    def _skip(self, minute_ms: int) -> None:
        """No price is known: there is no bar to make. Where trades may be missing, the larger bars lack them."""
        if self.state is State.PARTIAL:
            self._rollup.jump(minute_ms)
        else:
            self._rollup.skip(minute_ms)
        self._open_minute(minute_ms, 0, self._state_from(minute_ms))

    def _regate(self) -> None:
        """Let `BarGrid.take` have the trades to come, where nothing speaks against it."""
        is_open = self.known_from_ms is not None and not self.waiting and self.next_id != UNKNOWN
        self.open_for_ms = MINUTE_MS if is_open else 0

    def _state_from(self, minute_ms: int) -> State:
        known = self.known_from_ms is not None and self.known_from_ms <= minute_ms
        return State.FORMING if known else State.PARTIAL

    def _finish_span(self, *, is_torn: bool = False) -> None:
        if span := self.span(is_torn=is_torn):
            self._readers.spanned(span)


def with_trade(bar: Bar, trade: AggTrade) -> Bar:
    """The bar and one more trade, which becomes its last."""
    price, quantity = trade.amounts()
    turnover = price * quantity
    bought, paid = (0, 0) if trade.is_buyer_maker else (quantity, turnover)
    is_first = not bar.is_traded
    return bar._replace(
        open=price if is_first else bar.open,
        high=price if is_first else max(bar.high, price),
        low=price if is_first else min(bar.low, price),
        close=price,
        volume=bar.volume + quantity,
        turnover=bar.turnover + turnover,
        trade_count=bar.trade_count + trade.last_trade_id - trade.first_trade_id + 1,
        taker_buy_volume=bar.taker_buy_volume + bought,
        taker_buy_turnover=bar.taker_buy_turnover + paid,
    )


def _is_to_be_flat_at(price: Exact, bar: Bar) -> bool:
    return not bar.is_traded and bar.state is not State.CONFIRMED and bar.close != price


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
