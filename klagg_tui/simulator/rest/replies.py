"""REST of the simulated exchange: from path and parameters to a reply, at a moment. Pure.

Paths, weights, limits, codes and shapes are those of `/fapi/v1`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

import orjson

from klagg_tui.simulator.market.calendar import DAY, INTERVALS, MINUTE_MS
from klagg_tui.simulator.market.klines import Kline, Klines
from klagg_tui.simulator.market.market import Market, Trade
from klagg_tui.simulator.market.text import decimal_text, price_text
from klagg_tui.simulator.rest.exchange_info import exchange_info
from klagg_tui.simulator.rest.query import Query, Refusal
from klagg_tui.simulator.rest.weight import Weight
from klagg_tui.simulator.streams.frames import plain_quantity

HOUR_MS: Final = 3_600_000
DEPTH_MS: Final = DAY * MINUTE_MS
"""How far back aggregate trades can be had."""
_JSON: Final = "application/json;charset=UTF-8"

Answer: TypeAlias = Callable[[Query, int], object]


class Reply(NamedTuple):
    """What goes back to the client."""

    status: int
    body: bytes
    headers: dict[str, str]


class RestDesk:
    """Answers requests about a market."""

    def __init__(self, market: Market, klines: Klines) -> None:
        self.weight = Weight()
        self.clock_error_ms = 0
        """What is added to every time that is told."""
        self._market = market
        self._klines = klines
        self._answers: dict[str, Answer] = {
            "ping": lambda _query, _now_ms: {},
            "time": lambda _query, now_ms: {"serverTime": now_ms + self.clock_error_ms},
            "exchangeInfo": lambda _query, now_ms: exchange_info(market, now_ms, now_ms + self.clock_error_ms),
            "klines": self._answer_klines,
            "aggTrades": self._answer_trades,
        }

    def answer(self, path: str, values: Mapping[str, str], now_ms: int) -> Reply:
        """The reply to `GET path?values`; `values` are decoded."""
        name = path.removeprefix("/fapi/v1/")
        answer = self._answers.get(name)
        if answer is None:
            return error(404, -5000, f"Path {path}, Method GET is invalid")
        query = Query(values)
        status = self.weight.admit(_weight(name, query), now_ms)
        if status != 200:
            return self.refusal(status, now_ms)
        headers = self._headers()
        try:
            return Reply(200, orjson.dumps(answer(query, now_ms)), headers)
        except Refusal as refusal:
            return error(400, refusal.code, str(refusal), headers)

    def refusal(self, status: int, now_ms: int, wait_s: int | None = None) -> Reply:
        """The reply of an exchange that is asked too much; 429 or 418."""
        wait_s = self.weight.retry_after_s(now_ms) if wait_s is None else wait_s
        if status == 418:
            message = (
                f"Way too many requests; IP(127.0.0.1) banned until {now_ms + wait_s * 1000}. "
                "Please use the websocket for live updates to avoid bans."
            )
        else:
            message = (
                f"Too many requests; current limit of IP(127.0.0.1) is {self.weight.limit} requests per minute. "
                "Please use the websocket for live updates to avoid polling the API."
            )
        return error(status, -1003, message, self._headers() | {"Retry-After": str(wait_s)})

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": _JSON, "X-MBX-USED-WEIGHT-1M": str(self.weight.used)}

    def _answer_klines(self, query: Query, now_ms: int) -> object:
        symbol = self._symbol(query, now_ms)
        interval = query.text("interval")
        if interval not in INTERVALS:
            raise Refusal(-1120, "Invalid interval.")
        limit = query.limit(500, 1500)
        start_ms, end_ms = query.number("startTime"), query.number("endTime")
        last = (now_ms if end_ms is None else end_ms) // MINUTE_MS
        if start_ms is None:
            found = self._klines.latest(symbol, interval, last, limit, now_ms)
        else:
            klines = self._klines.ascending(symbol, interval, -(-start_ms // MINUTE_MS), last, now_ms)
            found = [kline for kline, _ in zip(klines, range(limit), strict=False)]
        return [self._kline_row(symbol, kline) for kline in found]

    def _kline_row(self, symbol: str, kline: Kline) -> list[object]:
        listing = self._market.listing(symbol)
        units, quantity_decimals = listing.price_unit_decimals, listing.quantity_decimals
        _, shown = self._market.tick(symbol, kline.end_minute - 1)
        sums = kline.sums
        # The unit has a decimal more than is shown as long as the tick is coarse; a turnover shows none of it either.
        spare = 10 ** (units - shown)
        worth = shown + quantity_decimals
        return [
            kline.open_minute * MINUTE_MS,
            *(price_text(price, units, shown) for price in sums[:4]),
            decimal_text(sums.volume, quantity_decimals),
            kline.end_minute * MINUTE_MS - 1,
            decimal_text(sums.turnover // spare, worth),
            sums.trade_count,
            decimal_text(sums.taker_buy_volume, quantity_decimals),
            decimal_text(sums.taker_buy_turnover // spare, worth),
            "0",
        ]

    def _answer_trades(self, query: Query, now_ms: int) -> object:
        symbol = self._symbol(query, now_ms)
        limit = query.limit(500, 1000)
        from_id, start_ms, end_ms = query.number("fromId"), query.number("startTime"), query.number("endTime")
        if from_id is not None and (start_ms is not None or end_ms is not None):
            raise Refusal(-1128, "Combination of optional parameters invalid.")
        if start_ms is not None and end_ms is not None and end_ms - start_ms > HOUR_MS:
            raise Refusal(-1127, "Lookup interval is too big. More than 1 hours between startTime and endTime.")
        if from_id is not None:
            trades = self._trades_from_id(symbol, from_id, limit, now_ms)
        elif start_ms is not None:
            trades = self._trades_from(symbol, start_ms, now_ms if end_ms is None else end_ms, limit, now_ms)
        else:
            trades = self._trades_until(symbol, now_ms if end_ms is None else end_ms, limit, now_ms)
        return [self._trade_row(symbol, trade) for trade in trades]

    def _trades_from_id(self, symbol: str, from_id: int, limit: int, now_ms: int) -> list[Trade]:
        now = now_ms // MINUTE_MS + 1
        oldest = (now_ms - DEPTH_MS) // MINUTE_MS
        minute = self._market.minute_of(symbol, from_id, oldest, now)
        if minute is None:
            return []
        return self._ahead(symbol, minute, limit, from_id, now_ms)

    def _ahead(self, symbol: str, minute: int, limit: int, from_id: int, now_ms: int) -> list[Trade]:
        found: list[Trade] = []
        for at in self._market.traded(symbol, minute, now_ms // MINUTE_MS + 1):
            trades = self._market.trades(symbol, at)
            found += [trade for trade in trades if trade.aggregate_id >= from_id and trade.event_ms <= now_ms]
            if len(found) >= limit:
                break
        return found[:limit]

    def _trades_from(self, symbol: str, start_ms: int, end_ms: int, limit: int, now_ms: int) -> list[Trade]:
        start_ms = max(start_ms, now_ms - DEPTH_MS)
        found: list[Trade] = []
        for at in self._market.traded(symbol, start_ms // MINUTE_MS, min(end_ms, now_ms) // MINUTE_MS + 1):
            trades = self._market.trades(symbol, at)
            found += [trade for trade in trades if start_ms <= trade.traded_ms <= end_ms and trade.event_ms <= now_ms]
            if len(found) >= limit:
                break
        return found[:limit]

    def _trades_until(self, symbol: str, end_ms: int, limit: int, now_ms: int) -> list[Trade]:
        found: list[Trade] = []
        oldest = (now_ms - DEPTH_MS) // MINUTE_MS
        at = self._market.traded_before(symbol, min(end_ms, now_ms) // MINUTE_MS + 1)
        while len(found) < limit and at is not None and at >= oldest:
            trades = self._market.trades(symbol, at)
            found[:0] = [trade for trade in trades if trade.traded_ms <= end_ms and trade.event_ms <= now_ms]
            at = self._market.traded_before(symbol, at)
        return found[-limit:]

    def _trade_row(self, symbol: str, trade: Trade) -> dict[str, object]:
        listing = self._market.listing(symbol)
        _, shown = self._market.tick(symbol, trade.traded_ms // MINUTE_MS)
        return {
            "a": trade.aggregate_id,
            "p": price_text(trade.price, listing.price_unit_decimals, shown),
            "q": decimal_text(trade.quantity, listing.quantity_decimals),
            "nq": decimal_text(plain_quantity(trade), listing.quantity_decimals),
            "f": trade.first_trade_id,
            "l": trade.last_trade_id,
            "T": trade.traded_ms,
            "m": trade.is_buyer_maker,
        }

    def _symbol(self, query: Query, now_ms: int) -> str:
        symbol = query.text("symbol")
        if symbol not in self._market.lives:
            raise Refusal(-1121, "Invalid symbol.")
        if self._market.status(symbol, now_ms // MINUTE_MS) == "PENDING_TRADING":
            raise Refusal(-1122, "Invalid symbol status.")
        return symbol


def error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Reply:
    """An error in the exchange's own shape."""
    return Reply(status, orjson.dumps({"code": code, "msg": message}), {"Content-Type": _JSON} | (headers or {}))


def _weight(name: str, query: Query) -> int:
    if name == "aggTrades":
        return 20
    if name != "klines":
        return 1
    try:
        limit = query.limit(500, 1500)
    except Refusal:
        return 1
    return next((weight for most, weight in ((99, 1), (499, 2), (1000, 5)) if limit <= most), 10)
