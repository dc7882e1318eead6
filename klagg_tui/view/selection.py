"""Which rows the market table shows, and what stands there where it shows none."""

from __future__ import annotations

from klagg_tui.engine.period import Period
from klagg_tui.feed import Mode, Status
from klagg_tui.view import watchlists
from klagg_tui.view.filter import Filter
from klagg_tui.view.model import Market, Row
from klagg_tui.view.preferences import Preferences


def chosen_rows(market: Market, chosen: Preferences, wanted: Filter, period: Period, now_ms: int) -> list[Row]:
    """Those of the watchlist on view that match the filter."""
    rows = market.rows
    if chosen.shown_list:
        listed = watchlists.symbols_of(chosen.watchlists, chosen.shown_list)
        among = [rows[symbol] for symbol in listed if symbol in rows]
    else:
        among = list(rows.values())
    if not wanted.text:
        return among
    matches = wanted.matches
    return [row for row in among if matches(row, period, now_ms)]


def empty_text(market: Market, chosen: Preferences, wanted: Filter, status: Status, demo_key: str) -> str:
    """Why no row is shown, and the key that helps; in lines."""
    if not market.rows and status.mode is Mode.OFFLINE:
        return (
            "The exchange cannot be reached, and nothing is stored yet.\n"
            f"{demo_key} opens a simulated market meanwhile."
        )
    if not market.rows:
        return f"{status.connection or 'Nothing yet'}: waiting for the first symbols …"
    if wanted.text:
        # Whoever looks for a stock and finds none is told where it is.
        besides = status.not_chosen.replace(". ", ".\n")
        return f"No symbol matches {wanted.text} – Esc clears the filter.\n{besides}".rstrip()
    return f"{chosen.shown_list} is empty – tab shows all symbols, m marks one for it."
