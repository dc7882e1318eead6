"""The chart of a symbol as it goes on: its bars as they come, its history as one goes back."""

from __future__ import annotations

from typing import Final

from textual import work

from klagg_tui import formatting
from klagg_tui.engine.bar import Bar
from klagg_tui.feed import FeedUpdate
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.widgets.contract_chart import ContractChart
from klagg_tui.view.model import Row
from klagg_tui.view.series import Series

LOADED_AT_ONCE: Final = 500
MAX_LOADED: Final = 5_000
"""Bars that a jump loads: more would make each picture slow."""


class LiveChart(ContractChart):
    """Candles of one symbol of the market in the period on view."""

    def __init__(self, state: AppState, *, id: str = "chart") -> None:  # noqa: A002  # Textual's own name
        super().__init__(state, id=id)
        self.symbol = ""
        self._loads = 0
        """How many are under way."""

    @property
    def row(self) -> Row | None:
        """The symbol's row; None where it is no longer traded."""
        return self.state.shown_market.rows.get(self.symbol)

    def begin(self, symbol: str) -> None:
        """Draw this symbol from its newest bar; what is stored before it is there a moment later."""
        self.symbol = symbol
        series = Series(symbol, self.state.period)
        self.show(series, self.row.decimals if self.row else 2)
        self.take_current()
        if symbol:
            self.load_older()

    def take_current(self) -> None:
        """Take in the bar under way, and how many decimals the symbol's prices have by now."""
        row = self.row
        self.use_contract(row)
        bar = row.bar(self.state.period) if row else None
        if row is not None and bar is not None and self.series is not None:
            self.decimals = row.decimals
            self.shift(self.series.take([bar]))

    def beat(self, touched: set[str]) -> None:
        """Take in the symbol's new bars, or begin again where all does."""
        self.take_told()
        if self.series is not None and (self.state.last_update or FeedUpdate()).anew_until_ms:
            self.begin(self.symbol)
        elif self.series is not None and self.symbol in touched and not self.state.is_frozen:
            # Fetched history comes here too, before the bars on view.
            self.shift(self.series.take((self.state.last_update or FeedUpdate()).changes.ended))
            self.take_current()

    @work(exclusive=True, group="history")
    async def load_older(self) -> None:
        """Load the bars before the loaded ones, as one goes."""
        series = self.series
        if series is None:
            return
        before_ms = series.bars[0].open_ms if series.bars else None
        older = await self._history(series, before_ms, LOADED_AT_ONCE)
        if series is self.series:
            self.shift(series.take_history(older, LOADED_AT_ONCE))
            self.post_message(self.Moved())

    async def _history(self, series: Series, before_ms: int | None, count: int) -> tuple[Bar, ...]:
        self._loads += 1
        try:
            return await self.state.feed.history(series.symbol, series.period, before_ms, count)
        finally:
            self._loads -= 1

    @work(exclusive=True, group="history")
    async def jump(self, moment_ms: int) -> None:
        """Show the bars around a moment, loading what is missing until there; tell where that is more than a chart holds."""
        series = self.series
        if series is None or not series.bars:
            return
        first_ms = series.bars[0].open_ms
        missing = max(0, (first_ms - moment_ms) // series.period.nominal_ms)
        if missing and series.reaches_back:
            asked = min(missing + LOADED_AT_ONCE, MAX_LOADED)
            older = await self._history(series, first_ms, asked)
            if series is not self.series:
                return
            self.shift(series.take_history(older, asked))
        oldest_ms = series.bars[0].open_ms
        if moment_ms < oldest_ms:
            begin = formatting.date_time(oldest_ms, local=self.state.preferences.local_time)
            what = (
                "the chart goes back no further; a longer period does"
                if series.reaches_back
                else "no older bar is kept"
            )
            self.notify(f"{begin}: {what}.", timeout=4)
        self.show_at(moment_ms)

    def load_what_comes_into_view(self) -> None:
        """Load older bars where the left edge is near the oldest loaded one; whoever moves on does not begin that anew."""
        if self.wants_older and not self._loads:
            self.load_older()
