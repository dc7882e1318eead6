"""OKX: swaps and spot, each trade alone with an id of its own.

At the business address trades come as `trades-all`. At the public one they come as `trades`, grouped by taker order and price: since
each trade of this market is an order of its own, groups have one.

Sizes of swaps are contracts: of linear ones worth ten of the market's smallest steps, so that a size has a decimal; those that the
market quotes in USDC are shown as inverse ones, of ten dollars a contract. Prices and sizes are written without closing zeros.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import ClassVar, Final

import orjson

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.parsing import price
from klagg_tui.simulator.face import DAY_MS, ActiveFaults, Asked, Client, Ending, Face, Frame, Knock, Reply
from klagg_tui.simulator.faces.okx_rest import OkxRest, said
from klagg_tui.simulator.market.calendar import MINUTE_MS
from klagg_tui.simulator.market.candles import Candle
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.day import Day
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market, Trade
from klagg_tui.simulator.market.text import decimal_text, price_text
from klagg_tui.simulator.spoil import spoil_of

_BUSINESS: Final = "/ws/v5/business"
_TRADES: Final = "trades-all"
_GROUPED: Final = "trades"
_ALONE: Final = b'{"arg":{"channel":"trades-all",'
_ONE_OF_A_GROUP: Final = b'{"arg":{"channel":"trades",'
"""How the messages of both begin."""
_MOST_BYTES: Final = 64 * 1024
"""Of the arguments of a connection, all together."""
_MOST_COMMANDS: Final = 480
_HOUR_MS: Final = 3_600_000
_QUIET_MS: Final = 30_000
"""Without a message in either direction a connection is closed."""
_CONNECTION: Final = "a4d3ae55"
_VALUE: Final = "10"
"""Dollars of an inverse contract."""
_STATES: Final = {"TRADING": "live", "PENDING_TRADING": "preopen"}
"""By the market's word; what is over is listed no more."""


class OkxClient(Client):
    """A connection: commands are answered argument by argument."""

    most_bytes = 2 * _MOST_BYTES

    def __init__(self, face: Okx, path: str) -> None:
        super().__init__()
        self._face = face
        self._channel = _TRADES if path == _BUSINESS else _GROUPED
        self._held: dict[str, str] = {}
        """Streams of the market by the instrument's name."""
        self._commands_ms: deque[int] = deque(maxlen=_MOST_COMMANDS)
        self._client_ms = 0
        self._heard_ms: int | None = None
        self._is_fed = True

    @property
    def streams(self) -> Iterable[str]:
        """Of its instruments."""
        return self._held.values()

    def count(self, client_ms: int) -> None:
        """A message of the client is a sign of life."""
        self._client_ms = client_ms
        self._is_fed = True

    def wrapped(self, frame: Frame) -> bytes:
        """So is one to it; in a group it says of how many trades, from which book, and at which step of the book."""
        self._is_fed = True
        if self._channel == _TRADES:
            return frame.payload
        group = b',"count":"1","source":"0","seqId":%d}]}' % frame.aggregate_id
        return _ONE_OF_A_GROUP + frame.payload.removeprefix(_ALONE).removesuffix(b"}]}") + group

    def beat(self, now_ms: int, client_ms: int) -> Iterable[bytes]:  # noqa: ARG002 - the world's seconds count
        """Closed where nothing is said for too long."""
        if self._is_fed or self._heard_ms is None:
            self._heard_ms, self._is_fed = client_ms, False
        elif client_ms - self._heard_ms > _QUIET_MS and self.ending is None:
            self.ending = Ending(4004, "No data received in 30s.", "quiet", "a client sent no ping and was closed")
        return ()

    def answer(self, text: str, now_ms: int) -> Iterable[bytes]:  # noqa: ARG002 - nothing hangs on the time
        """Bare texts to bare texts, and an answer to each argument."""
        if text == "ping":
            return (b"pong",)
        try:
            command = orjson.loads(text)
            number, operation, arguments = command.get("id"), command["op"], command["args"]
            named = [(argument["channel"], argument["instId"]) for argument in arguments]
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            return (_error(None, "60012", f"Invalid request: {text[:200]}"),)
        if operation not in ("subscribe", "unsubscribe"):
            return (_error(number, "60012", f"Invalid request: {text[:200]}"),)
        if self._is_too_often():
            return (_error(number, "60014", "Requests too frequent"),)
        return [self._answered(number, operation, *argument) for argument in named]

    def _is_too_often(self) -> bool:
        past = self._commands_ms
        is_full = len(past) == _MOST_COMMANDS and self._client_ms - past[0] < _HOUR_MS
        if not is_full:
            past.append(self._client_ms)
        return is_full

    def _answered(self, number: object, operation: str, channel: object, name: object) -> bytes:
        """One argument."""
        symbol = self._face.symbol_of(str(name))
        if channel != self._channel or symbol is None:
            what = f"channel:{channel},instId:{name} doesn't exist"
            words = (
                f"Wrong URL or {what}. Please use the correct URL, channel and parameters referring to API document."
            )
            return _error(number, "60018", words)
        argument = {"channel": channel, "instId": name}
        if operation == "unsubscribe":
            self._held.pop(str(name), None)
        elif (len(self._held) + 1) * len(orjson.dumps(argument)) > _MOST_BYTES:
            return _error(number, "60013", "Invalid args: more than 64 KB")
        else:
            self._held[str(name)] = self._face.trade_stream(symbol)
        said_id = {} if number is None else {"id": number}
        return orjson.dumps(said_id | {"event": operation, "arg": argument, "connId": _CONNECTION})


