"""Binance USDⓈ-M: every contract, aggregate trades, and all that can be had besides without a key.

Three routes of sockets, each of which sends its own streams and acknowledges any.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar, Final

from klagg_tui.simulator.face import (
    DAY_MS,
    ActiveFaults,
    ArchiveRows,
    Asked,
    Client,
    Ending,
    Face,
    Frame,
    Knock,
    Reply,
    TurnedAway,
)
from klagg_tui.simulator.market.candles import Candle
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import Market, Trade
from klagg_tui.simulator.rest.endpoints import RestEndpoints, error, unknown
from klagg_tui.simulator.spoil import spoil_of
from klagg_tui.simulator.streams.control import MOST_BYTES, MOST_MESSAGES, MOST_STREAMS, Subscriptions
from klagg_tui.simulator.streams.derived import DerivedStreams
from klagg_tui.simulator.streams.frames import contract_info, foreign_contract_info, server_shutdown, trade_frames
from klagg_tui.simulator.streams.names import Route, route_of

_ROUTES: Final[dict[str, Route]] = {"public": "public", "market": "market", "private": "private", "": "public"}
"""The paths of old, without a route, still accept and acknowledge everything; since April 2026 they send what is public."""
PATHS: Final = ("/ws", "/ws/{streams:.+}", "/stream")
"""Of sockets: single messages, or wrapped with the name of their stream."""


class BinanceClient(Client):
    """A connection that is sent those of its streams that its route has."""

    most_bytes = MOST_BYTES

    def __init__(self, subscriptions: Subscriptions, route: Route | None = None) -> None:
        super().__init__()
        self.subscriptions = subscriptions
        self._route = route

    @property
    def streams(self) -> Iterable[str]:
        """Streams of other routes are acknowledged and never sent; without a route there are no others."""
        return [stream for stream in self.subscriptions.streams if self._route in (None, route_of(stream))]

    def count(self, client_ms: int) -> None:
        """Thrown out where it talks too much."""
        if self.subscriptions.is_too_fast(client_ms):
            self.ending = Ending(1008, "Too many requests")

    def answer(self, text: str, now_ms: int) -> Iterable[bytes]:  # noqa: ARG002 - nothing hangs on the time
        """An acknowledgement or a refusal."""
        return (self.subscriptions.answer(text),)

    def wrapped(self, frame: Frame) -> bytes:
        """With the name of its stream, where that is wanted."""
        if self.subscriptions.combined:
            return b'{"stream":"%b","data":%b}' % (frame.stream.encode(), frame.payload)
        return frame.payload


class BinanceUm(Face):
    """See the head of the module."""

    key = "binance-um"
    has_archive = True
    sockets = tuple(f"/{route}{path}" if route else path for route in _ROUTES for path in PATHS)
    paths = (("GET", "/fapi/{name:.+}"),)
    time_paths = ("/fapi/v1/time",)
    single_fills = False
    ping_ms = 3 * 60_000
    life_ms = DAY_MS
    reach_ms = DAY_MS
    prepares = True
    spoil: ClassVar = spoil_of(b"p", b"q", b"a", b"T")

    def __init__(self, market: Market, klines: Klines, faults: ActiveFaults) -> None:
        super().__init__(market, klines, faults)
        self.rest = RestEndpoints(market, klines)
        self._derived = DerivedStreams(market, klines)

    def lists(self, listing: Listing) -> bool:  # noqa: ARG002 - every one
        """The whole market is its own."""
        return True

    def open(self, knock: Knock) -> Client:
        """The private route wants a listen key in the address, and knows no account."""
        first, *rest = knock.path.strip("/").split("/")
        route = _ROUTES[first if first in _ROUTES and rest else ""]
        if route == "private" and not (knock.query.get("listenKey") or knock.matched.get("streams")):
            raise TurnedAway("a listenKey is needed")
        return BinanceClient(subscriptions_of(knock), route)

    def trade_stream(self, symbol: str) -> str:
        """Under its name at the exchange."""
        return self.market.listing(symbol).stream

    def trade_frames(self, symbol: str, minute: int, trades: Sequence[Trade]) -> list[Frame]:
        """`aggTrade` messages."""
        return trade_frames(self.market, symbol, minute, trades)

    def announced(self, symbol: str, status: str, now_ms: int) -> Frame | None:
        """`contractInfo`."""
        return contract_info(self.market, symbol, status, now_ms)

    def announced_elsewhere(self, now_ms: int) -> Frame | None:
        """The coin-margined market shares that stream."""
        return foreign_contract_info(now_ms)

    def shutdown(self, now_ms: int) -> bytes | None:
        """`serverShutdown`."""
        return server_shutdown(now_ms)

    def follow(self, streams: Collection[str], now_ms: int) -> None:
        """Klines, tickers, mark and best prices."""
        self._derived.follow(streams, now_ms)

    def due(self, now_ms: int, speed: float) -> Iterator[Frame]:
        """Each at its pace."""
        return self._derived.due(now_ms, speed)

    @property
    def weights(self) -> Mapping[int, int]:
        """As it counts them."""
        return self.rest.weight.minutes

    def prepare(self, now_ms: int) -> None:
        """The newest klines of every symbol."""
        self.rest.prepare(now_ms)

    def answer(self, asked: Asked, now_ms: int) -> Reply:
        """By weight, as documented."""
        self.rest.clock_error_ms = self.clock_error_ms
        return self.rest.answer(asked.path, asked.query, now_ms)

    def refusal(self, kind: str, now_ms: int, wait_s: int) -> Reply:
        """In words that the real one uses."""
        if kind == "451":
            return error(451, 0, "Service unavailable from a restricted location according to 'b. Eligibility'.")
        return self.rest.refusal(int(kind), now_ms, wait_s)

    def archive(self) -> ArchiveRows:
        """As REST writes trades and klines."""
        return ArchiveRows("futures/um", self.rest.trade_row, _kline_row)

    def unknown(self, path: str, method: str) -> Reply:
        """Code -5000."""
        return unknown(path, method)


def _kline_row(_symbol: str, candle: Candle) -> list[object]:
    text = candle.text
    amounts = (text.taker_buy_volume, text.taker_buy_turnover)
    count = candle.kline.sums.trade_count
    return [candle.open_ms, *text[:5], candle.end_ms - 1, text.turnover, count, *amounts, "0"]


def subscriptions_of(knock: Knock, most_messages: int = MOST_MESSAGES) -> Subscriptions:
    """The streams named in the address of a socket; raises TurnedAway."""
    combined = knock.path.endswith("/stream")
    text = knock.query.get("streams", "") if combined else knock.matched.get("streams", "")
    streams = tuple(filter(None, text.split("/")))
    if len(streams) > MOST_STREAMS:
        raise TurnedAway("too many streams")
    return Subscriptions(streams, combined=combined, most_messages=most_messages)
