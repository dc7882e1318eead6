"""REST of the simulated exchange: from path and parameters to a reply, at a moment. Pure.

Paths, weights, limits, codes and shapes are those of `/fapi`: what can be had without a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import orjson

from klagg_tui.simulator.face import Reply
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.quotes import index_at, mark_at, premium_at
from klagg_tui.simulator.rest.bars import Bars
from klagg_tui.simulator.rest.exchange_info import exchange_info
from klagg_tui.simulator.rest.funding import Funding
from klagg_tui.simulator.rest.query import Query, Refusal
from klagg_tui.simulator.rest.tickers import Tickers
from klagg_tui.simulator.rest.trades import Trades
from klagg_tui.simulator.rest.weight import Weight

JSON: Final = "application/json;charset=UTF-8"

Answer: TypeAlias = Callable[[Query, int], object]
Cost: TypeAlias = Callable[[Query], int]


class RestEndpoints:
    """Answers requests about a market."""

    def __init__(self, market: Market, klines: Klines) -> None:
        self.weight = Weight()
        self.clock_error_ms = 0
        """What is added to every server time."""
        self._bars = bars = Bars(market, klines)
        tickers, trades, funding = Tickers(market, klines), Trades(market), Funding(market)
        self.trade_row = trades.row
        """An aggregate trade of a symbol as it is written."""
        self._answers: dict[str, tuple[Answer, Cost]] = {
            "v1/ping": (lambda _query, _now_ms: {}, _fixed(1)),
            "v1/time": (lambda _query, now_ms: {"serverTime": now_ms + self.clock_error_ms}, _fixed(1)),
            "v1/exchangeInfo": (
                lambda _query, now_ms: exchange_info(market, now_ms, now_ms + self.clock_error_ms),
                _fixed(1),
            ),
            "v1/klines": (bars.of_symbol, by_limit),
            "v1/continuousKlines": (bars.of_contract, by_limit),
            "v1/markPriceKlines": (bars.of_price(mark_at), by_limit),
            "v1/indexPriceKlines": (bars.of_price(index_at, of_pair=True), by_limit),
            "v1/premiumIndexKlines": (bars.of_price(premium_at), by_limit),
            "v1/aggTrades": (trades.aggregate, _fixed(20)),
            "v1/trades": (trades.single, _fixed(5)),
            "v1/depth": (tickers.depth, _by_depth),
            "v1/ticker/24hr": (tickers.day, _one_or_all(1, 40)),
            "v1/ticker/price": (tickers.price, _one_or_all(1, 2)),
            "v2/ticker/price": (tickers.price, _one_or_all(1, 2)),
            "v1/ticker/bookTicker": (tickers.best, _one_or_all(2, 5)),
            "v1/premiumIndex": (tickers.mark, _one_or_all(1, 10)),
            "v1/fundingRate": (funding.rates, _fixed(1)),
            "v1/fundingInfo": (funding.terms, _fixed(0)),
            "v1/openInterest": (funding.open_interest, _fixed(1)),
        }

    def prepare(self, now_ms: int) -> None:
        """Make the history that is asked for most, so that answers cost no time."""
        self._bars.prepare(now_ms)

    def answer(self, path: str, values: Mapping[str, str], now_ms: int) -> Reply:
        """The reply to `GET path?values`; `values` are decoded."""
        known = self._answers.get(path.removeprefix("/fapi/"))
        if known is None:
            return unknown(path, "GET")
        answer, cost = known
        query = Query(values)
        status = self.weight.admit(cost(query), now_ms)
        if status != 200:
            return self.refusal(status, now_ms)
        headers = self._headers()
        try:
            return Reply(200, orjson.dumps(answer(query, now_ms)), headers)
        except Refusal as refusal:
            return error(400, refusal.code, str(refusal), headers)

    def refusal(self, status: int, now_ms: int, wait_s: int | None = None) -> Reply:
        """The reply of an exchange that is asked too much; 429 or 418."""
        return refusal(self.weight, status, now_ms, wait_s)

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": JSON, "X-MBX-USED-WEIGHT-1M": str(self.weight.used)}


def refusal(weight: Weight, status: int, now_ms: int, wait_s: int | None = None) -> Reply:
    """The reply of an exchange that is asked too much; 429 or 418."""
    wait_s = weight.retry_after_s(now_ms) if wait_s is None else wait_s
    if status == 418:
        message = (
            f"Way too many requests; IP(127.0.0.1) banned until {now_ms + wait_s * 1000}. "
            "Please use the websocket for live updates to avoid bans."
        )
    else:
        message = (
            f"Too many requests; current limit of IP(127.0.0.1) is {weight.limit} requests per minute. "
            "Please use the websocket for live updates to avoid polling the API."
        )
    headers = {"Content-Type": JSON, "X-MBX-USED-WEIGHT-1M": str(weight.used), "Retry-After": str(wait_s)}
    return error(status, -1003, message, headers)


def error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Reply:
    """An error in the exchange's own shape."""
    return Reply(status, orjson.dumps({"code": code, "msg": message}), {"Content-Type": JSON} | (headers or {}))


def unknown(path: str, method: str) -> Reply:
    """The reply to a request for something there is not, at least not without a key."""
    return error(404, -5000, f"Path {path}, Method {method} is invalid")


def _fixed(weight: int) -> Cost:
    return lambda _query: weight


def _one_or_all(one: int, every: int) -> Cost:
    return lambda query: one if query.is_sent("symbol") else every


def by_limit(query: Query) -> int:
    """Weight of a request for klines of futures."""
    try:
        limit = query.limit(500, 1500)
    except Refusal:
        return 1
    return next((weight for most, weight in ((99, 1), (499, 2), (1000, 5)) if limit <= most), 10)


def _by_depth(query: Query) -> int:
    try:
        count = query.number("limit") or 500
    except Refusal:
        return 2
    return next((weight for most, weight in ((50, 2), (100, 5), (500, 10)) if count <= most), 20)
