"""The open bars of every symbol and period."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.events import AddSymbol, TradeFields
from klagg_tui.engine.exact import numbers, recent, usual
from klagg_tui.engine.period import Period, chain
from klagg_tui.engine.readers import Reader, Readers
from klagg_tui.engine.spans import Span
from klagg_tui.engine.symbol import SymbolState


class BarGrid:
    """Lanes by symbol. Indexes are given in order of coming and never again; readers see symbols in a stable order."""

    def __init__(self, periods: tuple[Period, ...], held_minutes: int) -> None:
        self.periods = chain(periods)
        """1m and all that was asked for, short to long."""
        self.lanes: dict[str, SymbolState] = {}
        """Lanes of the symbols that are followed."""
        self.readers = Readers()
        self._by_index: list[SymbolState] = []
        self._held_minutes = held_minutes
        self._order: tuple[str, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols that are followed, by first open time, then by name."""
        return self._order

    @property
    def trades(self) -> int:
        """How many trades went into bars, those of removed symbols included."""
        return sum(lane.taken for lane in self._by_index)

    def take(self, trades: Sequence[TradeFields], uncommon: Callable[[TradeFields], None]) -> None:
        """Add trades that are as most are: next in their run, in the forming minute, sound. All others go to `uncommon`.

        Every trade of the market passes here, so the work is done in place, without a call.
        """
        lanes = self.lanes
        prices = numbers([trade[1] for trade in trades])
        for trade, price in zip(trades, prices, strict=True):
            symbol, _, quantity_text, traded_ms, is_buyer_maker, aggregate_id, first_id, last_id, _ = trade
            try:
                lane = lanes[symbol]
                quantity = recent(quantity_text) or usual(quantity_text)
            except (LookupError, ValueError):
                uncommon(trade)
                continue
            if (
                aggregate_id != lane.next_id
                or not 0 <= traded_ms - lane.minute_ms < lane.open_for_ms
                or last_id < first_id
                or not price
            ):
                uncommon(trade)
                continue
            paid = price * quantity
            if price < lane.low:  # noqa: PLR1730  # min() costs a tenth of the time spent here
                lane.low = price
            if price > lane.high:
                if not lane.high:
                    lane.open = price
                lane.high = price
            lane.close = price
            lane.next_id = aggregate_id + 1
            lane.trade_count += last_id - first_id + 1
            if is_buyer_maker:
                lane.taker_sell_volume += quantity
                lane.taker_sell_turnover += paid
            else:
                lane.taker_buy_volume += quantity
                lane.taker_buy_turnover += paid
            lane.traded_ms = traded_ms
            if not lane.is_touched:
                lane.mark()

    def add(self, added: AddSymbol) -> None:
        """Follow a symbol; one that is followed already stays as it is."""
        if added.symbol in self.lanes:
            return
        lane = SymbolState(len(self._by_index), added, self.periods[1:], self._held_minutes, self.readers)
        self._by_index.append(lane)
        self.readers.grow(len(self._by_index))
        self.lanes[added.symbol] = lane
        self._sort()

    def remove(self, symbol: str) -> None:
        """Stop following a symbol; its current bars are given out as ended ones that lack what comes after."""
        lane = self.lanes.pop(symbol, None)
        if lane is None:
            return
        if span := lane.span():
            self.readers.spanned(span)
        for bar in lane.current(self.periods):
            # One without trades may lie behind the end of trading, where the exchange has no bar.
            if bar.is_traded:
                self.readers.ended(bar._replace(state=State.PARTIAL))
        self._sort()

    def drain(self, reader: Reader, periods: Collection[Period], most: int | None) -> Changes:
        """See `KlineEngine.drain`."""
        for index in self.readers.spread():
            self._by_index[index].is_touched = False
        lanes = [self._by_index[index] for index in reader.tracker.drain(most)]
        lanes = [lane for lane in lanes if self.lanes.get(lane.symbol) is lane]
        wanted = frozenset(periods)
        ended = tuple(bar for bar in reader.ended.values() if bar.period in wanted)
        spans = (*reader.spans, *self._spans(lanes))
        reader.ended.clear()
        reader.spans.clear()
        current: list[Bar] = []
        for lane in lanes:
            current += lane.current(wanted)
        return Changes(tuple(current), ended, spans)

    def snapshot(self, periods: Collection[Period]) -> tuple[Bar, ...]:
        """The current bars of every symbol, in the order of `symbols`."""
        return tuple(bar for symbol in self._order for bar in self.lanes[symbol].current(periods))

    def _spans(self, lanes: list[SymbolState]) -> Iterator[Span]:
        return (span for lane in lanes if (span := lane.span()))

    def _sort(self) -> None:
        lanes = sorted(self.lanes.values(), key=lambda lane: (lane.first_open_ms, lane.symbol))
        self._order = tuple(lane.symbol for lane in lanes)
