"""What is asked over REST: path, parameters and weight of each request."""

from __future__ import annotations

from typing import Final, NamedTuple

from klagg_tui.engine.period import Period
from klagg_tui.exchange.binance.products import UM, Product
from klagg_tui.exchange.requests import end_of
from klagg_tui.exchange.venue import Request

_DAY_MS: Final = 86_400_000


class Window(NamedTuple):
    """Bounds of one request for bars, both included, and the most rows in it."""

    start_ms: int | None
    end_ms: int | None
    limit: int


def time_request(product: Product) -> Request:
    """Asks for the exchange's clock."""
    return Request(f"{product.prefix}/time")


def listing_request(product: Product) -> Request:
    """Asks for everything that is listed."""
    return Request(f"{product.prefix}/exchangeInfo", cost=product.listing_cost)


def tickers_request(product: Product) -> Request:
    """Asks for the last 24 hours of every symbol."""
    return Request(f"{product.prefix}/ticker/24hr", cost=product.tickers_cost)


def bars_request(
    symbol: str,
    period: Period,
    start_ms: int | None = None,
    end_ms: int | None = None,
    *,
    limit: int,
    product: Product = UM,
) -> Request:
    """Bars that open from `start_ms` to `end_ms`, both included; the newest `limit` of them where `start_ms` is None."""
    given = {"symbol": symbol, "interval": str(period), "startTime": start_ms, "endTime": end_ms, "limit": limit}
    return Request(f"{product.prefix}/klines", _texts(given), product.requests.bars_cost(limit))


def trades_request(symbol: str, from_id: int | None, limit: int, product: Product = UM) -> Request:
    """Aggregate trades from an id on; None: the newest."""
    given: dict[str, str | int | None] = {"symbol": symbol, "fromId": from_id, "limit": limit}
    return Request(f"{product.prefix}/aggTrades", _texts(given), product.requests.trade_page.cost)


def interest_request(symbol: str, product: Product = UM) -> Request:
    """Open interest of a contract."""
    return Request(f"{product.prefix}/openInterest", (("symbol", symbol),))


def funding_request(product: Product = UM) -> Request:
    """How often funding is paid, of contracts where that is not the usual; its weight is 0, with a limit of its own."""
    return Request(f"{product.prefix}/fundingInfo")


def windows(
    period: Period, start_ms: int | None, end_ms: int | None, limit: int, now_ms: int, longest_ms: int | None
) -> list[Window]:
    """The requests that bring what one for `limit` bars would, were the time between its bounds not limited.

    Oldest first. No window holds more than its rows, so that it does not matter which of them the exchange leaves out: COIN-M
    gives the newest of them, the others the oldest.
    """
    if longest_ms is None:
        return [Window(start_ms, end_ms, limit)]
    short_ms = 28 * _DAY_MS if period is Period.MO1 else period.nominal_ms
    last_ms = now_ms if end_ms is None else min(end_ms, now_ms)
    # To the bar: a bound that is rounded holds one more where it falls on an open.
    if start_ms is None:
        start_ms = _opens_before(period, last_ms, limit)
    else:
        last_ms = min(last_ms, end_of(period, start_ms, limit) - 1)
    found = []
    for from_ms in range(start_ms, last_ms + 1, longest_ms):
        to_ms = min(last_ms, from_ms + longest_ms - 1)
        found.append(Window(from_ms, to_ms, min(limit, (to_ms - from_ms) // short_ms + 1)))
    return found


def _opens_before(period: Period, at_ms: int, count: int) -> int:
    """When the first of so many bars opens, the last of which is under way at a time."""
    open_ms = period.open_ms(at_ms)
    if period is not Period.MO1:
        return max(0, open_ms - (count - 1) * period.nominal_ms)
    for _ in range(count - 1):
        open_ms = period.open_ms(max(0, open_ms - 1))
    return open_ms


def _texts(given: dict[str, str | int | None]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in given.items() if value is not None)
