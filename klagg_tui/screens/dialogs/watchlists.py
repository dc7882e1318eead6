"""Watchlists: which one to show, make or delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from klagg_tui.formatting import counted
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.dialogs.ask import Ask
from klagg_tui.screens.dialogs.menu import Choice, Menu
from klagg_tui.view import watchlists
from klagg_tui.view.names import name_error

_NEW: Final = "\0new"
_DELETE: Final = "\0delete"
_RESTORE: Final = "\0restore"


class WatchlistDialog:
    """Asks over a screen; `show` is called with the name of the list to show, empty for all symbols."""

    def __init__(self, screen: KlaggScreen, show: Callable[[str], None]) -> None:
        self._screen = screen
        self._state = screen.state
        self._show = show
        self._deleted: tuple[str, tuple[str, ...]] | None = None
        """The list that was deleted last."""

    def open(self) -> None:
        """Ask which list to show, make or delete."""
        chosen = self._state.preferences
        lines = [Choice("", "All symbols", letter="0")]
        lines += [
            Choice(name, name, self._note(symbols), str(number) if number < 10 else "")
            for number, (name, symbols) in enumerate(chosen.watchlists, start=1)
        ]
        lines.append(Choice(_NEW, "New list …", letter="n"))
        if chosen.shown_list:
            lines.append(Choice(_DELETE, f"Delete {chosen.shown_list}", letter="d"))
        if self._deleted is not None:
            name, symbols = self._deleted
            lines.append(Choice(_RESTORE, f"Bring back {name}", counted(len(symbols), "symbol"), letter="z"))
        self._screen.ask(Menu("Watchlists", lines, current=chosen.shown_list), self._chosen)

    def _note(self, symbols: Sequence[str]) -> str:
        missing = len(watchlists.lacking(self._state.live.rows.values(), symbols))
        return counted(len(symbols), "symbol") + (f", {missing:,} not in this market" if missing else "")

    def _chosen(self, name: str | None) -> None:
        chosen = self._state.preferences
        if name == _NEW:
            self._screen.ask(Ask("New watchlist", "Its name:", "", name_error), self._named)
        elif name == _DELETE:
            self._deleted = (chosen.shown_list, watchlists.symbols_of(chosen.watchlists, chosen.shown_list))
            self._state.choose(watchlists=watchlists.removed(chosen.watchlists, chosen.shown_list))
            self._show("")
            self._screen.notify(f"Deleted {self._deleted[0]}; the list of watchlists brings it back.")
        elif name == _RESTORE and self._deleted is not None:
            (restored, symbols), self._deleted = self._deleted, None
            others = tuple(pair for pair in chosen.watchlists if pair[0] != restored)
            self._state.choose(watchlists=(*others, (restored, symbols)))
            self._show(restored)
        elif name is not None:
            self._show(name)

    def _named(self, name: str | None) -> None:
        if name:
            self._state.choose(watchlists=watchlists.added(self._state.preferences.watchlists, name))
            self._show(name)
