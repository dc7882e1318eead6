"""What is asked over REST: path, parameters and weight of each request."""

from __future__ import annotations

from typing import Final, NamedTuple

from klagg_tui.engine.period import Period


class Request(NamedTuple):
    """One GET; the shell encodes the parameters as UTF-8 for the address."""

    path: str
    parameters: tuple[tuple[str, str], ...] = ()
    weight: int = 1


TIME: Final = Request("/fapi/v1/time")
EXCHANGE_INFO: Final = Request("/fapi/v1/exchangeInfo")

LARGEST_PAGE: Final = 1000
"""Trades in one reply at most."""

TRADES_WEIGHT: Final = 20


def bars_weight(limit: int) -> int:
    """Weight of asking for `limit` bars; most bars for the weight at 499, and 99 for the least."""
    if limit < 100:
        return 1
    if limit < 500:
        return 2
    return 5 if limit <= 1000 else 10


def bars_request(
    symbol: str, period: Period, start_ms: int | None = None, end_ms: int | None = None, limit: int = 99
) -> Request:
    """Bars that open from `start_ms` to `end_ms`, both included; the newest `limit` of them where `start_ms` is None."""
    given = {"symbol": symbol, "interval": str(period), "startTime": start_ms, "endTime": end_ms, "limit": limit}
    return Request("/fapi/v1/klines", _texts(given), bars_weight(limit))


def trades_request(
    symbol: str,
    from_id: int | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
    limit: int = LARGEST_PAGE,
) -> Request:
    """Aggregate trades from an id on, or between two times less than an hour apart (both included), or the newest.

    Not older than 24 hours. An id and times do not go together: such requests have been seen to time out.
    """
    given = {"symbol": symbol, "fromId": from_id, "startTime": start_ms, "endTime": end_ms, "limit": limit}
    return Request("/fapi/v1/aggTrades", _texts(given), TRADES_WEIGHT)


def _texts(given: dict[str, str | int | None]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in given.items() if value is not None)
