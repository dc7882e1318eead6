"""The columns of the market table: what each is worth in a sort or filter, how it is drawn, what it is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias

from klagg_tui import formatting
from klagg_tui.engine import exact
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import Period
from klagg_tui.view.model import Row, change_percent, is_stale_bar, taker_share
from klagg_tui.view.role import Role, RoleIndex, heat
from klagg_tui.view.sparkline import balance, sparkline


class Look(NamedTuple):
    """What a drawn row depends on besides the row."""

    period: Period
    now_ms: int
    is_stale: bool
    """The bar, or the whole feed, stands still."""


Value: TypeAlias = float | int | str | None
Measure: TypeAlias = Callable[[Row, Bar | None, int], Value]
"""From the row, its bar of the period and the time to what is compared."""
Draw: TypeAlias = Callable[[Row, Bar, Look, int], tuple[str, RoleIndex]]
"""From the row, its bar, the look and the width to a text no wider, and its meaning."""
Parts: TypeAlias = Callable[[Row, Bar, Look, int], tuple[tuple[str, RoleIndex], ...]]
"""The same in several pieces, together exactly as wide."""

MEASURED_PRICE: Final = -1
"""A width that is as large as the longest price on view."""
MEASURED_SYMBOL: Final = -2
FLEXIBLE: Final = -3
"""A width that takes what the others leave."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    key: str
    """Its name in filters, settings and files."""
    title: str
    importance: int
    """The lowest goes first where room is short."""
    width: int
    measure: Measure
    draw: Draw
    note: str
    """One line for the help."""
    is_left: bool = False
    unit_per: str = ""
    """What the filter language reads the column in, where not in plain numbers."""
    parts: Parts | None = None
    """Drawn by this instead of `draw` where one meaning is not enough."""
    least: int = 0
    """The width it can be squeezed to before it would have to go; 0: it cannot."""


STATE_SIGNS: Final = {State.FORMING: "·", State.PARTIAL: "◐", State.CLOSED: "●", State.CONFIRMED: "✔"}
_STATE_ROLES: Final = {
    State.FORMING: Role.DIM,
    State.PARTIAL: Role.WARN,
    State.CLOSED: Role.TEXT,
    State.CONFIRMED: Role.GOOD,
}
STALE: Final = "stale"
_SEEN_CHANGE: Final = 0.005
"""Percent; less is drawn as 0.00% and is neither gain nor loss."""


def state_name(bar: Bar, now_ms: int) -> str:
    """The state as a word, `stale` where the bar's time is long over."""
    return STALE if is_stale_bar(bar, now_ms) else bar.state.label


def direction(value: float | None) -> Role:
    """Gain, loss or neither."""
    if not value or abs(value) < _SEEN_CHANGE:
        return Role.DIM
    return Role.GAIN if value > 0 else Role.LOSS


def _draw_symbol(row: Row, _bar: Bar, _look: Look, _width: int) -> tuple[str, RoleIndex]:
    return row.symbol, Role.STRONG


def _draw_last(row: Row, bar: Bar, _look: Look, _width: int) -> tuple[str, RoleIndex]:
    return formatting.price(row.last or bar.close, row.decimals), Role.TEXT


def _draw_change(_row: Row, bar: Bar, _look: Look, _width: int) -> tuple[str, RoleIndex]:
    change = change_percent(bar)
    return formatting.percent(change), direction(change)


def _draw_range(_row: Row, bar: Bar, _look: Look, _width: int) -> tuple[str, RoleIndex]:
    return (f"{(bar.high - bar.low) * 100 / bar.low:.2f}%" if bar.low else formatting.NOTHING), Role.DIM


def _price_drawn(price_of: Callable[[Bar], Exact]) -> Draw:
    def draw(row: Row, bar: Bar, _look: Look, _width: int) -> tuple[str, RoleIndex]:
        return formatting.price(price_of(bar), row.decimals), Role.DIM

    return draw


def _draw_volume(_row: Row, bar: Bar, _look: Look, _width: int) -> tuple[str, RoleIndex]:
    return formatting.short(exact.as_float(bar.volume)), _sum_role(bar)


def _draw_turnover(_row: Row, bar: Bar, _look: Look, _width: int) -> tuple[str, RoleIndex]:
    return formatting.short(exact.turnover_as_float(bar.turnover)), _sum_role(bar, Role.TEXT)


def _draw_trades(_row: Row, bar: Bar, _look: Look, _width: int) -> tuple[str, RoleIndex]:
    return formatting.count(bar.trade_count), _sum_role(bar)


