"""Which rows the market table shows, and what stands there where it shows none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.feed import Mode, Status
from klagg_tui.view import watchlists
from klagg_tui.view.filter import Filter, read
from klagg_tui.view.model import Market, Row
from klagg_tui.view.nearest import nearest_text
from klagg_tui.view.preferences import Preferences
from klagg_tui.view.quotes import are_mixed, is_dollar

_MOST_NAMED: Final = 3
EVERYTHING: Final = read("")


def chosen_rows(
    market: Market, chosen: Preferences, wanted: Filter, period: Period, now_ms: int, venue: str = ""
) -> list[Row]:
    """Those of the watchlist and the exchange on view that match the filter; no exchange: all."""
    rows: Iterable[Row] = market.rows.values()
    if chosen.shown_list:
        rows = watchlists.listed_rows(rows, watchlists.symbols_of(chosen.watchlists, chosen.shown_list))
    if venue:
        rows = [row for row in rows if row.venue == venue]
    if not wanted.text:
        return list(rows)
    matches = wanted.matches
    return [row for row in rows if matches(row, period, now_ms)]


def _besides(wanted: Filter, status: Status) -> str:
    """Where what is looked for by name is listed and not followed: whoever looks for a stock is told where it is."""
    if not wanted.names_symbols:
        return ""
    found = [symbol for symbol in status.others if wanted.may(Row(symbol))]
    if not found:
        return ""
    named = f"{', '.join(found[:_MOST_NAMED])}{' …' if len(found) > _MOST_NAMED else ''}"
    told = status.not_chosen.replace(". ", ".\n")
    return f"Listed but not followed: {named}\n{told}"


def unknown_count(
    market: Market, chosen: Preferences, wanted: Filter, period: Period, now_ms: int, venue: str = ""
) -> int:
    """Of how many rows it cannot be said whether they match, for a value that the filter asks for is not known."""
    if not wanted.text:
        return 0
    rows = chosen_rows(market, chosen, EVERYTHING, period, now_ms, venue)
    matches, denies = wanted.matches, wanted.denies
    return sum(not denies(row, period, now_ms) and not matches(row, period, now_ms) for row in rows)


def mixes_quotes(rows: Iterable[Row]) -> bool:
    """Whether amounts of money of several dollar-like quotes stand beside each other."""
    return are_mixed({row.quote for row in rows if is_dollar(row.quote)})


def empty_text(
    market: Market,
    chosen: Preferences,
    wanted: Filter,
    status: Status,
    demo_key: str,
    venue: str = "",
    period: Period = Period.M1,
) -> str:
    """Why no row is shown, and the key that helps; in lines."""
    if not market.rows and status.mode is Mode.OFFLINE:
        what = f"The {'simulated market' if status.is_simulated else 'exchange'} cannot be reached"
        # Whoever is in a simulated market is not sent there.
        advice = "klagg keeps trying." if status.is_simulated else f"{demo_key} opens a simulated market meanwhile."
        return f"{what}, and nothing is stored yet.\n{advice}"
    if not market.rows and status.mode is Mode.CONNECTING:
        return "Connecting …"
    if not market.rows:
        return f"{status.connection or 'Nothing yet'}: waiting for the first symbols …"
    if wanted.text:
        besides = _besides(wanted, status)
        if not besides:
            now_ms = status.exchange_now_ms
            among = chosen_rows(market, chosen, EVERYTHING, period, now_ms, venue)
            besides = nearest_text(among, wanted, period, now_ms)
        place = f" at {venue}" if venue else ""
        place += f" in {chosen.shown_list}" if chosen.shown_list else ""
        others = "\n{ and } show the other exchanges." if venue else ""
        return f"No symbol{place} matches {wanted.text} – Esc clears the filter.{others}\n{besides}".rstrip()
    if venue and not market.counts.get(venue):
        told = next((each for each in status.venues if each.key == venue), None)
        reason = (
            told.notices[0] if told and told.notices else f"{told.connection if told else 'Nothing yet'}: waiting …"
        )
        return f"No symbol of {venue} yet.\n{reason}\n{{ and }} show the other exchanges."
    if venue:
        return f"No symbol of {chosen.shown_list} at {venue} – }} shows the other exchanges."
    listed = watchlists.symbols_of(chosen.watchlists, chosen.shown_list)
    missing = watchlists.lacking(market.rows.values(), listed)
    if missing and len(missing) == len(listed):
        return f"{watchlists.lacking_text(chosen.shown_list, missing)}\ntab shows the next list, w all of them."
    return f"{chosen.shown_list} is empty – tab shows all symbols, m marks one for it."
