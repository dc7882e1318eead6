"""Hyperliquid's perpetuals: trades told apart by a hash, one coin a command, and everything else asked for by POST.

The first message for a coin holds its last thirty trades. Minutes without trades have no candle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final
from zlib import crc32

import orjson

from klagg_tui.engine.period import Period
from klagg_tui.simulator.face import DAY_MS, Asked, Client, Ending, Face, Frame, Knock, Reply
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.candles import Candle
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.market import Trade
from klagg_tui.simulator.market.quotes import funding_rate
from klagg_tui.simulator.market.text import decimal_text, price_text
from klagg_tui.simulator.rest.funding import Funding
from klagg_tui.simulator.spoil import spoil_of

_JSON: Final = {"Content-Type": "application/json"}
_SNAPSHOT: Final = 30
_QUIET_MS: Final = 60_000
"""A connection to which nothing was sent for so long is closed."""
_MOST_STREAMS: Final = 1_000
_MOST_CANDLES: Final = 5_000
_MOST_DECIMALS: Final = 6
_COST_PER_MINUTE: Final = 1_200
_INFO_COST: Final = 20
_STATUS_COST: Final = 2
_CANDLES_PER_COST: Final = 60
_INTERVALS: Final = frozenset(
    {"1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "3d", "1w", "1M"}
)  # no 6h
_HASH_BITS: Final = 50
_SPOT: Final = {
    "tokens": [
        {
            "name": "USDC",
            "szDecimals": 8,
            "weiDecimals": 8,
            "index": 0,
            "tokenId": "0x6d1e7cde53ba9467b783cb7c530ce054",
            "isCanonical": True,
        }
    ],
    "universe": [],
}
"""Its spot market: the coin in which perpetuals are paid, and no pair."""
_GOLDEN: Final = 0x9E3779B97F4A7C15
"""Odd, so that multiplying by it gives different numbers different ones."""


class HyperliquidClient(Client):
    """A connection: a command names one coin, and its answer names it again."""

    def __init__(self, face: Hyperliquid) -> None:
        super().__init__()
        self._face = face
        self._held: dict[str, str] = {}
        """Streams of the market by the coin's name."""
        self._fed_ms: int | None = None
        self._is_fed = True

    @property
    def streams(self) -> Iterable[str]:
        """Of its coins."""
        return self._held.values()

    def wrapped(self, frame: Frame) -> bytes:
        """What is sent keeps the connection open."""
        self._is_fed = True
        return frame.payload

    def beat(self, now_ms: int, client_ms: int) -> Iterable[bytes]:  # noqa: ARG002 - the world's seconds count
        """Closed where nothing was sent for too long."""
        if self._is_fed or self._fed_ms is None:
            self._fed_ms, self._is_fed = client_ms, False
        elif client_ms - self._fed_ms > _QUIET_MS and self.ending is None:
            self.ending = Ending(1000, "Inactive", "quiet", "a client sent no ping and was closed")
        return ()

    def answer(self, text: str, now_ms: int) -> Iterable[bytes]:
        """A pong, or what became of a subscription, with the last trades behind it."""
        self._is_fed = True
        try:
            command = orjson.loads(text)
            if command["method"] == "ping":
                return (b'{"channel":"pong"}',)
            return self._subscription(command["method"], command["subscription"], now_ms)
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return (_error(f"Error parsing JSON into valid websocket request: {text[:200]}"),)

    def _subscription(self, method: str, asked: dict[str, Any], now_ms: int) -> Iterable[bytes]:
        told, coin = orjson.dumps(asked).decode(), str(asked.get("coin"))
        symbol = self._face.symbol_of(coin)
        is_joining = method == "subscribe"
        if asked.get("type") != "trades" or symbol is None or method not in ("subscribe", "unsubscribe"):
            return (_error(f"Invalid subscription {told}"),)
        if (coin in self._held) == is_joining:
            return (_error(f"Already {method}d: {told}"),)
        if len(self._held) >= _MOST_STREAMS and is_joining:
            return (_error(f"Cannot track more than {_MOST_STREAMS} total subscriptions."),)
        said = _message("subscriptionResponse", {"method": method, "subscription": asked})
        if not is_joining:
            del self._held[coin]
            return (said,)
        self._held[coin] = self._face.trade_stream(symbol)
        last = self._face.past.until(symbol, self._face.told_ms(symbol), _SNAPSHOT, now_ms)
        return (said, _message("trades", [self._face.trade(symbol, trade) for trade in last]))


