"""The two lines on top of every screen: what this is and whether it is now; which lists and periods there are."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from klagg_tui import formatting
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.widgets.line import ActiveTab, Clickable, Line
from klagg_tui.view.columns.state import FORMING, UsualState
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.venues import VenueTab, tabs_of

_SIGNS = {
    "live": "●",
    "demo": "●",
    "replay": "▶",
    "paused": "❚❚",
    "ended": "■",
    "frozen": "❚❚",
    "stale": "✕",
    "offline": "○",
    "connecting": "◌",
    "starting": "◌",
}
_ROLES = {
    "live": Role.GOOD,
    "demo": Role.ACCENT,
    "replay": Role.ACCENT,
    "paused": Role.MARK,
    "ended": Role.MARK,
    "frozen": Role.MARK,
    "stale": Role.BAD,
    "offline": Role.WARN,
    "connecting": Role.WARN,
    "starting": Role.WARN,
}


def market_name(state: AppState) -> str:
    """The exchange; of several how many they are, for their names are on their tabs."""
    exchanges = len(state.venues)
    return formatting.counted(exchanges, "exchange") if exchanges > 1 else state.status.market


class StatusLine(Line):
    """Exchange, live or not, symbols shown of all, period, time and delay: always there."""

    def show_status(
        self, state: AppState, subject: str = "", filter_text: str = "", usual: UsualState = FORMING
    ) -> None:
        """Show how things stand; `subject` is what the screen is about, where that is not the market.

        `usual`: the state that its rows do not say, because it is that of most of them.
        """
        left, right = self._left_pieces(state, subject), self._right_pieces(state)
        if usual.told and not state.is_stale:
            left.append(Piece(f" {usual.told} ", usual.role))
        short = self._right_pieces(state, is_short=True)
        # Where room is short our own name goes first, then a count that says nothing, then the market's name: the rest is news.
        choices = ((left, right), (left[1:], right), (left[1:], short), (left[2:], short))
        left, right = next((one for one in choices if _cells(one[0]) + _cells(one[1]) <= self.size.width), choices[-1])
        filtered = [Piece(f" ⌕ {filter_text} ", Role.ACCENT)] if filter_text else []
        self.show([*left, *filtered], right)

    @staticmethod
    def _left_pieces(state: AppState, subject: str) -> list[Piece]:
        liveness = state.liveness
        left = [
            ActiveTab(" klagg ", Role.TITLE, "screen.top"),
            Piece(f" {market_name(state)} ", Role.TEXT),
            Piece(f" {_SIGNS[liveness]} {liveness} ", _ROLES[liveness]),
        ]
        if subject:
            left.append(Piece(f" {subject} ", Role.STRONG))
        return left

    @staticmethod
    def _right_pieces(state: AppState, *, is_short: bool = False) -> list[Piece]:
        local = state.preferences.local_time
        zone = formatting.zone(local=local)
        delay_ms = state.status.delay_ms
        shown, count = state.shown_count, len(state.live.rows)
        return [
            Piece(f" {count:,} " if is_short and shown == count else f" {shown:,} of {count:,} ", Role.TEXT),
            _BAR,
            Piece(f" {state.period} ", Role.ACCENT),
            _BAR,
            Clickable(f" {formatting.clock(state.now_ms, local=local)} {zone} ", Role.TEXT, "app.local_time"),
            _BAR,
            Piece(f" {formatting.duration(delay_ms):>6} ", _delay_role(delay_ms)),
        ]


_BAR = Piece("│", Role.FAINT)


def _cells(pieces: Sequence[Piece]) -> int:
    return sum(cell_len(piece.text) for piece in pieces)


def _delay_role(delay_ms: float | None) -> Role:
    if delay_ms is None:
        return Role.DIM
    return Role.TEXT if delay_ms < 1_000 else Role.WARN if delay_ms < 5_000 else Role.BAD


class TabsLine(Line):
    """Lists to the left, the filter beside them, periods with their keys to the right."""

    def show_tabs(
        self,
        state: AppState,
        lists: Sequence[Piece],
        filter_text: str,
        order: str = "",
        not_known: tuple[int, int] = (0, 0),
    ) -> None:
        """Show the tabs as they are; `order` in words where no column shows it.

        `not_known`: of how many rows the filter, and the order, do not know what they ask for.
        """
        left = list(lists)
        if order:
            left += [Piece(" ", Role.DIM), Clickable(order, Role.TITLE, "screen.sort")]
        if filter_text:
            left += [Piece("  ", Role.DIM), Clickable(f"⌕ {filter_text}", Role.ACCENT, "screen.filter")]
            if not_known[0]:
                left.append(Piece(f" · {not_known[0]:,} not known", Role.PARTIAL))
        right = period_tabs(state, with_keys=True)
        if _cells(left) + _cells(right) > self.size.width:
            right = period_tabs(state, with_keys=False)
        note = Piece(f"  order: {not_known[1]:,} not known", Role.PARTIAL)
        if not_known[1] and _cells([*left, note]) + _cells(right) <= self.size.width:
            left.append(note)
        self.show(left, right)


class VenuesLine(Line):
    """A tab for each exchange where several are watched: how many symbols, and a sign where it is not well."""

    DEFAULT_CSS = """
    VenuesLine { display: none; }
    VenuesLine.several { display: block; }
    """

    def show_venues(self, state: AppState) -> None:
        """Show the tabs as they are."""
        tabs = tabs_of(state.live, state.status)
        if self.is_mounted:
            self.set_class(bool(tabs), "several")
        self.show(venue_pieces(tabs, state.venue, self.size.width))


def venue_pieces(tabs: Sequence[VenueTab], shown: str, width: int) -> list[Piece]:
    """The tabs; where room is short without counts, and then without those before the one on view."""
    whole, short = ([_venue_tab(tab, tab.key == shown, has_count=has) for tab in tabs] for has in (True, False))
    if _cells(whole) <= width:
        return whole
    at = next((place for place, tab in enumerate(tabs) if tab.key == shown), 0)
    while at and _cells(short[at - 1 :]) < width:
        at -= 1
    return [Piece("‹", Role.DIM), *short[at:]] if at else short


def _venue_tab(tab: VenueTab, is_shown: bool, *, has_count: bool) -> Piece:
    kind = ActiveTab if is_shown else Clickable
    count = f" {tab.symbols:,}" if has_count else ""
    sign = f"{tab.sign} " if tab.sign else ""
    role = tab.role if tab.sign else Role.STRONG if is_shown else Role.DIM
    everything = "All exchanges" if has_count else "All"
    return kind(f" {sign}{tab.key or everything}{count} ", role, f"screen.show_venue({tab.key!r})")


def period_tabs(state: AppState, *, with_keys: bool) -> list[Piece]:
    """The periods, with the keys that choose them where there is room; the chosen one as the active tab."""
    tabs: list[Piece] = []
    for number, period in enumerate(state.feed.periods, start=1):
        key = str(number % 10) if number <= 10 and with_keys else ""
        action = f"screen.period({number - 1})"
        kind = ActiveTab if period is state.period else Clickable
        if key:
            tabs.append(kind(f" {key}", Role.FAINT if kind is Clickable else Role.DIM, action))
        tabs.append(kind(f" {period} ", Role.DIM if kind is Clickable else Role.STRONG, action))
    return tabs