def _sum_role(bar: Bar, role: Role = Role.DIM) -> Role:
    return Role.PARTIAL if bar.state is State.PARTIAL else role


def _taker_parts(_row: Row, bar: Bar, _look: Look, width: int) -> tuple[tuple[str, RoleIndex], ...]:
    share = taker_share(bar)
    if share is None:
        return ((formatting.NOTHING.center(width), Role.FAINT),)
    bought, sold = balance(share, width)
    return (bought, Role.TAKER), (sold, Role.SELLER)


def _draw_taker(_row: Row, bar: Bar, _look: Look, _width: int) -> tuple[str, RoleIndex]:
    share = taker_share(bar)
    return (formatting.NOTHING if share is None else f"{share:.0%}"), Role.DIM


def _draw_spark(row: Row, _bar: Bar, look: Look, width: int) -> tuple[str, RoleIndex]:
    closes = row.closes(look.period, width)
    if len(closes) < 2:
        return "", Role.FAINT
    rise = closes[-1] - closes[0]
    return sparkline(closes, width), Role.GAIN if rise > 0 else Role.LOSS if rise < 0 else Role.DIM


def _draw_age(row: Row, _bar: Bar, look: Look, _width: int) -> tuple[str, RoleIndex]:
    elapsed = age_of(row, look.now_ms)
    return formatting.age(elapsed), Role.DIM if elapsed is None or elapsed < 60_000 else Role.FAINT


def _draw_state(_row: Row, bar: Bar, look: Look, width: int) -> tuple[str, RoleIndex]:
    if look.is_stale:
        return STALE, Role.WARN
    return bar.state.label[:width], _STATE_ROLES[bar.state]


def state_sign(bar: Bar, look: Look) -> tuple[str, RoleIndex]:
    """The state in one cell."""
    if look.is_stale:
        return "✕", Role.WARN
    return STATE_SIGNS[bar.state], _STATE_ROLES[bar.state]


def age_of(row: Row, now_ms: int) -> int | None:
    """Milliseconds since the symbol's newest trade."""
    return None if row.last_trade_ms is None else max(0, now_ms - row.last_trade_ms)


def _price_measured(price_of: Callable[[Bar], Exact]) -> Measure:
    def measure(_row: Row, bar: Bar | None, _now_ms: int) -> Value:
        price = price_of(bar) if bar is not None else 0
        return exact.as_float(price) if price else None

    return measure


def _measure_last(row: Row, _bar: Bar | None, _now_ms: int) -> Value:
    last = row.last
    return None if last is None else exact.as_float(last)


def _measure_range(_row: Row, bar: Bar | None, _now_ms: int) -> Value:
    return (bar.high - bar.low) * 100 / bar.low if bar is not None and bar.low else None


def _measure_taker(_row: Row, bar: Bar | None, _now_ms: int) -> Value:
    share = taker_share(bar)
    return None if share is None else share * 100


def _measure_spark(row: Row, bar: Bar | None, _now_ms: int) -> Value:
    closes = row.closes(bar.period, 32) if bar is not None else ()
    return (closes[-1] - closes[0]) * 100 / closes[0] if len(closes) > 1 and closes[0] else None


def _measure_state(_row: Row, bar: Bar | None, now_ms: int) -> Value:
    return None if bar is None else state_name(bar, now_ms)


COLUMNS: Final = (
    Column("symbol", "Symbol", 100, MEASURED_SYMBOL, lambda row, _bar, _now: row.symbol, _draw_symbol,
           "name of the contract", is_left=True),
    Column("last", "Last", 99, MEASURED_PRICE, _measure_last, _draw_last, "newest price"),
    Column("chg", "Chg", 98, 8, lambda _row, bar, _now: change_percent(bar), _draw_change,
           "close against open of the bar, in percent", unit_per="percent"),
    Column("open", "Open", 44, MEASURED_PRICE, _price_measured(attrgetter("open")), _price_drawn(attrgetter("open")), "first price of the bar"),
    Column("high", "High", 60, MEASURED_PRICE, _price_measured(attrgetter("high")), _price_drawn(attrgetter("high")), "highest price of the bar"),
    Column("low", "Low", 59, MEASURED_PRICE, _price_measured(attrgetter("low")), _price_drawn(attrgetter("low")), "lowest price of the bar"),
    Column("close", "Close", 40, MEASURED_PRICE, _price_measured(attrgetter("close")), _price_drawn(attrgetter("close")), "newest price within the bar"),
    Column("range", "Range", 30, 7, _measure_range, _draw_range, "high against low, in percent", unit_per="percent"),
    Column("vol", "Volume", 70, 6, lambda _row, bar, _now: exact.as_float(bar.volume) if bar else None, _draw_volume,
           "amount traded in the bar, in the base coin"),
    Column("turnover", "Turnover", 90, 8,
           lambda _row, bar, _now: exact.turnover_as_float(bar.turnover) if bar else None, _draw_turnover,
           "price × amount in the bar, in the quote coin"),
    Column("trades", "Trades", 65, 6, lambda _row, bar, _now: bar.trade_count if bar else None, _draw_trades,
           "number of trades in the bar"),
    Column("taker", "Buyers", 80, 8, _measure_taker, _draw_taker,
           "part of the volume that takers bought, in percent", is_left=True, unit_per="percent", parts=_taker_parts),
    Column("spark", "Closes", 88, FLEXIBLE, _measure_spark, _draw_spark,
           "the last closes; sorts by their change in percent", is_left=True),
    Column("age", "Age", 85, 4, lambda row, _bar, now_ms: age_of(row, now_ms), _draw_age,
           "since the newest trade", unit_per="duration"),
    Column("state", "State", 50, 9, _measure_state, _draw_state,
           "forming, partial, closed, confirmed or stale", is_left=True),
)  # fmt: skip

