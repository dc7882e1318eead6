"""Home: the whole market in one table."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from klagg_tui.feed import Mode
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.dialogs.columns import columns_choice
from klagg_tui.screens.dialogs.saved_filters import SavedFiltersDialog
from klagg_tui.screens.dialogs.sort import sort_menu
from klagg_tui.screens.dialogs.watchlists import WatchlistDialog
from klagg_tui.screens.market_keys import FOOT_KEYS, FOOT_OF_DEMO, FOOT_OF_SEVERAL, MARKET_BINDINGS
from klagg_tui.screens.marking import MarkingScreen
from klagg_tui.screens.widgets.breadth_line import BreadthLine
from klagg_tui.screens.widgets.column_headers import ColumnHeaders
from klagg_tui.screens.widgets.header import TabsLine, VenuesLine
from klagg_tui.screens.widgets.line import ActiveTab, Clickable
from klagg_tui.screens.widgets.prompt import FilterPrompt
from klagg_tui.screens.widgets.table import MarketTable
from klagg_tui.view import sorting, venues, watchlists
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.selection import chosen_rows, empty_text, mixes_quotes, unknown_count

RESORT_BEATS: Final = 5
"""Beats between two live re-sorts: once a second."""
BREADTH_BEATS: Final = 20
"""Beats between two looks at the whole market: every four seconds, right after a re-sort, which has computed much of it already."""
BEST_FIRST: Final = "▼ best match"


class MarketScreen(MarkingScreen):
    """One row a symbol."""

    HELP_TITLE = "Market"
    BINDINGS: ClassVar[list[BindingType]] = MARKET_BINDINGS

    class Opened(Message):
        """A symbol is to be shown."""

        def __init__(self, symbol: str) -> None:
            super().__init__()
            self.symbol = symbol

    class CoinOpened(Message):
        """The same coin on every exchange is to be shown."""

        def __init__(self, symbol: str) -> None:
            super().__init__()
            self.symbol = symbol

    def __init__(self, state: AppState) -> None:
        super().__init__(state, id="market")
        self.tabs = TabsLine(state, id="tabs")
        self.venues = VenuesLine(state, id="venues")
        self.headers = ColumnHeaders(state, id="headers")
        self.breadth = BreadthLine(state)
        self.prompt = FilterPrompt(state)
        self._watchlists = WatchlistDialog(self, self.action_show_list)
        self._saved_filters = SavedFiltersDialog(
            self, self.reorder, lambda name: self.prompt.open(f"{name}>", is_begun=True)
        )
        self._beats = 0
        self._not_known = (0, 0)
        """Of how many rows it is not known whether they match, and how many have no value to be ordered by."""

    def compose(self) -> ComposeResult:
        """Status, tabs, column headers, table, a chart beside them, the whole market in a line, prompt, footer."""
        yield self.status_line
        yield self.tabs
        yield self.venues
        yield from self.table_and_chart(self.headers)
        yield self.breadth
        yield self.prompt
        yield self.notice
        yield self.footer
        yield from self.too_small()

    def on_mount(self) -> None:
        """The keys are the table's; what there is, is shown as soon as the screen is."""
        self.table.focus()
        self.divide(self.size.width)

    def on_resize(self, event: events.Resize) -> None:
        """Have the line of the whole market where there is room for it."""
        super().on_resize(event)
        self.breadth.fit(event.size.height)
        self.divide(event.size.width)

    def beat(self, touched: set[str]) -> None:
        """Draw what changed; once a second put the rows in order."""
        self._beats += 1
        if not self.state.is_frozen:
            if self._beats % RESORT_BEATS == 0 or not self.table.rows:
                self.reorder()
            self.table.update_rows(touched)
            self.pane.beat(touched)
            if self._beats % BREADTH_BEATS == 0:
                self.breadth.show_market()
        elif news := self.state.still.take_news() if self.state.still else set[str]():
            self.reorder()
            self.table.update_rows(news)
            self.breadth.show_market()
        self.refresh_lines()

    def repaint(self) -> None:
        """Draw everything again, in other colours."""
        super().repaint()
        self._redraw()

    def period_changed(self) -> None:
        """The rows show other bars, in another order; the whole market does as it did."""
        self._redraw_rows()

    def _redraw(self) -> None:
        self._redraw_rows()
        self.breadth.show_market()

    def _redraw_rows(self) -> None:
        self.table.redraw()
        self.reorder()
        self.pane.redraw()

    def reorder(self) -> None:
        """Filter and sort."""
        state = self.state
        chosen = state.preferences
        market, venue = state.shown_market, state.venue
        among = chosen_rows(market, chosen, state.filter, state.period, state.now_ms, venue)
        rows = sorting.ordered(among, state.sorting, state.period, state.now_ms, state.find_column)
        self._not_known = (
            unknown_count(market, chosen, state.filter, state.period, state.now_ms, venue),
            sorting.unknown_count(rows, state.sorting, state.period, state.now_ms, state.find_column),
        )
        if state.ranking is not None:
            rows.sort(key=state.ranking, reverse=True)  # those that are as like stay in their order
        self.show_marks()
        self.table.mixes_quotes = mixes_quotes(rows)
        if not rows:
            demo_key = self._shown_keys.get("demo", "D")
            self.table.empty_text = empty_text(
                market, chosen, state.filter, state.status, demo_key, venue, state.period
            )
        if rows != self.table.rows or not rows:
            self.table.show(rows)
        else:
            self.table.measure()
        self.table.find_usual()
        self.divide(self.size.width)
        self.refresh_lines()

    def follow_cursor(self) -> None:
        """Chart the symbol under the cursor, and tell how much is known of its figures."""
        super().follow_cursor()
        self.breadth.tell_known(self.table.current, [placed.column for placed in self.table.placed])

    # The lines around the table.

    def refresh_lines(self) -> None:
        """Bring the lines up to date."""
        state = self.state
        state.shown_count = len(self.table.rows)
        self.prompt.show_count(state.shown_count, len(state.shown_market.rows), self._not_known[0])
        self.status_line.show_status(state, usual=self.table.usual)
        self.venues.show_venues(state)
        order = self._show_headers()
        self.tabs.show_tabs(state, self._list_tabs(), state.filter.text, order, self._not_known)
        keys = (*FOOT_KEYS[:2], *FOOT_OF_SEVERAL, *FOOT_KEYS[2:]) if state.venues else FOOT_KEYS
        offers_demo = state.status.mode is Mode.OFFLINE and not state.status.is_simulated
        self.show_footer((FOOT_OF_DEMO, *keys) if offers_demo else keys)

    def _list_tabs(self) -> list[Piece]:
        shown = self.state.preferences.shown_list
        tabs: list[Piece] = []
        for name, count in (("", 0), *((name, len(symbols)) for name, symbols in self.state.preferences.watchlists)):
            kind = ActiveTab if name == shown else Clickable
            text = f" ★ {name} {count:,} " if name else " All "
            tabs.append(kind(text, Role.STRONG if name == shown else Role.DIM, f"screen.show_list({name!r})"))
        return tabs

    def _show_headers(self) -> str:
        """Write the headers; returns the order in words where its column is not on view."""
        sort, placed = self.state.sorting, self.table.placed
        if self.state.ranking is not None:
            self.headers.show_headers(placed, sort, None)
            return self.state.filter.order.title if self.state.filter.order else BEST_FIRST
        sorted_by = sort.key if any(each.column.key == sort.key for each in placed) else None
        self.headers.show_headers(placed, sort, sorted_by)
        column = self.state.find_column(sort.key)
        return "" if sorted_by or column is None else f"{'▼' if sort.descending else '▲'} {column.title}"

    def on_market_table_laid_out(self) -> None:
        """The headers follow the columns."""
        self.refresh_lines()

    def on_row_cursor_opened(self, message: MarketTable.Opened) -> None:
        """Pass it on to the app."""
        self.post_message(self.Opened(message.symbol))

    # Filter.

    def action_filter(self) -> None:
        """Type a filter."""
        self.prompt.open(self.state.filter.text)

    def action_clear_filter(self) -> None:
        """All symbols again; where there is a crosshair, that goes first."""
        if self.pane.chart.cross is not None:
            self.pane.chart.hide_cross()
        elif self.state.filter.text:
            self.state.use_filter("")
            self.reorder()

    def action_saved_filters(self) -> None:
        """Choose one, or delete the one in use."""
        self._saved_filters.open()

    def on_filter_prompt_filtered(self, message: FilterPrompt.Filtered) -> None:
        """Another filter holds from now on."""
        self.state.take_filter(message.filter)
        self.reorder()

    def on_filter_prompt_left(self) -> None:
        """Back to the table."""
        self.table.focus()

    def on_filter_prompt_save_requested(self, message: FilterPrompt.SaveRequested) -> None:
        """Save the filter, or the number, by a name."""
        self._saved_filters.save(message.text, is_number=message.is_number)

    # Order and columns.

    def action_sort(self) -> None:
        """Choose the column to sort by."""
        self.ask(sort_menu(self.state), lambda key: self.action_sort_by(key) if key is not None else None)

    def action_sort_by(self, key: str) -> None:
        """Sort by a column; by the same again turns round."""
        sort = self.state.sorting.by(key)
        self.state.is_sorted_since = True
        self.state.choose(sort=sort.key, descending=sort.descending)
        self.reorder()

    def action_sort_beside(self, step: int) -> None:
        """Sort by the column to the right of the one that is sorted by, or to the left, round and round."""
        keys = [placed.column.key for placed in self.table.placed]
        key = self.state.sorting.key
        at = keys.index(key) + step if key in keys else min(0, step)
        if keys:
            self.action_sort_by(keys[at % len(keys)])

    def action_turn(self) -> None:
        """The other way round."""
        self.action_sort_by(self.state.sorting.key)

    def action_view(self) -> None:
        """One period, or all beside each other."""
        self.state.choose(all_periods=not self.state.preferences.all_periods)
        self._redraw()

    def action_columns(self) -> None:
        """Choose and order the columns."""

        def use(keys: tuple[str, ...] | None) -> None:
            if keys:
                self.state.choose(columns=keys, all_periods=False)
                self._redraw()

        self.ask(columns_choice(self.state), use)

    def action_freeze(self) -> None:
        """Freeze the screen, or go on."""
        if self.state.is_frozen:
            self.state.unfreeze()
        else:
            self.state.freeze()
        self._redraw()

    def action_top(self) -> None:
        """To the first row: this is home already."""
        self.table.action_edge(-1)

    def action_match(self, step: int) -> None:
        """The next or previous row, round and round."""
        if self.table.rows:
            self.table.move_to((self.table.index + step) % len(self.table.rows))

    # Watchlists.

    def action_mark(self) -> None:
        """Put the symbol on the list on view, or on the first; or take it off."""
        if (row := self.table.current) is not None:
            chosen = self.state.preferences
            listed = watchlists.symbols_of(chosen.watchlists, chosen.list_for_marks)
            entry = watchlists.entry_of(listed, row) or row.symbol
            self.state.choose(watchlists=watchlists.toggled(chosen.watchlists, chosen.list_for_marks, entry))
            if not chosen.shown_list:
                self.table.action_step(1)
            self.reorder()
            self.table.refresh()

    def action_tab(self, step: int) -> None:
        """The next or previous list."""
        chosen = self.state.preferences
        self.action_show_list(watchlists.following(chosen.watchlists, chosen.shown_list, step))

    def action_show_list(self, name: str) -> None:
        """Show a list; "" shows all symbols."""
        self.state.choose(shown_list=name)
        self.reorder()
        listed = watchlists.symbols_of(self.state.preferences.watchlists, name)
        if told := watchlists.lacking_text(name, watchlists.lacking(self.state.live.rows.values(), listed)):
            self.notify(told, timeout=6)

    # Exchanges.

    def action_venue(self, step: int) -> None:
        """The next or previous exchange."""
        self.action_show_venue(venues.following([*self.state.venues], self.state.venue, step))

    def action_show_venue(self, key: str) -> None:
        """Show the symbols of one exchange; "" shows those of all."""
        self.state.choose(shown_venue=key)
        self.table.forget_widths()
        self._redraw()

    def action_coin(self) -> None:
        """Show the coin of the row on every exchange."""
        if (row := self.table.current) is not None:
            self.post_message(self.CoinOpened(row.symbol))

    def action_lists(self) -> None:
        """Choose, make or delete a list."""
        self._watchlists.open()
