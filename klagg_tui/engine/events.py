"""What goes into the engine (`AppEvent`) and what it reports (`Report`): immutable values, times in milliseconds."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, final

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import DEFAULT_THREE_DAY_ANCHOR
from klagg_tui.errors import BadNumber


@final
class AggTrade(NamedTuple):
    """One aggregate trade: the fills of one price and one taker side within 100 ms.

    Ids of aggregate trades follow each other one by one within a symbol; ids of fills do not.
    """

    symbol: str
    price: str
    """As the exchange wrote it, like `quantity`: nobody reads these texts before the engine does."""
    quantity: str
    traded_ms: int
    is_buyer_maker: bool
    aggregate_id: int
    first_trade_id: int
    last_trade_id: int
    event_ms: int
    """When the exchange sent it; equal to `traded_ms` where it came from a file."""

    def amounts(self) -> tuple[Exact, Exact]:
        """Price and quantity as numbers.

        Raises:
            BadNumber: one of them is none.
        """
        return parsing.price(self.price), parsing.quantity(self.quantity)

    @property
    def is_placeholder(self) -> bool:
        """Whether it is a record of price 0 and quantity 0: no trade, but its id is used up."""
        try:
            return self.amounts() == (0, 0)
        except BadNumber:
            return False


TradeFields: TypeAlias = tuple[str, str, str, int, bool, int, int, int, int]
"""What an `AggTrade` says, in its order, with or without its class.

Making the named kind and taking it apart costs as much as counting the trade, so where every trade of the market passes
(decoder to engine) plain tuples do.
"""


class TradeSum(NamedTuple):
    """Trades of one symbol and one minute, unbroken and in their order, added up: what a fast reader of files hands over.

    Each of them is sound and was traded not before the one before it; whoever makes this has looked.
    """

    symbol: str
    first_id: int
    """Aggregate id of the first, and of the last one."""
    last_id: int
    from_ms: int
    """When the first was traded, and the last one."""
    to_ms: int
    high: Exact
    low: Exact
    close: Exact
    trade_count: int
    """Fills, as a bar counts them."""
    taker_buy_volume: Exact
    taker_buy_turnover: Exact
    taker_sell_volume: Exact
    taker_sell_turnover: Exact


class AddSymbol(NamedTuple):
    """Follow a symbol; the engine gives it the next index. Known symbols are left as they are."""

    symbol: str
    """What bars, events and reports call it: the exchange's own name, as its trades do, or `venue:name`."""
    first_open_ms: int
    """When its first bar opened (listing); nothing is missing before it. 0 where unknown."""
    three_day_anchor: int = DEFAULT_THREE_DAY_ANCHOR
    venue: str = ""
    """Among whose trades its own are: those given to `KlineEngine.take` with the same venue."""
    contract_value: Exact = 0
    """What one contract of an inverse symbol is worth, in price units: its quantities count contracts, its turnover is their
    worth. 0 for all other symbols."""
    proves: bool = True
    """Whether the ids of its trades show that none is missing. Otherwise an ended minute stays partial until the exchange's
    own bar shows that it is whole, and there are no spans."""


class RemoveSymbol(NamedTuple):
    """Stop following a symbol: its open bars are given out as they stand, later trades of it are unknown ones."""

    symbol: str


class SeedBars(NamedTuple):
    """Begin (or begin again) a symbol at a minute, standing on bars made elsewhere (store, exchange).

    Resets what the engine holds of the symbol, except trades held back by a gap.
    """

    symbol: str
    minute_ms: int
    """Open time of the minute that is forming."""
    bars: tuple[Bar, ...]
    """Closed bars of any periods, all over by `minute_ms`; the forming larger bars are made from them."""
    forming: Bar | None
    """What is already known of the forming minute, or None for nothing."""
    next_id: int | None
    """Aggregate id that continues it; None: unknown, the first trade to come is taken as it is."""
    known_from_ms: int | None = None
    """From when on every trade is in `forming`; None: from `minute_ms` where `next_id` is given, else unknown."""


class EarlierBars(NamedTuple):
    """Ended bars from before the minutes held of a symbol that has begun: its larger bars under way become whole by them.

    The forming minute stays as it is, and so do the ended ones that are held; bars that would make anything less whole are
    left out of account.
    """

    symbol: str
    bars: tuple[Bar, ...]
    """Of any periods."""