BY_KEY: Final = {column.key: column for column in COLUMNS}
DEFAULT_KEYS: Final = tuple(column.key for column in COLUMNS if column.key != "range")


# The second view: all periods beside each other.

_HEAT_LEAST: Final = 7
_HEAT_FULL_DAY: Final = 8.0
"""Percent in a day that is drawn in the strongest heat; other lengths by the root of time, as prices wander."""


def heat_column(period: Period, importance: int) -> Column:
    """The change in a period, its candle in one cell, its takers as the candle's ground."""
    ordinal = period.ordinal
    full = _HEAT_FULL_DAY * (period.nominal_ms / 86_400_000) ** 0.5

    def parts(row: Row, _bar: Bar, look: Look, width: int) -> tuple[tuple[str, RoleIndex], ...]:
        bar = row.bars[ordinal]
        if bar is None:
            return ((formatting.NOTHING.rjust(width), Role.FAINT),)
        change = change_percent(bar)
        share = taker_share(bar)
        candle_role = heat(None if share is None else share - 0.5, 0.5)
        text, lead, tail = formatting.percent(change), 2, 1
        if width < 3 + len(text):
            text, lead, tail = formatting.short_percent(change), 1, 0
        stale = look.is_stale or is_stale_bar(bar, look.now_ms)
        return (candle_cell(bar).ljust(lead), Role.FAINT if stale else candle_role), (
            text.rjust(width - lead - tail) + " " * tail,
            Role.FAINT if stale else heat(change, full),
        )

    def draw(row: Row, _bar: Bar, _look: Look, _width: int) -> tuple[str, RoleIndex]:
        change = change_percent(row.bars[ordinal])
        return formatting.percent(change), direction(change)

    return Column(
        f"chg({period})", str(period), importance, 11,
        lambda row, _bar, _now: change_percent(row.bars[ordinal]), draw,
        f"change within {period}", unit_per="percent", parts=parts, least=_HEAT_LEAST,
    )  # fmt: skip


_BESIDE_PERIODS: Final = {"turnover": 38, "taker": 37, "spark": 39, "age": 40}
"""What stands beside the periods where there is room, and its importance there."""
_HEAT: Final = {f"chg({period})": heat_column(period, 90 - period.ordinal) for period in Period}


def candle_cell(bar: Bar) -> str:
    """A candle in one cell: where its body stands between high and low."""
    reach = bar.high - bar.low
    if not reach:
        return "╶"
    above = (bar.high - max(bar.open, bar.close)) / reach
    below = (min(bar.open, bar.close) - bar.low) / reach
    if above + below > 0.85:
        return "│"
    if above < 0.25 and below < 0.25:
        return "┃"
    return "╽" if above > below else "╿"


def view_columns(keys: Sequence[str], periods: Sequence[Period], *, all_periods: bool) -> tuple[Column, ...]:
    """The columns of a view: the chosen ones, or symbol, price and each period, and others where there is room."""
    if all_periods:
        return (
            BY_KEY["symbol"],
            replace(BY_KEY["last"], importance=50),
            *(_HEAT[f"chg({period})"] for period in periods),
            *(replace(BY_KEY[key], importance=importance) for key, importance in _BESIDE_PERIODS.items()),
        )
    return tuple(BY_KEY[key] for key in keys if key in BY_KEY)


def find(key: str) -> Column | None:
    """The column of that key, in either view."""
    return BY_KEY.get(key) or _HEAT.get(key)
