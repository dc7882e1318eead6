"""Blocks of kline archives read by columns: those in which every row is as most are. Of all others nothing is read here.

The slow way, row by row in `bars`, is the law; this one may only be taken where both say the same. How a row is written is its
shape, the row with 0 for each digit: a block has few of them, so each is looked at as long as need be, and what is left to the
columns are numbers that are known to be read exactly.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from math import gcd
from typing import Any, Final, NamedTuple

from klagg_tui.columnar import pl
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.exchange.binance.archive import EARLIEST_MS, END_OF_TIME_MS
from klagg_tui.exchange.fields import MOST_COUNTED
from klagg_tui.importing.columns import without_header
from klagg_tui.importing.lines import RawBlock
from klagg_tui.importing.series import COLUMNS, Series
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
_KINDS: Final = (_PRICES, _QUANTITIES, _TURNOVERS)
_AMOUNTS: Final = (*_PRICES, *_QUANTITIES, *_TURNOVERS)
_SAMPLED: Final = 60
"""Rows."""
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
    is_even: bool
    """Prices are written with as many as each other, and so are quantities and turnovers."""


class _Decimals(NamedTuple):
    """Of prices, quantities and turnovers."""

    price: int
    quantity: int
    turnover: int


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


def columns_of_klines(symbol: str, raw: RawBlock, latest_ms: int) -> KlineColumns | None:
    """The bars of a block by columns; None where they have to be looked at one by one.

    Args:
        symbol: of all rows.
        raw: the block.
        latest_ms: now: bars that are not over are unusual.
    """
    data = without_header(raw)
    if raw.is_cut or not data:
        return None
    shapes = set(data.translate(_TO_SHAPE).split(b"\n"))
    found = [_shape(shape) for shape in shapes] if len(shapes) <= _MOST_SHAPES else [None]
    if None in found:
        return None
    widest = _Shape(*map(max, zip(*filter(None, found), strict=True)))
    written = _Decimals(*widest[:3])
    if widest.is_even and len(set(found)) == 1:
        rows = _whole_rows(data)
    else:
        written = _Decimals(*[max(written)] * 3)
        rows = _rows(data, written.price)
    if rows is None:
        return None
    period = _LENGTHS.get(rows["to"][0] + 1 - rows["from"][0])
    decimals = _sampled_decimals(rows, written)
    found_in = period and _found_in(rows, period, decimals, written)
    if not found_in or not period or not _are_sound(rows, found_in, period, latest_ms, written):
        return None
    if not _is_enough(found_in):
        decimals = _Decimals(widest.price, widest.quantity, widest.turnover)
    series = _series(symbol, period, rows, decimals, written, found_in)
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
    prices, quantities, turnovers = known[1:5], (known[5], known[9]), (known[7], known[10])
    is_even = all(min(kind) == max(kind) for kind in (prices, quantities, turnovers))
    return _Shape(max(prices), max(quantities), max(turnovers), known[4], known[5], is_even)


def _decimals(field: bytes) -> int | None:
    """Decimals of a number of some shape, -1 where it has no point; None: it is unusual or none."""
    whole, point, fraction = field.partition(b".")
    is_usual = 0 < len(whole) <= _MOST_DIGITS and bool(point) == (0 < len(fraction) <= _MOST_DECIMALS)
    if not is_usual or (whole + fraction).strip(b"0"):
        return None
    return len(fraction) if point else -1


def _rows(data: bytes, decimals: int) -> pl.DataFrame | None:
    """The rows by columns, times in milliseconds, amounts in units of that decimal; None where they are too large."""
    rows = _read(data, pl.Decimal(38, decimals))
    if rows is None:
        return None
    try:
        return rows.with_columns(pl.col(*_AMOUNTS).to_physical().cast(pl.Int64))
    except pl.exceptions.PolarsError:
        return None


def _whole_rows(data: bytes) -> pl.DataFrame | None:
    """The same in units of the last decimal, where all amounts of a kind are written with as many: without its point each is one."""
    return _read(data.replace(b".", b""), pl.Int64())


def _read(data: bytes, amount: pl.DataType) -> pl.DataFrame | None:
    whole = pl.Int64
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
    except pl.exceptions.PolarsError:
        return None
    if rows.height < 2 or rows.height != data.count(b"\n") + 1:
        return None
    if rows["from"][0] >= END_OF_TIME_MS:
        if min(rows["from"].min(), rows["to"].min()) < END_OF_TIME_MS:  # type: ignore[type-var, operator]
            return None
        rows = rows.with_columns(pl.col("from", "to") // 1000)
    return rows


def _sampled_decimals(rows: pl.DataFrame, written: _Decimals) -> _Decimals:
    """How many decimals some rows need of those that they write, closing zeros left out: mostly as many as all."""
    columns = dict(zip(rows.columns, rows.head(_SAMPLED).get_columns(), strict=True))
    needed = []
    for names, most in zip(_KINDS, written, strict=True):
        common = gcd(10**most, *chain.from_iterable(columns[name].to_list() for name in names))
        needed.append(next(least for least in range(most + 1) if not common % 10 ** (most - least)))
    return _Decimals(*needed)


def _found_in(rows: pl.DataFrame, period: Period, decimals: _Decimals, written: _Decimals) -> dict[str, Any]:
    """What all rows have in common: whether each is a bar of that period, and what bounds them."""
    length = period.nominal_ms
    col = pl.col
    is_traded = (col("volume") > 0) & (col("count") > 0) & (col("count") <= MOST_COUNTED)
    is_flat = (col("volume") == 0) & (col("count") == 0) & (col("turnover") == 0) & (col("high") == col("low"))
    is_in_order = (
        (col("low") > 0)
        & (col("low") <= pl.min_horizontal("open", "close"))
        & (col("high") >= pl.max_horizontal("open", "close"))
        & (col("bought") <= col("volume"))
        & (col("paid") <= col("turnover"))
    )
    steps = {kind: 10 ** (has - most) for kind, has, most in zip(_KINDS, written, decimals, strict=True)}
    over = [(col(name) % step).max() for kind, step in steps.items() if step > 1 for name in kind]
    return rows.select(
        sound=(is_in_order & (is_traded | is_flat)).all(),
        timed=(col("to") - col("from") == length - 1).all() & (col("from") % length == 0).all(),
        apart=col("from").diff().min(),
        most=col("volume").max(),
        least=col("volume").min(),
        highest=col("high").max(),
        volume=col("volume").cast(pl.Int128).sum(),
        turnover=col("turnover").cast(pl.Int128).sum(),
        **{f"over {at}": one for at, one in enumerate(over)},
    ).row(0, named=True)


def _is_enough(found: dict[str, Any]) -> bool:
    """Whether no row needs more decimals than were supposed."""
    return not any(value for name, value in found.items() if name.startswith("over"))


def _are_sound(rows: pl.DataFrame, found: dict[str, Any], period: Period, latest_ms: int, written: _Decimals) -> bool:
    """Whether every row is a bar, over, and not before the one before it is."""
    return bool(
        found["sound"]
        and found["timed"]
        and found["apart"] >= period.nominal_ms
        and found["most"] > 0
        and found["highest"] < _HIGHEST * 10**written.price
        and rows["from"][0] >= EARLIEST_MS
        and rows["from"][-1] + period.nominal_ms <= min(latest_ms, END_OF_TIME_MS)
    )


def _series(
    symbol: str, period: Period, rows: pl.DataFrame, decimals: _Decimals, written: _Decimals, found: dict[str, Any]
) -> Series:
    """The bars as the disk wants them: in minutes, and in units of as few decimals as hold them."""
    steps = [10 ** (has - most) for has, most in zip(written, decimals, strict=True)]
    units = {name: step for kind, step in zip(_KINDS, steps, strict=True) for name in kind}
    minute = (pl.col("from") // MINUTE_MS).alias("minute")
    values = [pl.col(name) // units[name] if units.get(name, 1) > 1 else pl.col(name) for name in COLUMNS]
    largest = tuple(
        -(-found[name] // step) for name, step in zip(("highest", "volume", "turnover"), steps, strict=True)
    )
    return Series(symbol, period, rows.select(minute, *values), decimals, largest, is_traded=found["least"] > 0)
