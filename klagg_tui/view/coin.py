"""One coin at every exchange: prices held against each other, shares of what is traded, who moved first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from statistics import median
from textwrap import wrap
from typing import Final, NamedTuple

from klagg_tui import formatting
from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.period import Period
from klagg_tui.view.columns.age import age_of
from klagg_tui.view.columns.column import RenderContext, Value, change_role
from klagg_tui.view.columns.state import state_sign
from klagg_tui.view.model import Market, Row, change_percent, is_stale_bar, turnover_of
from klagg_tui.view.moves import LEAST_MOVE_BP, WINDOW_MS, Moved
from klagg_tui.view.quotes import AS_DOLLARS, are_mixed, is_dollar
from klagg_tui.view.role import Role

_COMPARED: Final = 2
"""Markets, for there to be a spread."""


class CoinMarket(NamedTuple):
    """The coin at one exchange, in one quote."""

    row: Row
    bar: Bar | None
    """Of the period on view."""
    is_stale: bool
    """Whether its price is from before: it is held against no other."""
    spread_bp: float | None = None
    """How far its price is from the median, in basis points; None where it is not compared."""
    share: float | None = None
    """Its part of what was traded for dollars in the period, 0 to 1."""
    behind_ms: int | None = None
    """How long after the first it moved in the last minute."""


class Coin(NamedTuple):
    """The coin on the whole market."""

    base: str
    markets: tuple[CoinMarket, ...]
    quotes: frozenset[str]
    """Of the prices that are compared."""
    spread_bp: float | None
    """From the lowest to the highest of them, in basis points of the median."""
    lowest: Row | None
    highest: Row | None
    moved: Moved

    @property
    def is_mixed(self) -> bool:
        """Whether several quotes stand for one dollar in what is compared."""
        return are_mixed(self.quotes)


def rows_of(market: Market, base: str) -> list[Row]:
    """Every symbol of that coin, whatever the case."""
    coin = base.casefold()
    return [row for row in market.rows.values() if row.coin == coin] if coin else []


def bases_of(market: Market) -> list[str]:
    """Coins that are traded at several exchanges, those on most first."""
    places = Counter(base for base, _ in {(row.base, row.venue) for row in market.rows.values() if row.base})
    return [base for base, count in sorted(places.items(), key=lambda pair: (-pair[1], pair[0])) if count >= _COMPARED]


def compared(base: str, rows: Sequence[Row], context: RenderContext, stale: Collection[str], moved: Moved) -> Coin:
    """The coin's rows held against each other; `stale` are exchanges whose rows are from before.

    Prices are compared among quotes of about a dollar; where there are not two such prices, among those of the commonest
    other quote. What is from before is left out. Shares are of the bars of one time, and of turnover that is known.
    """
    markets = [_market(row, context, stale) for row in rows]
    chosen = _comparable(markets)
    prices = {one.row.symbol: one.row.last or 0 for one in chosen}
    middle = median(prices.values()) if prices else None
    shares = _shares(markets)
    low = min(chosen, key=lambda one: prices[one.row.symbol], default=None)
    high = max(chosen, key=lambda one: prices[one.row.symbol], default=None)
    spread = None
    if low is not None and high is not None and middle:
        spread = (prices[high.row.symbol] - prices[low.row.symbol]) * 10_000 / middle
    return Coin(
        base,
        tuple(
            one._replace(
                spread_bp=(prices[one.row.symbol] - middle) * 10_000 / middle
                if one.row.symbol in prices and middle
                else None,
                share=shares.get(one.row.symbol),
                behind_ms=moved.behind_ms(one.row.symbol),
            )
            for one in markets
        ),
        frozenset(one.row.quote for one in chosen),
        spread,
        low.row if low else None,
        high.row if high else None,
        moved,
    )


def _market(row: Row, context: RenderContext, stale: Collection[str]) -> CoinMarket:
    bar, minute = row.bar(context.period), row.bar(Period.M1)
    newest = minute or bar
    is_stale = context.is_stale or row.venue in stale or row.is_halted
    return CoinMarket(row, bar, is_stale or newest is None or is_stale_bar(newest, context.now_ms))


def _comparable(markets: Sequence[CoinMarket]) -> list[CoinMarket]:
    live = [one for one in markets if not one.is_stale and one.row.last and one.row.quote]
    dollars = [one for one in live if is_dollar(one.row.quote)]
    if len(dollars) >= _COMPARED:
        return dollars
    counts = Counter(one.row.quote for one in live)
    quote = min(counts, key=lambda each: (-counts[each], each), default="")
    same = [one for one in live if one.row.quote == quote]
    return same if len(same) >= _COMPARED else []


def _shares(markets: Sequence[CoinMarket]) -> dict[str, float]:
    bars = {one.row.symbol: one.bar for one in markets if one.bar and not one.is_stale and is_dollar(one.row.quote)}
    newest_ms = max((bar.open_ms for bar in bars.values()), default=0)
    paid = {
        symbol: turnover
        for symbol, bar in bars.items()
        if bar.open_ms == newest_ms and (turnover := turnover_of(bar)) is not None
    }
    total = sum(paid.values())
    return {symbol: turnover / total for symbol, turnover in paid.items()} if total else {}


class CoinColumn(NamedTuple):
    """One column of the coin's table."""

    key: str
    title: str
    width: int
    is_left: bool = False
    is_descending: bool = False
    """Whether the first sort by it begins at the largest value."""
    importance: int = 9
    """Where room is short, the lowest goes first."""


