"""What all screens share: the feed, the market, the choices of the person, the colours."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadPeriod, FilterError
from klagg_tui.feed import Feed, FeedUpdate, Mode, Status
from klagg_tui.screens.palette import Palette, Tints, palette
from klagg_tui.screens.themes import KLAGG
from klagg_tui.view import filter as filters
from klagg_tui.view.alerts import Alerts, Fired
from klagg_tui.view.columns import Look
from klagg_tui.view.health import Health
from klagg_tui.view.model import Market, Row, is_stale_feed
from klagg_tui.view.preferences import Preferences

BEATS_A_SECOND: Final = 5
FIRED_KEPT: Final = 200


class AppState:
    """One for the whole app, used in its thread only."""

    def __init__(self, feed: Feed, remembered: Preferences, keep: Callable[[Preferences], None]) -> None:
        self.feed = feed
        self.remembered = remembered
        self._keep = keep
        self.live = Market()
        """Always goes on."""
        self.picture = self.live
        """What is drawn: the live market, or a copy that stands still."""
        self.frozen_at_ms: int | None = None
        self.changes: FeedUpdate | None = None
        """What the last beat brought."""
        self.filter = _kept_filter(remembered)
        """The filter of the market table."""
        self.alerts = Alerts()
        self.alerts.watch(remembered.alerts, dict(remembered.saved_filters))
        self.fired: deque[Fired] = deque(maxlen=FIRED_KEPT)
        """Alerts that fired, oldest first."""
        self.health = Health()
        self.shown = 0
        """Symbols that the market table shows of all."""
        self._beats = 0
        self.status = feed.status()
        self.palette: Palette = palette(KLAGG.to_color_system().generate(), Tints.THEME)

    def beat(self) -> set[str]:
        """Take in what changed; gives the symbols touched."""
        self.changes = self.feed.take_changes()
        self.status = self.feed.status()
        self._beats += 1
        if self._beats % BEATS_A_SECOND == 1:
            self.health.sample(self.status)
        return self.live.apply(self.changes) if self.changes is not None else set()

    def look_for_alerts(self, touched: set[str]) -> list[Fired]:
        """What came true among the symbols that changed; kept in `fired` too."""
        if not self.alerts.texts:
            return []
        rows = [row for symbol in touched if (row := self.live.rows.get(symbol)) is not None]
        fired = self.alerts.look(rows, self.period, self.status.exchange_now_ms)
        self.fired.extend(fired)
        return fired

    def price_text(self, row: Row) -> str:
        """The newest price of a row."""
        return formatting.NOTHING if row.last is None else formatting.price(row.last, row.decimals)

    def use_alerts(self, texts: tuple[str, ...]) -> None:
        """Watch these from now on."""
        self.choose(alerts=texts)
        self.alerts.watch(texts, dict(self.remembered.saved_filters))

    def price_of(self, fired: Fired) -> str:
        """The price at which an alert fired, with the symbol's decimals."""
        row = self.live.rows.get(fired.symbol)
        return formatting.NOTHING if fired.last is None else formatting.price(fired.last, row.decimals if row else 0)

    def use_filter(self, text: str) -> None:
        """Filter by this from now on.

        Raises:
            FilterError: it cannot be read.
        """
        self.filter = filters.read(text, dict(self.remembered.saved_filters))
        self.choose(filter=text)

    def choose(self, **choices: object) -> None:
        """Change choices, by the names that `Preferences` has for them, and keep them."""
        self.remembered = replace(self.remembered, **choices)  # type: ignore[arg-type]
        self._keep(self.remembered)

    def use_theme(self, variables: dict[str, str], *, is_dark: bool) -> None:
        """Take the colours of a theme."""
        try:
            tints = Tints(self.remembered.tints)
        except ValueError:
            tints = Tints.THEME
        self.palette = palette(variables, tints, is_dark=is_dark)

    @property
    def period(self) -> Period:
        """The period on view: the chosen one where the feed has it."""
        try:
            chosen = Period.parse(self.remembered.period)
        except BadPeriod:
            chosen = self.feed.periods[0]
        return chosen if chosen in self.feed.periods else self.feed.periods[0]

    @property
    def is_frozen(self) -> bool:
        """Whether the picture stands still."""
        return self.frozen_at_ms is not None

    def freeze(self) -> None:
        """Let the picture stand still; recording goes on."""
        self.picture = self.live.copy()
        self.frozen_at_ms = self.status.exchange_now_ms

    def thaw(self) -> None:
        """Show what is now."""
        self.picture = self.live
        self.frozen_at_ms = None

    @property
    def now_ms(self) -> int:
        """The time of the picture."""
        return self.status.exchange_now_ms if self.frozen_at_ms is None else self.frozen_at_ms

    @property
    def word(self) -> str:
        """Whether what is shown is now: live, replay, demo, frozen, stale, offline or starting."""
        begun = self.live.newest_trade_ms > 0
        return liveness(self.status, frozen=self.is_frozen, stale=self.is_stale, begun=begun)

    @property
    def is_stale(self) -> bool:
        """Whether numbers on view are no longer those of the market, though nobody froze them."""
        if self.status.mode is Mode.OFFLINE:
            return True
        return not self.is_frozen and is_stale_feed(self.status, self.live.newest_trade_ms)

    @property
    def look(self) -> Look:
        """What drawn rows depend on besides themselves."""
        return Look(self.period, self.now_ms, self.is_stale)


def _kept_filter(remembered: Preferences) -> filters.Filter:
    try:
        return filters.read(remembered.filter, dict(remembered.saved_filters))
    except FilterError:
        return filters.read("")


def liveness(status: Status, *, frozen: bool, stale: bool, begun: bool = True) -> str:
    """The one word that says whether what is shown is now; a market not `begun` has had no trade yet."""
    if frozen:
        return "frozen"
    if status.mode is Mode.OFFLINE:
        return "offline"
    if stale:
        return "stale" if begun else "starting"
    return status.mode.value
