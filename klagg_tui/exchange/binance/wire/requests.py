"""What is asked over REST: path, parameters and weight of each request."""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.exchange.binance.facts import REQUESTS
from klagg_tui.exchange.venue import Request

TIME: Final = Request("/fapi/v1/time")
EXCHANGE_INFO: Final = Request("/fapi/v1/exchangeInfo")


def bars_request(
    symbol: str, period: Period, start_ms: int | None = None, end_ms: int | None = None, *, limit: int
) -> Request:
    """Bars that open from `start_ms` to `end_ms`, both included; the newest `limit` of them where `start_ms` is None."""
    given = {"symbol": symbol, "interval": str(period), "startTime": start_ms, "endTime": end_ms, "limit": limit}
    return Request("/fapi/v1/klines", _texts(given), REQUESTS.bars_cost(limit))


def trades_request(symbol: str, from_id: int, limit: int) -> Request:
    """Aggregate trades from an id on, none older than 24 hours."""
    given: dict[str, str | int | None] = {"symbol": symbol, "fromId": from_id, "limit": limit}
    return Request("/fapi/v1/aggTrades", _texts(given), REQUESTS.trade_page.cost)


def _texts(given: dict[str, str | int | None]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in given.items() if value is not None)
