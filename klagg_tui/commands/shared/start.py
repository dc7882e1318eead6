"""Options that say what the market table begins with: a filter, an order, a watchlist, a view."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer

from klagg_tui.errors import BadUsage, FilterError

if TYPE_CHECKING:
    from klagg_tui.config import Settings
    from klagg_tui.engine.period import Period
    from klagg_tui.view.filter import Scope
    from klagg_tui.view.preferences import Preferences
    from klagg_tui.view.sorting import Sort

FilterOption: TypeAlias = Annotated[
    str | None, typer.Option("--filter", metavar="FILTER", help="Begin with this filter, like 'rvol(5m)>3' or @movers.")
]
SortOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--sort", metavar="COLUMN", help="Begin in this order: a column or figure, asc or desc behind it."),
]
ListOption: TypeAlias = Annotated[
    str | None, typer.Option("--list", metavar="NAME", help="Begin with this watchlist; all for every symbol.")
]
ViewOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--view",
        metavar="VIEW",
        help="Begin with the chosen columns (table), all periods (periods), a chart beside the table (split) or a list (chart), or charts (wall).",
    ),
]

Begin: TypeAlias = "Callable[[Preferences], Preferences]"
VIEWS: Final = ("table", "periods", "split", "chart", "wall")
ALL: Final = "all"
_DIRECTIONS: Final = {"asc": False, "desc": True}


@dataclass(frozen=True, slots=True)
class Start:
    """What was typed; None where nothing was."""

    filter: str | None = None
    sort: str | None = None
    list: str | None = None
    view: str | None = None

    def __bool__(self) -> bool:
        """Whether anything was typed."""
        return any(each is not None for each in (self.filter, self.sort, self.list, self.view))

    def before(self, command: str | None) -> None:
        """Refuse what would be passed over: it belongs behind the name of a command that opens a terminal.

        Raises:
            BadUsage: something was typed before the name of a command.
        """
        if command is not None and self:
            raise BadUsage(
                "--filter, --sort, --list and --view are for the terminal: write them behind klagg or klagg demo."
            )

    def begin(self, settings: Settings, periods: Collection[Period], state_name: str = "screen") -> Begin | None:
        """What makes of the preferences of last time those that the terminal begins with; None: they stay as they are.

        Bars are kept of `periods` and of 1m; `state_name`: see `app.run`.

        Raises:
            BadUsage: something that was typed cannot be.
        """
        if not self:
            return None
        from klagg_tui.screens.state_file import StateFile, defaults_from, path_of  # other commands start without it

        def begin(kept: Preferences) -> Preferences:
            return self.of(kept, periods)

        _ = StateFile(path_of(state_name), defaults_from(settings.screen, settings.names), begin).load()
        return begin

    def of(self, kept: Preferences, periods: Collection[Period]) -> Preferences:
        """The same preferences with what was typed.

        Raises:
            BadUsage: something that was typed cannot be.
        """
        from klagg_tui.engine.period import Period  # other commands start without these
        from klagg_tui.view.filter import Scope

        scope = Scope(dict(kept.saved_filters), dict(kept.names), None, frozenset({Period.M1, *periods}))
        if self.filter is not None:
            kept = replace(kept, filter=_filter(self.filter, scope))
        if self.sort is not None:
            sort = _sort(self.sort, scope)
            kept = replace(kept, sort=sort.key, descending=sort.descending)
        if self.list is not None:
            kept = replace(kept, shown_list=_list(self.list, [name for name, _ in kept.watchlists]))
        if self.view is not None:
            kept = _viewed(kept, self.view)
        return kept


NOWHERE: Final = Start()
"""As last time."""


def _filter(text: str, scope: Scope) -> str:
    from klagg_tui.view import filter as filters

    try:
        return filters.read(text, scope).text
    except FilterError as error:
        raise BadUsage(f"--filter {text}: {error}") from error


def _sort(text: str, scope: Scope) -> Sort:
    from klagg_tui.view.columns import registry
    from klagg_tui.view.columns.computed import computed
    from klagg_tui.view.sorting import Sort

    words, _, last = text.rpartition(" ")
    wanted = words.strip() if last in _DIRECTIONS and words.strip() else text.strip()
    known = registry.BY_NAME.get(wanted.lower())
    try:
        column = known or registry.fixed(wanted) or computed(wanted, scope)
    except FilterError as error:
        raise BadUsage(f"--sort {text}: {error}") from error
    return Sort(
        column.key, _DIRECTIONS.get(last, column.is_descending) if wanted != text.strip() else column.is_descending
    )


def _list(name: str, names: Collection[str]) -> str:
    if name.casefold() == ALL:
        return ""
    found = next((each for each in names if each.casefold() == name.casefold()), None)
    if found is None:
        raise BadUsage(f"--list {name}: there is no such watchlist; there are {', '.join((*names, ALL))}.")
    return found


def _viewed(kept: Preferences, name: str) -> Preferences:
    if name not in VIEWS:
        raise BadUsage(f"--view {name}: there is no such view; there are {', '.join(VIEWS)}.")
    if name == VIEWS[4]:
        return replace(kept, on_wall=True)
    layout = name if name in VIEWS[2:] else VIEWS[0]
    return replace(kept, layout=layout, all_periods=name == VIEWS[1], on_wall=False)
