"""The contract between the runtime and its readers: what changed, how it is doing, and what may be asked of it.

Screens, the status line and the server know the running engine by this alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from klagg_tui.edge import OlderBars
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import COLUMN_FIELDS, BarColumns, StoredStretch
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.events import AggTrade, Counters
from klagg_tui.engine.period import Period
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.metrics import NO_VALUES, Metric, Snapshot

if TYPE_CHECKING:  # the export is loaded when somebody exports: the first table should not wait for it
    from klagg_tui.exporting.exporter import Estimate, Exported, OnProgress, ShouldStop
    from klagg_tui.exporting.format import Format
    from klagg_tui.exporting.selection import Selection


class Mode(StrEnum):
    """Where the bars come from."""

    LIVE = "live"
    REPLAY = "replay"
    DEMO = "demo"
    CONNECTING = "connecting"
    """Nobody has answered yet, and no try has failed: what is stored is shown."""
    OFFLINE = "offline"
    """A try has failed. Only what is stored: nothing new comes."""

    @property
    def is_reached(self) -> bool:
        """Whether what feeds the bars answers."""
        return self not in (Mode.CONNECTING, Mode.OFFLINE)


class Progress(NamedTuple):
    """How far a longer work in the background is."""

    what: str
    done: int
    total: int


class VenueStatus(NamedTuple):
    """How one exchange is doing."""

    key: str
    """The venue's; empty for a market that is none, such as a replay."""
    name: str
    """For people."""
    mode: Mode
    connection: str
    """As `Status.connection`, as are the next ones."""
    exchange_now_ms: int
    knows_time: bool = True
    delay_ms: float | None = None
    is_behind: bool = False
    notices: tuple[str, ...] = ()
    """Its present troubles, without its name."""
    symbols: int = 0
    """That are followed there."""
    halted: int = 0
    counters: Counters = Counters()
    """What the engine met of it."""
    trades_per_second: float = 0.0
    progress: Progress | None = None
    metrics: Snapshot = NO_VALUES
    """Of this exchange alone."""
    not_chosen: str = ""

    @property
    def requests_used(self) -> int:
        """Cost of what was asked in this minute of the exchange."""
        return int(self.metrics.get(Metric.WEIGHT_USED, 0))

    @property
    def requests_limit(self) -> int:
        """What may be asked in a minute, 0 where that is not known yet."""
        return int(self.metrics.get(Metric.WEIGHT_LIMIT, 0))

    @property
    def owed_minutes(self) -> int:
        """Minutes still to be fetched of what the database should hold."""
        return int(self.metrics.get(Metric.OWED_MINUTES, 0))

    @property
    def owed_symbols(self) -> int:
        """Symbols that those are of."""
        return int(self.metrics.get(Metric.OWED_SYMBOLS, 0))

    @property
    def reconnects(self) -> int:
        """Connections lost and opened again."""
        return int(self.metrics.get(Metric.RECONNECTS, 0))


class Status(NamedTuple):
    """How the feed is doing: of several exchanges the sums, and the worst of what cannot be added up."""

    market: str
    """For people: the exchange's name or address, `simulated market`, `replay`."""
    mode: Mode
    exchange_now_ms: int
    """The exchange's clock; in a replay the time of the replayed trades."""
    delay_ms: float | None = None
    """How far what is shown is behind the exchange; None where that means nothing."""
    connection: str = ""
    """In a word or two: `connected`, `connecting`, `no connection`, `stale` (see `is_behind`)."""
    notices: tuple[str, ...] = ()
    """Present troubles, each one sentence; the oldest first."""
    counters: Counters = Counters()
    metrics: Snapshot = NO_VALUES
    """What is counted and measured beside the engine's own counters."""
    log_lines: tuple[str, ...] = ()
    """The newest lines of the log, oldest first."""
    progress: Progress | None = None
    halted: frozenset[str] = frozenset()
    """Symbols that are followed and whose trading rests at the exchange."""
    not_chosen: str = ""
    """What the exchange lists besides, and how to choose it, as a sentence; empty where nothing."""
    is_behind: bool = False
    """Whether this is from before: the machine slept and the exchange's time is not known yet, or nothing was told for seconds."""

    knows_time: bool = True
    """Whether `exchange_now_ms` is the exchange's clock; before it told its time, it is this machine's."""

    venues: tuple[VenueStatus, ...] = ()
    """Each exchange that is watched; one where one is."""

    others: tuple[str, ...] = ()
    """Symbols that are listed besides, of which `not_chosen` tells."""

    is_simulated: bool = False
    """Whether the exchanges are made up, whether they answer or not."""

    attached: str = ""
    """Where another process records and this one only looks on: which, in a word or two."""

    def behind(self) -> Status:
        """The same, marked as from before."""
        venues = tuple(venue._replace(is_behind=True, connection="stale") for venue in self.venues)
        return self._replace(is_behind=True, connection="stale", venues=venues)

    @property
    def owed(self) -> str:
        """How much is still to be fetched of what the database should hold, as a sentence; empty where nothing is."""
        minutes, symbols = (int(self.metrics.get(metric, 0)) for metric in (Metric.OWED_MINUTES, Metric.OWED_SYMBOLS))
        return owed_sentence(minutes, symbols)


def owed_sentence(minutes: int, symbols: int) -> str:
    """How much is still to be fetched; empty where nothing is."""
    if not minutes:
        return ""
    minutes_text = f"{minutes:,} minutes" if minutes > 1 else "1 minute"
    symbols_text = f"{symbols:,} symbols" if symbols > 1 else "1 symbol"
    return f"{minutes_text} of {symbols_text} {'are' if minutes > 1 else 'is'} still to be fetched"


