"""What Binance's smaller product lines share: aggregate trades, klines and the listing, in USDⓈ-M's commands and errors."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import orjson

from klagg_tui.simulator.face import DAY_MS, ActiveFaults, ArchiveRows, Asked, Client, Face, Frame, Knock, Reply
from klagg_tui.simulator.faces.binance_um import BinanceClient, subscriptions_of
from klagg_tui.simulator.market.calendar import INTERVALS, MINUTE_MS
from klagg_tui.simulator.market.candles import Candle
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.day import Day
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market, Trade
from klagg_tui.simulator.market.text import decimal_text, price_text
from klagg_tui.simulator.rest.endpoints import JSON, by_limit, error, refusal, unknown
from klagg_tui.simulator.rest.query import Query, Refusal
from klagg_tui.simulator.rest.weight import Weight
from klagg_tui.simulator.spoil import spoil_of

Json = dict[str, object]


class Binance(Face):
    """See the head of the module; a class for each line says what differs."""

    prefix: ClassVar[str]
    weight_limit: ClassVar[int]
    costs: ClassVar[Mapping[str, int]]
    """Of each path but klines."""
    most_rows: ClassVar[int]
    """Klines in a reply."""
    most_messages: ClassVar[int]
    """Of a client, a second."""
    folder: ClassVar[str] = ""
    """Of its files in the public archive, where it has one."""
    life_ms = DAY_MS
    single_fills = False
    spoil: ClassVar = spoil_of(b"p", b"q", b"a", b"T")

    def __init__(self, market: Market, klines: Klines, faults: ActiveFaults) -> None:
        super().__init__(market, klines, faults)
        self.weight = Weight(self.weight_limit)
        self.answers: dict[str, Callable[[Query, int], object]] = {
            "ping": lambda _query, _now_ms: {},
            "time": lambda _query, now_ms: {"serverTime": now_ms + self.clock_error_ms},
            "exchangeInfo": lambda _query, now_ms: self._exchange_info(now_ms),
            "aggTrades": self._aggregate_trades,
            "klines": self._klines_of,
            "ticker/24hr": self._days,
        }

    # In the terms of each

    @abstractmethod
    def entry(self, listing: Listing, status: str, now_ms: int) -> Json:
        """One contract of `exchangeInfo`; `status` is the market's word."""

    @abstractmethod
    def event(self, listing: Listing, trade: Trade, row: Json) -> Json:
        """A trade of the stream, given how REST writes it."""

    @abstractmethod
    def amounts(self, listing: Listing, candle: Candle) -> tuple[str, str, str, str]:
        """Volume, turnover, taker volume and taker turnover of a kline."""

    def shown(self, text: str) -> str:
        """A price or quantity as it is written."""
        return text

    def size(self, listing: Listing, units: int) -> str:
        """A quantity, counted in the smallest step that its symbol has."""
        return self.shown(decimal_text(units, listing.quantity_decimals))

    def kline_weight(self, query: Query) -> int:
        """Weight of a request for klines."""
        return by_limit(query)

    # Sockets

    def open(self, knock: Knock) -> Client:
        """Every stream is acknowledged, and those of trades deliver."""
        return BinanceClient(subscriptions_of(knock, self.most_messages))

    def trade_stream(self, symbol: str) -> str:
        """In lower case."""
        return f"{self.name(self.market.listing(symbol)).lower()}@aggTrade"

    def trade_frames(self, symbol: str, minute: int, trades: Sequence[Trade]) -> list[Frame]:
        """`aggTrade` messages."""
        listing, stream = self.market.listing(symbol), self.trade_stream(symbol)
        return [
            Frame(
                stream,
                orjson.dumps(self.event(listing, trade, self._row(symbol, trade, minute))),
                symbol,
                trade.aggregate_id,
            )
            for trade in trades
        ]

    # REST

    @property
    def weights(self) -> Mapping[int, int]:
        """As it counts them."""
        return self.weight.minutes

    def answer(self, asked: Asked, now_ms: int) -> Reply:
        """By weight."""
        name = asked.path.removeprefix(f"{self.prefix}/")
        if name not in self.answers:
            return unknown(asked.path, asked.method)
        query = Query(asked.query)
        status = self.weight.admit(self.kline_weight(query) if name == "klines" else self.costs[name], now_ms)
        if status != 200:
            return refusal(self.weight, status, now_ms)
        headers = {"Content-Type": JSON, "X-MBX-USED-WEIGHT-1M": str(self.weight.used)}
        try:
            return Reply(200, orjson.dumps(self.answers[name](query, now_ms)), headers)
        except Refusal as refused:
            return error(400, refused.code, str(refused), headers)

    def refusal(self, kind: str, now_ms: int, wait_s: int) -> Reply:
        """As USDⓈ-M does."""
        if kind == "451":
            return error(451, 0, "Service unavailable from a restricted location according to 'b. Eligibility'.")
        return refusal(self.weight, int(kind), now_ms, wait_s)

    def archive(self) -> ArchiveRows | None:
        """As REST writes trades and klines."""
        if not self.has_archive:
            return None
        return ArchiveRows(self.folder, self._archived, self._kline, is_spot=self.folder == "spot")

    def _archived(self, symbol: str, trade: Trade) -> Json:
        return self._row(symbol, trade, trade.traded_ms // MINUTE_MS)

    def unknown(self, path: str, method: str) -> Reply:
        """Code -5000."""
        return unknown(path, method)

    def _days(self, query: Query, now_ms: int) -> object:
        """Of one symbol or of all."""
        if query.is_sent("symbol"):
            return self._day(symbol := self.known(query, now_ms), self.days.day(symbol, now_ms), now_ms)
        return [self._day(symbol, day, now_ms) for symbol, day in self.traded(now_ms)]

    def _day(self, symbol: str, day: Day, now_ms: int) -> Json:
        listing = self.market.listing(symbol)
        prices = zip(("lastPrice", "openPrice", "highPrice", "lowPrice"), map(self.shown, day[:4]), strict=True)
        row: Json = {"symbol": self.name(listing), **dict(prices), **self.day_amounts(listing, day)}
        return row | {"openTime": now_ms - DAY_MS, "closeTime": now_ms, "count": day.trade_count}

    def day_amounts(self, listing: Listing, day: Day) -> Json:  # noqa: ARG002 - as its siblings
        """What was traded in 24 hours."""
        return {"volume": self.shown(day.volume), "quoteVolume": self.shown(day.turnover)}

    def _exchange_info(self, now_ms: int) -> Json:
        minute = now_ms // MINUTE_MS
        return {
            "timezone": "UTC",
            "serverTime": now_ms + self.clock_error_ms,
            "rateLimits": [
                {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": self.weight_limit},
                {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 50},
            ],
            "exchangeFilters": [],
            "symbols": [
                self.entry(life.at(minute).listing, self.market.status(symbol, minute), now_ms)
                for symbol, life in self.listed().items()
            ],
        }

    def known(self, query: Query, now_ms: int) -> str:
        """The market's name for the symbol that is asked about; raises Refusal."""
        symbol = self.symbol_of(query.text("symbol"))
        if symbol is None:
            raise Refusal(-1121, "Invalid symbol.")
        if self.market.status(symbol, now_ms // MINUTE_MS) == "PENDING_TRADING":
            raise Refusal(-1122, "Invalid symbol status.")
        return symbol

    def _aggregate_trades(self, query: Query, now_ms: int) -> object:
        symbol, limit = self.known(query, now_ms), query.limit(500, 1000)
        from_id, start_ms, end_ms = query.number("fromId"), query.number("startTime"), query.number("endTime")
        until_ms = now_ms if end_ms is None else end_ms
        if from_id is not None and (start_ms is not None or end_ms is not None):
            raise Refusal(-1128, "Combination of optional parameters invalid.")
        if from_id is not None:
            trades = self.past.from_id(symbol, from_id, limit, now_ms)
        elif start_ms is not None:
            trades = self.past.between(symbol, start_ms, until_ms, limit, now_ms)
        else:
            trades = self.past.until(symbol, until_ms, limit, now_ms)
        return [self._row(symbol, trade, trade.traded_ms // MINUTE_MS) for trade in trades]

    def _row(self, symbol: str, trade: Trade, minute: int) -> Json:
        listing = self.market.listing(symbol)
        _, shown = self.market.tick(symbol, minute)
        return {
            "a": trade.aggregate_id,
            "p": self.shown(price_text(trade.price, listing.price_unit_decimals, shown)),
            "q": self.size(listing, trade.quantity),
            "f": trade.first_trade_id,
            "l": trade.last_trade_id,
            "T": trade.traded_ms,
            "m": trade.is_buyer_maker,
        }

    def _klines_of(self, query: Query, now_ms: int) -> object:
        symbol, interval = self.known(query, now_ms), query.text("interval")
        if interval not in INTERVALS:
            raise Refusal(-1120, "Invalid interval.")
        limit = query.limit(500, self.most_rows)
        candles = self.asked_candles(
            symbol, interval, query.number("startTime"), query.number("endTime"), limit, now_ms
        )
        return [self._kline(symbol, candle) for candle in candles]

    def asked_candles(
        self, symbol: str, interval: str, start_ms: int | None, end_ms: int | None, limit: int, now_ms: int
    ) -> Sequence[Candle]:
        """The oldest from `start_ms` on, or the newest without it."""
        if start_ms is None:
            return self.candles.latest(symbol, interval, limit, now_ms, until_ms=end_ms)
        found = self.candles.between(symbol, interval, start_ms, now_ms if end_ms is None else end_ms, now_ms)
        return [candle for candle, _ in zip(found, range(limit), strict=False)]

    def _kline(self, symbol: str, candle: Candle) -> list[object]:
        volume, turnover, taken, taken_turnover = self.amounts(self.market.listing(symbol), candle)
        prices = map(self.shown, candle.text[:4])
        count = candle.kline.sums.trade_count
        return [candle.open_ms, *prices, volume, candle.end_ms - 1, turnover, count, taken, taken_turnover, "0"]
