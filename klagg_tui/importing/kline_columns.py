"""Blocks of kline archives read by columns: those in which every row is as most are. Of all others nothing is read here.

The slow way, row by row in `bars`, is the law; this one may only be taken where both say the same. How a row is written is its
shape, the row with 0 for each digit: a block has few of them, so each is looked at as long as need be, and what is left to the
columns are numbers that are known to be read exactly.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import polars as pl

from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.exchange.binance.archive.rows import EARLIEST_MS, END_OF_TIME_MS
from klagg_tui.exchange.fields import MOST_COUNTED
from klagg_tui.importing.columns import without_header
from klagg_tui.importing.lines import RawBlock
from klagg_tui.importing.series import Series
from klagg_tui.importing.tally import Tally

_TO_SHAPE: Final = bytes(ord("0") if chr(byte).isdecimal() else byte for byte in range(256))
_MOST_SHAPES: Final = 5_000
"""Rows of one file differ in how many digits their sums have, in no more ways than this."""
_MOST_DIGITS: Final = 18
"""Before the point, and of whole numbers: what 64 bits hold whatever the digits."""
_MOST_DECIMALS: Final = 8
_PRICES: Final = ("open", "high", "low", "close")
_QUANTITIES: Final = ("volume", "bought")
_TURNOVERS: Final = ("turnover", "paid")
_AMOUNTS: Final = (*_PRICES, *_QUANTITIES, *_TURNOVERS)
_HIGHEST: Final = 10**10
"""No price is higher, by a wide margin; the slow way judges those that are."""
_LENGTHS: Final = {period.nominal_ms: period for period in Period if not period > Period.D1}
"""Bars of days and shorter ones, which fill days and open at the epoch or a whole number of bars behind it."""


class _Shape(NamedTuple):
    """How many decimals a row writes."""

    price: int
    quantity: int
    turnover: int
    close: int
    volume: int


class KlineColumns(NamedTuple):
    """A block of bars without anything unusual: each opens when the one before it is over, or later."""

    series: Series
    """The bars."""
    part: str
    """Of the file, or the member of an archive, that they are in."""
    read_bytes: int
    """How far into the file on disk their end is."""
    close: int
    volume: int
    """The most decimals that these are written with, closing zeros included."""

    @property
    def period(self) -> Period:
        """Of all of them."""
        return self.series.period

    def tell(self, tally: Tally) -> None:
        """Count the rows, and look how they are written."""
        tally.rows += self.series.count
        tally.widen(self.series.symbol, f"0.{'0' * self.close}", f"0.{'0' * self.volume}")


def columns_of_klines(symbol: str, raw: RawBlock, latest_ms: int, known: Period | None = None) -> KlineColumns | None:
    """The bars of a block by columns; None where they have to be looked at one by one.

    Args:
        symbol: of all rows.
        raw: the block.
        latest_ms: now: bars that are not over are unusual.
        known: how long bars last in this part of the file; None where it is to be found out.
    """
    data = without_header(raw)
    if raw.is_cut or not data:
        return None
    shapes = set(data.translate(_TO_SHAPE).split(b"\n"))
    found = [_shape(shape) for shape in shapes] if len(shapes) <= _MOST_SHAPES else [None]
    if None in found:
        return None
    widest = _Shape(*map(max, zip(*filter(None, found), strict=True)))
    rows = _rows(data, max(widest[:3]))
    if rows is None:
        return None
    period = _period_of(rows)
    if period is None or known not in {None, period} or not _are_sound(rows, period, latest_ms, max(widest[:3])):
        return None
    series = _series(symbol, period, rows, widest)
    return KlineColumns(series, raw.part, raw.read_bytes, widest.close, widest.volume)


@lru_cache(maxsize=65_536)
def _shape(shape: bytes) -> _Shape | None:
    """What a row's shape says; None: it is not as most are."""
    fields = shape.split(b",")
    if len(fields) != 12 or fields[11] != b"0":
        return None
    decimals = [_decimals(field) for field in fields[:11]]
    if None in decimals or any(decimals[at] != -1 for at in (0, 6, 8)):
        return None
    known = [max(0, found or 0) for found in decimals]
    return _Shape(max(known[1:5]), max(known[5], known[9]), max(known[7], known[10]), known[4], known[5])


