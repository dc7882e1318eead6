"""In which order a screen is told things: stored bars before new ones, then both in turns. Pure but for what it asks.

What is fetched for minutes must not keep trades off the screen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice
from typing import Final, Protocol

from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.period import Period
from klagg_tui.feed import FeedUpdate
from klagg_tui.runtime.look import Look
from klagg_tui.runtime.startup import CLOSES

MOST_STALE: Final = 100
"""Symbols whose closes are shown anew at once, those on view first. Of a whole market they are 20 MB and a stutter, at each stretch of
history that comes."""


class Shown(Protocol):
    """Where a screen's updates come from: the engine here, or a connection to where it runs."""

    stale_closes: list[Period]
    """Periods whose stored closes the screen has not seen yet."""

    @property
    def look(self) -> Look:
        """What somebody looks at."""
        ...

    @property
    def followed(self) -> Collection[str]:
        """Symbols that the exchange is followed for."""
        ...

    def exchange_ms(self) -> int:
        """The time there."""
        ...

    async def update(self) -> FeedUpdate:
        """What changed."""
        ...

    async def closes(self, period: Period, symbols: Collection[str] | None) -> FeedUpdate:
        """The last stored closes of a period, of some symbols or all; no bar is as it was before what was told changed it."""
        ...


class Turns:
    """What comes next for one screen."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._is_turn_of_stored = True
        self.stale: dict[Period, set[str]] = {}
        """Symbols of which stored closes of a period became others since they were shown; the longest waiting period first."""
        self._shown_last: Period | None = None
        """Of which closes were shown for that reason."""

    async def next(self) -> FeedUpdate:
        """The next update; an empty one where nothing changed.

        Raises:
            KlaggError: stored bars cannot be read; they are due as before.
        """
        shown = self._shown
        while self._is_turn_of_stored and (shown.stale_closes or self.stale):
            stored = await self._stored_closes()
            if any(stored):
                self._is_turn_of_stored = False
                return stored
        self._is_turn_of_stored = True
        update = await shown.update()
        self._note_stale(update.stored)
        return update

    async def _stored_closes(self) -> FeedUpdate:
        """Those of all symbols first, then of those whose history changed; shown, they are due no more."""
        shown = self._shown
        if shown.stale_closes:
            stored = await shown.closes(shown.stale_closes[0], None)
            del shown.stale_closes[0]
        else:
            period = self._shown_last = self._stale_period()
            waiting = self.stale[period]
            due = {symbol for symbol in shown.look.seen() if symbol in waiting}
            due.update(islice((symbol for symbol in waiting if symbol not in due), max(0, MOST_STALE - len(due))))
            stored = await shown.closes(period, due)
            waiting -= due
            if not waiting:
                del self.stale[period]
        return stored

    def _stale_period(self) -> Period:
        """The one on the screen, in turns with the one that waits longest: at a start every beat brings minutes of some symbols."""
        period = self._shown.look.period
        if period in self.stale and period is not self._shown_last:
            return period
        return next(iter(self.stale))

    def _note_stale(self, changed: Iterable[StoredStretch]) -> None:
        """Closes that are shown became others in the store."""
        now_ms, followed = self._shown.exchange_ms(), set(self._shown.followed)
        for symbol, period, _, to_ms in changed:
            if symbol in followed and to_ms > now_ms - (CLOSES + 1) * period.nominal_ms:
                self.stale.setdefault(period, set()).add(symbol)
