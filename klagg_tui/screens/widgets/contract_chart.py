"""What a chart knows of its contract beside the trades: stored open interest and funding, and what is told since."""

from __future__ import annotations

from typing import Final

from textual import work

from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.errors import KlaggError
from klagg_tui.screens.widgets.chart import CandleChart
from klagg_tui.view.contract_history import ContractHistory
from klagg_tui.view.indicators.registry import INDICATORS
from klagg_tui.view.model import Row
from klagg_tui.view.series import Series

_TOLD: Final = frozenset(each.key for each in INDICATORS if each.is_told)
_BEFORE_MS: Final = 60 * MINUTE_MS
"""What was told so long before the oldest bar may still hold in it."""


class ContractChart(CandleChart):
    """Reads what is stored for the bars that are loaded, once somebody wants to see it; the screen waits for none of it."""

    _asked_from_ms: int | None = None
    """The oldest bar for which it was read."""
    _is_asking = False
    _missed = 0
    """How often something was told that nobody took in."""

    def show(self, series: Series, decimals: int) -> None:
        """See `CandleChart`; of another contract nothing is known yet."""
        self.contract = self._asked_from_ms = None
        super().show(series, decimals)

    def use_contract(self, row: Row | None) -> None:
        """Have what there is of the symbol, and of what is told of it, where its exchange tells it."""
        self.has_vwap = row is None or not row.is_inverse
        if row is not None and row.tells_derivatives and self.contract is None:
            self.contract = ContractHistory()

    def redraw(self) -> None:
        """See `CandleChart`; there may be bars for which nothing was read."""
        super().redraw()
        bars = self.series.bars if self.series is not None else []
        # The bar under way alone stands there a moment before the others come.
        if len(bars) < 2 or not self._wants_told or self._is_asking:
            return
        if self._asked_from_ms is None or bars[0].open_ms < self._asked_from_ms:
            self._is_asking = True  # before it begins: it may be a while until then
            self._read_told()

    def read_told_again(self) -> None:
        """Something may have been told that nobody took in: all of it is read anew, once a pane wants it."""
        self._asked_from_ms = None
        self._missed += 1

    def take_told(self) -> None:
        """Take in what the last beat brought."""
        update, series, contract = self.state.last_update, self.series, self.contract
        if update is None or series is None or contract is None or self.state.is_frozen:
            return
        if contract.take(one for one in update.derivatives if one.symbol == series.symbol) and self._wants_told:
            super().redraw()

    @property
    def _wants_told(self) -> bool:
        return self.contract is not None and not _TOLD.isdisjoint(self.state.preferences.indicators)

    @work(group="told")
    async def _read_told(self) -> None:
        series, contract, before_ms, missed = self.series, self.contract, self._asked_from_ms, self._missed
        bars = [bar for bar in series.bars if before_ms is None or bar.open_ms < before_ms] if series else []
        try:
            if series is not None and contract is not None and bars:
                edges_ms = [bars[0].open_ms - _BEFORE_MS, *(bar.open_ms for bar in bars), bars[-1].end_ms]
                contract.take(await self.state.feed.derivatives(series.symbol, edges_ms))
        except KlaggError as error:
            self.notify(f"Open interest and funding cannot be read: {error}", severity="error")
        finally:
            self._is_asking = False
        if bars and contract is self.contract and missed == self._missed:
            self._asked_from_ms = bars[0].open_ms
        self.redraw()
