"""The two lines on top of every screen: what this is and whether it is now; which lists and periods there are."""

from __future__ import annotations

from collections.abc import Sequence

from klagg_tui import formatting
from klagg_tui.market.role import Piece, Role
from klagg_tui.screens.desk import Desk, liveness
from klagg_tui.screens.line import Line, Raised, Touch

_SIGNS = {"live": "●", "demo": "●", "replay": "▶", "frozen": "❚❚", "stale": "✕", "offline": "○"}
_ROLES = {
    "live": Role.GOOD,
    "demo": Role.ACCENT,
    "replay": Role.ACCENT,
    "frozen": Role.MARK,
    "stale": Role.BAD,
    "offline": Role.WARN,
}


class StatusLine(Line):
    """Exchange, live or not, symbols shown of all, period, time and delay: always there."""

    def tell(self, desk: Desk, shown: int | None = None, subject: str = "") -> None:
        """Say how things stand; `shown` symbols of all, or the `subject` of the screen."""
        status = desk.status
        word = liveness(status, frozen=desk.is_frozen, stale=desk.is_stale)
        left = [
            Raised(" klagg ", Role.TITLE, "screen.top"),
            Piece(f" {status.market} ", Role.TEXT),
            Piece(f" {_SIGNS[word]} {word} ", _ROLES[word]),
        ]
        if subject:
            left.append(Piece(f" {subject} ", Role.STRONG))
        local = desk.remembered.local_time
        zone = formatting.zone(local=local)
        right = [] if shown is None else [Piece(f" {shown} of {len(desk.live.rows)} ", Role.TEXT), _BAR]
        right += [
            Piece(f" {desk.period} ", Role.ACCENT),
            _BAR,
            Touch(f" {formatting.clock(desk.now_ms, local=local)} {zone} ", Role.TEXT, "app.local_time"),
            _BAR,
            Piece(f" {formatting.duration(status.delay_ms)} ", _delay_role(status.delay_ms)),
        ]
        self.show(left, right)


_BAR = Piece("│", Role.FAINT)


def _delay_role(delay_ms: float | None) -> Role:
    if delay_ms is None:
        return Role.DIM
    return Role.TEXT if delay_ms < 1_000 else Role.WARN if delay_ms < 5_000 else Role.BAD


class TabsLine(Line):
    """Lists to the left, the filter beside them, periods with their keys to the right."""

    def tell(self, desk: Desk, lists: Sequence[Piece], filter_text: str) -> None:
        """Show the tabs as they are."""
        left = list(lists)
        if filter_text:
            left += [Piece("  ", Role.DIM), Touch(f"⌕ {filter_text}", Role.ACCENT, "screen.filter")]
        self.show(left, period_tabs(desk))


def period_tabs(desk: Desk) -> list[Piece]:
    """The periods with the keys that choose them; the chosen one raised."""
    tabs: list[Piece] = []
    for number, period in enumerate(desk.feed.periods, start=1):
        key = str(number % 10) if number <= 10 else ""
        action = f"screen.period({number - 1})"
        kind = Raised if period is desk.period else Touch
        tabs.append(kind(f" {key}", Role.FAINT if kind is Touch else Role.DIM, action))
        tabs.append(kind(f" {period} ", Role.DIM if kind is Touch else Role.STRONG, action))
    return tabs
