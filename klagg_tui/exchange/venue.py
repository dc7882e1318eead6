"""What an exchange provides: facts as frozen values, its stream's language as pure functions, and the questions it answers.

Everything above this door is written against these; a package beside this module fills them for one exchange.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from types import TracebackType
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, Self, TypeAlias

from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.elsewhere import NamesElsewhere
from klagg_tui.exchange.hosts import is_host_of
from klagg_tui.exchange.limits import DerivativeFacts, Refusal, RequestLimits, RequestUse, StreamLimits
from klagg_tui.exchange.listing import Instruments

if TYPE_CHECKING:  # facts are read at every start, and the numbers behind these values bring a JSON library along
    from klagg_tui.engine.bar import Bar
    from klagg_tui.engine.derivatives import ContractQuote
    from klagg_tui.engine.events import AggTrade
    from klagg_tui.exchange.messages import Batch
    from klagg_tui.exchange.tickers import Ticker24h


class Priority(IntEnum):
    """What a request is for, the most urgent first."""

    GAP = 0
    SEED = 1
    CONFIRM = 2
    OWED = 3
    HISTORY = 4
    QUOTES = 5
    """What is told beside trades: the next look tells it too."""


Verb: TypeAlias = Literal["subscribe", "unsubscribe"]
"""What a command does with streams."""
Decode: TypeAlias = "Callable[[Iterable[bytes]], Batch]"
"""From messages to values; see `StreamCodec.decode_batch`."""


def same_name(symbol: str) -> str:
    """The symbol itself: what its stream is called where each connection has one channel."""
    return symbol


@dataclass(frozen=True)
class StreamCodec:
    """The language of the market streams: pure functions from and to messages."""

    path: str
    """Where trades are, at a host without a path of its own."""
    command: Callable[[Verb, Sequence[str], int], bytes]
    """Text message that asks for streams, or ends them; the number comes back with the answer."""
    decode_batch: Decode
    """The messages of a connection as values; damage costs only the message it is in.

    A codec that remembers something is given messages of one `MarketStream` alone. Several connections of it are open at once,
    and what they bring comes in turns, batch by batch, the same trades from two of them included."""
    trade_stream: Callable[[str], str] = same_name
    """Name of the stream of a symbol's trades."""
    market_streams: tuple[str, ...] = ()
    """Streams that are not of one symbol, to be had on one connection: contracts that come and go.
    None: the listing alone, asked for every ten minutes, tells of those."""
    ping: bytes | None = None
    """The text message that asks for a sign of life; None: a ping of the websocket protocol."""
    open_decoder: Callable[[], Decode] | None = None
    """Makes a `decode_batch` for one new connection, where it matters which messages came over the same one."""

    def subscribe(self, streams: Sequence[str], number: int) -> bytes:
        """The command that asks for streams."""
        return self.command("subscribe", streams, number)

    def unsubscribe(self, streams: Sequence[str], number: int) -> bytes:
        """The command that ends them."""
        return self.command("unsubscribe", streams, number)


class Clock(Protocol):
    """The exchange's clock."""

    @property
    def speed(self) -> float:
        """Exchange's seconds in a second of the world; 1 but for a simulated exchange."""
        ...

    @property
    def is_set(self) -> bool:
        """Whether the exchange ever told its time and was believed; before that it is this machine's."""
        ...

    @property
    def trouble(self) -> str:
        """One sentence about the last answer where it was doubted, else empty."""
        ...

    @property
    def jumps(self) -> int:
        """How often the clock was moved by more than a little: what was decided by it may be wrong."""
        ...

    def now_ms(self, local_ms: float) -> int:
        """The exchange's time at a moment of the steady local clock."""
        ...

    def error_ms(self, local_ms: float) -> float:
        """By how much `now_ms` may be off then, in the exchange's milliseconds; infinite until it told its time."""
        ...

    def heard(self, local_ms: float, traded_ms: float) -> None:
        """Trades have come, the last of them of that time."""
        ...


