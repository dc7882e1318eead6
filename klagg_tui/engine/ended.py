"""The ended bars of one symbol: minutes that can still change, and the larger bars that change with them.

Whatever ends or changes is passed on to the readers here. A minute that only the clock ended, with nothing traded, is still
open: silence proves nothing. It is kept as `FORMING`, so that the larger bars under way over it are neither partial nor
closed, and given out as partial, because its time is over.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.confirming import confirmed_by
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.minute import FormingMinute, with_trade
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.readers import Readers
from klagg_tui.engine.rollup import RollUp
from klagg_tui.evidence import Evidence


class EndedBars:
    """What stands before the forming minute, whose price follows the last of them while nothing is traded."""

    __slots__ = ("_ours", "_readers", "_rollup")

    def __init__(self, rollup: RollUp, readers: Readers) -> None:
        self._rollup = rollup
        self._readers = readers
        self._ours: dict[int, tuple[Bar, Exact | None]] = {}
        """What was seen of minutes whose place the exchange's own bar took, which knows less, and that bar's `opens_at`: the rest
        may come yet."""

    def begin(self, minute_ms: int, bars: Collection[Bar], listed_ms: int) -> None:
        """Start at a minute; see `RollUp.begin`."""
        self._rollup.begin(minute_ms, bars, listed_ms)

    def stand_on(self, bars: Collection[Bar], minute_ms: int, listed_ms: int) -> None:
        """Put earlier bars before what is held; see `RollUp.stand_on`."""
        self._rollup.stand_on(bars, minute_ms, listed_ms)

    def lacks_before(self, minute_ms: int) -> int | None:
        """See `RollUp.lacks_before`."""
        return self._rollup.lacks_before(minute_ms)

    @property
    def has_open(self) -> bool:
        """Whether there are minutes that only the clock ended."""
        return self._rollup.held.has(State.FORMING)

    def by_candle(self, from_ms: int) -> list[Bar]:
        """Confirmed minutes from a time on of which everything is known, but on the word of the exchange's bar alone.

        A trade to come shows whether the unbroken ids vouch for them too.
        """
        return self._rollup.held.marked(from_ms, _is_by_candle)

    def keep(self, ours: Bar, opens_at: Exact | None) -> None:
        """Remember what was seen of a minute that another bar takes the place of; `opens_at`: see `confirmed_by`."""
        self._ours = {open_ms: kept for open_ms, kept in self._ours.items() if open_ms in self._rollup.held}
        self._ours[ours.open_ms] = ours, opens_at

    def add_to_kept(self, trade: AggTrade, contract_value: Exact) -> bool:
        """Add a late trade to what was seen of its minute; whether any was kept."""
        kept = self._ours.get(trade.traded_ms - trade.traded_ms % MINUTE_MS)
        if kept is not None:
            ours, opens_at = kept
            self._ours[ours.open_ms] = with_trade(ours, trade, contract_value), opens_at
        return kept is not None

    def shown_by_ids(self, from_ms: int, to_ms: int) -> list[Bar]:
        """The exchange's minutes between two times of which all trades have come, with what these tell, where they agree."""
        by_candle = [bar._replace(evidence=0) for bar in self.by_candle(from_ms) if bar.end_ms <= to_ms]
        return sorted([*by_candle, *self._completed(from_ms, to_ms)], key=lambda bar: bar.open_ms)

    def minute_at(self, open_ms: int) -> Bar | None:
        """The ended minute that opened then, None where it is not held (any more)."""
        return self._rollup.held.get(open_ms)

    def end(self, minute: Bar) -> None:
        """A minute is over, and with it the larger bars that end then."""
        self._give_out(minute)
        for bar in self._rollup.absorb(minute):
            self._give_out(bar)

    def jump(self, minute_ms: int) -> None:
        """Go on at a later minute with trades missing in between."""
        for bar in self._rollup.jump(minute_ms):
            if bar.close:
                self._readers.ended(bar)

    def skip(self, minute_ms: int, *, is_partial: bool) -> None:
        """Go on at a later minute where no price is known, so that there is no bar to end.

        `is_partial`: trades may be missing, and then the larger bars lack them.
        """
        if is_partial:
            self._rollup.jump(minute_ms)
        else:
            self._rollup.skip(minute_ms)

    def current(self, minute: Bar, periods: Collection[Period]) -> list[Bar]:
        """The larger bars under way, the forming minute included."""
        return self._rollup.current(minute, periods)

    def before(self, minute_ms: int, periods: Collection[Period]) -> list[Bar]:
        """See `RollUp.before`."""
        return self._rollup.before(minute_ms, periods)

    def replace(self, minutes: list[Bar], forming: FormingMinute) -> None:
        """Put changed minutes in their places, and with the last one the flat minutes behind it at its close."""
        changed = [*minutes, *self._flat_behind(minutes[-1], forming)]
        for bar in (*changed, *self._rollup.replace(changed, forming.minute_ms)):
            self._give_out(bar)

    def restate(self, from_ms: int, state_of: Callable[[Bar], State], forming: FormingMinute) -> bool:
        """Give the minutes from a time on another state; whether there were any to change. The exchange's own stay."""
        bars = [
            bar._replace(state=state)
            for bar in self._rollup.held.marked(from_ms, _is_unconfirmed)
            if (state := state_of(bar)) is not bar.state
        ]
        if bars:
            self.replace(bars, forming)
        return bool(bars)

    def _completed(self, from_ms: int, to_ms: int) -> Iterator[Bar]:
        """Those that knew less than ours; each is given once."""
        for open_ms in [at_ms for at_ms in self._ours if from_ms <= at_ms <= to_ms - MINUTE_MS]:
            (ours, opens_at), theirs = self._ours.pop(open_ms), self.minute_at(open_ms)
            if theirs:
                joined, is_equal = confirmed_by(ours, theirs, is_whole=True, opens_at=opens_at)
                if is_equal:
                    yield joined

    def _give_out(self, bar: Bar) -> None:
        self._readers.ended(bar._replace(state=State.PARTIAL) if bar.state is State.FORMING else bar)

    def _flat_behind(self, minute: Bar, forming: FormingMinute) -> Iterator[Bar]:
        """The minutes without trades that stand at another price than the close before them, up to the forming one."""
        at_ms, price = minute.end_ms, minute.close
        while (bar := self.minute_at(at_ms)) and _is_to_be_flat_at(price, bar):
            yield empty_bar(minute.symbol, Period.M1, at_ms, price, bar.state, bar.evidence)
            at_ms = bar.end_ms
        if at_ms == forming.minute_ms and not forming.is_traded:
            forming.close = price


def _is_by_candle(state: int, evidence: int) -> bool:
    return state == State.CONFIRMED and evidence == Evidence.CANDLE_ONLY


def _is_unconfirmed(state: int, _evidence: int) -> bool:
    return state != State.CONFIRMED


def _is_to_be_flat_at(price: Exact, bar: Bar) -> bool:
    return not bar.is_traded and bar.state is not State.CONFIRMED and bar.close != price
