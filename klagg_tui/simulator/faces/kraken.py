"""Kraken: version 2 of its socket with JSON numbers, REST with other names, errors inside 200, and 720 bars.

Each pair of a command is answered alone. The stream leaves trades out while `holes` lasts; REST has them all, by time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

import orjson

from klagg_tui.simulator.face import ActiveFaults, Asked, Client, Face, Frame, Knock, Reply
from klagg_tui.simulator.faces.spot import RequestLimit, amounts, quote_of, rfc3339, step_text
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.candles import Candle
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.day import Day
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market, Trade
from klagg_tui.simulator.spoil import spoil_of

_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
_OLD_NAMES: Final = {"BTC": "XBT", "DOGE": "XDG"}
"""What REST calls coins that the socket calls otherwise."""
_WITH_X: Final = frozenset({"ETC", "ETH", "LTC", "MLN", "REP", "XBT", "XDG", "XLM", "XMR", "XRP", "ZEC"})
_WITH_Z: Final = frozenset({"AUD", "CAD", "EUR", "GBP", "JPY", "USD"})
"""The oldest assets are called X and Z and their name; a pair of two such ones is called by both, as in XXBTZUSD."""
_MOST_SECONDS: Final = 11
"""Digits of a time that is told in seconds; longer ones are nanoseconds. The documentation's own example is in seconds."""
_INTERVALS: Final = frozenset({1, 5, 15, 30, 60, 240, 1_440, 10_080, 21_600})
_MOST_BARS: Final = 720
_MOST_TRADES: Final = 1_000
_MOST_REQUESTS: Final = 25
"""One a second, and fifteen at once."""
_MOST_COMMANDS: Final = 20
"""A second."""
_SECOND_MS: Final = 1_000
_MS_NS: Final = 1_000_000
_INSIDE_NS: Final = 245_000
"""Of each trade's time, behind the millisecond."""
_SNAPSHOT: Final = 50
_ERRORS: Final = {"429": "EAPI:Rate limit exceeded", "418": "EGeneral:Temporary lockout"}


class KrakenClient(Client):
    """A connection with pairs of one channel."""

    def __init__(self, face: Kraken) -> None:
        super().__init__()
        self._face = face
        self._pairs: dict[str, str] = {}
        """The market's symbols by pair."""
        self._commands = [0, 0]
        """Since when, and how many."""
        self._beaten_ms: int | None = None

    @property
    def streams(self) -> Iterable[str]:
        """Trades of the pairs."""
        return [self._face.trade_stream(symbol) for symbol in self._pairs.values()]

    def count(self, client_ms: int) -> None:
        """Of this second."""
        since_ms, number = self._commands
        self._commands = [client_ms, 1] if client_ms - since_ms >= _SECOND_MS else [since_ms, number + 1]

    def answer(self, text: str, now_ms: int) -> Iterable[bytes]:
        """An answer for each pair, with the last trades where they are wanted."""
        if self._commands[1] > _MOST_COMMANDS:
            return (b'{"Error":"Exceeded msg rate"}',)
        try:
            asked = orjson.loads(text)
            method = asked["method"]
            if method == "ping":
                return (_told({"method": "pong"}, asked, now_ms),)
            parameters = asked["params"]
            pairs = list(parameters["symbol"]) if parameters["channel"] == "trade" else []
            has_snapshot = parameters.get("snapshot") is True
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
            return (_told({"error": "Malformed request", "success": False}, {}, now_ms),)
        said: list[bytes] = []
        for pair in pairs:
            said.append(self._answer(pair, method, asked, now_ms))
            if has_snapshot and method == "subscribe" and pair in self._pairs:
                said.append(self._face.snapshot(self._pairs[pair]))
        return said

    def beat(self, now_ms: int, client_ms: int) -> Iterable[bytes]:  # noqa: ARG002 - it tells no time
        """The state of the system first, then a sign of life each second to who has subscribed."""
        if self._beaten_ms is None:
            self._beaten_ms = client_ms
            return (b'{"channel":"status","type":"update","data":[{"api_version":"v2","system":"online"}]}',)
        if client_ms - self._beaten_ms < _SECOND_MS or not self._pairs:
            return ()
        self._beaten_ms = client_ms
        return (b'{"channel":"heartbeat"}',)

    def _answer(self, pair: str, method: str, asked: dict[str, object], now_ms: int) -> bytes:
        symbol = self._face.symbol_of(pair)
        result: dict[str, object] = {"channel": "trade", "symbol": pair}
        if symbol is None:
            refused = {"error": f"Currency pair not supported {pair}", "success": False, "symbol": pair}
            return _told({"method": method, **refused}, asked, now_ms)
        if method == "unsubscribe":
            self._pairs.pop(pair, None)
        else:
            self._pairs[pair] = symbol
        return _told({"method": method, "result": result, "success": True}, asked, now_ms)