COLUMNS: Final = (
    CoinColumn("venue", "Exchange", 13, is_left=True),
    CoinColumn("symbol", "Symbol", 16, is_left=True),
    CoinColumn("quote", "Quote", 6, is_left=True, importance=2),
    CoinColumn("last", "Last", 13, is_descending=True),
    CoinColumn("chg", "Chg", 9, is_descending=True),
    CoinColumn("spread", "Spread bp", 10, is_descending=True),
    CoinColumn("share", f"{AS_DOLLARS}Share", 8, is_descending=True, importance=6),
    CoinColumn("turnover", "Turnover", 10, is_descending=True, importance=4),
    CoinColumn("first", "First", 8, importance=7),
    CoinColumn("age", "Age", 5, importance=3),
    CoinColumn("state", "", 3, is_left=True, importance=5),
)
_BY_KEY: Final = {column.key: column for column in COLUMNS}
_LEAD: Final = 1


def fitting(width: int) -> list[CoinColumn]:
    """The columns that there is room for."""
    shown = list(COLUMNS)
    while sum(column.width for column in shown) + _LEAD >= width:
        shown.remove(min(shown, key=lambda column: column.importance))
    return shown


class CoinSort(NamedTuple):
    """By which column the markets are ordered, and which way."""

    key: str = "venue"
    descending: bool = False

    def by(self, key: str) -> CoinSort:
        """By that column in its usual direction; the same again turns round."""
        return (
            self._replace(descending=not self.descending)
            if key == self.key
            else CoinSort(key, _BY_KEY[key].is_descending)
        )

    def after(self, columns: Sequence[CoinColumn]) -> CoinSort:
        """By the next column of those on view that can be sorted by."""
        keys = [column.key for column in columns if column.title]
        at = keys.index(self.key) if self.key in keys else -1
        return CoinSort("").by(keys[(at + 1) % len(keys)])


def sorted_markets(markets: Iterable[CoinMarket], sort: CoinSort, now_ms: int) -> list[CoinMarket]:
    """In that order, then by name; those without a value come last either way, other quotes than dollars below."""
    named = sorted(markets, key=lambda one: (one.row.venue, one.row.title))
    valued = [(_value(one, sort.key, now_ms), one) for one in named]
    known = [(value, one) for value, one in valued if value is not None]
    known.sort(key=lambda pair: pair[0], reverse=sort.descending)
    if sort.key in ("last", "turnover"):
        known.sort(key=lambda pair: "" if is_dollar(pair[1].row.quote) else pair[1].row.quote)
    return [one for _, one in known] + [one for value, one in valued if value is None]


def _value(one: CoinMarket, key: str, now_ms: int) -> Value:
    row, last, paid = one.row, one.row.last, turnover_of(one.bar)
    values: dict[str, Value] = {
        "venue": row.venue or None,
        "symbol": row.title,
        "quote": row.quote or None,
        "last": exact.price_as_float(last) if last else None,
        "chg": change_percent(one.bar),
        "spread": one.spread_bp,
        "share": one.share,
        "turnover": None if paid is None else exact.turnover_as_float(paid),
        "first": one.behind_ms,
        "age": age_of(row, now_ms),
    }
    return values[key]


