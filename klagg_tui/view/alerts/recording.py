"""Alerts without a screen: a market of its own, of which only what alerts ask for is computed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from klagg_tui.alert import Firing
from klagg_tui.engine.columns import BarColumns, no_columns
from klagg_tui.engine.period import Period
from klagg_tui.feed import FeedUpdate
from klagg_tui.view.alerts.book import AlertBook
from klagg_tui.view.model import Market
from klagg_tui.view.screener.screener import Need
from klagg_tui.view.screener.wanted import Wanted


class AlertWatch:
    """Fed with what the engine tells. Pure but for the desk of its book, whose calls are cheap."""

    def __init__(self, book: AlertBook, periods: Collection[Period] = ()) -> None:
        """`periods`: those whose bars are kept."""
        self.book = book
        self._periods = periods
        self.market = Market()
        self._wanted = Wanted(self.market.screener)
        self._version = -1

    def take(self, update: FeedUpdate | None, now_ms: int) -> tuple[list[Firing], list[str]]:
        """What fires by this update, in order of symbols, and sentences on alerts that cannot be read any more."""
        unread = self.book.take_news(now_ms) or []
        alerts, market = self.book.alerts, self.market
        if self._version != alerts.version:
            self._version = alerts.version
            market.screener.use(alerts.calls, self._periods)
        touched = market.apply(update) if update is not None else set()
        alerts.doubt((), update.tickers if update is not None else ())
        return self.book.check(market.rows, sorted(touched), now_ms), unread

    def needs(self) -> list[Need]:
        """Stored bars that figures want, the same ones of some symbols, to be given to `seed`; none where nothing is wanted."""
        return self._wanted.next((), self.book.alerts.calls) if self._wanted.gather() else []

    def seed(self, needs: Sequence[Need], found: Mapping[str, BarColumns]) -> None:
        """The stored bars that were wanted, by symbol."""
        for need in needs:
            if need.symbol in self.market.rows and self.market.seed(need, found.get(need.symbol) or no_columns()):
                self.book.alerts.doubt([need.symbol])

    def put_back(self, needs: Sequence[Need]) -> None:
        """They could not be read."""
        self._wanted.put_back(needs)
