"""The figures of one symbol: its tape, its series of bars, what is counted over them, and what is read from that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias, TypeVar

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.view.screener.contract import Contract
from klagg_tui.view.screener.day import OfDay, Told
from klagg_tui.view.screener.extremes import Extreme, FirstKnown
from klagg_tui.view.screener.figure import WHOLE, FigureCall
from klagg_tui.view.screener.listing import Listing
from klagg_tui.view.screener.longer import Longer, Start
from klagg_tui.view.screener.readings import Known, Reading
from klagg_tui.view.screener.series import Run, Series
from klagg_tui.view.screener.tape import Tape
from klagg_tui.view.screener.windows import PaidWindow, PairWindow, ReturnWindow, SumWindow

Counter: TypeAlias = SumWindow | PaidWindow | ReturnWindow | PairWindow | Extreme | FirstKnown | Longer | Start | Run
_Kind = TypeVar("_Kind", SumWindow, PaidWindow, ReturnWindow, PairWindow, Extreme, FirstKnown, Longer, Start, Run)

Make: TypeAlias = "Callable[[SymbolFigures, FigureCall], Reading | None]"
"""From a symbol and a call to its reading; None where the symbol cannot have the figure."""


class SymbolFigures:
    """What is computed for one symbol: exactly what is in use. `now_ms` is the market's clock, `peer_bar` its BTC's minute."""

    __slots__ = (
        "_counters",
        "_old",
        "contract",
        "is_inverse",
        "listing",
        "longer",
        "now_ms",
        "peer",
        "peer_bar",
        "readings",
        "series",
        "sought",
        "symbol",
        "tape",
        "told",
    )

    def __init__(self, symbol: str, now_ms: Callable[[], int]) -> None:
        self.symbol = symbol
        self.now_ms = now_ms
        self.is_inverse = False
        """Whether volume counts contracts: turnover by volume is no price then."""
        self.told = Told(now_ms)
        """The last 24 hours in the exchange's words."""
        self.contract = Contract(now_ms)
        """What is told beside trades."""
        self.listing = Listing()
        self.peer: SymbolFigures | None = None
        """BTC of the same exchange."""
        self.peer_bar: Callable[[], Bar | None] = lambda: None
        self.tape = Tape()
        self.longer: dict[Period, Tape] = {}
        """Bars that stand in for minutes, those of the longest period first."""
        self.series: dict[Period, Series] = {}
        self.readings: dict[FigureCall, Reading] = {}
        self.sought: dict[str | Period, int] = {}
        """From which millisecond on the store was looked through, by the field of the tape or the period."""
        self._counters: dict[tuple[object, ...], Counter] = {}
        self._old: dict[tuple[object, ...], Counter] = {}

    def use(self, calls: Iterable[FigureCall], make: Make) -> None:
        """Compute these from now on, and nothing else; what was counted already and is still wanted stays."""
        self.unlisten()
        self._old, self._counters = self._counters, {}
        self.readings = {call: reading for call in calls if (reading := make(self, call)) is not None}
        self._old = {}
        counters = self._counters.values()
        for series in self.series.values():
            series.runs = [counter for counter in counters if isinstance(counter, Run) and counter.series is series]
        others = [
            window for window in self.tape.listeners if isinstance(window, PairWindow) and window.tape is not self.tape
        ]
        self.tape.listeners = [*(counter for counter in counters if not isinstance(counter, Run)), *others]
        for tape in self.longer.values():
            tape.listeners = [counter for counter in counters if isinstance(counter, Longer | Start)]
        for window in self._pairs():
            if window.their_tape is not self.tape:
                window.their_tape.listeners.append(window)

    def begin_anew(self, series: Series) -> None:
        """Older bars of the series are wanted than before: what was carried on over it does not count any more."""
        self.sought.pop(series.period, None)
        self._counters = {key: counter for key, counter in self._counters.items() if counter not in series.runs}
        series.runs = []

    def unlisten(self) -> None:
        """Leave the other symbol's tape alone from now on."""
        for window in self._pairs():
            if window in window.their_tape.listeners:
                window.their_tape.listeners.remove(window)

    def _pairs(self) -> list[PairWindow]:
        return [counter for counter in self._counters.values() if isinstance(counter, PairWindow)]

    def counter(self, kind: type[_Kind], make: Callable[[], _Kind], *what: object) -> _Kind:
        """That which counts so, shared by all who ask for the same."""
        key = (kind, *what)
        found = self._counters.get(key) or self._old.get(key)
        if not isinstance(found, kind):
            found = make()
        self._counters[key] = found
        return found

    def value(self, call: FigureCall, bars: Sequence[Bar | None]) -> float | None:
        """The figure now; None where it is not known, or not in use."""
        reading = self.readings.get(call)
        return None if reading is None else reading.value(self._forming(bars), bars)

    def coverage(self, call: FigureCall, bars: Sequence[Bar | None]) -> float:
        """Which part of what the figure looks at is known, 0 to 1."""
        reading = self.readings.get(call)
        return 0.0 if reading is None else reading.coverage(self._forming(bars), bars)

    def look(self, call: FigureCall, bars: Sequence[Bar | None]) -> tuple[float | None, bool]:
        """The figure now, and whether what it looks at is known but for what does not matter."""
        reading = self.readings.get(call)
        if reading is None:
            return _NOTHING
        # As `_forming` does: every number of every line is asked for here.
        forming, end = bars[0], self.tape.end
        if forming is not None:
            minute = forming[2] // MINUTE_MS
            if minute > end:
                self.tape.advance(minute)
            elif minute < end:
                forming = None
        value = reading.value(forming, bars)
        return value, value is not None and reading.coverage(forming, bars) >= WHOLE

    def _forming(self, bars: Sequence[Bar | None]) -> Bar | None:
        """The bar of the minute under way; what ended before it and has not come is unknown."""
        bar = bars[0]
        if bar is None:
            return None
        minute, end = bar[2] // MINUTE_MS, self.tape.end
        if minute > end:
            self.tape.advance(minute)
            return bar
        return bar if minute == end else None

    def recheck(self) -> None:
        """History has come: it may cover a window now."""
        for reading in self.readings.values():
            if isinstance(reading, OfDay | Known):
                reading.recheck()

    @property
    def told_last(self) -> float | None:
        """The newest price in the exchange's words; None where it told none, or too long ago."""
        day = self.told.now()
        return None if day is None else day.last

    def values(self, bars: Sequence[Bar | None]) -> dict[FigureCall, tuple[float | None, float]]:
        """Value and coverage of each figure in use."""
        return {call: (self.value(call, bars), self.coverage(call, bars)) for call in self.readings}

    def still(self, bars: Sequence[Bar | None], now_ms: Callable[[], int]) -> SymbolFigures:
        """The symbol as of now, with its minutes up to the one under way still to be read, and nothing computed."""
        twin = SymbolFigures(self.symbol, now_ms)
        twin.is_inverse = self.is_inverse
        twin.listing.learn(self.listing.told_ms, self.listing.by_ms)
        twin.told, twin.contract = self.told.copy(now_ms), self.contract.copy(now_ms)
        bar = bars[0]
        twin.tape.end = max(self.tape.end, (now_ms() if bar is None else bar.open_ms) // MINUTE_MS)
        return twin


_NOTHING: Final = (None, False)