class Kraken(Face):
    """See the head of the module."""

    key = "kraken"
    sockets = ("/v2",)
    paths = (("GET", "/0/public/{name}"),)
    time_paths = ("/0/public/Time",)
    traps = ("holes",)
    spoil: ClassVar = spoil_of(b"price", b"qty", b"trade_id", b"timestamp", too_fine=b"1.1234567890123", quote=b"")

    def __init__(self, market: Market, klines: Klines, faults: ActiveFaults) -> None:
        super().__init__(market, klines, faults)
        self._limit = RequestLimit(_MOST_REQUESTS)

    def name(self, listing: Listing) -> str:
        """`BTC/USD`, as the socket has it."""
        return f"{listing.base}/{quote_of(listing)}"

    def open(self, knock: Knock) -> Client:  # noqa: ARG002 - there is one way
        """Whoever knocks."""
        return KrakenClient(self)

    def trade_frames(self, symbol: str, minute: int, trades: Sequence[Trade]) -> list[Frame]:  # noqa: ARG002
        """A trade each, to be put into messages by `bundled`."""
        stream = self.trade_stream(symbol)
        return [Frame(stream, self._trade(symbol, trade), symbol, trade.aggregate_id) for trade in trades]

    def bundled(self, frames: Iterable[Frame]) -> Iterable[Frame]:
        """One message for the trades of a pair in a beat; while `holes` lasts, some are left out."""
        has_holes = bool(self.faults.active("holes"))
        gathered: dict[str, list[Frame]] = {}
        for frame in frames:
            if has_holes and frame.aggregate_id % 12 in (5, 6):
                self.faults.struck("holes")
            else:
                gathered.setdefault(frame.symbol, []).append(frame)
        for symbol, own in gathered.items():
            message = _message("update", [frame.payload for frame in own])
            yield Frame(own[0].stream, message, symbol, own[-1].aggregate_id)

    def snapshot(self, symbol: str) -> bytes:
        """The last trades that were told."""
        told_ms = self.told_ms(symbol)
        found = self.past.until(symbol, told_ms, _SNAPSHOT, told_ms)
        return _message("snapshot", [self._trade(symbol, trade) for trade in found])

    def answer(self, asked: Asked, now_ms: int) -> Reply:
        """Errors come with status 200."""
        if not self._limit.takes(now_ms):
            return _error("EGeneral:Too many requests")._replace(is_refusal=True)
        what = asked.path.rpartition("/")[2]
        if what == "Time":
            return _result({"unixtime": (now_ms + self.clock_error_ms) // 1000, "rfc1123": ""})
        if what == "Assets":
            return _result(self._assets())
        if what == "AssetPairs":
            return _result({self._key(symbol): self._pair(symbol, now_ms) for symbol in self.listed()})
        if what == "Ticker" and "pair" not in asked.query:
            return _result({self._key(symbol): _ticker(day) for symbol, day in self.traded(now_ms)})
        pair = asked.query.get("pair")
        symbol = next((own for own in self.listed() if pair in (self._rest_name(own), self._key(own))), None)
        if symbol is None:
            return _error("EQuery:Unknown asset pair")
        if what in ("Trades", "OHLC"):
            return self._trades(symbol, asked, now_ms) if what == "Trades" else self._bars(symbol, asked, now_ms)
        return _error("EGeneral:Unknown method")

    def refusal(self, kind: str, now_ms: int, wait_s: int) -> Reply:  # noqa: ARG002 - it says no time
        """Two kinds of errors with status 200, and one status."""
        if kind in _ERRORS:
            return _error(_ERRORS[kind])
        return Reply(451, b'{"error":["EGeneral:Permission denied"]}', _JSON)

    def _rest_name(self, symbol: str) -> str:
        return "".join(self._sides(symbol))

    def _key(self, symbol: str) -> str:
        """What REST calls a pair in its answers."""
        base, quote = self._sides(symbol)
        is_old = _old(base) != base and _old(quote) != quote
        return _old(base) + _old(quote) if is_old else base + quote

    def _assets(self) -> dict[str, object]:
        """Those of all pairs."""
        decimals = {self._sides(own)[0]: life.listing.quantity_decimals for own, life in self.listed().items()}
        decimals |= {self._sides(own)[1]: 4 for own in self.listed()}
        return {
            _old(name): {
                "aclass": "currency",
                "altname": name,
                "decimals": kept,
                "display_decimals": kept,
                "status": "enabled",
            }
            for name, kept in decimals.items()
        }

    def _sides(self, symbol: str) -> tuple[str, str]:
        listing = self.market.listing(symbol)
        return _OLD_NAMES.get(listing.base, listing.base), quote_of(listing)

    def _pair(self, symbol: str, now_ms: int) -> dict[str, object]:
        listing = self.market.listing(symbol)
        base, quote = self._sides(symbol)
        _, shown = self.market.tick(symbol, now_ms // MINUTE_MS)
        status = self.market.status(symbol, now_ms // MINUTE_MS)
        return {
            "altname": base + quote,
            "wsname": f"{base}/{quote}",
            "base": _old(base),
            "quote": _old(quote),
            "pair_decimals": shown,
            "lot_decimals": listing.quantity_decimals,
            "tick_size": step_text(shown),
            "status": {"TRADING": "online", "PENDING_TRADING": "work_in_progress"}.get(status, "delisted"),
        }

    def _trade(self, symbol: str, trade: Trade) -> bytes:
        listing = self.market.listing(symbol)
        price, quantity = amounts(self.market, listing, trade)
        return b'{"symbol":"%b","side":"%b","price":%b,"qty":%b,"ord_type":"market","trade_id":%d,"timestamp":"%b"}' % (
            self.name(listing).encode(),
            b"sell" if trade.is_buyer_maker else b"buy",
            price.encode(),
            quantity.encode(),
            trade.aggregate_id,
            rfc3339(trade.traded_ms, _INSIDE_NS // 1000).encode(),
        )

    def _trades(self, symbol: str, asked: Asked, now_ms: int) -> Reply:
        """From a time on, in seconds or nanoseconds, or the newest; one answer in ten does not say where it goes on."""
        count = min(_MOST_TRADES, int(asked.query.get("count", _MOST_TRADES)))
        if since := asked.query.get("since"):
            start_ms = -(-(_nanoseconds(since) - _INSIDE_NS) // _MS_NS)
            found = self.past.between(symbol, start_ms, now_ms, count, now_ms)
        else:
            found = self.past.until(symbol, now_ms, count, now_ms)
        rows = ",".join(self._trade_row(symbol, trade) for trade in found)
        last = f',"last":"{found[-1].traded_ms * _MS_NS + _INSIDE_NS}"' if found else f',"last":"{since or 0}"'
        if found and found[-1].aggregate_id % 10 == 3:
            last = ""
        return Reply(200, f'{{"error":[],"result":{{"{self._key(symbol)}":[{rows}]{last}}}}}'.encode(), _JSON)

    def _trade_row(self, symbol: str, trade: Trade) -> str:
        price, quantity = amounts(self.market, self.market.listing(symbol), trade)
        seconds = f"{trade.traded_ms // 1000}.{trade.traded_ms % 1000:03d}{_INSIDE_NS // 100}"
        side = "s" if trade.is_buyer_maker else "b"
        return f'["{price}","{quantity}",{seconds},"{side}","m","",{trade.aggregate_id}]'

    def _bars(self, symbol: str, asked: Asked, now_ms: int) -> Reply:
        interval = int(asked.query.get("interval", 1))
        if interval not in _INTERVALS:
            return _error("EGeneral:Invalid arguments")
        found = self.candles.latest(symbol, interval, _MOST_BARS, now_ms)
        last = found[-2].open_ms // 1000 if len(found) > 1 else 0
        # Of those that are over, the ones that open later than `since`; the last one always.
        since_ms = int(asked.query.get("since", 0)) * _SECOND_MS
        rows = [self._bar_row(symbol, candle) for candle in found if candle.open_ms > since_ms or candle is found[-1]]
        return _result({self._key(symbol): rows, "last": last})

    def _bar_row(self, symbol: str, candle: Candle) -> list[object]:
        """With the price by volume cut off to the decimals of the others."""
        text, sums = candle.text, candle.kline.sums
        listing = self.market.listing(symbol)
        decimals = len(text.close.partition(".")[2])
        units = sums.turnover // sums.volume if sums.volume else 0
        cut = units // 10 ** (listing.price_unit_decimals - decimals)
        vwap = f"{cut // 10**decimals}.{cut % 10**decimals:0{decimals}d}" if decimals else str(cut)
        prices = (text.open, text.high, text.low, text.close, vwap)
        return [candle.open_ms // 1000, *prices, text.volume, sums.trade_count]


def _ticker(day: Day) -> dict[str, object]:
    """Of today and of 24 hours; half of each day is taken to lie before midnight."""
    return {
        "a": [day.last, "1", "1.000"],
        "b": [day.last, "1", "1.000"],
        "c": [day.last, "0.1"],
        "v": [f"{float(day.volume) / 2:.8f}", day.volume],
        "p": [day.mean, day.mean],
        "t": [day.trade_count // 2, day.trade_count],
        "l": [day.last, day.low],
        "h": [day.last, day.high],
        "o": day.last,
    }


def _old(name: str) -> str:
    """What REST calls an asset in its older naming."""
    return f"X{name}" if name in _WITH_X else f"Z{name}" if name in _WITH_Z else name


def _nanoseconds(text: str) -> int:
    whole, _, fraction = text.partition(".")
    is_seconds = len(whole) <= _MOST_SECONDS
    return int(whole + f"{fraction[:9]:0<9}") if is_seconds else int(whole)


def _message(kind: str, trades: Iterable[bytes]) -> bytes:
    return b'{"channel":"trade","type":"%b","data":[%b]}' % (kind.encode(), b",".join(trades))


def _told(answer: dict[str, object], asked: dict[str, object], now_ms: int) -> bytes:
    """An answer with the number of the command and the time."""
    number = {"req_id": asked["req_id"]} if "req_id" in asked else {}
    return orjson.dumps({**answer, **number, "time_in": rfc3339(now_ms), "time_out": rfc3339(now_ms)})


def _result(result: object) -> Reply:
    return Reply(200, orjson.dumps({"error": [], "result": result}), _JSON)


def _error(text: str) -> Reply:
    return Reply(200, orjson.dumps({"error": [text]}), _JSON)
