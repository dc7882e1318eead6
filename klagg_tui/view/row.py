"""One symbol as the screens draw it: its bars, its closes, its figures, what the listing says of it.

One owner: the screen's thread. `version` grows with each change, so that a drawn line can be kept as long as it stands.
"""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len

from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import PRICE_DECIMALS, Exact
from klagg_tui.engine.period import Period
from klagg_tui.feed import InstrumentFacts
from klagg_tui.names import parted
from klagg_tui.view.closes import CLOSES_KEPT, Closes
from klagg_tui.view.screener.figure import FigureCall, Figures

_ORDINALS: Final = len(Period)
NO_BARS: Final[tuple[Bar | None, ...]] = (None,) * _ORDINALS
_MINUTE: Final = Period.M1.ordinal


class Row:
    """One symbol: its current bar of each period, its last closes, when it traded last."""

    __slots__ = (
        "_closes",
        "_settled",
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
        "tick",
        "title",
        "title_cells",
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
        self.title_cells = cell_len(self.title)
        """How wide its name is drawn."""
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
        self.tick: Exact = 10**PRICE_DECIMALS
        """The step of prices with so many decimals."""
        self.is_halted = False
        """Whether its trading rests at the exchange."""
        self.figures: Figures | None = None
        """Rolling windows and indicators; None where nobody asks for any."""
        self._settled: dict[FigureCall, tuple[int, int, Figures | None, float | None]] = {}
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

    @property
    def told_last(self) -> float | None:
        """The newest price in the exchange's words, for a symbol of which no trade was seen; None where it is not known."""
        return None if self.figures is None else self.figures.told_last

    def figure(self, call: FigureCall) -> float | None:
        """The figure now, the forming bar included; None where it is not known."""
        return None if self.figures is None else self.figures.value(call, self.bars)

    def settled(self, call: FigureCall, minute: int) -> float | None:
        """A figure of `OF_BARS` in the minute of that number, computed once for a state of the row: whole markets are ordered by it."""
        known = self._settled.get(call)
        if known is not None and known[0] == self.version and known[1] == minute and known[2] is self.figures:
            return known[3]
        value = self.figure(call)
        self._settled[call] = self.version, minute, self.figures, value
        return value

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

    def finished(self, period: Period) -> Closes | None:
        """Closes of the bars before the current one; None where it is one of them, or there are none."""
        kept, bar = self._closes[period.ordinal], self.bars[period.ordinal]
        return kept if kept is not None and bar is not None and bar[2] > kept.newest_ms else None

    def take(self, bar: Bar) -> None:
        """A current bar, or a newer state of it."""
        ordinal = bar.period.ordinal
        if ordinal == _MINUTE and bar.close % self.tick:
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
        self.tick = 10 ** (PRICE_DECIMALS - self.decimals)

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
        """The row as it is now but for its figures, for a frozen screen."""
        twin = Row(self.symbol)
        twin.bars = self.bars.copy()
        twin._closes = [None if kept is None else kept.copy() for kept in self._closes]
        twin.last_trade_ms = self.last_trade_ms
        twin.decimals, twin.tick = self.decimals, self.tick
        twin.is_halted, twin.version = self.is_halted, self.version
        twin.venue, twin.venue_name = self.venue, self.venue_name
        twin.is_inverse, twin.tells_derivatives = self.is_inverse, self.tells_derivatives
        twin.base, twin.quote, twin.coin = self.base, self.quote, self.coin
        return twin


def _is_behind(stored: Bar, current: Bar) -> bool:
    """Whether a stored bar is the one under way as far as its minutes had ended: it only looks partial."""
    return stored.state is State.PARTIAL and current.state is State.FORMING and stored.volume <= current.volume
