"""Home: the whole market in one table."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from klagg_tui.feed import Mode
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.ask import Ask
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.columns import ColumnsChoice
from klagg_tui.screens.menu import Choice, Menu
from klagg_tui.screens.widgets.column_heads import ColumnHeads
from klagg_tui.screens.widgets.header import TabsLine
from klagg_tui.screens.widgets.line import ActiveTab, Clickable
from klagg_tui.screens.widgets.prompt import FilterPrompt
from klagg_tui.screens.widgets.table import MarketTable
from klagg_tui.view import watchlists
from klagg_tui.view.columns import COLUMNS, find, view_columns
from klagg_tui.view.model import Row
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.sorting import Sort, column_of, ordered

RESORT_BEATS: Final = 5
"""Beats between two live re-sorts: once a second."""
_DEMO: Final = ("", "simulated market", "app.demo")
_KEYS: Final = (
    ("", "filter", "screen.filter"),
    ("", "sort", "screen.sort"),
    ("", "view", "screen.view"),
    ("", "freeze", "screen.freeze"),
    ("", "mark", "screen.mark"),
    ("", "export", "app.export"),
    ("", "health", "app.health"),
    ("", "help", "app.help"),
    ("", "quit", "app.quit"),
)
_NEW, _DELETE = "\0new", "\0delete"


class MarketScreen(KlaggScreen):
    """One row a symbol."""

    NAME_FOR_PEOPLE = "Market"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", id="filter", key_display="/"),
        Binding("f", "saved_filters", "Saved filters: use, delete", id="saved_filters"),
        Binding("escape", "clear_filter", "Clear the filter", show=False, id="clear_filter"),
        Binding("s", "sort", "Sort by a column", id="sort"),
        Binding("S,r", "turn", "Turn the order round", show=False, id="turn"),
        Binding("v", "view", "One period or all periods", id="view"),
        Binding("c", "columns", "Choose columns", id="columns"),
        Binding("space", "freeze", "Freeze the picture, or go on", id="freeze"),
        Binding("m", "mark", "Mark: put on the watchlist", id="mark"),
        Binding("tab", "tab(1)", "Next watchlist", id="next_list"),
        Binding("shift+tab", "tab(-1)", "Previous watchlist", show=False, id="previous_list"),
        Binding("w", "lists", "Watchlists: show, make, delete", id="lists"),
        Binding("n", "match(1)", "Next match", show=False, id="next"),
        Binding("N", "match(-1)", "Previous match", show=False, id="previous"),
    ]

    class Opened(Message):
        """The person wants to see this symbol."""

        def __init__(self, symbol: str) -> None:
            super().__init__()
            self.symbol = symbol

    def __init__(self, desk: AppState) -> None:
        super().__init__(desk, id="market")
        self.tabs = TabsLine(desk, id="tabs")
        self.heads = ColumnHeads(desk, id="heads")
        self.table = MarketTable(desk)
        self.prompt = FilterPrompt(desk)
        self._beats = 0

    def compose(self) -> ComposeResult:
        """Status, tabs, column heads, table, prompt, foot."""
        yield self.status_line
        yield self.tabs
        yield self.heads
        yield self.table
        yield self.prompt
        yield self.notice
        yield self.foot
        yield from self.too_small()

    def on_mount(self) -> None:
        """Show what there is."""
        self.table.focus()
        self.reorder()

    def beat(self, touched: set[str]) -> None:
        """Draw what changed; once a second put the rows in order."""
        self._beats += 1
        if not self.desk.is_frozen:
            if self._beats % RESORT_BEATS == 0 or not self.table.rows:
                self.reorder()
            self.table.changed(touched)
        self.tell()

    def repaint(self) -> None:
        """Draw everything anew, in other colours."""
        super().repaint()
        self.table.redraw()
        self.reorder()

    def period_changed(self) -> None:
        """The rows show other bars, in another order."""
        self.table.redraw()
        self.reorder()

    def reorder(self) -> None:
        """Filter and sort."""
        desk = self.desk
        rows = ordered(self._chosen(), desk.remembered.sorting, desk.period, desk.now_ms)
        marked = watchlists.symbols_of(desk.remembered.watchlists, self._list_for_marks())
        self.table.marked = frozenset(marked)
        self.table.empty_text = self._empty_text()
        if rows != self.table.rows or not rows:
            self.table.show(rows)
        else:
            self.table.measure()
        self.tell()

    def _chosen(self) -> list[Row]:
        desk = self.desk
        rows = desk.picture.rows
        shown = desk.remembered.shown_list
        if shown:
            wanted = watchlists.symbols_of(desk.remembered.watchlists, shown)
            among = [rows[symbol] for symbol in wanted if symbol in rows]
        else:
            among = list(rows.values())
        if not desk.filter.text:
            return among
        matches, period, now_ms = desk.filter.matches, desk.period, desk.now_ms
        return [row for row in among if matches(row, period, now_ms)]

    def _empty_text(self) -> str:
        desk = self.desk
        if not desk.picture.rows and desk.status.mode is Mode.OFFLINE:
            demo = self._shown_keys.get("demo", "D")
            return f"The exchange cannot be reached, and nothing is stored yet.\n{demo} opens a simulated market meanwhile."
        if not desk.picture.rows:
            return f"{desk.status.connection or 'Nothing yet'}: waiting for the first symbols …"
        if desk.filter.text:
            return f"No symbol matches {desk.filter.text} – Esc clears the filter."
        return f"{desk.remembered.shown_list} is empty – tab shows all symbols, m marks one for it."

    # The lines around the table.

    def tell(self) -> None:
        """Bring the lines up to date."""
        desk = self.desk
        desk.shown = len(self.table.rows)
        self.status_line.tell(desk)
        self.tabs.tell(desk, self._list_tabs(), desk.filter.text, self._tell_heads())
        self.tell_foot((_DEMO, *_KEYS) if desk.status.mode is Mode.OFFLINE else _KEYS)

    def _list_tabs(self) -> list[Piece]:
        shown = self.desk.remembered.shown_list
        tabs: list[Piece] = []
        for name, count in (("", 0), *((name, len(symbols)) for name, symbols in self.desk.remembered.watchlists)):
            kind = ActiveTab if name == shown else Clickable
            text = f" ★ {name} {count} " if name else " All "
            tabs.append(kind(text, Role.STRONG if name == shown else Role.DIM, f"screen.show_list({name!r})"))
        return tabs

    def _tell_heads(self) -> str:
        """Write the heads; gives the order in words where its column is not on view."""
        sort, placed = self.desk.remembered.sorting, self.table.placed
        sorted_by = column_of(sort, (each.column.key for each in placed), self.desk.period)
        self.heads.tell(placed, sort, sorted_by)
        column = find(sort.key)
        return "" if sorted_by or column is None else f"{'▼' if sort.descending else '▲'} {column.title}"

    def on_market_table_laid(self) -> None:
        """The heads follow the columns."""
        self.tell()

    def on_market_table_opened(self, message: MarketTable.Opened) -> None:
        """Say it to the app."""
        self.post_message(self.Opened(message.symbol))

    # Filter.

    def action_filter(self) -> None:
        """Type a filter."""
        self.prompt.open(self.desk.filter.text)

    def action_clear_filter(self) -> None:
        """All symbols again."""
        if self.desk.filter.text:
            self.desk.use_filter("")
            self.reorder()

    def action_saved_filters(self) -> None:
        """Choose one, or delete the one that holds."""
        saved = self.desk.remembered.saved_filters
        if not saved:
            self.notify("None is saved yet: type a filter, then ctrl+s.", title="Saved filters")
            return
        held = self.desk.filter.text
        lines = [Choice(f"@{name}", f"@{name}", text) for name, text in saved]
        if held in {line.value for line in lines}:
            lines.append(Choice(_DELETE, f"Delete {held}", letter="d"))
        self.put_up(Menu("Saved filters", lines, current=held), self._saved_filter_chosen)

    def _saved_filter_chosen(self, chosen: str | None) -> None:
        if chosen is None:
            return
        held, saved = self.desk.filter.text, self.desk.remembered.saved_filters
        if chosen == _DELETE:
            self.desk.choose(saved_filters=tuple(pair for pair in saved if f"@{pair[0]}" != held))
        self.desk.use_filter("" if chosen == _DELETE else chosen)
        self.reorder()

    def on_filter_prompt_filtered(self, message: FilterPrompt.Filtered) -> None:
        """Another filter holds from now on."""
        self.desk.filter = message.filter
        self.desk.choose(filter=message.filter.text)
        self.reorder()

    def on_filter_prompt_left(self) -> None:
        """Back to the table."""
        self.table.focus()

    def on_filter_prompt_save_asked(self, message: FilterPrompt.SaveAsked) -> None:
        """Save the filter by a name."""

        def save(name: str | None) -> None:
            if name:
                saved = {**dict(self.desk.remembered.saved_filters), name: message.text}
                self.desk.choose(saved_filters=tuple(saved.items()))
                self.notify(f"Saved as @{name}")

        note = f"{message.text}\nIts name, to be used as @name:"
        self.put_up(Ask("Save the filter", note, "", _name_trouble), save)

    # Order and columns.

    def action_sort(self) -> None:
        """Choose the column to sort by."""
        chosen = self.desk.remembered
        columns = view_columns(chosen.columns, self.desk.feed.periods, all_periods=chosen.all_periods)
        keys = [column.key for column in columns]
        hidden = [column for column in COLUMNS if column_of(Sort(column.key), keys, self.desk.period) is None]
        lines = [Choice(column.key, column.title, column.note) for column in (*columns, *hidden)]
        current = column_of(chosen.sorting, keys, self.desk.period) or chosen.sort
        menu = Menu("Sort by", lines, "The same column again turns round.", current)
        self.put_up(menu, lambda key: self.action_sort_by(key) if key is not None else None)

    def action_sort_by(self, key: str) -> None:
        """Sort by a column; by the same again turns round."""
        sort = self.desk.remembered.sorting
        sort = sort.toggled() if column_of(sort, [key], self.desk.period) else sort.by(key)
        self.desk.choose(sort=sort.key, descending=sort.descending)
        self.reorder()

    def action_turn(self) -> None:
        """The other way round."""
        self.action_sort_by(self.desk.remembered.sort)

    def action_view(self) -> None:
        """One period, or all beside each other."""
        self.desk.choose(all_periods=not self.desk.remembered.all_periods)
        self.table.redraw()
        self.reorder()

    def action_columns(self) -> None:
        """Choose and order the columns."""

        def take(keys: tuple[str, ...] | None) -> None:
            if keys:
                self.desk.choose(columns=keys, all_periods=False)
                self.table.redraw()
                self.reorder()

        self.put_up(ColumnsChoice(self.desk.remembered.columns), take)

    def action_freeze(self) -> None:
        """Let the picture stand still, or go on."""
        if self.desk.is_frozen:
            self.desk.thaw()
        else:
            self.desk.freeze()
        self.table.redraw()
        self.reorder()

    def action_top(self) -> None:
        """Home of home."""
        self.table.action_edge(-1)

    def action_match(self, step: int) -> None:
        """The next or previous row, round and round."""
        if self.table.rows:
            self.table.move_to((self.table.index + step) % len(self.table.rows))

    # Watchlists.

    def _list_for_marks(self) -> str:
        chosen = self.desk.remembered
        return chosen.shown_list or (chosen.watchlists[0][0] if chosen.watchlists else "Watchlist")

    def action_mark(self) -> None:
        """Put the symbol on the list on view, or on the first; or take it off."""
        if (row := self.table.current) is not None:
            lists = watchlists.toggled(self.desk.remembered.watchlists, self._list_for_marks(), row.symbol)
            self.desk.choose(watchlists=lists)
            if not self.desk.remembered.shown_list:
                self.table.action_step(1)
            self.reorder()
            self.table.refresh()

    def action_tab(self, step: int) -> None:
        """The next or previous list."""
        chosen = self.desk.remembered
        self.action_show_list(watchlists.following(chosen.watchlists, chosen.shown_list, step))

    def action_show_list(self, name: str) -> None:
        """Show a list; "" shows all symbols."""
        self.desk.choose(shown_list=name)
        self.reorder()

    def action_lists(self) -> None:
        """Choose, make or delete a list."""
        chosen = self.desk.remembered
        lines = [Choice("", "All symbols", letter="0")]
        lines += [
            Choice(name, name, f"{len(symbols)} symbols", str(number) if number < 10 else "")
            for number, (name, symbols) in enumerate(chosen.watchlists, start=1)
        ]
        lines.append(Choice(_NEW, "New list …", letter="n"))
        if chosen.shown_list:
            lines.append(Choice(_DELETE, f"Delete {chosen.shown_list}", letter="d"))
        self.put_up(Menu("Watchlists", lines, current=chosen.shown_list), self._list_chosen)

    def _list_chosen(self, name: str | None) -> None:
        chosen = self.desk.remembered
        if name == _NEW:
            self.put_up(Ask("New watchlist", "Its name:", "", _name_trouble), self._list_named)
        elif name == _DELETE:
            self.desk.choose(watchlists=watchlists.removed(chosen.watchlists, chosen.shown_list))
            self.action_show_list("")
        elif name is not None:
            self.action_show_list(name)

    def _list_named(self, name: str | None) -> None:
        if name:
            self.desk.choose(watchlists=watchlists.added(self.desk.remembered.watchlists, name))
            self.action_show_list(name)


def _name_trouble(name: str) -> str | None:
    if len(name) > 30:
        return "A name has at most 30 characters."
    return None if all(letter.isalnum() or letter in "-_" for letter in name) else "Letters, digits, - and _ only."
