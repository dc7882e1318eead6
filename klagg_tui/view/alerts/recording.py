"""Alerts without a screen: a market of its own, of which only what alerts ask for is computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from klagg_tui.alert import Firing
from klagg_tui.engine.columns import BarColumns
from klagg_tui.feed import FeedUpdate
from klagg_tui.view.alerts.book import AlertBook
from klagg_tui.view.model import Market
from klagg_tui.view.screener.screener import Need

NEEDS_AT_ONCE: Final = 20
"""Stretches of history read between two looks at what changed."""


class AlertWatch:
    """Fed with what the engine tells. Pure but for the desk of its book, whose calls are cheap."""

    def __init__(self, book: AlertBook) -> None:
        self.book = book
        self.market = Market()
        self._needs: Iterator[Need] = iter(())
        self._minute = -1
        """When it was looked last which history is wanted."""
        self._version = -1
        self._stored: list[Need] = []

    def take(self, update: FeedUpdate | None, now_ms: int) -> tuple[list[Firing], list[str]]:
        """What fires by this update, and sentences on alerts that cannot be read any more."""
        unread = self.book.take_news(now_ms) or []
        alerts, market = self.book.alerts, self.market
        if self._version != alerts.version:
            self._version = alerts.version
            market.screener.use(alerts.calls)
            self._minute = -1
        touched = market.apply(update) if update is not None else set()
        for stretch in update.stored if update is not None else ():
            self._stored += market.screener.needs_in(stretch.symbol, stretch.period, stretch.from_ms, stretch.to_ms)
        return self.book.check([market.rows[one] for one in touched if one in market.rows], now_ms), unread

    def needs(self) -> list[Need]:
        """Some of the stored bars that figures want, to be given to `seed`; those of what came into the store first."""
        minute = self.market.screener.now_ms // 60_000
        found = self._stored[:NEEDS_AT_ONCE]
        del self._stored[:NEEDS_AT_ONCE]
        if not found and minute != self._minute:
            self._minute = minute
            self._needs = iter(self.market.screener.needs())
        return found or list(islice(self._needs, NEEDS_AT_ONCE))

    def seed(self, found: Iterable[tuple[Need, BarColumns]]) -> None:
        """The stored bars that were wanted."""
        for need, columns in found:
            if need.symbol in self.market.rows and self.market.seed(need, columns):
                self.book.alerts.doubt([need.symbol])
