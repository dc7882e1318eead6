"""What the wires of all exchanges read alike: many things at once, of which a damaged one costs only itself, and bars. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import islice, pairwise
from typing import Final, TypeVar

from klagg_tui.engine.bar import Bar, Check, State, fault_of
from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange.fields import DAMAGE, each_readable
from klagg_tui.exchange.listing import Instrument, Instruments, Unread
from klagg_tui.exchange.messages import Batch

E = TypeVar("E")

MOST_LISTED: Final = 10_000
"""Entries that are read; the longest listing of any market has some three thousand."""
_HIGHEST: Final = price("92000000000")
"""Far above the dearest instrument, which is paid in rupiah."""


def read_listing(entries: Collection[E], read: Callable[[E], Instrument], name_of: Callable[[E], str]) -> Instruments:
    """Every instrument that is listed; an odd entry costs only itself.

    Entries past `MOST_LISTED` are left out and counted among those that were not read.

    Args:
        entries: of the listing.
        read: one entry; raises BadFrame, BadNumber or any of `DAMAGE` where it cannot be understood.
        name_of: whose it is, where at least that can be read; raises the same where it cannot.

    Raises:
        BadFrame: there are none.
    """
    if not entries:
        raise BadFrame("it lists nothing at all")
    found: list[Instrument] = []
    odd: list[tuple[E, str]] = []
    for entry in islice(entries, MOST_LISTED):
        try:
            found.append(read(entry))
        except KeyError as error:
            odd.append((entry, f"the field {error} is missing"))
        except (BadFrame, *DAMAGE) as error:
            odd.append((entry, str(error)))
    cut = max(0, len(entries) - MOST_LISTED)
    reason = f"a listing is read up to its {MOST_LISTED:,}th entry" if cut else odd[0][1] if odd else ""
    names = frozenset(each_readable((entry for entry, _ in odd), name_of))
    return Instruments(tuple(found), Unread(len(odd) + cut, names, reason))


def decode_each(raws: Iterable[bytes], read: Callable[[bytes, Batch], None], repeated: Collection[str] = ()) -> Batch:
    """The messages of a connection as values; a damaged one costs only itself.

    `read` puts what one message says into the batch, and raises BadFrame or BadNumber before it where it is damaged.
    """
    batch = Batch([], [], [], repeated)
    for raw in raws:
        try:
            read(raw, batch)
        except (BadFrame, BadNumber) as error:
            batch.damaged.append((raw, error))
    return batch


def lone_trade(
    symbol: str, price: str, quantity: str, traded_ms: int, is_buyer_maker: bool, trade_id: int
) -> TradeFields:
    """The fields of a trade that stands for itself, with one id, and names no time of sending: that is the time of the trade."""
    return symbol, price, quantity, traded_ms, is_buyer_maker, trade_id, trade_id, trade_id, traded_ms


def sound_trades(found: list[AggTrade], symbol: str, decimals: int) -> list[AggTrade]:
    """The trades of a reply, which is good or bad as a whole, their texts of price and quantity included.

    `decimals`: the most of a price.

    Raises:
        BadFrame, BadNumber: one of them is no number, or the ids do not rise.
    """
    for trade in found:
        price(trade.price, decimals), quantity(trade.quantity)
    if any(later.aggregate_id <= earlier.aggregate_id for earlier, later in pairwise(found)):
        raise BadFrame(f"the trades of {symbol} are out of order")
    return found


def bars_of(rows: Iterable[E], read: Callable[[E], Bar], symbol: str) -> list[Bar]:
    """The bars of a reply, in order, which is good or bad as a whole.

    `read`: one row; raises BadFrame, BadNumber or any of `DAMAGE` where it is damaged.

    Raises:
        BadFrame: any of them is, or their times do not rise.
    """
    try:
        found = [read(row) for row in rows]
    except DAMAGE as error:
        raise BadFrame(f"a bar of {symbol} cannot be read: {error}") from error
    return rising_bars(found, symbol)


def rising_bars(found: list[Bar], symbol: str) -> list[Bar]:
    """The bars of a reply; raises BadFrame where their times do not rise."""
    if any(later.open_ms <= earlier.open_ms for earlier, later in pairwise(found)):
        raise BadFrame(f"the bars of {symbol} are out of order")
    return found


def sound(bar: Bar, check: Check, contract_value: Exact = 0) -> Bar:
    """A bar of the exchange's own, sound as far as `check` goes.

    `contract_value`: see `fault_of`.

    Raises:
        BadFrame: its prices are out of range, it is off the grid, or it contradicts itself.
    """
    if bar.high > _HIGHEST:
        raise BadFrame(f"a bar of {bar.symbol} has its prices out of range")
    if not bar.period.is_on_grid(bar.open_ms):
        raise BadFrame(f"a bar of {bar.symbol} opens off the grid of {bar.period}")
    if fault := fault_of(bar, check, contract_value):
        raise BadFrame(f"a bar of {bar.symbol} is none: {fault}")
    return bar


def shown_over(found: list[Bar], now_ms: int, shown_ms: int) -> list[Bar]:
    """The bars of a reply, confirmed where they were over, else forming.

    Confirmed is for ever, so it needs more than our clock: the answer itself must show that a bar was over, by a newer bar
    behind it or by its date.

    Args:
        found: in order.
        now_ms: the time by our clock. A bar may still change in the seconds after its end, so it may well be some seconds ago.
        shown_ms: the time that the answer itself shows, for the same reason some seconds less; 0 where it shows none.
    """
    return judged(found, min(now_ms, max(shown_ms, found[-1].open_ms)) if found else 0)


def judged(bars: Iterable[Bar], over_ms: int) -> list[Bar]:
    """Bars that are confirmed where they were over at a time, else forming."""
    return [bar._replace(state=State.CONFIRMED if bar.end_ms <= over_ms else State.FORMING) for bar in bars]
