"""What somebody looks at, and which history is therefore fetched first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from klagg_tui.engine.bar import SeriesKey
from klagg_tui.engine.period import Period


class Look(NamedTuple):
    """The rows on view and the symbol that is opened, by the names of the run."""

    symbols: tuple[str, ...] = ()
    """From the top."""
    period: Period = Period.M1
    """That is shown."""
    opened: str | None = None
    others: tuple[Look, ...] = ()
    """What is looked at in windows: it comes behind all of the own screen's."""

    def series(self, periods: Sequence[Period]) -> Iterator[tuple[SeriesKey, bool]]:
        """Whose history comes first, in order, and whether it is on the screen right now.

        The opened symbol, the period shown of the rows on view, their longer periods, then their shorter ones. Some come twice.
        """
        shown = self.period
        longer, shorter = [one for one in periods if shown < one], [one for one in periods if one < shown]
        if self.opened is not None:
            yield (self.opened, shown), True
            yield from (((self.opened, period), False) for period in (*longer, *shorter))
        yield from (((symbol, shown), True) for symbol in self.symbols)
        for period in (*longer, *shorter):
            yield from (((symbol, period), False) for symbol in self.symbols)
        for other in self.others:
            yield from other.series(periods)

    def seen(self) -> Iterator[str]:
        """The symbols that somebody looks at, those of the own screen first, what is opened before what is on view."""
        yield from (symbol for symbol in (self.opened, *self.symbols) if symbol is not None)
        for other in self.others:
            yield from other.seen()
