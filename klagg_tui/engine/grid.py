"""The open bars of every symbol and period."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.events import AddSymbol, TradeFields, TradeSum
from klagg_tui.engine.parsing import cached, parse_cached, prices
from klagg_tui.engine.period import Period, chain
from klagg_tui.engine.readers import Reader, Readers
from klagg_tui.engine.symbol import SymbolState


class BarGrid:
    """Symbols and their bars. Indexes are given in order of coming and never again; readers see a stable order."""

    def __init__(self, periods: tuple[Period, ...], held_minutes: int) -> None:
        self.periods = chain(periods)
        """1m and all that was asked for, short to long."""
        self.states: dict[str, SymbolState] = {}
        """The symbols that are followed."""
        self._tables: dict[str, dict[str, SymbolState]] = {}
        self.readers = Readers()
        self._by_index: list[SymbolState] = []
        self._held_minutes = held_minutes
        self._order: tuple[str, ...] | None = ()
        """None: to be made again when somebody asks, once for however many symbols came or went."""

    def table(self, venue: str) -> dict[str, SymbolState]:
        """The symbols of a venue that are followed, by the names that its trades tell; always the same dictionary."""
        return self._tables.setdefault(venue, {})

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols that are followed, by first open time, then by name."""
        if self._order is None:
            states = sorted(self.states.values(), key=lambda state: (state.first_open_ms, state.symbol))
            self._order = tuple(state.symbol for state in states)
        return self._order

    def trades(self, venue: str) -> int:
        """How many trades of a venue went into bars, those of removed symbols included."""
        return sum(state.taken for state in self._by_index if state.venue == venue)

    def take(
        self,
        trades: Sequence[TradeFields],
        states: Mapping[str, SymbolState],
        uncommon: Callable[[TradeFields], None],
    ) -> None:
        """Add trades that are as most are: next in their run, in the forming minute, sound. All others go to `uncommon`.

        Every trade of the market passes here, so the work is done in place, without a call. `states`: see `table`.
        """
        read = prices([trade[1] for trade in trades])
        for trade, price in zip(trades, read, strict=True):
            symbol, _, quantity_text, traded_ms, is_buyer_maker, aggregate_id, first_id, last_id, _ = trade
            try:
                state = states[symbol]
                quantity = cached(quantity_text) or parse_cached(quantity_text)
            except (LookupError, ValueError):
                uncommon(trade)
                continue
            if (
                aggregate_id != state.next_id
                or not state.minute_ms <= traded_ms < state.until_ms
                or last_id < first_id
                or not price
            ):
                uncommon(trade)
                continue
            paid = price * quantity
            if price < state.low:  # noqa: PLR1730  # min() costs a tenth of the time spent here
                state.low = price
            if price > state.high:
                if not state.high:
                    state.open = price
                state.high = price
            state.close = price
            state.trade_count += last_id - first_id + 1
            if is_buyer_maker:
                state.taker_sell_volume += quantity
                state.taker_sell_turnover += paid
            else:
                state.taker_buy_volume += quantity
                state.taker_buy_turnover += paid
            state.next_id = aggregate_id + 1
            state.traded_ms = traded_ms
            if not state.is_touched:
                state.mark()

    def take_sum(self, added: TradeSum, states: Mapping[str, SymbolState]) -> bool:
        """Add trades that `take` would add one by one without calling `uncommon`; False where it would, and nothing is changed.

        The forming minute must hold a trade already: which price opens it is not in the sum.
        """
        state = states.get(added.symbol)
        if (
            state is None
            or not state.high
            or added.first_id != state.next_id
            or not state.minute_ms <= added.from_ms <= added.to_ms < state.until_ms
        ):
            return False
        state.low = min(state.low, added.low)
        state.high = max(state.high, added.high)
        state.close = added.close
        state.trade_count += added.trade_count
        state.taker_sell_volume += added.taker_sell_volume
        state.taker_sell_turnover += added.taker_sell_turnover
        state.taker_buy_volume += added.taker_buy_volume
        state.taker_buy_turnover += added.taker_buy_turnover
        state.next_id = added.last_id + 1
        state.traded_ms = added.to_ms
        if not state.is_touched:
            state.mark()
        return True

    def add(self, added: AddSymbol) -> None:
        """Follow a symbol; one that is followed already stays as it is."""
        if added.symbol in self.states:
            return
        state = SymbolState(len(self._by_index), added, self.periods[1:], self._held_minutes, self.readers)
        table = self.table(state.venue)
        if state.name in table:
            return
        self._by_index.append(state)
        self.readers.grow(len(self._by_index))
        self.states[added.symbol] = table[state.name] = state
        self._order = None

    def remove(self, symbol: str) -> None:
        """Stop following a symbol; its current bars are given out as ended ones that lack what comes after."""
        state = self.states.pop(symbol, None)
        if state is None:
            return
        del self.table(state.venue)[state.name]
        if span := state.span():
            self.readers.spanned(span)
        for bar in state.current(self.periods):
            # One without trades may lie behind the end of trading, where the exchange has no bar.
            if bar.is_traded:
                self.readers.ended(bar._replace(state=State.PARTIAL))
        self._order = None

    def drain(self, reader: Reader, periods: Collection[Period], most: int | None) -> Changes:
        """See `KlineEngine.drain`."""
        states, wanted = self._changed(reader, most), frozenset(periods)
        spans = (*reader.spans, *(span for state in states if (span := state.span())))
        current: list[Bar] = []
        for state in states:
            current += state.current(wanted)
        return Changes(tuple(current), _over(reader, wanted), spans)

    def drain_minutes(
        self, reader: Reader, periods: Collection[Period], most: int | None
    ) -> tuple[Changes, list[list[Bar]]]:
        """See `KlineEngine.drain_minutes`."""
        states, wanted = self._changed(reader, most), frozenset(periods)
        states = [state for state in states if state.close]
        minutes = tuple([state.minute_bar() for state in states])
        return Changes(minutes, _over(reader, wanted)), [
            state.ended.before(state.minute_ms, wanted) for state in states
        ]

    def _changed(self, reader: Reader, most: int | None) -> list[SymbolState]:
        """Symbols whose current bars a reader has not seen as they are, at most so many."""
        for index in self.readers.spread():
            self._by_index[index].is_touched = False
        states = [self._by_index[index] for index in reader.tracker.drain(most)]
        return [state for state in states if self.states.get(state.symbol) is state]


def _over(reader: Reader, wanted: Collection[Period]) -> tuple[Bar, ...]:
    """Bars that are over, of which the reader is told now."""
    ended = tuple(bar for bar in reader.ended.values() if bar.period in wanted)
    reader.ended.clear()
    reader.spans.clear()
    return ended
