"""The market as the screens draw it: one row a symbol, fed by `FeedUpdate`.

One owner: the screen's thread. `version` of a row grows with each change, so that a drawn line can be kept as long as
the version stands. Times come as arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.columns import BarColumns
from klagg_tui.engine.exact import PRICE_DECIMALS, Exact
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.feed import FeedUpdate, InstrumentFacts, Mode, Status
from klagg_tui.names import parted
from klagg_tui.view.closes import CLOSES_KEPT, Closes
from klagg_tui.view.screener.day import Day
from klagg_tui.view.screener.figure import FigureCall, Figures
from klagg_tui.view.screener.peers import Listed
from klagg_tui.view.screener.screener import Need, Screener

STALE_BAR_MS: Final = 5_000
"""How long after its end a bar may wait for its successor before the row is no longer live."""

STALE_FEED_MS: Final = 15_000
"""A whole market is never silent for so long."""

_ORDINALS: Final = len(Period)
NO_BARS: Final[tuple[Bar | None, ...]] = (None,) * _ORDINALS
_MINUTE: Final = Period.M1.ordinal


class Row:
    """One symbol: its current bar of each period, its last closes, when it traded last."""

    __slots__ = (
        "_closes",
        "_unit",
        "bars",
        "base",
        "coin",
        "decimals",
        "figures",
        "is_halted",
        "is_inverse",
        "last_trade_ms",
        "name",
        "quote",
        "symbol",
        "tells_derivatives",
        "title",
        "venue",
        "venue_name",
        "version",
    )

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        """`venue:name` where several exchanges are watched, otherwise what the exchange calls it."""
        self.venue, self.title = parted(symbol)
        """Key of the exchange, empty where that is not known; what the exchange calls the symbol."""
        self.venue_name = ""
        """The exchange for people."""
        self.name = self.title.casefold()
        self.base = self.quote = ""
        """As the listing says; empty where that is not known."""
        self.coin = ""
        """The base, in letters that can be compared."""
        self.bars: list[Bar | None] = [None] * _ORDINALS
        """By `Period.ordinal`."""
        self._closes: list[Closes | None] = [None] * _ORDINALS
        self.is_inverse = self.tells_derivatives = False
        """Whether volume counts contracts; whether its exchange tells open interest and funding."""
        self.last_trade_ms: int | None = None
        self.decimals = 0
        """As many as any price of the symbol seen so far needs."""
        self._unit = 10**PRICE_DECIMALS
        self.is_halted = False
        """Whether its trading rests at the exchange."""
        self.figures: Figures | None = None
        """Rolling windows and indicators; None where nobody asks for any."""
        self.version = 0

    @property
    def qualified(self) -> str:
        """`venue:name`, also where one exchange is watched; the name alone where its exchange is not known."""
        return f"{self.venue}:{self.title}" if self.venue else self.title

    def learn(self, facts: InstrumentFacts) -> None:
        """Take in what the listing says."""
        self.venue, self.venue_name = facts.venue or self.venue, facts.venue_name
        self.base, self.quote = facts.base, facts.quote
        self.coin = facts.base.casefold()
        self.is_inverse, self.tells_derivatives = facts.is_inverse, facts.tells_derivatives
        self.version += 1

    def bar(self, period: Period) -> Bar | None:
        """The current bar."""
        return self.bars[period.ordinal]

    @property
    def last(self) -> Exact | None:
        """The newest price: the close of the shortest bar there is."""
        minute = self.bars[_MINUTE]
        if minute is not None:
            return minute.close or None
        return next((bar.close for bar in self.bars if bar is not None and bar.close), None)

    def figure(self, call: FigureCall) -> float | None:
        """The figure now, the forming bar included; None where it is not known."""
        return None if self.figures is None else self.figures.value(call, self.bars)

    def coverage(self, call: FigureCall) -> float:
        """Which part of what the figure looks at is known, 0 to 1: below 1 its value is preliminary."""
        return 0.0 if self.figures is None else self.figures.coverage(call, self.bars)

    def closes(self, period: Period, count: int = CLOSES_KEPT) -> list[float]:
        """The newest closes for drawing, oldest first: of finished bars, and the current one's at the end."""
        kept = self._closes[period.ordinal]
        bar = self.bars[period.ordinal]
        if kept is None:
            return [float(bar.close)] if bar is not None else []
        if bar is not None and bar[2] > kept.newest_ms:
            close = float(bar.close)  # as the others are: of equal closes none is to stand higher
            return [*kept.closes[-count + 1 :], close] if count > 1 else [close]
        return kept.closes[-count:].tolist()

    def take(self, bar: Bar) -> None:
        """A current bar, or a newer state of it."""
        ordinal = bar.period.ordinal
        if ordinal == _MINUTE and bar.close % self._unit:
            self.take_decimals(bar)
        old = self.bars[ordinal]
        if old is not None and old.open_ms > bar.open_ms:
            return
        if old is not None and old.open_ms < bar.open_ms:
            self.take_closed(old)
        self.bars[ordinal] = bar
        self.version += 1

    def take_decimals(self, bar: Bar) -> None:
        """Learn from a bar how many decimals the symbol's prices have."""
        self.decimals = max(self.decimals, *(exact.price_decimals_of(price) for price in bar[3:7]))
        self._unit = 10 ** (PRICE_DECIMALS - self.decimals)

    def take_closed(self, bar: Bar) -> None:
        """A finished bar: its close joins the kept ones, or replaces its own earlier state."""
        # By place, not by name: see `Closes.put`.
        period, open_ms, close = bar[1], bar[2], bar[6]
        if not close:
            return
        ordinal = period.ordinal
        kept = self._closes[ordinal]
        if kept is None:
            kept = self._closes[ordinal] = Closes()
        kept.put(open_ms, close)
        current = self.bars[ordinal]
        if current is None or current[2] < open_ms or (current[2] == open_ms and not _is_behind(bar, current)):
            self.bars[ordinal] = bar
        self.version += 1

    def copy(self) -> Row:
        """The row as it is now, for a frozen screen."""
        twin = Row(self.symbol)
        twin.bars = self.bars.copy()
        twin._closes = [None if kept is None else kept.copy() for kept in self._closes]
        twin.last_trade_ms = self.last_trade_ms
        twin.decimals, twin._unit = self.decimals, self._unit
        twin.is_halted, twin.version = self.is_halted, self.version
        twin.figures = None if self.figures is None else self.figures.frozen(self.bars)
        twin.venue, twin.venue_name = self.venue, self.venue_name
        twin.is_inverse, twin.tells_derivatives = self.is_inverse, self.tells_derivatives
        twin.base, twin.quote, twin.coin = self.base, self.quote, self.coin
        return twin


