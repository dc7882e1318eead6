"""Blocks of trade archives read by columns: those in which every row is as most are. Of all others nothing is read here.

The slow way, row by row in `trades`, is the law; this one may only be taken where both say the same, so whatever it does not know
for certain makes it give a block back: a letter that no row of an archive has, a column too many, an id left out, a time that goes
back, an amount too long. Numbers are scaled integers of 128 bits all the way: no float, and no sum that could be too large for them.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from klagg_tui.columnar import pl
from klagg_tui.engine.events import AggTrade, TradeSum
from klagg_tui.engine.exact import PRICE_DECIMALS, QUANTITY_DECIMALS
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.engine.spans import LONGEST_REST_MS
from klagg_tui.exchange.binance.archive import EARLIEST_MS, END_OF_TIME_MS, is_header
from klagg_tui.exchange.fields import MOST_FILLS
from klagg_tui.importing.lines import RawBlock
from klagg_tui.importing.tally import Tally

_ALPHABET: Final = b"0123456789.,\ntrueTfalsF"
_DECIMALS: Final = 8
"""Of prices and quantities, as the exchange writes them; a quantity never has more, a price of an archive neither."""
_ROUNDED: Final = re.compile(rb"\.[0-9]{9}")
"""More decimals than there are, which Polars rounds without a word."""
_POWER: Final = re.compile(rb"e[0-9]")
"""As in 1e5, which Polars takes for a number."""
_LARGEST: Final = 10 ** (18 + _DECIMALS)
"""18 digits before the point are the most that an amount may have."""
_MOST_IN_SUM: Final = 2**126
_TO_PRICE: Final = 10 ** (PRICE_DECIMALS - _DECIMALS)
_AMOUNT: Final = pl.Decimal(38, _DECIMALS)
_WHOLE: Final = pl.Int64
_SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "id": _WHOLE,
    "price": _AMOUNT,
    "quantity": _AMOUNT,
    "first": _WHOLE,
    "last": _WHOLE,
    "time": _WHOLE,
    "maker": pl.String,
}
_OF_SPOT: Final[dict[str, pl.DataType | type[pl.DataType]]] = {**_SCHEMA, "best": pl.String}
_TRUE: Final = ("true", "True")
_TRUTHS: Final = (*_TRUE, "false", "False")

assert QUANTITY_DECIMALS == _DECIMALS


class MinuteOfTrades(NamedTuple):
    """The trades of one minute within a block."""

    first: AggTrade
    rest: TradeSum | None
    """All behind the first; None where there are none."""


class TradeColumns(NamedTuple):
    """A block of trades without anything unusual: one id after the other, no time that goes back, minute by minute."""

    part: str
    """Of the file, or the member of an archive, that they are in."""
    read_bytes: int
    """How far into the file on disk their end is."""
    row_count: int
    first: AggTrade
    last: AggTrade
    minutes: list[MinuteOfTrades]
    ends: tuple[tuple[str, str], ...]
    """Price and quantity of the outermost rows, as they are written."""

    def follows(self, trade: AggTrade | None) -> bool:
        """Whether these come right behind that trade; they do where there is none."""
        if trade is None:
            return True
        rested_ms = self.first.traded_ms - trade.traded_ms
        return self.first.aggregate_id == trade.aggregate_id + 1 and 0 <= rested_ms <= LONGEST_REST_MS

    def tell(self, tally: Tally) -> None:
        """Count the rows, and look how they are written at both ends."""
        tally.rows += self.row_count
        for price, quantity in self.ends:
            tally.widen(self.first.symbol, price, quantity)


def columns_of(symbol: str, raw: RawBlock, latest_ms: int) -> TradeColumns | None:
    """The trades of a block by columns; None where they have to be looked at one by one.

    Args:
        symbol: of all rows.
        raw: the block.
        latest_ms: now: later trades are unusual.
    """
    data = without_header(raw)
    if raw.is_cut or not _is_plain(data):
        return None
    rows = _rows(data)
    if rows is None or not _are_sound(rows, latest_ms):
        return None
    minutes, last = _minutes(symbol, rows), _trade(symbol, rows.row(-1, named=True))
    return TradeColumns(raw.part, raw.read_bytes, rows.height, minutes[0].first, last, minutes, _ends(data))


def without_header(raw: RawBlock) -> bytes:
    """The block's rows, without a line that names their columns at the beginning of a file."""
    if raw.first_line == 1 and raw.data[:1].isalpha():
        header, _, rows = raw.data.partition(b"\n")
        if is_header(header.decode("ascii", errors="replace")):
            return rows
    return raw.data


def _is_plain(data: bytes) -> bool:
    """Whether there are rows, and nothing in them that no row of an archive has."""
    is_known = data[:1] not in {b"", b"\n"} and not data.translate(None, _ALPHABET)
    return is_known and not _ROUNDED.search(data) and not _POWER.search(data)