class Okx(Face):
    """See the head of the module."""

    inst_type: ClassVar[str]
    sockets = (_BUSINESS, "/ws/v5/public")
    paths = (("GET", "/api/v5/{name:.+}"),)
    time_paths = ("/api/v5/public/time",)
    traps = ("utc8", "prevclose")
    reach_ms = 90 * DAY_MS
    spoil: ClassVar = spoil_of(b"px", b"sz", b"tradeId", b"ts", too_fine=b"1.1234567890123")

    def __init__(self, market: Market, klines: Klines, faults: ActiveFaults) -> None:
        super().__init__(market, klines, faults)
        self._rest = OkxRest(self)

    def size(self, listing: Listing, quantity: int) -> str:
        """A quantity of the market, in its smallest steps, as the venue writes sizes."""
        return bare(decimal_text(quantity, listing.quantity_decimals))

    def entry(self, symbol: str, minute: int) -> dict[str, str] | None:
        """What the listing says of an instrument; None where it has left it."""
        listing = self.market.listing(symbol)
        is_awaited = minute < listing.listed_minute
        state = "preopen" if is_awaited else _STATES.get(self.market.status(symbol, minute))
        if state is None:
            return None
        tick, shown = self.market.tick(symbol, minute)
        return {
            "instType": self.inst_type,
            "instId": self.name(listing),
            "uly": "",
            "baseCcy": "",
            "quoteCcy": "",
            "settleCcy": "",
            "ctVal": "",
            "ctMult": "",
            "ctValCcy": "",
            "ctType": "",
            "listTime": str(listing.listed_minute * MINUTE_MS),
            "expTime": "",
            "tickSz": bare(price_text(tick, listing.price_unit_decimals, shown)),
            "lotSz": self.size(listing, 1),
            "minSz": self.size(listing, 1),
            "state": state,
        }

    def trade(self, symbol: str, trade: Trade) -> dict[str, str]:
        """A trade as REST gives it and the stream sends it."""
        listing = self.market.listing(symbol)
        _, shown = self.market.tick(symbol, trade.traded_ms // MINUTE_MS)
        return {
            "instId": self.name(listing),
            "tradeId": str(trade.aggregate_id),
            "px": bare(price_text(trade.price, listing.price_unit_decimals, shown)),
            "sz": self.size(listing, trade.quantity),
            "side": "sell" if trade.is_buyer_maker else "buy",
            "ts": str(trade.traded_ms),
        }

    def candle(self, symbol: str, candle: Candle) -> list[str]:
        """A candle: `[ts, o, h, l, c, vol, volCcy, volCcyQuote, confirm]`."""
        prices = map(bare, candle.text[:4])
        sums = map(bare, self.sums(self.market.listing(symbol), candle))
        return [str(candle.open_ms), *prices, *sums, str(int(candle.is_over))]

    def sums(self, listing: Listing, candle: Candle) -> tuple[str, str, str]:  # noqa: ARG002 - for contracts
        """`vol`, `volCcy` and `volCcyQuote`."""
        return candle.text.volume, candle.text.turnover, candle.text.turnover

    def day_amounts(self, listing: Listing, day: Day) -> dict[str, str]:  # noqa: ARG002 - for contracts
        """What was traded in 24 hours: coins and the quote."""
        return {"vol24h": day.volume, "volCcy24h": day.turnover}

    def open(self, knock: Knock) -> Client:
        """Anybody may; which trades there are hangs on the address."""
        return OkxClient(self, knock.path)

    def trade_frames(self, symbol: str, minute: int, trades: Sequence[Trade]) -> list[Frame]:  # noqa: ARG002 - trades say it
        """`trades-all` messages."""
        stream = self.trade_stream(symbol)
        argument = {"channel": _TRADES, "instId": self.name(self.market.listing(symbol))}
        return [
            Frame(
                stream, orjson.dumps({"arg": argument, "data": [self.trade(symbol, trade)]}), symbol, trade.aggregate_id
            )
            for trade in trades
        ]

    def shutdown(self, now_ms: int) -> bytes | None:  # noqa: ARG002 - it tells no time
        """A notice."""
        words = "The connection will soon be closed for a service upgrade. Please reconnect."
        return orjson.dumps({"event": "notice", "code": "64008", "msg": words, "connId": _CONNECTION})

    def answer(self, asked: Asked, now_ms: int) -> Reply:
        """See `okx_rest`."""
        return self._rest.answer(asked, now_ms)

    def refusal(self, kind: str, now_ms: int, wait_s: int) -> Reply:  # noqa: ARG002 - it tells no moment
        """With the status, for once."""
        if kind == "451":
            return said("451", "Your access is restricted.", status=451)
        reply = said("50011", "Too Many Requests", status=int(kind))
        return reply._replace(headers=reply.headers | {"Retry-After": str(wait_s)})


class OkxSpot(Okx):
    """Sizes are coins."""

    key = "okx-spot"
    inst_type = "SPOT"

    def name(self, listing: Listing) -> str:
        """As in `BTC-USDT`."""
        return f"{listing.base}-{listing.quote}"

    def entry(self, symbol: str, minute: int) -> dict[str, str] | None:
        """Names both coins."""
        entry, listing = super().entry(symbol, minute), self.market.listing(symbol)
        return entry and entry | {"baseCcy": listing.base, "quoteCcy": listing.quote}


class OkxSwap(Okx):
    """Sizes are contracts."""

    key = "okx-swap"
    inst_type = "SWAP"

    def name(self, listing: Listing) -> str:
        """As in `BTC-USDT-SWAP` or `BTC-USD-SWAP`."""
        return f"{listing.base}-{'USD' if is_inverse(listing) else listing.quote}-SWAP"

    def size(self, listing: Listing, quantity: int) -> str:
        """A step is an inverse contract, or a tenth of a linear one."""
        return str(quantity) if is_inverse(listing) else bare(decimal_text(quantity, 1))

    def entry(self, symbol: str, minute: int) -> dict[str, str] | None:
        """Says what a contract is worth, and what it is paid in."""
        entry, listing = super().entry(symbol, minute), self.market.listing(symbol)
        if is_inverse(listing):
            worth = {"ctType": "inverse", "ctVal": _VALUE, "ctValCcy": "USD", "settleCcy": listing.base}
        else:
            value = bare(decimal_text(10, listing.quantity_decimals))
            worth = {"ctType": "linear", "ctVal": value, "ctValCcy": listing.base, "settleCcy": listing.quote}
        return entry and entry | worth | {"ctMult": "1", "uly": self.name(listing).removesuffix("-SWAP")}

    def sums(self, listing: Listing, candle: Candle) -> tuple[str, str, str]:
        """Contracts, coins, and the quote; coins of inverse contracts are a quotient at the average price, which is rounded."""
        steps = candle.kline.sums.volume
        if not is_inverse(listing):
            return self.size(listing, steps), candle.text.volume, candle.text.turnover
        paid, turnover = steps * int(_VALUE), candle.kline.sums.turnover
        coins = Decimal(paid * steps * 10**listing.price_unit_decimals) / turnover if turnover else Decimal(0)
        return str(steps), f"{coins:.8f}", str(paid)

    def day_amounts(self, listing: Listing, day: Day) -> dict[str, str]:
        """Contracts and coins; of inverse ones at the average price."""
        if not is_inverse(listing):
            return {"vol24h": self.size(listing, day.contracts), "volCcy24h": day.volume}
        coins = Decimal(day.contracts * int(_VALUE)) / Decimal(day.mean)
        return {"vol24h": str(day.contracts), "volCcy24h": f"{coins:.8f}"}

    def bar(self, bar: Bar) -> Bar:
        """Of inverse contracts the volume is contracts, and the turnover what they are worth."""
        listing = self.market.listing(bar.symbol)
        bar = super().bar(bar)
        if not is_inverse(listing):
            return bar
        steps, value = 10**listing.quantity_decimals, price(_VALUE)
        volume, bought = bar.volume * steps, bar.taker_buy_volume * steps
        return bar._replace(
            volume=volume, turnover=volume * value, taker_buy_volume=bought, taker_buy_turnover=bought * value
        )


def is_inverse(listing: Listing) -> bool:
    """Whether a contract of the market is shown as one that is paid in its coin."""
    return listing.quote == "USDC"


def bare(text: str) -> str:
    """A number without closing zeros."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _error(number: object, code: str, message: str) -> bytes:
    said_id = {} if number is None else {"id": number}
    return orjson.dumps(said_id | {"event": "error", "code": code, "msg": message, "connId": _CONNECTION})