def _is_behind(stored: Bar, current: Bar) -> bool:
    """Whether a stored bar is the one under way as far as its minutes had ended: it only looks partial."""
    return stored.state is State.PARTIAL and current.state is State.FORMING and stored.volume <= current.volume


class Market:
    """All rows by symbol, in the order the symbols came."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.newest_trade_ms = 0
        self.counts: dict[str, int] = {}
        """Symbols of each exchange, where several are watched; empty where one is."""
        self.screener = Screener(lambda symbol: self.rows[symbol].bars if symbol in self.rows else NO_BARS)
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
        changed = {symbol for symbol, row in self.rows.items() if row.is_halted != (symbol in halted)}
        for symbol in changed:
            row = self.rows[symbol]
            row.is_halted = not row.is_halted
            row.version += 1
        return changed

    def _take_current(self, bars: Iterable[Bar], touched: set[str]) -> None:
        """Some thousand bars a beat, mostly newer states of known ones: these are laid over the old ones in place."""
        symbol, row = "", Row("")
        for bar in bars:
            if bar[0] is not symbol:
                symbol = bar[0]
                row = self._row(bar)
                row.version += 1
                touched.add(symbol)
            ordinal = bar[1].ordinal
            old = row.bars[ordinal]
            if ordinal and old is not None and old[2] == bar[2]:
                row.bars[ordinal] = bar
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
        """The market as it is now, for a frozen screen."""
        twin = Market()
        twin.rows = {symbol: row.copy() for symbol, row in self.rows.items()}
        twin.newest_trade_ms = self.newest_trade_ms
        twin.counts = dict(self.counts)
        return twin


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


def is_stale_feed(status: Status, newest_trade_ms: int) -> bool:
    """Whether a feed that ought to move stands still."""
    if status.mode not in (Mode.LIVE, Mode.DEMO):
        return False
    return status.is_behind or status.exchange_now_ms - newest_trade_ms > STALE_FEED_MS