class Request(NamedTuple):
    """One GET, or POST where there is a body; the parameters are encoded as UTF-8 for the address."""

    path: str
    parameters: tuple[tuple[str, str], ...] = ()
    cost: int = 1
    body: bytes | None = None
    """JSON."""


class Failure(NamedTuple):
    """The body of a refused request."""

    code: int = 0
    """The exchange's, 0 where it gave none."""
    message: str = ""
    banned_until_ms: int | None = None
    is_unknown_symbol: bool = False
    status: int | None = None
    """The status that the answer should have had, where the exchange says errors with 200: 429 for too many requests."""


class MarketData(Protocol):
    """What may be asked of an exchange, in an `async with` block.

    Whatever goes wrong raises an `ExchangeError`, after as many tries as make sense.
    """

    async def __aenter__(self) -> Self:
        """Ready to be asked."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what was opened."""
        ...

    @property
    def clock(self) -> Clock:
        """Set by `sync`."""
        ...

    @property
    def codec(self) -> StreamCodec:
        """The language of the streams; it knows of the contracts what `instruments` brought, such as what one is worth."""
        ...

    def now_ms(self) -> int:
        """The exchange's time now."""
        ...

    def error_ms(self) -> float:
        """By how much that may be off, in the exchange's milliseconds; infinite until the exchange told its time.

        The moment is right to within half the round trip of the answer that it is from: whoever takes it for exact where that
        matters says what is not so.
        """
        ...

    def use(self) -> RequestUse:
        """How much was asked."""
        ...

    async def sync(self) -> None:
        """Ask the exchange for its time and set the clock by it."""
        ...

    async def instruments(self) -> Instruments:
        """Everything that the exchange lists."""
        ...

    async def tickers(self, priority: Priority) -> Mapping[str, Ticker24h]:
        """The last 24 hours of every symbol, by symbol, as far as the exchange tells it in one request."""
        ...

    async def bars(
        self,
        symbol: str,
        period: Period,
        start_ms: int | None = None,
        end_ms: int | None = None,
        *,
        limit: int,
        priority: Priority,
        fills: bool = True,
    ) -> list[Bar]:
        """The exchange's own bars that open from `start_ms` to `end_ms`, both included; the newest without `start_ms`.

        What was over when it was asked for is confirmed, the rest is forming. A minute that nobody traded has a flat bar
        with sums of 0, which a venue fills in where its exchange sends none: who asks takes a missing bar for a hole.
        With `fills` False only what the exchange sends comes.

        Raises:
            UnknownSymbol: the exchange has no such symbol, or not any more.
        """
        ...

    async def trades(
        self, symbol: str, from_id: int, *, since_ms: int = 0, limit: int, priority: Priority
    ) -> list[AggTrade]:
        """Trades from an id on, at most `limit` of them, in order of their ids; none where there are none.

        `since_ms`: the time of a trade before `from_id`, for exchanges that are asked by time; 0 where none is known.
        """
        ...

    async def recent_trades(self, symbol: str, *, priority: Priority) -> list[AggTrade]:
        """The newest trades, in order of their ids: as many as one answer brings; none where the exchange does not tell them."""
        ...

    async def quotes(self, symbols: Sequence[str], *, priority: Priority) -> list[ContractQuote]:
        """What is to be asked of these contracts beside their trades, because no stream tells it.

        At most `DerivativeFacts.at_once` of them; perhaps others too, where one answer tells of all. None where the exchange has none.
        """
        ...


class MakeMarketData(Protocol):
    """Makes the `MarketData` at an address."""

    def __call__(self, rest_url: str, start_ms: float, *, proxy: str | None = None) -> MarketData:
        """`start_ms`: the time its clock begins with, before the exchange has answered."""
        ...


