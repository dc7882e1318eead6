"""Kraken in files: its quarterly archives, Time & Sales (`XBTUSD.csv`) and OHLCVT (`XBTUSD_1.csv`, the minutes of a bar). Pure.

Sales are rows `time,price,volume`, bars `time,open,high,low,close,volume,trades`, without header, times in seconds with or without a
fraction. Sales have no ids, and no side. Bars without trades are left out. A name joins both sides of a pair without a sign, so it
does not say what they are. Source: support.kraken.com, "Downloadable historical market data (time and sales)" and "(OHLCVT)".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from enum import Enum
from itertools import pairwise
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.errors import BadRow
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.kraken.facts import DECIMALS, RENAMED
from klagg_tui.exchange.kraken.wire import bars as wire

KEY: Final = "kraken"
TITLE: Final = "Kraken"
SALES_LACK: Final = Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
_EARLIEST_MS: Final = 1_293_840_000_000
"""2011-01-01. The exchange opened in 2013; what claims to be older is damage."""
_LATEST_MS: Final = 4_102_444_800_000
_NAME: Final = re.compile(r"(?P<pair>[A-Z0-9]+)(?:_(?P<minutes>\d{1,5}))?(?:\.csv)?(?:\.gz|\.zip)?", re.IGNORECASE)
_TIME: Final = r"\d{9,11}(?:\.\d+)?"
_NUMBER: Final = r"\d+(?:\.\d+)?"
_SALE: Final = re.compile(rf"{_TIME},{_NUMBER},{_NUMBER}")
_BAR: Final = re.compile(rf"{_TIME}(?:,{_NUMBER}){{5}},\d+")
_MONTH: Final = 28 * 1_440


class RowKind(Enum):
    """What a file holds."""

    SALES = "sales"
    BARS = "bars"


class Name(NamedTuple):
    """What the name of a file or of a zip member says."""

    pair: str
    """Both sides of it, joined: `XBTUSD`."""
    minutes: int
    """Of a bar; 0 of sales."""


class Sale(NamedTuple):
    """One trade."""

    traded_ms: int
    price: Exact
    quantity: Exact


def kind_of(lines: Sequence[str]) -> RowKind | None:
    """What these rows are, most of them; None: none of both."""
    for kind, row in ((RowKind.SALES, _SALE), (RowKind.BARS, _BAR)):
        if 2 * sum(row.fullmatch(line.strip()) is not None for line in lines) > len(lines):
            return kind
    return None


def read_name(name: str) -> Name | None:
    """What a name says; None where it is none of theirs."""
    found = _NAME.fullmatch(name)
    return Name(found["pair"].upper(), int(found["minutes"] or 0)) if found else None


def symbol_of(typed: str) -> str | None:
    """The pair that a person means, as the exchange writes it now; None where both sides are not parted."""
    base, _, quote = typed.strip().upper().partition("/")
    return f"{RENAMED.get(base, base)}/{RENAMED.get(quote, quote)}" if base and quote else None


def is_named(pair: str, symbol: str) -> bool:
    """Whether the name of a file can stand for a symbol."""
    older = {new: old for old, new in RENAMED.items()}
    base, _, quote = symbol.partition("/")
    return pair in {
        f"{one}{other}" for one in (base, older.get(base, base)) for other in (quote, older.get(quote, quote))
    }


def pair_of(name: Name | None, pairs: Collection[str]) -> str | None:
    """The one of the known pairs that a name stands for; None where there is none, or more than one."""
    found = [pair for pair in pairs if name and "/" in pair and is_named(name.pair, pair)]
    return found[0] if len(found) == 1 else None


def period_of(lines: Sequence[str], minutes: int) -> Period | None:
    """How long the bars of these rows last: as the name says where they lie so far apart, else as most of them do."""
    opens = sorted({time_ms(line.partition(",")[0]) or 0 for line in lines if line.strip()})
    steps = Counter(later - earlier for earlier, later in pairwise(opens))
    named = minutes * MINUTE_MS
    length = (
        named if named and not any(step % named for step in steps) else max(steps, key=steps.__getitem__, default=0)
    )
    return next((period for period in Period if period.nominal_ms == length and length < _MONTH * MINUTE_MS), None)


def time_ms(text: str) -> int | None:
    """A time in milliseconds, finer parts cut off; None where it is none."""
    seconds, _, fraction = text.strip().partition(".")
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 11) or (
        fraction and not fraction.isdecimal()
    ):
        return None
    return int(seconds) * 1000 + int(f"{fraction:0<3.3}")


def read_sale(line: str) -> Sale:
    """The trade of a row.

    Raises:
        BadRow, BadNumber: it has none.
    """
    fields = line.strip().split(",")
    if len(fields) != 3:
        raise BadRow(f"{len(fields)} columns instead of 3")
    paid, traded = price(fields[1], DECIMALS), quantity(fields[2])
    if paid <= 0 or traded <= 0:
        raise BadRow("price or volume is not positive")
    return Sale(_moment(fields[0]), paid, traded)


def read_bar(symbol: str, period: Period, line: str) -> Bar:
    """The bar of a row, confirmed; what it lacks is in its evidence.

    Raises:
        BadRow, BadFrame, BadNumber: it has none.
    """
    fields = line.strip().split(",")
    if len(fields) != 7 or not fields[6].isdecimal():
        raise BadRow("it is not time, four prices, volume and count")
    return wire.read_bar(symbol, period, _moment(fields[0]), fields[1:5], fields[5], int(fields[6]))


def unknown_pair(name: Name | None) -> str:
    """A sentence's end, behind the name of a file."""
    what = f"{name.pair} joins both sides of a pair" if name else "it has no pair's name"
    return f"does not say which pair it is about: {what}; add --symbol, as in --symbol BTC/USD."


def unknown_owner() -> str:
    """The same of a file whose name is not that of the pair that was given."""
    return f"has the columns of {TITLE}'s files, which others have too, and not the name of such a file; add --venue {KEY} if it is one."


def _moment(text: str) -> int:
    at_ms = time_ms(text)
    if at_ms is None or not _EARLIEST_MS <= at_ms < _LATEST_MS:
        raise BadRow(f"{text[:40]!r} is no time")
    return at_ms