def _rows(data: bytes) -> pl.DataFrame | None:
    """The rows by columns, times in milliseconds; None where a field is missing, too much or unreadable."""
    commas = data[: data.find(b"\n")].count(b",")
    schema = _SCHEMA if commas == len(_SCHEMA) - 1 else _OF_SPOT
    try:
        rows = pl.read_csv(data, has_header=False, schema=schema, quote_char=None)
    except pl.exceptions.PolarsError:
        return None
    if rows.height != data.count(b"\n") + 1 or any(column.null_count() for column in rows):
        return None
    if rows["time"][0] >= END_OF_TIME_MS:
        if (rows["time"] < END_OF_TIME_MS).any():
            return None
        rows = rows.with_columns(pl.col("time") // 1000)
    return rows.with_columns(
        pl.col("price").to_physical(), pl.col("quantity").to_physical(), pl.col("maker").is_in(_TRUE).alias("sold")
    )


def _are_sound(rows: pl.DataFrame, latest_ms: int) -> bool:
    """Whether every row is a trade, right behind the one before it in its id and not before it in time."""
    fills = pl.col("last") - pl.col("first")
    found = rows.select(
        is_rising=(pl.col("id") - pl.int_range(pl.len(), dtype=_WHOLE) == pl.col("id").first()).all(),
        is_in_time=pl.col("time").is_sorted(),
        longest_rest=pl.col("time").diff().max().fill_null(0),
        fewest=fills.min(),
        most=fills.max(),
        cheapest=pl.col("price").min(),
        dearest=pl.col("price").max(),
        smallest=pl.col("quantity").min(),
        largest=pl.col("quantity").max(),
        is_told=pl.all_horizontal(
            pl.col(*(name for name in ("maker", "best") if name in rows.columns)).is_in(_TRUTHS)
        ).all(),
    ).row(0, named=True)
    from_ms, to_ms = rows["time"][0], rows["time"][-1]
    return bool(
        found["is_rising"]
        and found["is_in_time"]
        and found["is_told"]
        and 0 <= found["fewest"] <= found["most"] < MOST_FILLS
        and found["cheapest"] > 0
        and found["smallest"] > 0
        and max(found["dearest"], found["largest"]) < _LARGEST
        and found["dearest"] * found["largest"] * rows.height < _MOST_IN_SUM
        and EARLIEST_MS <= from_ms <= to_ms < min(END_OF_TIME_MS, latest_ms + 1)
        and found["longest_rest"] <= LONGEST_REST_MS
    )


def _minutes(symbol: str, rows: pl.DataFrame) -> list[MinuteOfTrades]:
    """The first trade of each minute, and all behind it added up."""
    paid = pl.col("price") * pl.col("quantity")
    sold = pl.col("sold")
    found = (
        rows.lazy()
        .group_by((pl.col("time") // MINUTE_MS).alias("minute"), maintain_order=True)
        .agg(
            pl.col("id").first().alias("id"),
            pl.col("price").first().alias("price"),
            pl.col("quantity").first().alias("quantity"),
            pl.col("first").first().alias("first"),
            pl.col("last").first().alias("last"),
            pl.col("time").first().alias("time"),
            sold.first().alias("sold"),
            pl.col("id").last().alias("to_id"),
            pl.col("time").last().alias("to"),
            pl.col("price").max().alias("high"),
            pl.col("price").min().alias("low"),
            pl.col("price").last().alias("close"),
            (pl.col("last") - pl.col("first") + 1).sum().alias("fills"),
            (pl.col("quantity") * ~sold).sum().alias("bought"),
            (paid * ~sold).sum().alias("bought_paid"),
            (pl.col("quantity") * sold).sum().alias("sold_volume"),
            (paid * sold).sum().alias("sold_paid"),
        )
        .collect()
    )
    return [_minute(symbol, row) for row in found.iter_rows(named=True)]


def _minute(symbol: str, row: dict[str, Any]) -> MinuteOfTrades:
    price, quantity, is_sold = row["price"], row["quantity"], row["sold"]
    first = _trade(symbol, row)
    if row["to_id"] == row["id"]:
        return MinuteOfTrades(first, None)
    paid = price * quantity
    rest = TradeSum(
        symbol,
        first_id=row["id"] + 1,
        last_id=row["to_id"],
        from_ms=row["time"],
        to_ms=row["to"],
        high=row["high"] * _TO_PRICE,
        low=row["low"] * _TO_PRICE,
        close=row["close"] * _TO_PRICE,
        trade_count=row["fills"] - (row["last"] - row["first"] + 1),
        taker_buy_volume=row["bought"] - (0 if is_sold else quantity),
        taker_buy_turnover=(row["bought_paid"] - (0 if is_sold else paid)) * _TO_PRICE,
        taker_sell_volume=row["sold_volume"] - (quantity if is_sold else 0),
        taker_sell_turnover=(row["sold_paid"] - (paid if is_sold else 0)) * _TO_PRICE,
    )
    return MinuteOfTrades(first, rest)


def _trade(symbol: str, row: dict[str, Any]) -> AggTrade:
    """One row as a trade."""
    at_ms = row["time"]
    amounts = _text(row["price"]), _text(row["quantity"])
    return AggTrade(symbol, *amounts, at_ms, row["sold"], row["id"], row["first"], row["last"], at_ms)


def _text(amount: int) -> str:
    whole, fraction = divmod(amount, 10**_DECIMALS)
    return f"{whole}.{fraction:0{_DECIMALS}}"


def _ends(data: bytes) -> tuple[tuple[str, str], ...]:
    """Price and quantity of the first two rows and of the last two."""
    outermost = (*data.split(b"\n", 2)[:2], *data.rsplit(b"\n", 2)[-2:])
    fields = (row.decode("ascii").split(",", 3) for row in outermost)
    return tuple((price, quantity) for _, price, quantity, _ in fields)