def _decimals(field: bytes) -> int | None:
    """Decimals of a number of some shape, -1 where it has no point; None: it is unusual or none."""
    whole, point, fraction = field.partition(b".")
    is_usual = 0 < len(whole) <= _MOST_DIGITS and bool(point) == (0 < len(fraction) <= _MOST_DECIMALS)
    if not is_usual or (whole + fraction).strip(b"0"):
        return None
    return len(fraction) if point else -1


def _rows(data: bytes, decimals: int) -> pl.DataFrame | None:
    """The rows by columns, times in milliseconds, amounts in units of their last decimal; None where they are too large."""
    amount, whole = pl.Decimal(38, decimals), pl.Int64
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "from": whole,
        **dict.fromkeys(_PRICES, amount),
        "volume": amount,
        "to": whole,
        "turnover": amount,
        "count": whole,
        "bought": amount,
        "paid": amount,
        "ignore": pl.String,
    }
    try:
        rows = pl.read_csv(data, has_header=False, schema=schema, quote_char=None)
        rows = rows.with_columns(pl.col(*_AMOUNTS).to_physical().cast(whole))
    except pl.exceptions.PolarsError:
        return None
    if rows.height < 2 or rows.height != data.count(b"\n") + 1:
        return None
    if rows["from"][0] >= END_OF_TIME_MS:
        if min(rows["from"].min(), rows["to"].min()) < END_OF_TIME_MS:  # type: ignore[type-var, operator]
            return None
        rows = rows.with_columns(pl.col("from", "to") // 1000)
    return rows


def _period_of(rows: pl.DataFrame) -> Period | None:
    """How long all bars last; None where that is not one of the usual lengths. Whether they do is asked later."""
    return _LENGTHS.get(rows["to"][0] + 1 - rows["from"][0])


def _are_sound(rows: pl.DataFrame, period: Period, latest_ms: int, decimals: int) -> bool:
    """Whether every row is a bar, over, and not before the one before it is."""
    length = period.nominal_ms
    col = pl.col
    is_traded = (col("volume") > 0) & (col("count") > 0) & (col("count") <= MOST_COUNTED)
    is_flat = (col("volume") == 0) & (col("count") == 0) & (col("turnover") == 0) & (col("high") == col("low"))
    is_in_order = (
        (col("low") > 0)
        & (col("low") <= col("open"))
        & (col("low") <= col("close"))
        & (col("open") <= col("high"))
        & (col("close") <= col("high"))
        & (col("bought") <= col("volume"))
        & (col("paid") <= col("turnover"))
    )
    found = rows.select(
        sound=(is_in_order & (is_traded | is_flat)).all(),
        timed=(col("to") - col("from") == length - 1).all() & (col("from") % length == 0).all(),
        apart=col("from").diff().min(),
        traded=col("volume").max(),
        highest=col("high").max(),
    ).row(0, named=True)
    from_ms, to_ms = rows["from"][0], rows["from"][-1]
    return bool(
        found["sound"]
        and found["timed"]
        and found["apart"] >= length
        and found["traded"] > 0
        and found["highest"] < _HIGHEST * 10**decimals
        and from_ms >= EARLIEST_MS
        and to_ms + length <= min(latest_ms, END_OF_TIME_MS)
    )


def _series(symbol: str, period: Period, rows: pl.DataFrame, widest: _Shape) -> Series:
    """The bars as the disk wants them: in minutes, and in units of as few decimals as hold them."""
    written = max(widest[:3])
    steps: list[pl.Expr] = []
    needed: list[int] = []
    for names, most in ((_PRICES, widest.price), (_QUANTITIES, widest.quantity), (_TURNOVERS, widest.turnover)):
        decimals = _needed(rows, names, written, most)
        needed.append(decimals)
        step = 10 ** (written - decimals)
        steps += [(pl.col(name) // step if step > 1 else pl.col(name)) for name in names]
    opened, high, low, close, volume, bought, turnover, paid = steps
    minute = (pl.col("from") // MINUTE_MS).alias("minute")
    frame = rows.select(minute, opened, high, low, close, volume, turnover, pl.col("count"), bought, paid)
    price, quantity, product = needed
    return Series(symbol, period, frame, (price, quantity, product))


def _needed(rows: pl.DataFrame, names: tuple[str, ...], written: int, most: int) -> int:
    """How many decimals these columns need, of those that are written."""
    decimals = most
    while decimals and not any((rows[name] % 10 ** (written - decimals + 1)).max() for name in names):
        decimals -= 1
    return decimals
