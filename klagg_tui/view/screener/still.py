"""The figures of a market that stands still: what was in use keeps its values, what is asked for later is made as of then.

That is read from the stored minutes that were over by then and from the bars that were under way; what is told beside trades is
kept as it was. Nothing is held twice meanwhile: only what is asked for later is read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, TypeAlias

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.columns import BarColumns
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.view.screener.figure import WHOLE, FigureCall
from klagg_tui.view.screener.screener import Need, Screener
from klagg_tui.view.screener.symbol import SymbolFigures

_Values: TypeAlias = Mapping[FigureCall, tuple[float | None, float]]
"""Value and coverage."""
_UNKNOWN: Final = None, 0.0


class Frozen:
    """Figures of one symbol that stay as they were; those asked for since are `later`'s."""

    __slots__ = ("_kept", "_later", "_values", "told_last")

    def __init__(self, values: _Values, kept: Collection[FigureCall], later: SymbolFigures) -> None:
        self._values, self._kept, self._later = values, kept, later
        self.told_last = later.told_last

    def value(self, call: FigureCall, bars: Sequence[Bar | None]) -> float | None:
        """The figure as it was."""
        return self._values.get(call, _UNKNOWN)[0] if call in self._kept else self._later.value(call, bars)

    def coverage(self, call: FigureCall, bars: Sequence[Bar | None]) -> float:
        """What was known of it."""
        return self._values.get(call, _UNKNOWN)[1] if call in self._kept else self._later.coverage(call, bars)

    def look(self, call: FigureCall, bars: Sequence[Bar | None]) -> tuple[float | None, bool]:
        """Both."""
        if call not in self._kept:
            return self._later.look(call, bars)
        value, coverage = self._values.get(call, _UNKNOWN)
        return value, coverage >= WHOLE


class StillScreener(Screener):
    """Made of a live one at the moment at which the market is to stand still; `bars_of` are the bars as of then."""

    def __init__(self, live: Screener, bars_of: Callable[[str], Sequence[Bar | None]]) -> None:
        super().__init__(bars_of)
        self.now_ms = live.now_ms
        self._peers = live.peers_as_of_now(bars_of)
        self._values = {figures.symbol: figures.values(bars_of(figures.symbol)) for figures in live.followed}
        self._kept = frozenset(
            call for values in self._values.values() for call, (value, _) in values.items() if value is not None
        )
        """A figure that has just been chosen and was known of no symbol is made like the later ones."""
        for figures in live.followed:
            self._figures[figures.symbol] = figures.still(bars_of(figures.symbol), lambda: self.now_ms)

    def use(self, calls: Collection[FigureCall], kept: Collection[Period] = ()) -> bool:
        """See `Screener`; of what was in use before there is nothing to be done."""
        return super().use(frozenset(calls) - self._kept, kept)

    def figures_of(self, symbol: str) -> Frozen:
        """What `Row.figures` is."""
        return Frozen(self._values.get(symbol, {}), self._kept, self.add(symbol))

    def seed(self, need: Need, columns: BarColumns) -> bool:
        """See `Screener`; bars that were not over by then are left out."""
        return super().seed(need, _before(columns, self._end_ms(need.symbol, need.period)))

    def _end_ms(self, symbol: str, period: Period) -> int:
        """When the bar opened that was under way."""
        if period is Period.M1:
            return self.add(symbol).tape.end * MINUTE_MS
        bar = self._bars_of(symbol)[period.ordinal]
        return period.open_ms(self.now_ms) if bar is None else bar.open_ms


def _before(columns: BarColumns, to_ms: int) -> BarColumns:
    """The bars that open before that time."""
    count = bisect_left(columns.open_ms, to_ms)
    if count == len(columns.open_ms):
        return columns
    return BarColumns(*(column[:count] for column in columns))  # type: ignore[arg-type]  # each stays of its kind
