"""The terminal app: asks the feed five times a second what changed, and lets the screen on view draw it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from textual.app import App
from textual.binding import Binding, BindingType

from klagg_tui.market.face import Feed
from klagg_tui.market.remembered import Remembered
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.desk import Desk
from klagg_tui.screens.market import MarketScreen
from klagg_tui.screens.symbol import SymbolScreen
from klagg_tui.screens.themes import KLAGG

BEAT_S: Final = 0.2


class KlaggApp(App[None]):
    """One market on a screen."""

    TITLE = "klagg"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "quit", "Quit", id="quit")]

    def __init__(
        self,
        feed: Feed,
        remembered: Remembered | None = None,
        keep: Callable[[Remembered], None] = lambda _remembered: None,
    ) -> None:
        super().__init__()
        self.register_theme(KLAGG)
        self.desk = Desk(feed, remembered or Remembered(), keep)

    def on_mount(self) -> None:
        """Begin."""
        self.theme = self.desk.remembered.theme if self.desk.remembered.theme in self.available_themes else KLAGG.name
        self._wear()
        self.theme_changed_signal.subscribe(self, lambda _theme: self._wear())
        self.desk.beat()
        self.push_screen(MarketScreen(self.desk))
        self.set_interval(BEAT_S, self.beat)

    def _wear(self) -> None:
        self.desk.use_theme(self.current_theme.to_color_system().generate())
        for screen in self.screen_stack:
            if isinstance(screen, KlaggScreen) and screen.is_mounted:
                screen.repaint()

    def beat(self) -> None:
        """Take in what changed; the screen on view draws it."""
        touched = self.desk.beat()
        if isinstance(self.screen, KlaggScreen):
            self.screen.beat(touched)

    def on_market_screen_opened(self, message: MarketScreen.Opened) -> None:
        """Show one symbol."""
        market = self.screen
        among = [row.symbol for row in market.table.rows] if isinstance(market, MarketScreen) else []
        self.push_screen(SymbolScreen(self.desk, message.symbol, among))

    async def action_quit(self) -> None:
        """Leave when the last drain is written."""
        await self.desk.feed.stop()
        self.exit()
