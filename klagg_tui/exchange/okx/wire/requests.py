"""What is asked over REST: path and parameters of each request; each has the same cost."""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.exchange.okx.facts import RECENT_BARS, RECENT_TRADES, REQUESTS, Market
from klagg_tui.exchange.requests import end_of
from klagg_tui.exchange.venue import Request

TIME: Final = Request("/api/v5/public/time")

_NAMES: Final = {
    Period.M1: "1m",
    Period.M3: "3m",
    Period.M5: "5m",
    Period.M15: "15m",
    Period.M30: "30m",
    Period.H1: "1H",
    Period.H2: "2H",
    Period.H4: "4H",
    # Without `utc` the days, weeks and months begin at UTC+8.
    Period.H6: "6Hutc",
    Period.H12: "12Hutc",
    Period.D1: "1Dutc",
    Period.W1: "1Wutc",
    Period.MO1: "1Mutc",
}


def instruments_request(market: Market) -> Request:
    """The listing of a market."""
    return Request("/api/v5/public/instruments", (("instType", market.inst_type),))


def tickers_request(market: Market) -> Request:
    """The last 24 hours of every instrument of a market."""
    return Request("/api/v5/market/tickers", (("instType", market.inst_type),))


def bars_request(
    symbol: str, period: Period, start_ms: int | None, end_ms: int | None, *, limit: int, now_ms: int
) -> Request:
    """Bars that open from `start_ms` to `end_ms`, both included; the newest `limit` of them where `start_ms` is None.

    Of a range the exchange gives the newest, so it is cut behind the first `limit`. `after` and `before` exclude themselves,
    and are the wrong way round: records "earlier" and "newer" than what they name.
    """
    limit = min(limit, REQUESTS.most_bars)
    given = {"instId": symbol, "bar": _NAMES[period], "limit": str(limit)}
    until_ms = None if end_ms is None else end_ms + 1
    if start_ms is not None:
        reached_ms = end_of(period, start_ms, limit)
        until_ms = reached_ms if until_ms is None else min(until_ms, reached_ms)
        given["before"] = str(start_ms - 1)
    if until_ms is not None:
        given["after"] = str(until_ms)
    from_ms = next((at_ms for at_ms in (start_ms, end_ms) if at_ms is not None), now_ms)
    is_recent = from_ms > now_ms - RECENT_BARS * period.nominal_ms
    return Request(f"/api/v5/market/{'candles' if is_recent else 'history-candles'}", tuple(given.items()))


def trades_request(symbol: str, from_id: int, limit: int) -> Request:
    """Trades of the last three months with the ids from `from_id` on: `type=1` pages by id, `after` excludes itself."""
    given = {"instId": symbol, "type": "1", "after": str(from_id + limit), "limit": str(limit)}
    return Request("/api/v5/market/history-trades", tuple(given.items()))


def recent_trades_request(symbol: str) -> Request:
    """The newest trades."""
    return Request("/api/v5/market/trades", (("instId", symbol), ("limit", str(RECENT_TRADES))))
