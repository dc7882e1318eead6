"""What all screens share: the feed, the market, the user's preferences, the colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadPeriod, FilterError
from klagg_tui.feed import Feed, FeedUpdate
from klagg_tui.screens.anew import begin_anew
from klagg_tui.screens.palette import Palette, Tints, palette
from klagg_tui.screens.still import StillPicture
from klagg_tui.screens.themes import KLAGG
from klagg_tui.view import filter as filters
from klagg_tui.view import venues
from klagg_tui.view.alerts import Alert, AlertDesk, Firing, read_alert
from klagg_tui.view.alerts.book import AlertBook
from klagg_tui.view.alerts.marks import AlertMarks
from klagg_tui.view.columns.column import Column, RenderContext
from klagg_tui.view.columns.computed import ColumnFinder
from klagg_tui.view.columns.registry import DEFAULT_KEYS, view_columns
from klagg_tui.view.filter import Scope
from klagg_tui.view.health.samples import Health
from klagg_tui.view.liveness import is_stale_feed, liveness
from klagg_tui.view.model import Market, Row
from klagg_tui.view.preferences import Preferences
from klagg_tui.view.screener.figure import FigureCall
from klagg_tui.view.sorting import Sort

BEATS_A_SECOND: Final = 5


class AppState:
    """One for the whole app, used in its thread only."""

    def __init__(
        self,
        feed: Feed,
        preferences: Preferences,
        save: Callable[[Preferences], None],
        desk: AlertDesk | None = None,
    ) -> None:
        self.feed = feed
        self.preferences = preferences
        self._save = save
        self.live = Market()
        """The market as it is now, also while the screen is frozen."""
        self.still: StillPicture | None = None
        """What is drawn while the screen is frozen."""
        self.seeded: set[str] = set()
        """Symbols whose stored history was read since the last beat."""
        self.visible: tuple[str, ...] = ()
        """Symbols of the rows on view, from the top."""
        self._look: tuple[object, ...] = ()
        self.last_update: FeedUpdate | None = None
        """What the last beat read from the feed."""
        self._kept: tuple[object, ...] = ()
        self._scope = Scope()
        self.book = AlertBook((Alert(text, str(self.period)) for text in preferences.alerts), self.scope, desk)
        self.alerts, self.fired = self.book.alerts, self.book.fired
        self.marks = AlertMarks(self.alerts)
        self.unread: list[str] = []
        """Sentences on what was saved and cannot be read any more, to be told once the screen is there."""
        self._finder = ColumnFinder(self.scope)
        self.filter = self._read_saved()
        """The filter of the market table."""
        self.breadth_calls: frozenset[FigureCall] = frozenset()
        """What the line of the whole market asks for; nothing while it is not on view."""
        self.use_figures()
        self.is_sorted_since = False
        """Whether an order was chosen since that filter: then rows are not ranked by how like their names are to it."""
        self.health = Health()
        self.shown_count = 0
        """How many of all symbols the market table shows."""
        self.beats = 0
        self.anchors: dict[str, int] = {}
        """When the bar opened at which somebody anchored a VWAP, by symbol."""
        self.status = feed.status()
        self.palette: Palette = palette(KLAGG.to_color_system().generate(), Tints.THEME)

    def beat(self) -> set[str]:
        """Read what changed; returns the symbols it concerns."""
        self.last_update = self.feed.take_changes()
        status = self.feed.status()
        self.status = status._replace(notices=status.notices + self.book.desk.notices)
        self.beats += 1
        if self.beats % BEATS_A_SECOND == 1:
            self.health.sample(self.status)
        touched: set[str] = set()
        if (update := self.last_update) is not None:
            before = begin_anew(self, update.anew_until_ms) if update.anew_until_ms else touched
            touched = before | self.live.apply(update)
        seeded, self.seeded = self.seeded, set()
        self.alerts.doubt(seeded, self.last_update.tickers if self.last_update is not None else ())
        return touched | seeded | self.live.note_halted(self.status.halted)

    def look_at(self, visible: tuple[str, ...], opened: str | None) -> None:
        """These rows are on view, or this symbol is opened: their history comes first from now on."""
        look = (visible, self.period, opened)
        self.visible = visible if opened is None else (opened, *visible)
        if look != self._look:
            self._look = look
            self.feed.look_at(visible, self.period, opened)

    @property
    def urgent_calls(self) -> frozenset[FigureCall]:
        """Figures that every row is needed of: what the rows are chosen and ordered by, and what alerts watch."""
        order = self.find_column(self.sorting.key)
        calls = order.calls if order is not None else frozenset[FigureCall]()
        return calls | self.filter.calls | self.alerts.calls | self.breadth_calls

    def watch(self, live: Market) -> None:
        """Show this market, which another one has filled."""
        self.live, self.still = live, None
        self.use_figures()

    def check_alerts(self, touched: set[str]) -> list[Firing]:
        """Alerts that fire among the symbols that changed; `fired` keeps them too."""
        before = self.alerts.version
        # Changes and time are told apart from each other: of a replay that plays fast, the time may lie a minute behind.
        now_ms = max(self.status.exchange_now_ms, self.live.newest_trade_ms)
        unread = self.book.take_news(now_ms)
        is_news = self.live.newest_trade_ms >= self.book.quiet_until_ms
        fired = self.book.check(self.live.rows, touched, now_ms, is_news=is_news)
        self.unread += unread or ()
        if before != self.alerts.version:
            self._save_alerts()
        return fired

    def take_unread(self) -> list[str]:
        """What is to be told of what cannot be read any more, once."""
        told, self.unread = self.unread, []
        return told

    def suggested_alert(self, symbol: str | None) -> str:
        """A filter to begin a new alert with: the symbol at more than its newest price."""
        row = self.live.rows.get(symbol or "")
        if row is None or row.last is None:
            return ""
        return f"symbol={symbol} last>{formatting.price(row.last, row.decimals)}"

    def put_alert(self, alert: Alert) -> None:
        """Watch this alert from now on, in the place of one of the same text."""
        self.book.put(alert)
        self._save_alerts()

    def remove_alert(self, text: str) -> None:
        """Watch the alert of this text no longer."""
        self.book.remove(text)
        self._save_alerts()

    def _save_alerts(self) -> None:
        """In the state file those that nothing else keeps; others are watched than before."""
        if self.book.saved != self.preferences.alerts:
            self.choose(alerts=self.book.saved)
        else:
            self.use_figures()

    def read_alert(self, text: str) -> filters.Filter:
        """What somebody typed, held against the exchanges that are watched.

        Raises:
            FilterError: it cannot be read, or would never fire.
        """
        return read_alert(text, self.typed_scope)

    def use_kept(self, **kept: tuple[tuple[str, str], ...]) -> list[str]:
        """Save `saved_filters` or `names`; returns sentences on what uses them and cannot be read any more."""
        self.choose(**kept)
        before, self.unread = self.unread, []
        self.filter = self._read_saved()
        self.use_figures()
        told, self.unread = self.unread, before
        return told

    def use_filter(self, text: str) -> None:
        """Filter by this from now on.

        Raises:
            FilterError: it cannot be read.
        """
        self.take_filter(filters.read(text, self.scope))

    def take_filter(self, used: filters.Filter) -> None:
        """Filter by this from now on."""
        self.filter, self.is_sorted_since = used, False
        self.choose(filter=used.text)

    @property
    def ranking(self) -> Callable[[Row], float] | None:
        """What the rows are in order of before their column, the largest first, where the filter is letters of a name."""
        return None if self.is_sorted_since else self.filter.likeness

    def use_figures(self) -> None:
        """Compute what filter, alerts, columns, order and the line of the whole market ask for, and nothing else."""
        calls = self.urgent_calls.union(*(column.calls for column in self.columns()))
        self.live.screener.use(calls, self.feed.periods)
        if self.still is not None:
            self.still.market.screener.use(calls, self.feed.periods)

    @property
    def sorting(self) -> Sort:
        """The order of the rows; the usual one where its column cannot be read any more."""
        chosen = self.preferences.sorting
        return Sort() if self.find_column(chosen.key) is None else chosen

    def find_column(self, key: str) -> Column | None:
        """The column of that key, or the computed one of that text; None where it is neither."""
        if self._finder.scope is not self.scope:
            self._finder = ColumnFinder(self.scope)
        return self._finder.find(key)

    @property
    def scope(self) -> Scope:
        """What saved texts may refer to; any exchange, for it may not be there yet."""
        chosen, periods = self.preferences, self.feed.periods
        kept = (chosen.saved_filters, chosen.names, periods)
        if kept != self._kept:
            self._kept = kept
            self._scope = Scope(dict(chosen.saved_filters), dict(chosen.names), None, frozenset({Period.M1, *periods}))
        return self._scope

    def _columns_unread(self) -> Iterator[tuple[str, str]]:
        """Columns of the table, and the one of its order, that cannot be read, and why."""
        for key in dict.fromkeys((*self.preferences.columns, self.preferences.sort)):
            if self.find_column(key) is None:
                try:
                    filters.read_number(key, self.scope)
                except FilterError as error:
                    yield key, str(error)

    @property
    def typed_scope(self) -> Scope:
        """What somebody who types may refer to: of exchanges those that are watched."""
        return replace(self.scope, watched=self.venues)

    def _read_saved(self) -> filters.Filter:
        """Watch the alerts; returns the filter of the preferences, or that of every row where it cannot be read."""
        chosen, scope = self.preferences, self.scope
        self.unread += self.book.read_again(scope)
        self.unread += (f"The column {key} is left out: {error}" for key, error in self._columns_unread())
        try:
            return filters.read(chosen.filter, scope)
        except FilterError as error:
            self.unread.append(f"The filter {chosen.filter} is not used: {error}")
            return filters.read("")

    def choose(self, **choices: object) -> None:
        """Change preferences, by the names that `Preferences` has for them, and save them."""
        self.preferences = replace(self.preferences, **choices)  # type: ignore[arg-type]
        self.use_figures()
        self._save(self.preferences)

    def use_theme(self, variables: dict[str, str], *, is_dark: bool, has_256: bool = False) -> None:
        """Take the colours of a theme."""
        self.palette = palette(variables, Tints.named(self.preferences.tints), is_dark=is_dark, has_256=has_256)

    @property
    def period(self) -> Period:
        """The period on view: the chosen one where the feed has it."""
        try:
            chosen = Period.parse(self.preferences.period)
        except BadPeriod:
            chosen = self.feed.periods[0]
        return chosen if chosen in self.feed.periods else self.feed.periods[0]

    @property
    def is_frozen(self) -> bool:
        """Whether the screen is frozen."""
        return self.still is not None

    @property
    def shown_market(self) -> Market:
        """What is drawn: the live market, or that of a moment while the screen is frozen."""
        return self.live if self.still is None else self.still.market

    def freeze(self) -> None:
        """Stop the screen; recording goes on. Figures that are chosen meanwhile are computed as of now."""
        self.still = StillPicture(self.live.copy(), self.status.exchange_now_ms, self.stale_venues)

    def unfreeze(self) -> None:
        """Show the live market again."""
        self.still = None

    @property
    def now_ms(self) -> int:
        """The time of what is shown."""
        return self.status.exchange_now_ms if self.still is None else self.still.at_ms

    @property
    def liveness(self) -> str:
        """Whether what is shown is now: live, replay (paused, ended), demo, frozen, stale, offline, connecting or starting."""
        has_trades = self.live.newest_trade_ms > 0
        return liveness(self.status, frozen=self.is_frozen, stale=self.is_stale, has_trades=has_trades)

    @property
    def is_stale(self) -> bool:
        """Whether the numbers on view are outdated, though nobody froze them."""
        if not self.status.mode.is_reached:
            return True
        return not self.is_frozen and is_stale_feed(self.status, self.live.newest_trade_ms)

    @property
    def venues(self) -> dict[str, str]:
        """Names by keys of the exchanges, where several are watched; empty where one is."""
        return venues.names_of(self.live, self.status)

    @property
    def venue(self) -> str:
        """The exchange on view; empty for all."""
        chosen = self.preferences.shown_venue
        return chosen if chosen and chosen in venues.keys_of(self.live, self.status) else venues.ALL

    @property
    def stale_venues(self) -> frozenset[str]:
        """Exchanges whose rows on view are from before, while others are live."""
        return venues.stale_venues(self.live, self.status) if self.still is None else self.still.stale_venues

    def columns(self, *, mixes_quotes: bool = False) -> tuple[Column, ...]:
        """The columns of the market table."""
        chosen = self.preferences
        is_any = any(map(self.find_column, chosen.columns))
        return view_columns(
            chosen.columns if is_any else DEFAULT_KEYS,
            self.feed.periods,
            all_periods=chosen.all_periods,
            has_venues=self.live.has_venues and not self.venue,
            mixes_quotes=mixes_quotes,
            find_column=self.find_column,
            besides=self.filter.columns,
            sorted_by=chosen.sort,
        )

    def read_filter(self, text: str) -> filters.Filter:
        """What somebody typed, held against the exchanges that are watched.

        Raises:
            FilterError: it cannot be read.
        """
        return filters.read(text, self.typed_scope)

    @property
    def render_context(self) -> RenderContext:
        """What the drawing of a row depends on besides the row."""
        return RenderContext(self.period, self.now_ms, self.is_stale)
