"""A face: how one venue shows the simulated market. Market, faults, speed and delivery are everybody's; a face is what differs.

A new one is a class on `Face` in a module of `faces/`, and a line in `faces/__init__.py`. It says

- which of the market's contracts it lists and under which names (`lists`, `name`), and what a size counts (`bar`);
- the paths of its sockets, and with `open` the `Client` that stands for one connection: what it reads, how it is answered;
- its trades as bytes (`trade_frames`: one frame a trade, the same for all readers), how those of a beat are gathered into
  messages (`bundled`), and what can be damaged in them (`spoil`);
- the paths of its REST, and with `answer` and `refusal` its replies; `past` and `candles` hand out what they are made of.

A client reads the trades of a symbol while `face.trade_stream(symbol)` is among its `streams`. Times are the exchange's, in
milliseconds since the epoch, but for `client_ms`: the world's, by which clients are counted and beaten.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple, Protocol

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar
from klagg_tui.simulator.market.calendar import DAY, MINUTE_MS
from klagg_tui.simulator.market.candles import Candle, Candles
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.day import Day, DayStatistics
from klagg_tui.simulator.market.klines import Klines
from klagg_tui.simulator.market.market import LATEST_MS, Life, Market, Trade
from klagg_tui.simulator.market.past_trades import PastTrades
from klagg_tui.simulator.spoil import Spoil

DAY_MS: Final = DAY * MINUTE_MS


class Frame(NamedTuple):
    """One message, or one trade of a message, and the stream it belongs to."""

    stream: str
    payload: bytes
    symbol: str = ""
    """The market's name of whose trade it is; empty for the all-market streams."""
    aggregate_id: int = 0


class Reply(NamedTuple):
    """What goes back to who asks over HTTP."""

    status: int
    body: bytes
    headers: dict[str, str]
    is_refusal: bool = False
    """Whether the client asked for too much, where the status is not 418 or 429."""


class Asked(NamedTuple):
    """What is asked over HTTP; path and query are decoded."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes = b""


class Knock(NamedTuple):
    """How a websocket is opened."""

    path: str
    matched: Mapping[str, str]
    """What stood in the place of the braces of the face's path."""
    query: Mapping[str, str]


class TurnedAway(Exception):
    """A websocket is not opened: 400, and why."""


class Ending(NamedTuple):
    """Why the exchange closes a connection."""

    code: int
    reason: str
    kind: str = "too fast"
    """Under which it is counted beside the faults."""
    words: str = "a client sent too many messages and was closed"


class Client:
    """One connection as the venue sees it. Pure; the base takes no command and never ends it."""

    most_bytes = 2**20
    """Of a message from a client; the exchange is deaf to a longer one."""

    def __init__(self) -> None:
        self.ending: Ending | None = None
        """Set to have the connection closed after what was said."""

    def take_ending(self) -> Ending | None:
        """Why it is to be closed, told once."""
        ending, self.ending = self.ending, None
        return ending

    @property
    def streams(self) -> Iterable[str]:
        """What it is sent."""
        return ()

    def count(self, client_ms: int) -> None:
        """One more message of any kind has come, pings included."""

    def answer(self, text: str, now_ms: int) -> Iterable[bytes]:  # noqa: ARG002 - for those that answer
        """What is said to a message at once: replies, and what comes before the first trades, such as a snapshot."""
        return ()

    def beat(self, now_ms: int, client_ms: int) -> Iterable[bytes]:  # noqa: ARG002 - for those that beat
        """What is said without being asked, such as heartbeats; called a hundred times a second."""
        return ()

    def wrapped(self, frame: Frame) -> bytes:
        """A frame as it is sent to this client."""
        return frame.payload


class ActiveFault(Protocol):
    """A fault that is under way."""

    @property
    def target(self) -> str:
        """What it names: a symbol, a figure, or nothing."""
        ...


class ActiveFaults(Protocol):
    """What is wrong at the moment."""

    def active(self, *kinds: str) -> ActiveFault | None:
        """A fault of one of these kinds that is under way."""
        ...

    def struck(self, kind: str, amount: int = 1) -> None:
        """Count what a trap has done."""
        ...


class ArchiveRows(NamedTuple):
    """How a venue writes its market into the files that it publishes."""

    folder: str
    """Of its market, as `futures/um`."""
    trade: Callable[[str, Trade], Mapping[str, object]]
    """A trade of the market's symbol, with the names of the stream: a, p, q, f, l."""
    kline: Callable[[str, Candle], list[object]]
    """The twelve fields of a candle."""
    is_spot: bool = False
    """Whether they are as files of spot: no header, a column more, microseconds of late."""