def cells_of(one: CoinMarket, context: RenderContext, columns: Sequence[CoinColumn]) -> list[tuple[str, Role | int]]:
    """Text and meaning of each column; where the price is from before, all is faint."""
    row, bar = one.row, one.bar
    change, paid = change_percent(bar), turnover_of(bar)
    elapsed = age_of(row, context.now_ms)
    nothing = (formatting.NOTHING, Role.FAINT)
    cells: dict[str, tuple[str, Role | int]] = {
        "venue": (row.venue or formatting.NOTHING, Role.DIM),
        "symbol": (row.title, Role.STRONG),
        "quote": (row.quote or formatting.NOTHING, Role.DIM),
        "last": (formatting.grouped_price(row.last, row.decimals), Role.TEXT) if row.last else nothing,
        "chg": (formatting.percent(change), change_role(change)),
        "spread": nothing if one.spread_bp is None else (formatting.signed(one.spread_bp, 1), Role.TEXT),
        "share": nothing if one.share is None else (f"{one.share:.1%}", Role.TEXT),
        "turnover": nothing if paid is None else (formatting.short(exact.turnover_as_float(paid)), Role.DIM),
        "first": _first_cell(one.behind_ms),
        "age": (formatting.age(elapsed), Role.DIM),
        "state": nothing if bar is None else state_sign(row, bar, context._replace(is_stale=one.is_stale)),
    }
    found = [cells[column.key] for column in columns]
    return [(text, Role.FAINT) for text, _ in found] if one.is_stale else found


def _first_cell(behind_ms: int | None) -> tuple[str, Role]:
    if behind_ms is None:
        return formatting.NOTHING, Role.FAINT
    return ("first", Role.ACCENT) if behind_ms == 0 else (f"+{formatting.duration(behind_ms)}", Role.DIM)


def summary(coin: Coin) -> str:
    """How far the prices are apart, as a sentence."""
    exchanges = len({one.row.venue for one in coin.markets})
    counted = (
        f"{coin.base}: {formatting.counted(len(coin.markets), 'market')} on {formatting.counted(exchanges, 'exchange')}"
    )
    if coin.spread_bp is None or coin.lowest is None or coin.highest is None:
        return f"{counted} · {_why_no_spread(coin)}"
    low, high = (formatting.grouped_price(row.last or 0, row.decimals) for row in (coin.lowest, coin.highest))
    taken = f" ({' = '.join(sorted(coin.quotes))})" if coin.is_mixed else ""
    spread = f"spread {coin.spread_bp:.1f} bp{taken}"
    return f"{counted} · {spread}: {high} at {coin.highest.symbol}, {low} at {coin.lowest.symbol}"


def _why_no_spread(coin: Coin) -> str:
    if len(coin.markets) < _COMPARED:
        return "nothing else that is watched trades it, so there is nothing to compare"
    return "no two prices of now in one quote, or for dollars, so there is no spread"


def movement(coin: Coin, watched_ms: int) -> str:
    """Who moved first, or why none did, as a sentence."""
    moved, first = coin.moved, coin.moved.first
    since = (
        "in the last minute" if watched_ms >= WINDOW_MS else f"in the {watched_ms // 1000} s since this view was opened"
    )
    if first is not None:
        return f"First: {first}, of a move of {formatting.signed(moved.basis_points, 1)} bp {since}."
    if len(coin.markets) < _COMPARED:
        return ""
    if abs(moved.basis_points) < LEAST_MOVE_BP:
        return f"None was first: the median price moved by less than {LEAST_MOVE_BP:.0f} bp {since}."
    return f"None was first: fewer than two prices made half of a move of {formatting.signed(moved.basis_points, 1)} bp {since}."


RULES: Final = (
    "Spread: from the median price, in USD-like quotes, taken as one, or else in the commonest quote. Old prices are left out.",
    "First: who was first to go half of the coin's median move of the last 60 s, by its exchange's clock, 5 looks a second.",
    "Share: of what was traded for USD-like quotes in the period, each taken for a dollar ($).",
)
"""What the numbers mean, for the screen."""


def rule_lines(width: int) -> list[str]:
    """The rules in lines of that width."""
    return [line for rule in RULES for line in wrap(rule, max(20, width))]
