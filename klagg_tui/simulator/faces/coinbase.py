"""Coinbase Exchange: the maker's side, trades newest first, candles as JSON numbers and none of an empty minute.

A subscription with a product that there is not subscribes to nothing. Answers with candles may begin before what was asked for;
without `start` and `end`, which are seconds or ISO 8601, they are the newest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Final

import orjson

from klagg_tui.simulator.face import ActiveFaults, Asked, Client, Ending, Face, Frame, Knock, Reply
from klagg_tui.simulator.faces.spot import RequestLimit, amounts, quote_of, rfc3339, step_text
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.candles import Candle
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market, Trade
from klagg_tui.simulator.spoil import spoil_of

_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
_GRANULARITIES: Final = frozenset({60, 300, 900, 3_600, 21_600, 86_400})
_MOST_CANDLES: Final = 300
_MOST_TRADES: Final = 1_000
_MOST_REQUESTS: Final = 115
"""Ten a second, and fifteen at once."""
_MOST_MESSAGES: Final = 100
"""A second."""
_SECOND_MS: Final = 1_000
_ONE_IN: Final = 7


class CoinbaseClient(Client):
    """A connection with products for each channel."""

    def __init__(self, face: Coinbase) -> None:
        super().__init__()
        self._face = face
        self._channels: dict[str, dict[str, str]] = {"matches": {}, "heartbeat": {}}
        """Market's symbols by product, by channel."""
        self._messages = [0, 0]
        """Since when, and how many."""
        self._beaten_ms = 0

    @property
    def streams(self) -> Iterable[str]:
        """Trades of what is subscribed in `matches`."""
        return [self._face.trade_stream(symbol) for symbol in self._channels["matches"].values()]

    def count(self, client_ms: int) -> None:
        """Thrown out where it talks too much."""
        since_ms, number = self._messages
        self._messages = [client_ms, 1] if client_ms - since_ms >= _SECOND_MS else [since_ms, number + 1]
        if self._messages[1] > _MOST_MESSAGES:
            self.ending = Ending(1008, "Too many messages")

    def answer(self, text: str, now_ms: int) -> Iterable[bytes]:  # noqa: ARG002 - the seam counts, not the time
        """The whole state, and the last match of each product that is new; or one error, and nothing changes."""
        try:
            asked = orjson.loads(text)
            kind, products, channels = asked["type"], list(asked["product_ids"]), list(asked["channels"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return (_error("Malformed JSON"),)
        if kind not in ("subscribe", "unsubscribe") or any(name not in self._channels for name in channels):
            return (_error(f"Failed to {kind}", f"{channels} is not a valid channel"),)
        found = {product: self._face.symbol_of(product) for product in products}
        if unknown := [product for product, symbol in found.items() if symbol is None]:
            return (_error(f"Failed to {kind}", f"{unknown[0]} is not a valid product"),)
        new = [product for product in products if product not in self._channels["matches"]]
        for name in channels:
            for product, symbol in found.items():
                if kind == "subscribe" and symbol is not None:
                    self._channels[name][product] = symbol
                else:
                    self._channels[name].pop(product, None)
        last = [self._last_match(product) for product in new if product in self._channels["matches"]]
        return (self._state(), *filter(None, last))

    def beat(self, now_ms: int, client_ms: int) -> Iterable[bytes]:
        """A heartbeat for each product, each second, whose id is of no use."""
        if client_ms - self._beaten_ms < _SECOND_MS:
            return ()
        self._beaten_ms = client_ms
        return [
            orjson.dumps({"type": "heartbeat", "last_trade_id": 0, "product_id": product, "time": rfc3339(now_ms)})
            for product in self._channels["heartbeat"]
        ]

    def _state(self) -> bytes:
        served = {name: list(products) for name, products in self._channels.items() if products}
        channels = [{"name": name, "product_ids": products} for name, products in served.items()]
        return orjson.dumps({"type": "subscriptions", "channels": channels})

    def _last_match(self, product: str) -> bytes | None:
        symbol = self._channels["matches"][product]
        told_ms = self._face.told_ms(symbol)
        last = self._face.past.until(symbol, told_ms, 1, told_ms)
        return self._face.match(symbol, last[0], "last_match") if last else None


class Coinbase(Face):
    """See the head of the module."""

    key = "coinbase"
    sockets = ("/",)
    paths = (
        ("GET", "/time"),
        ("GET", "/currencies"),
        ("GET", "/products"),
        ("GET", "/products/stats"),
        ("GET", "/products/{product}/{what}"),
    )
    time_paths = ("/time",)
    traps = ("nobars",)
    spoil: ClassVar = spoil_of(b"price", b"size", b"trade_id", b"time", too_fine=b"1.1234567890123")

    def __init__(self, market: Market, klines: Klines, faults: ActiveFaults) -> None:
        super().__init__(market, klines, faults)
        self._limit = RequestLimit(_MOST_REQUESTS)

    def name(self, listing: Listing) -> str:
        """`BTC-USD`."""
        return f"{listing.base}-{quote_of(listing)}"

    def open(self, knock: Knock) -> Client:  # noqa: ARG002 - there is one way
        """Whoever knocks."""
        return CoinbaseClient(self)

    def trade_frames(self, symbol: str, minute: int, trades: Sequence[Trade]) -> list[Frame]:  # noqa: ARG002
        """`match` messages."""
        stream = self.trade_stream(symbol)
        return [Frame(stream, self.match(symbol, trade, "match"), symbol, trade.aggregate_id) for trade in trades]

    def match(self, symbol: str, trade: Trade, kind: str) -> bytes:
        """A message."""
        listing = self.market.listing(symbol)
        row = self._row(listing, trade)
        orders = {"maker_order_id": f"m-{trade.aggregate_id}", "taker_order_id": f"t-{trade.aggregate_id}"}
        product = {"product_id": self.name(listing), "sequence": trade.aggregate_id * 37 + trade.aggregate_id % 11}
        return orjson.dumps({"type": kind, **orders, **row, **product})

    def answer(self, asked: Asked, now_ms: int) -> Reply:
        """Within the limit of requests."""
        if not self._limit.takes(now_ms):
            return _reply({"message": "Public rate limit exceeded"}, 429)
        _, *parts = asked.path.split("/")
        if parts == ["time"]:
            at_ms = now_ms + self.clock_error_ms
            return _reply({"iso": rfc3339(at_ms)[:-4] + "Z", "epoch": at_ms / 1000})
        if parts == ["currencies"]:
            return _reply(self._currencies())
        if parts == ["products"]:
            return _reply([self._product(symbol, now_ms) for symbol in self.listed()])
        if parts == ["products", "stats"]:
            return _reply(self._stats(now_ms))
        symbol = self.symbol_of(parts[1])
        if symbol is None or parts[2] not in ("trades", "candles"):
            return _reply({"message": "NotFound"}, 404)
        try:
            return self._trades(symbol, asked, now_ms) if parts[2] == "trades" else self._candles(symbol, asked, now_ms)
        except (KeyError, ValueError):
            return _reply({"message": "Invalid parameters"}, 400)

    def refusal(self, kind: str, now_ms: int, wait_s: int) -> Reply:  # noqa: ARG002 - it says no time
        """By status alone: a firewall, where other venues ban."""
        if kind == "429":
            return _reply({"message": "Public rate limit exceeded"}, 429)
        return _reply({"message": "Unavailable"}, 451 if kind == "451" else 403)

    def unknown(self, path: str, method: str) -> Reply:  # noqa: ARG002 - it says the same of each
        """As of an unknown product."""
        return _reply({"message": "NotFound"}, 404)

    def _currencies(self) -> list[dict[str, object]]:
        """Of all products: coins with the steps in which they are counted, and dollars in cents."""
        steps = {quote_of(life.listing): ("fiat", 2) for life in self.listed().values()}
        steps |= {life.listing.base: ("crypto", life.listing.quantity_decimals) for life in self.listed().values()}
        return [
            {
                "id": name,
                "name": name,
                "min_size": step_text(decimals),
                "max_precision": step_text(decimals),
                "status": "online",
                "details": {"type": kind},
            }
            for name, (kind, decimals) in sorted(steps.items())
        ]

    def _stats(self, now_ms: int) -> dict[str, object]:
        """What the exchange's own page shows of each product."""
        names = ("last", "open", "high", "low")
        return {
            self.name(self.market.listing(symbol)): {
                "stats_30day": {"volume": day.volume},
                "stats_24hour": {**dict(zip(names, day[:4], strict=True)), "volume": day.volume},
            }
            for symbol, day in self.traded(now_ms)
        }

    def _product(self, symbol: str, now_ms: int) -> dict[str, object]:
        listing = self.market.listing(symbol)
        status = self.market.status(symbol, now_ms // MINUTE_MS)
        _, shown = self.market.tick(symbol, now_ms // MINUTE_MS)
        return {
            "id": self.name(listing),
            "base_currency": listing.base,
            "quote_currency": quote_of(listing),
            "quote_increment": step_text(shown),
            "base_increment": step_text(listing.quantity_decimals),
            "display_name": f"{listing.base}/{quote_of(listing)}",
            "post_only": False,
            "limit_only": False,
            "cancel_only": False,
            "trading_disabled": status != "TRADING",
            "auction_mode": False,
            "status": {"TRADING": "online", "PENDING_TRADING": "offline"}.get(status, "delisted"),
            "status_message": "",
        }

    def _row(self, listing: Listing, trade: Trade) -> dict[str, object]:
        price, size = amounts(self.market, listing, trade)
        return {
            "trade_id": trade.aggregate_id,
            "side": "buy" if trade.is_buyer_maker else "sell",
            "size": size,
            "price": price,
            "time": rfc3339(trade.traded_ms, trade.aggregate_id),
        }

    def _trades(self, symbol: str, asked: Asked, now_ms: int) -> Reply:
        """Those before an id or the newest, newest first."""
        limit = min(_MOST_TRADES, int(asked.query.get("limit", _MOST_TRADES)))
        if after := asked.query.get("after"):
            found = self.past.before_id(symbol, int(after), limit, now_ms)
        else:
            found = self.past.until(symbol, now_ms, limit, now_ms)
        return _reply([self._row(self.market.listing(symbol), trade) for trade in reversed(found)])

    def _candles(self, symbol: str, asked: Asked, now_ms: int) -> Reply:
        granularity = int(asked.query["granularity"])
        step_ms = granularity * _SECOND_MS
        if "start" in asked.query and "end" in asked.query:
            start_ms, end_ms = (_moment_ms(asked.query[name]) for name in ("start", "end"))
        else:
            # By the documentation either alone is ignored, and the range ends now.
            start_ms, end_ms = now_ms - (_MOST_CANDLES - 1) * step_ms, now_ms
        if granularity not in _GRANULARITIES or (end_ms - start_ms) // step_ms >= _MOST_CANDLES:
            return _reply({"message": "granularity too small for the requested time range"}, 400)
        found = self.candles.between(symbol, step_ms // MINUTE_MS, start_ms - step_ms, end_ms, now_ms)
        shown = [candle for candle in found if candle.is_traded and not self._is_left_out(candle)]
        rows = ",".join(_candle_row(candle) for candle in reversed(shown))
        return Reply(200, f"[{rows}]".encode(), _JSON)

    def _is_left_out(self, candle: Candle) -> bool:
        is_minute = candle.end_ms - candle.open_ms == MINUTE_MS
        is_left_out = is_minute and candle.open_ms // MINUTE_MS % _ONE_IN == 3 and bool(self.faults.active("nobars"))
        if is_left_out:
            self.faults.struck("nobars")
        return is_left_out


def _moment_ms(text: str) -> int:
    """Of seconds since the epoch, or of ISO 8601, which is in UTC where it does not say."""
    if text.isascii() and text.isdecimal():
        return int(text) * _SECOND_MS
    at = datetime.fromisoformat(text)
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * _SECOND_MS)


def _candle_row(candle: Candle) -> str:
    """Its texts as JSON numbers: the order is low, high, open, close."""
    text = candle.text
    return f"[{candle.open_ms // 1000},{text.low},{text.high},{text.open},{text.close},{text.volume}]"


def _reply(body: object, status: int = 200) -> Reply:
    return Reply(status, orjson.dumps(body), _JSON)


def _error(message: str, reason: str = "") -> bytes:
    return orjson.dumps({"type": "error", "message": message, **({"reason": reason} if reason else {})})