class Ids(Enum):
    """What the ids of an exchange's trades prove."""

    DENSE = "dense"
    """They follow each other one by one, on the stream too: a missing id is a missing trade."""
    DENSE_IN_REST = "dense in REST"
    """The same, but the stream leaves some out as a rule: what is missing is fetched, after a little while."""
    NONE = "none"
    """Nothing. What was missed shows only where the exchange's bar has another count or volume than ours."""


@dataclass(frozen=True)
class CandleFacts:
    """What the exchange's own bars say, and how far back they can be had."""

    lacks: Evidence = Evidence.ALL
    """Fields that they do not have; such a field of a bar that was fetched is unknown, of one that we made it is ours."""
    opens_at_previous_close: bool = False
    """Whether a bar opens at the close of the one before instead of at its first trade; high and low include that price."""
    has_empty_minutes: bool = True
    """Whether there is a bar where nothing was traded. `MarketData.bars` fills in flat ones either way."""
    periods: frozenset[Period] = frozenset(Period)
    """For which there are bars; larger ones besides are made of minutes alone."""
    reach: int | None = None
    """How many of the newest bars of a period can be had; None: all since the listing."""
    makes_older_minutes: bool = False
    """Whether `MarketData.bars` makes minutes older than that of the exchange's trades, so that all can be had."""


class Question(Enum):
    """What only the live exchange can answer: `klagg probe` has a check for each."""

    IDS = "ids of trades follow each other one by one"
    SUM = "a bar is the sum of its trades"
    EMPTY = "a minute without trades"
    FIRST_PRICE = "the first price of a bar"
    FINAL = "when a bar is final"
    BAD_SYMBOL = "a command with one symbol that there is not still serves the others"
    SEAM = "what comes first on a new connection holds trades from before it"
    ROUTE = "the address of the stream delivers trades"


class Doubt(NamedTuple):
    """One thing that a venue's package supposes and nobody has measured lately."""

    question: Question
    supposed: str
    """What klagg takes for true, as half a sentence."""
    source: str
    """Where that is from."""
    expected: bool | None = None
    """For a question with a plain yes or no (`SEAM`, `BAD_SYMBOL`): which of the two is supposed; None: what is seen is told."""


@dataclass(frozen=True)
class Venue:
    """One exchange: its facts, its language, and how it is asked."""

    key: str
    """Short and for ever: databases are marked with it."""
    name: str
    """For people."""
    rest_url: str
    stream_url: str
    hosts: re.Pattern[str]
    """Its own hosts; any other address is another market."""
    requests: RequestLimits
    streams: StreamLimits
    refusals: Mapping[int, Refusal]
    """By status, of HTTP and of handshakes."""
    blocked_advice: str
    """What somebody can do to whom it answers 451, to be read after a colon."""
    settle_ms: int
    """How long after its end a bar may still change, and our picture of the clock be wrong: fetched earlier it is not final."""
    contract_types: tuple[str, ...]
    """Kinds of contracts that can be asked for, the usual one first."""
    load_codec: Callable[[], StreamCodec] = field(repr=False)
    """Facts are read at every start; the codec and what it needs are loaded by who speaks with the exchange."""
    market_data: MakeMarketData = field(repr=False)
    ids: Ids = Ids.DENSE
    candle: CandleFacts = CandleFacts()
    repair_after_ms: int = 0
    """How long missing trades are waited for before they are fetched: where the stream leaves some out as a rule, one request
    then brings many."""
    derivatives: DerivativeFacts | None = None
    """None: it has no derivatives, or tells nothing of them that is read here."""
    doubts: tuple[Doubt, ...] = ()
    """To be probed."""
    elsewhere: NamesElsewhere | None = None
    """None: no files of other programs are written of it."""

    @property
    def codec(self) -> StreamCodec:
        """The language of its stream."""
        return self.load_codec()

    def is_at(self, url: str) -> bool:
        """Whether this very exchange answers at an address, and no test market or imitation of it."""
        return is_host_of(self.hosts, url)
