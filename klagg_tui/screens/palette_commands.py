"""What the command palette finds: every action, symbol, theme and saved filter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits
from textual.content import Content
from textual.fuzzy import Matcher
from textual.system_commands import SystemCommandsProvider

from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.bindings import described_keys
from klagg_tui.view.coin import bases_of
from klagg_tui.view.filter import PRESETS


class PaletteTarget(Protocol):
    """What the palette calls of the app."""

    state: AppState

    async def open_symbol(self, symbol: str) -> None:
        """Show one symbol."""
        ...

    async def open_coin(self, symbol: str) -> None:
        """Show the coin of that symbol on every exchange."""
        ...

    def use_theme(self, name: str) -> None:
        """Change the theme."""
        ...

    def use_saved_filter(self, name: str) -> None:
        """Filter the table by a saved filter."""
        ...


PERIODS = "Period by its number"
"""The description of the period keys: the palette offers each period by its name instead."""
MOVES = frozenset({"Up", "Down", "Page up", "Page down", "First row", "Last row"})

Command = tuple[str, str, Callable[[], Any]]
"""What is shown, a note on it, what it does."""


class KlaggCommands(SystemCommandsProvider):
    """Actions are offered before anything is typed, the rest when it is searched for.

    What Textual offers comes from here too: of several providers it takes the hits as they come, in another order each time.
    """

    @property
    def _klagg(self) -> PaletteTarget:
        return cast(PaletteTarget, self.app)

    async def discover(self) -> Hits:
        """The actions, without the keys for moving about."""
        for name, word, command in self._actions():
            if name in MOVES:
                continue
            yield DiscoveryHit(Content(name), command, help=_text(word))
        async for hit in super().discover():
            yield hit

    async def search(self, query: str) -> Hits:
        """Whatever matches."""
        matcher = self.matcher(query)
        for name, word, command in (
            *self._actions(),
            *self._periods(),
            *self._symbols(),
            *self._coins(),
            *self._themes(),
            *self._filters(),
        ):
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, _highlighted(matcher, name), command, help=_text(word))
        async for hit in super().search(query):
            yield hit

    def _actions(self) -> Iterator[Command]:
        screen = self.screen
        keys = {word: shown for shown, word in described_keys(screen)}
        done: set[str] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.description in keys and binding.description not in {*done, PERIODS}:
                done.add(binding.description)
                run = partial(self.app.run_action, binding.action, active.node)
                yield binding.description, keys.get(binding.description, ""), run

    def _periods(self) -> Iterator[Command]:
        for number, period in enumerate(self._klagg.state.feed.periods):
            yield f"Period: {period}", "Show it", partial(self.screen.run_action, f"period({number})")

    def _symbols(self) -> Iterator[Command]:
        for symbol in self._klagg.state.live.rows:
            yield symbol, "Open the symbol", partial(self._klagg.open_symbol, symbol)

    def _coins(self) -> Iterator[Command]:
        market = self._klagg.state.live
        if market.has_venues:
            symbols = {row.base: row.symbol for row in market.rows.values()}
            for base in bases_of(market):
                yield f"Coin: {base}", "On every exchange", partial(self._klagg.open_coin, symbols[base])

    def _themes(self) -> Iterator[Command]:
        for name in sorted(self.app.available_themes):
            yield f"Theme: {name}", "Use it", partial(self._klagg.use_theme, name)

    def _filters(self) -> Iterator[Command]:
        for name, text in {**PRESETS, **dict(self._klagg.state.preferences.saved_filters)}.items():
            yield f"Filter: @{name}", text, partial(self._klagg.use_saved_filter, name)


def _text(text: str) -> str:
    """As it stands: the palette takes a text for markup, and content for what it is."""
    return cast(str, Content(text))


def _highlighted(matcher: Matcher, name: str) -> Content:
    """The name with the letters that match; Textual's own takes names for markup."""
    _, offsets = matcher.fuzzy_search.match(matcher.query, name)
    content = Content(name)
    for offset in offsets:
        content = content.stylize(matcher.match_style, offset, offset + 1)
    return content
