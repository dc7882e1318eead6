"""The exchanges of one market: which there are, how each is doing, and what of that is news. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from klagg_tui import formatting
from klagg_tui.feed import Mode, Status, VenueStatus
from klagg_tui.metrics import Metric
from klagg_tui.view.model import Market
from klagg_tui.view.role import Piece, Role, sentence_lines

ALL: Final = ""
"""Stands for all exchanges."""


class VenueTab(NamedTuple):
    """One exchange, or all of them."""

    key: str
    symbols: int
    sign: str
    """How it is doing, in one cell; empty where it is well."""
    role: Role


def keys_of(market: Market, status: Status) -> tuple[str, ...]:
    """The exchanges that are watched, or of which something is stored, where they are several; otherwise none."""
    if not market.has_venues and len(status.venues) < 2:
        return ()
    told = [venue.key for venue in status.venues]
    return (*told, *(key for key, count in market.counts.items() if count and key not in told))


def names_of(market: Market, status: Status) -> dict[str, str]:
    """What the exchanges are called, by their keys."""
    told = {venue.key: venue.name for venue in status.venues}
    return {key: told.get(key, "") for key in keys_of(market, status)}


def tabs_of(market: Market, status: Status) -> list[VenueTab]:
    """A tab for all exchanges, and one for each; none where one is watched."""
    keys = keys_of(market, status)
    told = {venue.key: venue for venue in status.venues}
    if not keys:
        return []
    tabs = [VenueTab(key, market.counts.get(key, 0), *sign_of(told.get(key))) for key in keys]
    return [VenueTab(ALL, len(market.rows), "", Role.DIM), *tabs]


def sign_of(venue: VenueStatus | None) -> tuple[str, Role]:
    """How an exchange is doing in one cell: ◌ connecting, ○ not reached, ✕ stale, ▲ a trouble; nothing where it is well.

    One of which nothing is told is not watched in this run: only what is stored of it is shown.
    """
    if venue is not None and venue.mode is Mode.CONNECTING:
        return "◌", Role.WARN
    if venue is None or venue.mode is Mode.OFFLINE:
        return "○", Role.WARN
    if venue.is_behind:
        return "✕", Role.BAD
    return ("▲", Role.WARN) if venue.notices else ("", Role.DIM)


def stale_venues(market: Market, status: Status) -> frozenset[str]:
    """Exchanges whose rows are not live: not reached, from before, or not watched in this run."""
    told = {venue.key: venue for venue in status.venues}
    if not told:
        return frozenset()
    return frozenset(
        key
        for key in keys_of(market, status)
        if (venue := told.get(key)) is None or venue.is_behind or not venue.mode.is_reached
    )


def following(keys: Sequence[str], shown: str, step: int) -> str:
    """The tab `step` further than the shown one, round and round."""
    tabs = (ALL, *keys)
    at = tabs.index(shown) if shown in tabs else 0
    return tabs[(at + step) % len(tabs)]


def notices_of(status: Status, shown: str) -> tuple[str, ...]:
    """Present troubles, those of the exchange on view first."""
    own = next((f"{venue.name}: " for venue in status.venues if venue.key == shown and shown), "")
    if not own:
        return status.notices
    return tuple(sorted(status.notices, key=lambda notice: not notice.startswith(own)))


class _HealthColumn(NamedTuple):
    title: str
    width: int
    cell: Callable[[VenueStatus, bool], tuple[str, Role]]
    """From an exchange, and whether times are local, to a text."""
    importance: int = 9
    """Where room is short, the lowest goes first."""


def _connection(venue: VenueStatus, _local: bool) -> tuple[str, Role]:
    sign, role = sign_of(venue)
    return f"{sign or '●'} {venue.connection or formatting.NOTHING}", role if sign else Role.GOOD


def _clock(venue: VenueStatus, local: bool) -> tuple[str, Role]:
    if not venue.knows_time:
        return formatting.NOTHING, Role.WARN
    return formatting.clock(venue.exchange_now_ms, local=local), Role.TEXT


def _requests(venue: VenueStatus, _local: bool) -> tuple[str, Role]:
    if not venue.requests_limit:
        return formatting.NOTHING, Role.DIM
    uses_much = venue.requests_used * 10 > venue.requests_limit * 9
    text = f"{formatting.count(venue.requests_used)}/{formatting.count(venue.requests_limit)}"
    return text, Role.WARN if uses_much else Role.TEXT


def _owed(venue: VenueStatus, _local: bool) -> tuple[str, Role]:
    if not venue.owed_minutes:
        return formatting.NOTHING, Role.DIM
    return f"{formatting.count(venue.owed_minutes)} min/{formatting.count(venue.owed_symbols)}", Role.WARN


def _stalled(venue: VenueStatus, _local: bool) -> tuple[str, Role]:
    count = int(venue.metrics.get(Metric.SILENT_SYMBOLS, 0))
    return formatting.count(count), Role.WARN if count else Role.DIM


_COLUMNS: Final = (
    _HealthColumn("Exchange", 14, lambda venue, _local: (venue.key, Role.STRONG)),
    _HealthColumn("Connection", 17, _connection),
    _HealthColumn("Clock", 9, _clock),
    _HealthColumn("Delay", 8, lambda venue, _local: (formatting.duration(venue.delay_ms), Role.TEXT)),
    _HealthColumn("Silent", 7, _stalled, 3),
    _HealthColumn("Requests", 12, _requests, 8),
    _HealthColumn("Trades/s", 9, lambda venue, _local: (formatting.short(venue.trades_per_second), Role.TEXT), 4),
    _HealthColumn("Symbols", 8, lambda venue, _local: (formatting.whole(venue.symbols), Role.TEXT), 5),
    _HealthColumn("Owed", 14, _owed, 7),
    _HealthColumn("Reconnects", 11, lambda venue, _local: (formatting.count(venue.reconnects), Role.DIM), 2),
)
"""Silent: symbols that are silent while their peers are not. Owed: minutes, and of how many symbols."""
_LEFT: Final = 2
"""So many columns begin at the left edge."""


def health_lines(status: Status, *, local: bool, width: int) -> list[list[Piece]]:
    """A line for each exchange, and under it what is wrong there; none where one is watched."""
    if len(status.venues) < 2:
        return []
    columns = list(_COLUMNS)
    while sum(column.width for column in columns) >= width:
        columns.remove(min(columns, key=lambda column: column.importance))
    lines = [
        [_placed(at, column, column.title, Role.TITLE if at == 0 else Role.DIM) for at, column in enumerate(columns)]
    ]
    for venue in status.venues:
        lines.append([_placed(at, column, *column.cell(venue, local)) for at, column in enumerate(columns)])
        for notice in venue.notices:
            lines += sentence_lines(notice, Role.WARN, width, "  ▲ ")
    return [*lines, []]


def _placed(at: int, column: _HealthColumn, text: str, role: Role) -> Piece:
    return Piece(f" {text:<{column.width - 1}}" if at < _LEFT else f"{text:>{column.width}}", role)