class MissingTrades(NamedTuple):
    """Trades fetched to fill a gap, in order of id; whatever was held back and fits goes in behind them."""

    symbol: str
    trades: tuple[AggTrade, ...]


class HoldSymbol(NamedTuple):
    """Hold a symbol's trades back although no gap was seen: its connection is down, or it is about to be seeded."""

    symbol: str


class ReleaseSymbol(NamedTuple):
    """It is proven that nothing is missing: go on where `HoldSymbol` stopped."""

    symbol: str


class QuietUntil(NamedTuple):
    """It is shown otherwise than by ids that nothing was traded from the newest trade until then."""

    symbol: str
    to_ms: int


class AbandonGap(NamedTuple):
    """The missing trades cannot be had: the touched minutes become partial and the held trades go in."""

    symbol: str


class AmendBar(NamedTuple):
    """The exchange's own 1m bar, to confirm ours or to take its place: see `confirmed_by`."""

    bar: Bar
    """Over by its own showing; its evidence says what it lacks."""
    opens_at: Exact | None = None
    """The price it opens at, for exchanges whose bars open at the close before; None for all others."""


AppEvent: TypeAlias = (
    AggTrade
    | AddSymbol
    | RemoveSymbol
    | SeedBars
    | EarlierBars
    | MissingTrades
    | HoldSymbol
    | ReleaseSymbol
    | QuietUntil
    | AbandonGap
    | AmendBar
)


class GapFound(NamedTuple):
    """Trades are missing before one that came, and the symbol waits for them: see `KlineEngine.pending_gap`."""

    symbol: str


class PendingGap(NamedTuple):
    """What a waiting symbol has on both sides of what is missing."""

    next_id: int | None
    """First id missing; None: nothing is known of the symbol."""
    held: tuple[AggTrade, ...]
    """Trades that wait behind the gap, by id; empty where none is known to be missing (`HoldSymbol`)."""
    minute: Bar | None
    """Ours of the minute up to which nothing is missing for sure; what is known of later ones has no trades. None where there
    is none, or it is no longer held."""
    traded_ms: int
    """Time of the newest trade before the gap, 0 where there was none."""
    anew_ms: int = 0
    """Since when the ids are those of another contract, 0 where they never began anew."""


class TradeRejected(NamedTuple):
    """A trade whose price or quantity is no positive number, whose ids run backwards, or whose time cannot be."""

    trade: AggTrade
    reason: str
    qualified: str = ""
    """What the engine calls the symbol, where that is not the trade's own name for it."""

    @property
    def symbol(self) -> str:
        """What the engine calls the symbol."""
        return self.qualified or self.trade.symbol


class TradeTooLate(NamedTuple):
    """A trade in order of id whose minute is no longer held: that minute's bar lacks it until the exchange's is taken."""

    trade: AggTrade
    qualified: str = ""
    """See `TradeRejected`."""

    @property
    def symbol(self) -> str:
        """What the engine calls the symbol."""
        return self.qualified or self.trade.symbol


class NumberedAnew(NamedTuple):
    """The ids of a symbol's trades went back while time went on: another contract has its name.

    Where gaps are held the symbol waits for bars to begin on.
    """

    trade: AggTrade
    """Its first one that was seen."""
    qualified: str = ""
    """See `TradeRejected`."""

    @property
    def symbol(self) -> str:
        """What the engine calls the symbol."""
        return self.qualified or self.trade.symbol


Report: TypeAlias = GapFound | TradeRejected | TradeTooLate | NumberedAnew


class Counters(NamedTuple):
    """What the engine met since it began."""

    trades: int = 0
    duplicates: int = 0
    gaps: int = 0
    gaps_filled: int = 0
    gaps_abandoned: int = 0
    late: int = 0
    """Trades in order of id whose time lay in an earlier minute that is still held."""
    too_late: int = 0
    """The same, but the minute is gone: see `TradeTooLate`."""
    unknown_symbol: int = 0
    rejected: int = 0
    held_cut: int = 0
    """Trades held back and let go again because too many waited; they are fetched."""
    equal: int = 0
    amended: int = 0
