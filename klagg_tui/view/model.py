"""The market as the screens draw it: one row a symbol, fed by `FeedUpdate`.

One owner: the screen's thread. `version` of a row grows with each change, so that a drawn line can be kept as long as
the version stands. Times come as arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.columns import BarColumns
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.feed import FeedUpdate
from klagg_tui.view.row import NO_BARS, Row
from klagg_tui.view.screener.day import Day
from klagg_tui.view.screener.peers import Listed
from klagg_tui.view.screener.screener import Need, Screener
from klagg_tui.view.screener.still import StillScreener

__all__ = [
    "STALE_BAR_MS",
    "Market",
    "Row",
    "change_percent",
    "is_stale_bar",
    "taker_share",
    "trade_count_of",
    "turnover_of",
]

STALE_BAR_MS: Final = 5_000
"""How long after its end a bar may wait for its successor before the row is no longer live."""

_MINUTE: Final = Period.M1.ordinal


class Market:
    """All rows by symbol, in the order the symbols came."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.newest_trade_ms = 0
        self.counts: dict[str, int] = {}
        """Symbols of each exchange, where several are watched; empty where one is."""
        self._halted: frozenset[str] = frozenset()
        self.screener = Screener(self._bars_of)
        """What figures are computed of the rows: see `Screener.use`."""

    @property
    def has_venues(self) -> bool:
        """Whether several exchanges are watched: only then are symbols called by them."""
        return bool(self.counts)

    def apply(self, update: FeedUpdate) -> set[str]:
        """Take an update in; returns the symbols touched."""
        rows = self.rows
        for symbol in update.symbols_removed:
            self._drop(symbol)
        for symbol in update.symbols_added:
            if symbol not in rows:
                self._add(symbol)
        touched = {*update.symbols_added, *update.symbols_removed}
        for bar in update.changes.ended:
            self._row(bar).take_closed(bar)
            touched.add(bar.symbol)
        self.screener.take(update.changes.ended)
        for stretch in update.stored:
            self.screener.note_stored(*stretch)
        touched |= self._note_days(update.tickers)
        self._take_current(update.changes.current, touched)
        self._note_trades(update)
        for symbol in self.screener.take_told(update.derivatives):
            rows[symbol].version += 1
            touched.add(symbol)
        for symbol, facts in update.instruments.items():
            row = rows.get(symbol)
            if row is not None:
                row.learn(facts)
                listed = Listed(row.venue, row.base, row.quote)
                told = facts.listed_ms, facts.traded_by_ms
                self.screener.learn(
                    symbol, listed, is_inverse=facts.is_inverse, listed_ms=told[0], traded_by_ms=told[1]
                )
                touched.add(symbol)
        return touched

    def _add(self, symbol: str) -> Row:
        row = self.rows[symbol] = Row(symbol)
        row.figures = self.screener.add(symbol)
        row.is_halted = symbol in self._halted
        if symbol != row.title:
            self.counts[row.venue] = self.counts.get(row.venue, 0) + 1
        return row

    def _drop(self, symbol: str) -> None:
        row = self.rows.pop(symbol, None)
        self.screener.drop(symbol)
        if row is not None and symbol != row.title:
            self.counts[row.venue] -= 1

    def _note_days(self, days: Mapping[str, Day]) -> set[str]:
        """The last 24 hours of symbols in their exchange's words, for figures that the stored minutes do not cover yet."""
        rows = self.rows
        for symbol in days.keys() & rows.keys():
            self.screener.note_day(symbol, days[symbol])
            rows[symbol].version += 1
        return days.keys() & rows.keys()

    def seed(self, need: Need, columns: BarColumns) -> bool:
        """Stored bars that the screener wanted; whether the row has other figures by them."""
        is_news = self.screener.seed(need, columns)
        if is_news:
            self.rows[need.symbol].version += 1
        return is_news

    def note_halted(self, halted: Collection[str]) -> set[str]:
        """Take in whose trading rests; returns the symbols of which that is news."""
        if halted == self._halted:
            return set()
        self._halted = frozenset(halted)
        changed = {symbol for symbol, row in self.rows.items() if row.is_halted != (symbol in halted)}
        for symbol in changed:
            row = self.rows[symbol]
            row.is_halted = not row.is_halted
            row.version += 1
        return changed

    def _take_current(self, bars: Iterable[Bar], touched: set[str]) -> None:
        """Some thousand bars a beat, mostly newer states of known ones: these are laid over the old ones in place."""
        rows = self.rows
        symbol, row = "", Row("")
        held, tick = row.bars, row.tick
        for bar in bars:
            # By place, not by name, and without a call for what nearly all are: see `Closes.put`.
            name = bar[0]
            if name is not symbol:
                symbol = name
                found = rows.get(name)
                row = found if found is not None and found.version else self._row(bar)
                row.version += 1
                held, tick = row.bars, row.tick
                touched.add(name)
            ordinal = bar[1].ordinal
            old = held[ordinal]
            if old is not None and old[2] == bar[2] and (ordinal or not bar[6] % tick):
                held[ordinal] = bar
            else:
                row.take(bar)

    def _row(self, bar: Bar) -> Row:
        row = self.rows.get(bar.symbol)
        if row is None:
            row = self._add(bar.symbol)
        if not row.version:
            row.take_decimals(bar)
        return row

    def _note_trades(self, update: FeedUpdate) -> None:
        for symbol, traded_ms in update.last_trade_ms.items():
            row = self.rows.get(symbol)
            if row is not None:
                row.last_trade_ms = traded_ms
                self.newest_trade_ms = max(self.newest_trade_ms, traded_ms)
        self.screener.now_ms = self.newest_trade_ms or self._end_of_stored()

    def _end_of_stored(self) -> int:
        """When the newest bar was over that is known before any trade."""
        newest = (row.bars[_MINUTE] for row in self.rows.values())
        return max((bar.end_ms for bar in newest if bar is not None), default=0)

    def copy(self) -> Market:
        """The market as it is now, for a frozen screen; figures asked for later are to be seeded as of now."""
        twin = Market()
        twin.rows = {symbol: row.copy() for symbol, row in self.rows.items()}
        twin.newest_trade_ms = self.newest_trade_ms
        twin.counts = dict(self.counts)
        twin.screener = still = StillScreener(self.screener, twin._bars_of)
        for symbol, row in twin.rows.items():
            row.figures = still.figures_of(symbol)
        return twin

    def _bars_of(self, symbol: str) -> Sequence[Bar | None]:
        row = self.rows.get(symbol)
        return NO_BARS if row is None else row.bars


def change_percent(bar: Bar | None) -> float | None:
    """How far the bar's close is from its open."""
    if bar is None or not bar.open:
        return None
    return (bar.close - bar.open) * 100 / bar.open


def taker_share(bar: Bar | None) -> float | None:
    """Which part of the volume takers bought, 0 to 1; None without trades, or where the exchange does not tell it."""
    if bar is None or not bar.volume or bar.evidence & Evidence.NO_TAKER_VOLUME:
        return None
    return bar.taker_buy_volume / bar.volume


def turnover_of(bar: Bar | None) -> Exact | None:
    """The bar's turnover; None where it is not known."""
    return None if bar is None or bar.evidence & Evidence.NO_TURNOVER else bar.turnover


def trade_count_of(bar: Bar | None) -> int | None:
    """The bar's number of trades; None where it is not known."""
    return None if bar is None or bar.evidence & Evidence.NO_COUNT else bar.trade_count


def is_stale_bar(bar: Bar, now_ms: int) -> bool:
    """Whether the bar's successor should long be there."""
    period = bar[1]
    # Asked of every line of every frame; only months need the calendar.
    end_ms = bar[2] + period.nominal_ms if period is not Period.MO1 else bar.end_ms
    return now_ms >= end_ms + STALE_BAR_MS