class Hyperliquid(Face):
    """See the head of the module."""

    key = "hyperliquid"
    sockets = ("/ws",)
    paths = (("POST", "/info"),)
    time_paths = ("/info",)
    reach_ms = DAY_MS
    traps = ("backwards",)
    in_order = True
    spoil: ClassVar = spoil_of(b"px", b"sz", b"tid", b"time", too_fine=b"1.1234567890123")
    _asked: tuple[int, int] = (0, 0)
    """The minute, and the cost of what was asked in it."""

    def lists(self, listing: Listing) -> bool:
        """Those quoted in the commonest coin, so that a base names one contract."""
        return super().lists(listing) and listing.quote == "USDT"

    def name(self, listing: Listing) -> str:
        """As in `BTC`; a thousand of a coin are `kPEPE`."""
        return f"k{listing.base[4:]}" if listing.base.startswith("1000") else listing.base

    def open(self, knock: Knock) -> Client:  # noqa: ARG002 - there is one path
        """Anybody may."""
        return HyperliquidClient(self)

    def trade(self, symbol: str, trade: Trade) -> dict[str, object]:
        """A trade as the stream sends it."""
        listing = self.market.listing(symbol)
        _, shown = self.market.tick(symbol, trade.traded_ms // MINUTE_MS)
        number = trade.aggregate_id * _GOLDEN + crc32(symbol.encode())
        return {
            "coin": self.name(listing),
            "side": "A" if trade.is_buyer_maker else "B",
            "px": price_text(trade.price, listing.price_unit_decimals, shown),
            "sz": decimal_text(trade.quantity, listing.quantity_decimals),
            "time": trade.traded_ms,
            "hash": "0x" + "0" * 64,
            "tid": number % 2**_HASH_BITS,
            "users": ["0x" + "0" * 40, "0x" + "1" * 40],
        }

    def trade_frames(self, symbol: str, minute: int, trades: Sequence[Trade]) -> list[Frame]:  # noqa: ARG002 - trades say it
        """A trade each, to be put into messages by `bundled`."""
        stream = self.trade_stream(symbol)
        return [Frame(stream, orjson.dumps(self.trade(symbol, trade)), symbol, trade.aggregate_id) for trade in trades]

    def bundled(self, frames: Iterable[Frame]) -> Iterable[Frame]:
        """One message for the trades of a coin in a beat."""
        is_backwards = self.faults.active("backwards") is not None
        gathered: dict[str, list[Frame]] = {}
        for frame in frames:
            gathered.setdefault(frame.symbol, []).append(frame)
        for symbol, own in gathered.items():
            newest = own[-1]
            if is_backwards and len(own) > 1:
                own.reverse()
                self.faults.struck("backwards")
            rows = b",".join(frame.payload for frame in own)
            yield Frame(newest.stream, b'{"channel":"trades","data":[%b]}' % rows, symbol, newest.aggregate_id)

    def answer(self, asked: Asked, now_ms: int) -> Reply:
        """By the question's `type`; what cannot be read or is not known is answered with a sentence."""
        try:
            question = orjson.loads(asked.body)
            kind = question["type"]
            wanted = question["req"] if kind == "candleSnapshot" else {}
            if not self._is_within(self._cost(kind, wanted), now_ms):
                return Reply(429, b"null", dict(_JSON))
            return self._reply(kind, wanted, now_ms)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return Reply(
                422, b"Failed to deserialize the JSON body into the target type", {"Content-Type": "text/plain"}
            )

    def refusal(self, kind: str, now_ms: int, wait_s: int) -> Reply:  # noqa: ARG002 - it tells no moment
        """Without a word, as it does."""
        return Reply(int(kind), b"null", dict(_JSON))

    def _cost(self, kind: str, wanted: Mapping[str, Any]) -> int:
        if kind == "exchangeStatus":
            return _STATUS_COST
        rows = (wanted["endTime"] - wanted["startTime"]) // MINUTE_MS if wanted and wanted["interval"] == "1m" else 0
        return _INFO_COST + min(rows, _MOST_CANDLES) // _CANDLES_PER_COST

    def _is_within(self, cost: int, now_ms: int) -> bool:
        minute, used = self._asked
        used = cost + (used if minute == now_ms // MINUTE_MS else 0)
        self._asked = now_ms // MINUTE_MS, used
        return used <= _COST_PER_MINUTE

    def _reply(self, kind: str, wanted: Mapping[str, Any], now_ms: int) -> Reply:
        if kind == "exchangeStatus":
            return _said({"specialStatuses": None, "time": now_ms + self.clock_error_ms})
        if kind == "meta":
            return _said(self._meta(now_ms))
        if kind == "metaAndAssetCtxs":
            return _said([self._meta(now_ms), [self._context(symbol, now_ms) for symbol in self.listed()]])
        if kind == "spotMeta":
            return _said(_SPOT)
        if kind != "candleSnapshot":
            raise ValueError("there is no such question")
        symbol, interval = self.symbol_of(wanted["coin"]), wanted["interval"]
        if symbol is None or interval not in _INTERVALS:
            return Reply(500, b"null", dict(_JSON))
        start_ms, end_ms = int(wanted["startTime"]), int(wanted["endTime"])
        # "Only the most recent 5000 candles are available."
        kept_ms = Period.parse(interval).nominal_ms * _MOST_CANDLES
        found = self.candles.between(symbol, interval, max(start_ms, now_ms - kept_ms), end_ms, now_ms)
        return _said([self._candle(wanted["coin"], interval, candle) for candle in found if candle.is_traded])

    def _meta(self, now_ms: int) -> dict[str, object]:
        return {"universe": [self._entry(symbol, now_ms // MINUTE_MS) for symbol in self.listed()]}

    def _context(self, symbol: str, now_ms: int) -> dict[str, object]:
        """What the market knows of a coin's state: prices are the one last traded, now and a day ago."""
        price = self.candles.close_before(symbol, now_ms // MINUTE_MS + 1, now_ms)
        before = self.candles.close_before(symbol, (now_ms - DAY_MS) // MINUTE_MS, now_ms)
        day = self.days.day(symbol, now_ms)
        state: dict[str, object] = {"markPx": price, "midPx": price, "oraclePx": price, "prevDayPx": before}
        listing = self.market.listing(symbol)
        # An hour's share of what is paid for eight.
        hourly = f"{funding_rate(listing, now_ms) / 8:.10f}"
        held = decimal_text(Funding(self.market).held(listing, now_ms), listing.quantity_decimals)
        return state | {
            "dayBaseVlm": day.volume,
            "dayNtlVlm": day.turnover,
            "funding": hourly,
            "openInterest": held,
        }

    def _entry(self, symbol: str, minute: int) -> dict[str, object]:
        listing = self.market.listing(symbol)
        decimals = min(listing.quantity_decimals, _MOST_DECIMALS)
        entry: dict[str, object] = {"name": self.name(listing), "szDecimals": decimals, "maxLeverage": 40}
        return entry if self.market.status(symbol, minute) == "TRADING" else entry | {"isDelisted": True}

    def _candle(self, coin: str, interval: str, candle: Candle) -> dict[str, object]:
        text = candle.text
        return {
            "t": candle.open_ms,
            "T": candle.end_ms - 1,
            "s": coin,
            "i": interval,
            "o": text.open,
            "c": text.close,
            "h": text.high,
            "l": text.low,
            "v": text.volume,
            "n": candle.kline.sums.trade_count,
        }


def _said(body: object) -> Reply:
    return Reply(200, orjson.dumps(body), dict(_JSON))


def _message(channel: str, data: object) -> bytes:
    return orjson.dumps({"channel": channel, "data": data})


def _error(words: str) -> bytes:
    return _message("error", words)