class InstrumentFacts(NamedTuple):
    """What the exchange's listing says of a symbol."""

    venue: str = ""
    """Key of the exchange."""
    venue_name: str = ""
    """For people."""
    name: str = ""
    """What the exchange calls it."""
    base: str = ""
    """The coin that is traded, and what it is paid in; empty where the listing does not say it."""
    quote: str = ""
    is_inverse: bool = False
    """Whether volume counts contracts of a fixed worth in the quote, not the base."""
    tells_derivatives: bool = False
    """Whether its exchange tells open interest and funding."""
    listed_ms: int = 0
    """When trading began, as the exchange tells it; 0 where it does not."""
    traded_by_ms: int = 0
    """Where it does not: a time before which it was traded already, as the oldest stored bar shows; 0 where none does."""


class FeedUpdate(NamedTuple):
    """What changed since the screen asked last."""

    changes: Changes = Changes()
    """Bars of `Feed.periods`, and minutes also where they are not among these."""
    symbols_added: tuple[str, ...] = ()
    symbols_removed: tuple[str, ...] = ()
    last_trade_ms: Mapping[str, int] = {}
    """Time of the newest trade of each symbol that changed."""
    instruments: Mapping[str, InstrumentFacts] = {}
    """What was learned of symbols since, by symbol: of those added, of stored ones as they were listed once, and again once the
    exchange has listed them."""
    stored: tuple[StoredStretch, ...] = ()
    """Where the database holds something else than before, beside what `changes` brings: history that was fetched, repaired,
    amended, imported or taken back, of the same periods, by symbol. Who keeps it reads it again with `columns`, after
    `changes` was taken in; a bar that is not there then is not known any more."""
    tickers: Mapping[str, Ticker24h] = {}
    """The last 24 hours of symbols as their exchange told them, soon after the start and every few minutes: for what klagg's own
    minutes do not cover yet."""
    derivatives: tuple[DerivativeMinute, ...] = ()
    """What was told of contracts beside their trades: the minutes that changed, in their newest state."""
    anew_until_ms: int = 0
    """Not 0: a recording is played from its beginning again. What was told before holds no more, symbols and bars included, and until
    the newest trade is of this time nothing that comes is news: it happened before."""


class Archive(Protocol):
    """What is stored, for whoever asks."""

    async def history(self, symbol: str, period: Period, before_ms: int | None, count: int) -> tuple[Bar, ...]:
        """Up to `count` closed bars that open before `before_ms` (None: the newest ones), oldest first."""
        ...

    async def columns(
        self,
        symbols: Sequence[str],
        period: Period,
        from_ms: int,
        fields: Collection[str] = COLUMN_FIELDS,
        *,
        to_ms: int | None = None,
    ) -> Mapping[str, BarColumns]:
        """The ended bars that open from `from_ms` to before `to_ms` (None: all from then on), of each symbol as columns of floats; those of `fields`.

        Symbols without such bars are left out; the rest is in the order asked for. Every bar that `take_changes` told as ended before
        the call is among them, and what it tells afterwards is newer. All is held in memory: 1,440 minutes of one symbol
        take 110 KB, so many symbols are asked for some at a time, those on view first. Empty where nothing is kept.
        """
        ...

    async def derivatives(self, symbol: str, edges_ms: Sequence[int]) -> tuple[DerivativeMinute, ...]:
        """Open interest and funding of a contract: of each stretch from one of these times to the next the last minutes that tell them.

        Behind them come the minutes under way, as far as they are not on disk yet; a minute may come twice, then the later one holds.
        """
        ...

    async def estimate(self, selection: Selection, form: Format) -> Estimate:
        """About what an export comes to.

        Raises:
            KlaggError: the selection names what is not there, or nothing is kept.
        """
        ...

    async def export(
        self,
        selection: Selection,
        target: Path,
        form: Format,
        *,
        is_split: bool,
        on_progress: OnProgress,
        should_stop: ShouldStop,
    ) -> Exported:
        """Write the selected bars; `on_progress` and `should_stop` are called in a thread of its own.

        Raises:
            KlaggError: the target cannot be written, the selection names what is not there, or nothing is kept.
        """
        ...


class Feed(Archive, Protocol):
    """Every call is cheap and safe from the screen's thread."""

    @property
    def periods(self) -> tuple[Period, ...]:
        """Those asked for, from short to long."""
        ...

    def take_changes(self) -> FeedUpdate | None:
        """Everything changed since the last call, coalesced; the first call gives all there is. None: nothing."""
        ...

    def status(self) -> Status:
        """How things stand now."""
        ...

    async def fetch_older(self, symbol: str, period: Period, before_ms: int) -> OlderBars:
        """Have a page of bars fetched from before the oldest stored one, which opens then, as urgently as all history; `history` has them then."""
        ...

    def tape(self, symbol: str) -> tuple[AggTrade, ...]:
        """The last trades of the followed symbol, oldest first; empty for another one."""
        ...

    def follow(self, symbol: str | None) -> None:
        """Keep the tape of this symbol from now on, or of none."""
        ...

    def look_at(self, symbols: Sequence[str], period: Period, opened: str | None = None) -> None:
        """Fetch history of these first from now on: the opened symbol, the rows on view from the top, and of them the period shown."""
        ...

    async def stop(self) -> None:
        """End recording: when this returns, the last changes are on disk; raises `StorageError` where they cannot be."""
        ...
