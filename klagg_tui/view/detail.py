"""One symbol in words and numbers: its bar exactly, its periods in short, its last trades. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from klagg_tui import formatting
from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.view.columns.column import Column, RenderContext, change_role
from klagg_tui.view.columns.figures import figure_column
from klagg_tui.view.columns.prices import LAST
from klagg_tui.view.columns.state import bar_sign, state_sign
from klagg_tui.view.model import Row, change_percent, is_stale_bar, taker_share, trade_count_of, turnover_of
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.screener.figure import WHOLE, FigureCall
from klagg_tui.view.sparkline import balance, sparkline

PLENTY: Final = 40
"""Cells that every number has room in."""
_KNOWN: Final = (LAST, *map(figure_column, (FigureCall("chg", (24 * 60,)), FigureCall("turnover", (24 * 60,)))))
"""What is told of a symbol whatever the period, where it is known: the newest price, and the last 24 hours."""


def bar_lines(bar: Bar, decimals: int, *, local: bool) -> list[list[Piece]]:
    """The bar with exact values, in two lines."""
    change = change_percent(bar)

    def pair(name: str, value: str, role: Role = Role.TEXT) -> list[Piece]:
        return [Piece(f" {name} ", Role.FAINT), Piece(value, role)]

    share, turnover, count = taker_share(bar), turnover_of(bar), trade_count_of(bar)
    first = [
        Piece(f" {formatting.date_time(bar.open_ms, local=local)} {bar.period} ", Role.ACCENT),
        *pair("O", formatting.grouped_price(bar.open, decimals)),
        *pair("H", formatting.grouped_price(bar.high, decimals)),
        *pair("L", formatting.grouped_price(bar.low, decimals)),
        *pair("C", formatting.grouped_price(bar.close, decimals)),
        Piece(f" {formatting.arrow(change)} {formatting.percent(change)}", change_role(change)),
    ]
    second = [
        *pair("Volume", formatting.grouped(exact.quantity_text(bar.volume))),
        *pair(
            "Turnover", formatting.NOTHING if turnover is None else formatting.grouped(exact.turnover_text(turnover))
        ),
        *pair("Trades", formatting.NOTHING if count is None else formatting.whole(count)),
        *pair("Buyers", formatting.NOTHING if share is None else f"{share:.1%}"),
        Piece(f"  {bar.state.label} {bar_sign(bar)}", Role.DIM),
    ]
    return [first, second]


def bar_line(bar: Bar, decimals: int) -> list[Piece]:
    """The bar in one line, its volume in short: what matters most first, for it may be cut."""
    change = change_percent(bar)
    return [
        Piece(f" {formatting.arrow(change)} {formatting.percent(change)}", change_role(change)),
        *(
            piece
            for name, price in (("O", bar.open), ("H", bar.high), ("L", bar.low), ("C", bar.close))
            for piece in (Piece(f" {name} ", Role.FAINT), Piece(formatting.grouped_price(price, decimals), Role.TEXT))
        ),
        Piece(" V ", Role.FAINT),
        Piece(formatting.short(exact.quantity_as_float(bar.volume)), Role.TEXT),
    ]


def known_pieces(row: Row, columns: Sequence[Column]) -> list[Piece]:
    """Of the figures in these columns that are not known as a whole, how much of their windows is: what `≈` and `–` mean."""
    calls = dict.fromkeys(call for column in columns for call in column.calls)
    parts = [(call, row.coverage(call)) for call in calls]
    texts = [f"{call} {math.floor(100 * part)}%" for call, part in parts if 0 < part < WHOLE]
    return [Piece(f"≈ known of {', '.join(texts)} ", Role.PARTIAL)] if texts else []


def bare_line(row: Row, period: Period) -> list[Piece]:
    """What is known of a symbol that has no bar of the period, in one line: what matters most first, for it may be cut."""
    pieces = [Piece(f" no bar of {period} yet ", Role.DIM)]
    for column in _KNOWN:
        if column.measure(row, None, 0) is not None:
            text, role = column.draw(row, None, RenderContext(period, 0, is_stale=False), PLENTY)
            pieces += [Piece(f" {column.title} ", Role.FAINT), Piece(text.strip(), role)]
    return pieces


def period_lines(row: Row, periods: Sequence[Period], context: RenderContext, width: int) -> list[list[Piece]]:
    """The current bar of every period: state, change, takers, closes."""
    lines: list[list[Piece]] = [[Piece(" Periods", Role.TITLE)]]
    spark = max(0, width - 23)
    for period in periods:
        bar = row.bar(period)
        chosen = period is context.period
        name = Piece(f" {period!s:>3} ", Role.STRONG if chosen else Role.DIM)
        if bar is None:
            lines.append([Piece("▌" if chosen else " ", Role.KEY), name, Piece("no bar yet", Role.FAINT)])
            continue
        change = change_percent(bar)
        sign, role = state_sign(
            row, bar, context._replace(is_stale=context.is_stale or is_stale_bar(bar, context.now_ms))
        )
        share = taker_share(bar)
        bought, sold = balance(share, 5) if share is not None else ("", "")
        closes = row.closes(period)
        rise = closes[-1] - closes[0] if len(closes) > 1 else 0
        lines.append([
            Piece("▌" if chosen else " ", Role.KEY), name, Piece(sign.ljust(2), role),
            Piece(f"{formatting.percent(change):>8} ", change_role(change)),
            Piece(bought, Role.TAKER), Piece(f"{sold} ".ljust(6 - len(bought)), Role.SELLER),
            Piece(sparkline(closes, spark) if len(closes) > 1 else "", change_role(rise)),
        ])  # fmt: skip
    return lines


def tape_lines(trades: Sequence[AggTrade], decimals: int, room: int, *, local: bool) -> list[list[Piece]]:
    """The last trades, newest first: time, price in the taker's colour, quantity."""
    lines: list[list[Piece]] = [[Piece(" Last trades", Role.TITLE)]]
    if not trades:
        lines.append([Piece(" none yet", Role.FAINT)])
    for trade in reversed(trades[-max(0, room - 1) :] if room > 1 else ()):
        role = Role.LOSS if trade.is_buyer_maker else Role.GAIN
        price, quantity = trade.amounts()
        lines.append([
            Piece(f" {formatting.clock(trade.traded_ms, local=local)} ", Role.FAINT),
            Piece("▼" if trade.is_buyer_maker else "▲", role),
            Piece(f"{formatting.grouped_price(price, decimals):>11}", role),
            Piece(f"{exact.quantity_text(quantity):>11}", Role.DIM),
        ])  # fmt: skip
    return lines
