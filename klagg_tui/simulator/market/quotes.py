"""Mark prices, funding and the order book, as REST writes them; streams give the same under shorter names.

None of it is traded: a mark price lies on the path that trades are scattered around, and the book stands on either side of
the last trade.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from klagg_tui.simulator.market.calendar import HOUR, MINUTE_MS
from klagg_tui.simulator.market.catalog import Listing
from klagg_tui.simulator.market.chance import NORMAL, WILD, draws
from klagg_tui.simulator.market.klines import Published
from klagg_tui.simulator.market.market import Market
from klagg_tui.simulator.market.text import decimal_text, price_text

Row: TypeAlias = dict[str, object]
Level: TypeAlias = tuple[str, str]
"""Price and quantity."""
Price: TypeAlias = Callable[[Market, Listing, int], float]

FUNDED_EVERY_MS: Final = 8 * HOUR * MINUTE_MS
_RATE: Final = 0.0001
"""Funding for eight hours in calm times, also the interest in it."""
_CROWDED: Final = 248
"""Of 256 moods those above are of a crowd that is long, and as many at the other end of one that is short."""


def mark_at(market: Market, listing: Listing, now_ms: int) -> float:
    """The mark price."""
    minute, rest_ms = divmod(now_ms, MINUTE_MS)
    first = market.path.at(listing, minute)
    return first + (market.path.at(listing, minute + 1) - first) * rest_ms / MINUTE_MS if rest_ms else first


def index_at(market: Market, listing: Listing, now_ms: int) -> float:
    """The price elsewhere: near the mark price, on one side of it from one funding to the next."""
    return mark_at(market, listing, now_ms) * (1 - (_mood(listing, now_ms) - 128) * 2e-6)


def premium_at(market: Market, listing: Listing, now_ms: int) -> float:
    """By how much the mark price is above the price elsewhere, of 1."""
    return mark_at(market, listing, now_ms) / index_at(market, listing, now_ms) - 1


def funding_rate(listing: Listing, now_ms: int) -> float:
    """What is paid at the end of these eight hours: about a quarter of the coins is paid for going long, a few are crowded."""
    mood = _mood(listing, now_ms)
    crowd = max(0, mood - _CROWDED) - max(0, 256 - _CROWDED - 1 - mood)
    return _RATE * (0.7 + NORMAL[mood] + crowd)


def mark_price(market: Market, symbol: str, now_ms: int) -> Row:
    """`premiumIndex`; a contract that is delivered has no funding."""
    listing = market.listing(symbol)
    mark, index = mark_at(market, listing, now_ms), index_at(market, listing, now_ms)
    is_funded = listing.delivered_minute is None
    return {
        "symbol": symbol,
        "markPrice": f"{mark:.8f}",
        "indexPrice": f"{index:.8f}",
        "estimatedSettlePrice": f"{(mark + index) / 2:.8f}",
        "lastFundingRate": f"{funding_rate(listing, now_ms):.8f}" if is_funded else "",
        "interestRate": f"{_RATE:.8f}" if is_funded else "",
        "nextFundingTime": (now_ms // FUNDED_EVERY_MS + 1) * FUNDED_EVERY_MS if is_funded else 0,
        "time": now_ms,
    }


def best_prices(market: Market, symbol: str, last: Published, now_ms: int) -> Row:
    """`ticker/bookTicker` after the trade `last`."""
    bids, asks = book(market, symbol, last, 1, now_ms)
    (bid, bid_quantity), (ask, ask_quantity) = bids[0], asks[0]
    return {
        "symbol": symbol,
        "bidPrice": bid,
        "bidQty": bid_quantity,
        "askPrice": ask,
        "askQty": ask_quantity,
        "time": last.event_ms,
    }


def book(market: Market, symbol: str, last: Published, count: int, now_ms: int) -> tuple[list[Level], list[Level]]:
    """Bids and asks after the trade `last`, the best first: its maker's side stands at its price, the other a tick away."""
    listing = market.listing(symbol)
    minute = now_ms // MINUTE_MS
    tick, _ = market.tick(symbol, minute)
    price, _, _, is_buyer_maker = last.row
    best_bid = price if is_buyer_maker else max(tick, price - tick)
    raw = draws(listing.key + b"B%d" % last.last_trade_id, 2 * count)
    lots = market.lots(listing, minute)
    bids = _levels(market, symbol, minute, range(best_bid, max(0, best_bid - count * tick), -tick), lots, raw[::2])
    first, after = best_bid + tick, best_bid + (count + 1) * tick
    return bids, _levels(market, symbol, minute, range(first, after, tick), lots, raw[1::2])


def _levels(market: Market, symbol: str, minute: int, prices: range, lots: float, raw: bytes) -> list[Level]:
    listing = market.listing(symbol)
    _, shown = market.tick(symbol, minute)
    return [
        (
            price_text(price, listing.price_unit_decimals, shown),
            decimal_text(1 + int(lots * WILD[byte]), listing.quantity_decimals),
        )
        for price, byte in zip(prices, raw, strict=False)
    ]


def samples(price: Price, market: Market, listing: Listing, first: int, end: int, now_ms: int) -> Iterator[float]:
    """A price at the edges of the minutes or, where there are many, of the hours of a stretch, as far as it is known."""
    first, end_ms = max(first, listing.listed_minute), min(end * MINUTE_MS, now_ms)
    step = MINUTE_MS * (HOUR if end - first > HOUR else 1)
    for at_ms in range(first * MINUTE_MS, end_ms, step):
        yield price(market, listing, at_ms)
    yield price(market, listing, end_ms)


def _mood(listing: Listing, now_ms: int) -> int:
    return draws(listing.key + b"F%d" % (now_ms // FUNDED_EVERY_MS), 1)[0]
