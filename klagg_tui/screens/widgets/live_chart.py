"""The chart of a symbol as it goes on: its bars as they come, its history as one goes back, fetched where none is stored."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual import work
from textual.strip import Strip

from klagg_tui import formatting
from klagg_tui.edge import Edge, OlderBars
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.errors import KlaggError
from klagg_tui.feed import FeedUpdate, Mode
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.widgets.contract_chart import ContractChart
from klagg_tui.view.edge import FETCHING, edge_text
from klagg_tui.view.model import Row
from klagg_tui.view.role import Role
from klagg_tui.view.series import Series
from klagg_tui.view.shelf import SeriesShelf

log = logging.getLogger(__name__)

LOADED_AT_ONCE: Final = 500
MAX_LOADED: Final = 5_000
"""Bars that a jump loads: more would make each picture slow."""
NEAR_EDGE: Final = 100
"""Bars to the left of the view from which on older ones are fetched, so that they are there when one comes there."""
RETRY_BEATS: Final = 25
"""Until an exchange that could not be asked is asked again: five seconds."""
_EDGE_ROW: Final = 1
"""Where it is said what is before the oldest bar: under the row of values in words."""


class LiveChart(ContractChart):
    """Candles of one symbol of the market in the period on view."""

    def __init__(self, state: AppState, *, id: str = "chart") -> None:  # noqa: A002  # Textual's own name
        super().__init__(state, id=id)
        self.symbol = ""
        self._loads = 0
        """How many are under way."""
        self._fetching: Series | None = None
        """The series that older bars are being fetched of."""
        self._edge: OlderBars | None = None
        """What the exchange said of those before the oldest; None: it was not asked."""
        self._edge_beat = 0
        self._is_moved = False
        """Whether somebody moved the view since it began: who only looks has nothing fetched."""
        self._beat = state.beats
        """The last one whose changes were taken in."""
        self._is_behind = False
        """Whether some were missed, while this was not on view or the market was frozen."""
        self._shelf = SeriesShelf()
        self._reading: list[Series] = []
        """Those of it that are being read, or were when they came to be charted."""
        self._beside: tuple[str, ...] = ()
        """Symbols that may be charted next."""

    @property
    def row(self) -> Row | None:
        """The symbol's row; None where it is no longer traded."""
        return self.state.shown_market.rows.get(self.symbol)

    def begin(self, symbol: str) -> None:
        """Draw this symbol from its newest bar; what is stored before it is there a moment later, or at once where it is at hand."""
        self._take_update()
        period, before = self.state.period, self.series
        if self._beside and before is not None and len(before.bars) > 1 and not (self._is_behind or self._is_loading):
            self._shelf.put(before)
        self.symbol = symbol
        kept = self._shelf.take(symbol, period)
        self._edge, self._is_moved, self._is_behind = None, False, False
        self.show(kept or Series(symbol, period), self.row.decimals if self.row else 2)
        self.take_current()
        if kept is None and symbol:
            self.load_older()

    def prepare(self, symbols: Sequence[str]) -> None:
        """Have the history of these at hand: one of them is likely to be charted next."""
        self._beside = tuple(symbols)
        if not self._is_loading:  # otherwise they follow what is on view
            self._load_beside()

    def _load_beside(self) -> None:
        self._shelf.keep_only(self._beside, self.state.period)
        for symbol in self._beside:
            if symbol != self.symbol and (series := self._shelf.begin(symbol, self.state.period)) is not None:
                self._load_kept(series)

    @work(group="beside")
    async def _load_kept(self, series: Series) -> None:
        """Read it; where it came to be charted meanwhile, draw it."""
        self._reading.append(series)
        try:
            older = await self._read(series, None, LOADED_AT_ONCE)
        except KlaggError as error:
            log.info("%s %s is not at hand: %s", series.symbol, series.period, error)
            self._shelf.drop(series)
            if series is self.series:
                self.load_older()  # which tells what is wrong
            return
        finally:
            self._reading.remove(series)
        inserted = series.take_history(older, LOADED_AT_ONCE)
        if series is self.series:
            self.shift(inserted)
            self.post_message(self.Moved())
            self._load_beside()

    @property
    def _is_loading(self) -> bool:
        """Whether history of what is charted is on its way."""
        return self._loads > 0 or self.series in self._reading

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
            self._shelf.clear()
            self._is_behind = True  # what was charted until now is nothing to keep
            self.begin(self.symbol)
            return
        if self.state.is_frozen:
            return
        self._take_update()
        if self.series is None:
            return
        if self._is_behind and not self._is_loading:
            self._is_behind = False
            self.read_told_again()
            self._read_again(self.series.bars[-2].open_ms if len(self.series.bars) > 1 else 0)
        if self.symbol in touched:
            self.take_current()

    def _take_update(self) -> None:
        """Take in the changes of the last beat, once; where those of one before were missed, note that."""
        state = self.state
        passed, self._beat = state.beats - self._beat, state.beats
        if passed > 1 or (passed and state.is_frozen):
            self._is_behind = True
            self._shelf.clear()
        elif passed:
            update = state.last_update or FeedUpdate()
            self._shelf.beat(update)
            if self.series is not None:
                # Bars of before come here too, where the engine changed them.
                self._lay_over(bar for bar in update.changes.ended if bar.symbol == self.symbol)
                for stretch in update.stored:
                    if stretch.symbol == self.symbol and stretch.period is self.series.period:
                        self._note_stored(stretch, self.series)

    def _note_stored(self, stretch: StoredStretch, series: Series) -> None:
        """The database holds something else there than before: history that was fetched, or repaired."""
        oldest_ms = series.bars[0].open_ms if series.bars else None
        if oldest_ms is None or stretch.from_ms < oldest_ms:
            series.reaches_back, self._edge = True, None
            self.load_what_comes_into_view()
        if oldest_ms is not None and oldest_ms < stretch.to_ms:
            self._read_again(max(oldest_ms, stretch.from_ms), stretch.to_ms)

    def _lay_over(self, bars: Iterable[Bar]) -> None:
        """Newer states of bars, or some that were missing: what is on view stays there."""
        series = self.series
        if series is None or not (bars := [bar for bar in bars if bar.period is series.period]):
            return
        loaded = series.bars
        cross_ms = loaded[self.cross].open_ms if self.cross is not None and self.cross < len(loaded) else None
        end_ms = loaded[self.end - 1].open_ms if self.end and self.end <= len(loaded) else None
        series.take(bars)
        if cross_ms is not None:
            self.cross = _place(series, cross_ms)
        if end_ms is not None:
            self.end = _place(series, end_ms) + 1
        self.redraw()

    # History: from the database, and from the exchange where that holds no more.

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
            self._load_beside()

    async def _history(self, series: Series, before_ms: int | None, count: int) -> tuple[Bar, ...]:
        self._loads += 1
        try:
            return await self._read(series, before_ms, count)
        except KlaggError as error:
            self.notify(str(error), severity="warning")
            return ()
        finally:
            self._loads -= 1

    async def _read(self, series: Series, before_ms: int | None, count: int) -> tuple[Bar, ...]:
        return await self.state.feed.history(series.symbol, series.period, before_ms, count)

    @work(group="again")
    async def _read_again(self, from_ms: int, to_ms: int | None = None) -> None:
        """Read the bars from a time on again, up to before another one."""
        series = self.series
        if series is None:
            return
        until_ms = max(self.state.now_ms, from_ms) if to_ms is None else to_ms
        count = min(MAX_LOADED, series.period.count(from_ms, until_ms) + 2)
        read = await self._history(series, to_ms, count)
        if series is self.series:
            self._lay_over(bar for bar in read if bar.open_ms >= from_ms)
            self.post_message(self.Moved())

    @work(exclusive=True, group="history")
    async def fetch_older(self) -> None:
        """Have the exchange asked for bars before the loaded ones, which are all that are stored."""
        series = self.series
        if series is not None and series.bars and await self._fetch(series):
            self.post_message(self.Moved())

    async def _fetch(self, series: Series) -> bool:
        """The same; returns whether some came, and false where another series is charted by then."""
        self._fetching = series
        self.redraw()
        older: tuple[Bar, ...] = ()
        try:
            told = await self.state.feed.fetch_older(series.symbol, series.period, series.bars[0].open_ms)
            if told.edge is Edge.OPEN:
                older = await self._history(series, series.bars[0].open_ms, LOADED_AT_ONCE)
        except KlaggError as error:
            self.notify(str(error), severity="warning")
            told = OlderBars(Edge.UNREACHABLE)
        finally:
            if self._fetching is series:
                self._fetching = None
                self.redraw()
        if self.series is not series:
            return False
        if older:
            self.shift(series.take_history(older, LOADED_AT_ONCE))
            series.reaches_back = True  # the page may hold more, and whether the exchange does is not known
        elif told.edge is Edge.OPEN:
            told = OlderBars(Edge.NONE)
        self._edge, self._edge_beat = told, self.state.beats
        return bool(older)

    @work(exclusive=True, group="history")
    async def jump(self, moment_ms: int) -> None:
        """Show the bars around a moment, loading what is missing until there; tell where that is more than a chart holds."""
        series = self.series
        if series is None or not series.bars:
            return
        self._is_moved = True
        most = len(series.bars) + MAX_LOADED
        while moment_ms < (first_ms := series.bars[0].open_ms) and len(series.bars) < most:
            if series.reaches_back:
                missing = (first_ms - moment_ms) // series.period.nominal_ms
                asked = min(missing + LOADED_AT_ONCE, most - len(series.bars))
                older = await self._history(series, first_ms, asked)
                if series is self.series:
                    self.shift(series.take_history(older, asked))
            elif not (self._may_fetch(series) and await self._fetch(series)):
                break
            if series is not self.series:
                return
        if moment_ms < series.bars[0].open_ms:
            self._tell_edge(series)
        self.show_at(moment_ms)

    def _tell_edge(self, series: Series) -> None:
        """A jump ended before it was there."""
        local = self.state.preferences.local_time
        what = "no older bar is kept" if self._edge is None else edge_text(self._edge, local=local)
        if series.reaches_back:
            what = "the chart goes back no further; a longer period does"
        begin = formatting.date_time(series.bars[0].open_ms, local=local)
        self.notify(f"{begin}: {what}.", timeout=4)

    def load_what_comes_into_view(self) -> None:
        """Load older bars where the left edge is near the oldest loaded one; whoever moves on does not begin that anew."""
        series = self.series
        if self._is_loading or series is None or self._fetching is series:
            return
        if self.wants_older:
            self.load_older()
        elif self._is_moved and series.bars and self._may_fetch(series) and self.picture.first <= NEAR_EDGE:
            self.fetch_older()

    def _may_fetch(self, series: Series) -> bool:
        """Whether there is somebody to ask for what is not stored, and no answer yet."""
        if series.reaches_back or self.state.status.mode is Mode.REPLAY:
            return False
        if self._edge is not None and self._edge.edge is Edge.UNREACHABLE:
            return self.state.beats - self._edge_beat >= RETRY_BEATS
        return self._edge is None or self._edge.edge is Edge.OPEN

    def _moved(self) -> None:
        self._is_moved = True
        super()._moved()

    # What is before the oldest bar.

    @property
    def edge_told(self) -> str:
        """What is said where the oldest bar is on view; empty where it is not, or nothing is to be said."""
        series = self.series
        if series is None or self.picture.first or not self.picture.bars:
            return ""
        if self._fetching is series:
            return FETCHING
        return "" if self._edge is None else edge_text(self._edge, local=self.state.preferences.local_time)

    def render_line(self, y: int) -> Strip:
        """One row of the picture; over the upper left corner, what is before it."""
        strip = super().render_line(y)
        if y != _EDGE_ROW or not (told := self.edge_told):
            return strip
        text = f" ◂ {told} "
        return Strip.join(
            [Strip([Segment(text, self.state.palette.plain[Role.DIM])]), strip.crop(cell_len(text))]
        ).crop(0, strip.cell_length)


def _place(series: Series, open_ms: int) -> int:
    """Index of the bar that opens then."""
    return bisect_left(series.bars, open_ms, key=lambda bar: bar.open_ms)