class Face(ABC):
    """See the head of the module."""

    key: ClassVar[str]
    """As the venue's in the registry of exchanges."""
    sockets: ClassVar[tuple[str, ...]]
    """Paths of its websockets, with `{name}` or `{name:.+}` for what may vary."""
    paths: ClassVar[tuple[tuple[str, str], ...]]
    """Method and path of its REST, written alike; faults strike these alone."""
    time_paths: ClassVar[Collection[str]]
    """Those that tell the time: the answer to them says besides how fast it goes."""
    traps: ClassVar[tuple[str, ...]] = ()
    """Which of `FACE_FAULTS` it can have."""
    single_fills: ClassVar[bool] = True
    """Whether each trade is one fill with one id, as everywhere but where trades are aggregated; then none straddles a minute."""
    has_archive: ClassVar[bool] = False
    """Whether it publishes files, as `archive` says."""
    in_order: ClassVar[bool] = False
    """Whether no trade is stamped before the one it follows: where nothing else than the time says which came first."""
    liveliness: ClassVar[float] = 1.0
    """Trades there are, for each that the market was asked to have."""
    ping_ms: ClassVar[int | None] = None
    """How often the server sends a ping of the websocket protocol; None: never."""
    life_ms: ClassVar[int | None] = None
    """Age at which a connection is closed; None: never."""
    spoil: ClassVar[Spoil]
    """What can be damaged in a trade's frame."""

    def __init__(self, market: Market, klines: Klines, faults: ActiveFaults) -> None:
        self.market = market
        self.klines = klines
        self.faults = faults
        """A trap strikes while `faults.active("its kind")` has something."""
        self.past = PastTrades(market, self.reach_ms)
        self.candles = Candles(market, klines)
        self.candles.opens_before = lambda: "prevclose" in self.traps and faults.active("prevclose") is not None
        self.days = DayStatistics(market, klines)
        self.clock_error_ms = 0
        """What is added to every server time."""
        self.told_ms: Callable[[str], int] = lambda _symbol: 0
        """Up to which moment trades of a symbol have been sent: the seam between a snapshot and what follows it."""
        self._names: tuple[tuple[int, int], dict[str, str]] = ((-1, -1), {})

    reach_ms: ClassVar[int] = 40_000 * DAY_MS
    """How far back trades can be had."""

    # What it lists

    def lists(self, listing: Listing) -> bool:
        """Whether the venue has that contract of the market."""
        return listing.contract_type == "PERPETUAL" and listing.base.isascii()

    def name(self, listing: Listing) -> str:
        """The venue's name for it."""
        return listing.symbol

    def symbol_of(self, name: str) -> str | None:
        """The market's name for what the venue calls so; None for what it does not list."""
        state = (self.market.version, len(self.market.lives))
        if self._names[0] != state:
            self._names = state, {self.name(life.listing): symbol for symbol, life in self.listed().items()}
        return self._names[1].get(name)

    def listed(self) -> dict[str, Life]:
        """What it lists, by the market's name."""
        return {symbol: life for symbol, life in self.market.lives.items() if self.lists(life.listing)}

    def traded(self, now_ms: int) -> Iterator[tuple[str, Day]]:
        """The last 24 hours of what it lists and is traded, by the market's name."""
        for symbol in self.listed():
            if self.market.status(symbol, now_ms // MINUTE_MS) == "TRADING":
                yield symbol, self.days.day(symbol, now_ms)

    def bar(self, bar: Bar) -> Bar:
        """A bar of the market, with volume in its base and turnover in its quote, in the venue's terms."""
        listing = self.market.listing(bar.symbol)
        if self.candles.opens_before():
            text = self.candles.close_before(bar.symbol, bar.open_ms // MINUTE_MS, bar.open_ms + LATEST_MS)
            if before := parsing.price(text):
                bar = bar._replace(open=before, high=max(bar.high, before), low=min(bar.low, before))
        return bar._replace(symbol=self.name(listing))

    # Sockets

    @abstractmethod
    def open(self, knock: Knock) -> Client:
        """Who has opened a websocket; raises TurnedAway."""

    def trade_stream(self, symbol: str) -> str:
        """Under which key trades of the market's symbol are read."""
        return f"trades:{symbol}"

    @abstractmethod
    def trade_frames(self, symbol: str, minute: int, trades: Sequence[Trade]) -> list[Frame]:
        """A frame for each of some trades of one minute."""

    def bundled(self, frames: Iterable[Frame]) -> Iterable[Frame]:
        """The frames of a beat, each symbol's in order, as the messages that are sent."""
        return frames

    def announced(self, symbol: str, status: str, now_ms: int) -> Frame | None:  # noqa: ARG002 - for who tells
        """What tells the market's word for a contract's new state; None: only the listing tells it."""
        return None

    def announced_elsewhere(self, now_ms: int) -> Frame | None:  # noqa: ARG002 - for who tells
        """The same of a contract that is no concern of this market's, sent before a listing."""
        return None

    def shutdown(self, now_ms: int) -> bytes | None:  # noqa: ARG002 - for who warns
        """What is said ten seconds before connections are closed; None: nothing."""
        return None

    def follow(self, streams: Collection[str], now_ms: int) -> None:  # noqa: B027 - nothing to do for most
        """These streams are read from now on, and no others; trades need nothing more."""

    def due(self, now_ms: int, speed: float) -> Iterator[Frame]:  # noqa: ARG002 - for who has others
        """Frames of other streams than trades."""
        return iter(())

    # REST

    @property
    def weights(self) -> Mapping[int, int]:
        """What was used of the limit in each minute, by minutes since the epoch; empty where requests have no weight."""
        return {}

    prepares: ClassVar[bool] = False
    """Whether it can make its history ahead."""

    def prepare(self, now_ms: int) -> None:  # noqa: B027 - for who can
        """Make the history that is asked for most, so that answers cost no time; it may take minutes."""

    @abstractmethod
    def answer(self, asked: Asked, now_ms: int) -> Reply:
        """The reply to a request for one of `paths`."""

    @abstractmethod
    def refusal(self, kind: str, now_ms: int, wait_s: int) -> Reply:
        """The reply while a fault of kind 429, 418 or 451 lasts; `wait_s` until it is over."""

    def archive(self) -> ArchiveRows | None:
        """How it publishes files; None: it does not."""
        return None

    def unknown(self, path: str, method: str) -> Reply:  # noqa: ARG002 - for who names them
        """The reply to a request for something there is not."""
        return Reply(404, b'{"message":"Not Found"}', {"Content-Type": "application/json"})
