"""Which screen comes on top of which: what a key, a click or the palette opens, and with what is chosen there."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import App
from textual.binding import BindingType

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.base import KlaggScreen, kinds_below
from klagg_tui.screens.bindings import sections_of_keys
from klagg_tui.screens.coin import CoinScreen
from klagg_tui.screens.dialogs.alerts import AlertsScreen
from klagg_tui.screens.dialogs.help import HelpScreen
from klagg_tui.screens.health import HealthScreen
from klagg_tui.screens.market import MarketScreen
from klagg_tui.screens.marking import MarkingScreen
from klagg_tui.screens.symbol import SymbolScreen
from klagg_tui.screens.wall import WallScreen
from klagg_tui.screens.widgets.prompt import FilterPrompt
from klagg_tui.view import watchlists
from klagg_tui.view.exports import ALL_SYMBOLS, LIST_SIGN, SHOWN_SYMBOLS


class Navigation(App[bool]):
    """The part of the app that opens screens; a screen that is open already comes on top again."""

    state: AppState
    _symbol: SymbolScreen
    """Mounted once, and shown for one symbol after the other."""

    @property
    def _klagg_screen(self) -> KlaggScreen | None:
        return self.screen if isinstance(self.screen, KlaggScreen) else None

    @property
    def _market(self) -> MarketScreen | None:
        return next((screen for screen in self.screen_stack if isinstance(screen, MarketScreen)), None)

    async def on_market_screen_opened(self, message: MarketScreen.Opened) -> None:
        """Show one symbol."""
        await self.open_symbol(message.symbol)

    async def open_symbol(self, symbol: str, among: Sequence[str] = ()) -> None:
        """Show one symbol; n and N go through those around it, or those of the table."""
        self._symbol.show(symbol, among or self._table_symbols)
        if self._symbol not in self.screen_stack:
            await self.push_screen(self._symbol)
        while isinstance(self.screen, CoinScreen):  # opened from it: to be seen again is the symbol below
            _ = self.pop_screen()

    async def on_market_screen_coin_opened(self, message: MarketScreen.CoinOpened) -> None:
        """Show the coin of a row on every exchange."""
        await self.open_coin(message.symbol)

    async def on_symbol_screen_coin_opened(self, message: SymbolScreen.CoinOpened) -> None:
        """The same from the symbol's own screen."""
        await self.open_coin(message.symbol)

    @property
    def _table_symbols(self) -> tuple[str, ...]:
        return tuple(row.symbol for row in self._market.table.rows) if self._market else ()

    async def on_marking_screen_wall_opened(self, _message: MarkingScreen.WallOpened) -> None:
        """Show the charts of the marked symbols."""
        await self.open_wall()

    async def open_wall(self) -> None:
        """Show the charts of the marked symbols; without marks those of the table as it stands."""
        if not self._is_back_at(WallScreen):
            await self.push_screen(WallScreen(self.state, self._first_symbols))

    def _first_symbols(self) -> tuple[str, ...]:
        """The symbols of the table, which may be covered since before it had any."""
        if self._market and not self._market.table.rows:
            self._market.reorder()
        return self._table_symbols

    async def on_wall_screen_opened(self, message: WallScreen.Opened) -> None:
        """Show one symbol; n and N go through those of the wall."""
        await self.open_symbol(message.symbol, message.among)

    @property
    def _wall(self) -> WallScreen | None:
        """The wall, where no other screen covers it."""
        top = next((screen for screen in reversed(self.screen_stack) if isinstance(screen, KlaggScreen)), None)
        return top if isinstance(top, WallScreen) else None

    async def on_coin_screen_opened(self, message: CoinScreen.Opened) -> None:
        """Show one symbol."""
        await self.open_symbol(message.symbol)

    async def open_coin(self, symbol: str) -> None:
        """Show the coin of that symbol on every exchange."""
        row = self.state.live.rows.get(symbol)
        base = row.base if row else ""
        if self._is_back_at(CoinScreen) and isinstance(self.screen, CoinScreen):
            self.state.feed.follow(None)  # of a symbol that was above it
            self.screen.show_coin(base, symbol)
        else:
            await self.push_screen(CoinScreen(self.state, base, symbol))

    async def action_alerts(self) -> None:
        """Show the alerts."""
        if self._klagg_screen:
            await self.push_screen(AlertsScreen(self.state, self.state.suggested_alert(self._chosen_symbol())))

    async def action_export(self) -> None:
        """Show the export of the chosen symbols."""
        from klagg_tui.screens.export import ExportScreen

        if self._klagg_screen and not self._is_back_at(ExportScreen):
            await self.push_screen(ExportScreen(self.state, self._export_choices()))

    def _export_choices(self) -> list[tuple[str, tuple[str, ...]]]:
        symbol = self._chosen_symbol()
        choices: list[tuple[str, tuple[str, ...]]] = [(symbol, (symbol,))] if symbol else []
        shown = self._table_symbols
        if self.state.filter.text or self.state.preferences.shown_list or self.state.venue:
            choices.append((SHOWN_SYMBOLS, shown))
        lists = self.state.preferences.watchlists
        choices += [(f"{LIST_SIGN}{name}", watchlists.symbols_of(lists, name)) for name, symbols in lists if symbols]
        choices.append((ALL_SYMBOLS, tuple(self.state.live.rows)))
        # On the symbol's own screen it is what is meant first.
        return choices if isinstance(self.screen, SymbolScreen) or not symbol else choices[1:] + choices[:1]

    def _chosen_symbol(self) -> str | None:
        if isinstance(self.screen, SymbolScreen):
            return self.screen.symbol
        if isinstance(self.screen, CoinScreen):
            return self.screen.current.symbol if self.screen.current else None
        if isinstance(self.screen, WallScreen):
            return self.screen.current
        row = self._market.table.current if self._market else None
        return row.symbol if row else None

    async def action_health(self) -> None:
        """Show how klagg is doing."""
        if self._klagg_screen and not self._is_back_at(HealthScreen):
            await self.push_screen(HealthScreen(self.state))

    def _is_back_at(self, kind: type[KlaggScreen]) -> bool:
        """Whether there is such a screen already: it comes on top again, unless an export is running above it."""
        stack = self.screen_stack
        at = next((number for number, screen in enumerate(stack) if isinstance(screen, kind)), len(stack))
        above = stack[at + 1 :]
        if not any(screen.has_class("busy") for screen in above):
            for _ in above:
                _ = self.pop_screen()  # not awaited: a click runs inside the screen that goes
        return at < len(stack)

    async def action_help(self) -> None:
        """Show the keys that hold here, and those of the other screens."""
        import klagg_tui.screens.export  # noqa: F401 - its keys are told too

        here = self.screen
        title: str | None = getattr(here, "HELP_TITLE", None)  # dialogs that have keys of their own have one too
        if title:
            kinds = [kind for kind in kinds_below(KlaggScreen) if not isinstance(here, kind)]
            others: dict[str, list[BindingType]] = {kind.HELP_TITLE: kind.BINDINGS for kind in kinds}
            others |= {"while a filter is typed": FilterPrompt.BINDINGS, "alerts": AlertsScreen.BINDINGS}
            keys = sections_of_keys(here, title, others, self._keymap)
            await self.push_screen(HelpScreen(title, keys))
