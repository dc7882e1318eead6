"""How numbers, times and sizes look on the screen. Pure; what is shortened here is shown exactly in a detail view."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from klagg_tui.engine import exact
from klagg_tui.engine.exact import Exact

NOTHING: Final = "–"
"""Stands where there is no value."""

_SHORT_UNITS: Final = ((1e15, "Q"), (1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
_BYTE_UNITS: Final = ("B", "KB", "MB", "GB", "TB")
_LEAST_PERCENT: Final = 0.005
"""Less is drawn as none."""
_MOST_PERCENT: Final = 99_999.5
"""More is told in three digits: a coin that was listed at next to nothing rises by millions."""
_SECOND_MS: Final = 1_000
_AGES: Final = ((604_800_000 * 52, "y"), (604_800_000, "w"), (86_400_000, "d"), (3_600_000, "h"), (60_000, "m"))


@lru_cache(maxsize=16_384)
def price(value: Exact, decimals: int) -> str:
    """The price with at least the symbol's own decimals, to be typed or kept; digits are never cut.

    Cached: of the prices on a screen most are those of the frame before, and a look-up costs a tenth of the text.
    """
    return exact.price_text(value, decimals)


def without_sign_of_nothing(text: str) -> str:
    """What is drawn as zero has no sign: -0.00 is 0.00, for the digits that would show it are not there."""
    return text if text.strip("+-0.%") else text.lstrip("+-")


def signed(value: float, decimals: int) -> str:
    """A number that always shows its direction: +1.2, -0.3, and 0.0 where it is none."""
    return without_sign_of_nothing(f"{value:+.{decimals}f}")


@lru_cache(maxsize=4_096)
def plain(value: float) -> str:
    """A price whose decimals nobody knows, in the fewest digits that tell it: at most twelve, and never a power of ten."""
    return f"{Decimal(f'{value:.12g}'):f}"


def short(value: float, extra: int = 0) -> str:
    """A big number in at most six cells: 950, 12.4K, 1.24M, 310B; with `extra` digits more behind the point."""
    size = abs(value)
    for unit, letter in _SHORT_UNITS:
        # 999.5 of one unit would be drawn as 1000: it is 1.00 of the next.
        if size >= unit * 0.9995:
            return f"{_three_digits(value / unit, extra)}{letter}"
    return without_sign_of_nothing(_three_digits(value, extra)) if value else "0"


def _three_digits(value: float, extra: int = 0) -> str:
    size = abs(value)
    if size >= 99.95:
        return f"{value:.{extra}f}"
    if size >= 9.995:
        return f"{value:.{1 + extra}f}"
    return f"{value:.{2 + extra}f}"


def count(value: int) -> str:
    """A count in at most six cells: 950, 12.4K."""
    return str(value) if abs(value) < 1_000 else short(value)


def counted(number: int, noun: str) -> str:
    """`1 bar`, `2,000 bars`: for nouns whose plural has an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def whole(value: int) -> str:
    """A count with commas between its thousands, as every number of klagg that people read has them."""
    return f"{value:,}"


def grouped(text: str) -> str:
    """A number that is written out, with commas between its thousands."""
    sign = "-" if text.startswith("-") else ""  # -0 is no whole number
    whole_part, point, rest = text.removeprefix("-").partition(".")
    return f"{sign}{whole(int(whole_part))}{point}{rest}"


@lru_cache(maxsize=16_384)
def grouped_price(value: Exact, decimals: int) -> str:
    """The price as people read it: as `price`, with commas between its thousands."""
    return grouped(price(value, decimals))


def rounded_price(value: float, decimals: int) -> str:
    """A price of its own making, in units of 1e-12: rounded to so many decimals, otherwise as `grouped_price`."""
    return without_sign_of_nothing(f"{value / 10**exact.PRICE_DECIMALS:,.{decimals}f}")


def percent(value: float | None) -> str:
    """A change in percent that always shows its direction: +1.24%, -0.30%, and ` 0.00%` where it is none; in at most eight cells."""
    if value is None:
        return NOTHING
    size = abs(value)
    if size < _LEAST_PERCENT:
        return " 0.00%"
    if size < 99.995:
        return f"{value:+.2f}%"
    if size < _MOST_PERCENT:
        return f"{value:+.1f}%" if size < 999.95 else f"{value:+.0f}%"
    return f"{'+' if value > 0 else '-'}{short(size)}%"


def short_percent(value: float | None) -> str:
    """The same in at most six cells: +12.4%, -0.30%, +1240%."""
    drawn = percent(value)
    if value is None or len(drawn) <= 6:
        return drawn
    if abs(value) < 9_999.5:
        return f"{value:+.1f}%" if abs(value) < 99.95 else f"{value:+.0f}%"
    for unit, letter in _SHORT_UNITS:
        if abs(value) >= unit * 0.9995:
            return f"{value / unit:+.0f}{letter}%"
    return drawn


def arrow(value: float | None) -> str:
    """The direction as one cell."""
    if not value:
        return " "
    return "▲" if value > 0 else "▼"


def age(elapsed_ms: int | None) -> str:
    """How long ago, in at most four cells: 0s, 59s, 12m, 3h, 5d."""
    if elapsed_ms is None:
        return NOTHING
    for unit_ms, letter in _AGES:
        if elapsed_ms >= unit_ms:
            return f"{elapsed_ms // unit_ms}{letter}"
    return f"{max(0, elapsed_ms) // _SECOND_MS}s"


def duration(milliseconds: float | None) -> str:
    """A delay or a run time: 45 ms, 1.2 s, 3 min."""
    if milliseconds is None:
        return NOTHING
    if abs(milliseconds) < 999.5:
        return f"{round(milliseconds)} ms"
    if abs(milliseconds) < 99_950:
        return f"{milliseconds / 1_000:.1f} s"
    return f"{milliseconds / 60_000:.0f} min"


def size(count: float) -> str:
    """An amount of bytes: 812 B, 1.2 MB."""
    index = 0
    while count >= 999.5 and index < len(_BYTE_UNITS) - 1:
        count /= 1_000
        index += 1
    return f"{count:.0f} {_BYTE_UNITS[index]}" if index == 0 or count >= 99.95 else f"{count:.1f} {_BYTE_UNITS[index]}"


def _moment(at_ms: int, *, local: bool) -> datetime:
    moment = datetime.fromtimestamp(at_ms / 1_000, UTC)
    return moment.astimezone() if local else moment


def clock(at_ms: int, *, local: bool = False) -> str:
    """The time of day: 12:34:56."""
    return f"{_moment(at_ms, local=local):%H:%M:%S}"


def date_time(at_ms: int, *, local: bool = False) -> str:
    """Day and minute: 2024-08-08 12:34."""
    return f"{_moment(at_ms, local=local):%Y-%m-%d %H:%M}"


def hour_minute(at_ms: int, *, local: bool = False) -> str:
    """Hour and minute: 12:34."""
    return f"{_moment(at_ms, local=local):%H:%M}"


def day(at_ms: int, *, local: bool = False) -> str:
    """Month and day: Aug 08."""
    return f"{_moment(at_ms, local=local):%b %d}"


def month(at_ms: int, *, local: bool = False) -> str:
    """Year and month: 2024-08."""
    return f"{_moment(at_ms, local=local):%Y-%m}"


def zone(*, local: bool) -> str:
    """The name of the zone times are drawn in."""
    if not local:
        return "UTC"
    return datetime.now().astimezone().tzname() or "local"
