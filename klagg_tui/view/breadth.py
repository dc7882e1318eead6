"""The whole market in one line: how many rise and fall, what was traded, the change in the middle, and BTC. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Final, NamedTuple

from klagg_tui import formatting
from klagg_tui.view.columns.column import change_role
from klagg_tui.view.model import Row
from klagg_tui.view.quotes import AS_DOLLARS, is_dollar
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.screener.figure import FigureCall
from klagg_tui.view.screener.peers import COINS

CHANGE: Final = FigureCall("chg", (24 * 60,))
TURNOVER: Final = FigureCall("turnover", (24 * 60,))
BREADTH_CALLS: Final = frozenset({CHANGE, TURNOVER})
"""What has to be computed for it."""
_BTC_TITLES: Final = ("BTCUSD", "XBTUSD", "BTC-USD", "XBT/USD", "BTC/USD")
"""How a market of BTC against dollars begins where the listing has not said what it is."""


class Breadth(NamedTuple):
    """Over the last 24 hours."""

    rising: int
    falling: int
    unchanged: int
    turnover: float
    """Of markets in about dollars, added up."""
    median: float | None
    """Percent."""
    btc: Row | None
    """The BTC market against dollars that trades most."""


def breadth_of(rows: Iterable[Row], minute: int) -> Breadth:
    """That of these rows in the minute of that number; one whose change is not known counts nowhere."""
    changes: list[float] = []
    total, most, btc = 0.0, -1.0, None
    for row in rows:
        change = row.settled(CHANGE, minute)
        if change is not None:
            changes.append(change)
        is_paid_in_dollars = is_dollar(row.quote)
        turnover = row.settled(TURNOVER, minute) or 0.0
        if is_paid_in_dollars or not row.quote:
            total += turnover
        if turnover > most and _is_btc(row, is_paid_in_dollars=is_paid_in_dollars):
            most, btc = turnover, row
    rising, falling = sum(change > 0 for change in changes), sum(change < 0 for change in changes)
    middle = median(changes) if changes else None
    return Breadth(rising, falling, len(changes) - rising - falling, total, middle, btc)


def _is_btc(row: Row, *, is_paid_in_dollars: bool) -> bool:
    if row.coin:
        return is_paid_in_dollars and row.coin.upper() in COINS
    return row.title.upper().startswith(_BTC_TITLES)


def breadth_pieces(breadth: Breadth) -> list[Piece]:
    """The line, what is worth most first; empty where nothing is known yet."""
    if breadth.median is None:
        return []
    pieces = [
        Piece(f" ▲ {breadth.rising:,}", Role.GAIN),
        Piece(f"  ▼ {breadth.falling:,}", Role.LOSS),
        Piece(f"  = {breadth.unchanged:,}", Role.DIM),
        Piece("  turnover 24h ", Role.DIM),
        Piece(f"{AS_DOLLARS}{formatting.short(breadth.turnover)}", Role.TEXT),
        Piece("  median ", Role.DIM),
        Piece(formatting.percent(breadth.median).strip(), change_role(breadth.median)),
    ]
    btc = breadth.btc
    if btc is not None and btc.last is not None:
        change = btc.figure(CHANGE)
        pieces += [
            Piece("  BTC ", Role.DIM),
            Piece(formatting.grouped_price(btc.last, btc.decimals), Role.TEXT),
            Piece(f" {formatting.percent(change).strip()}", change_role(change)),
        ]
    return pieces
