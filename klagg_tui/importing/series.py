"""Bars of one symbol and period by columns, as the store takes them: confirmed, with every field, in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Self

import polars as pl

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import PRICE_DECIMALS, QUANTITY_DECIMALS, TURNOVER_DECIMALS
from klagg_tui.engine.period import MINUTE_MS, Period

_PRICES: Final = ("open", "high", "low", "close")
_QUANTITIES: Final = ("volume", "bought")
_TURNOVERS: Final = ("turnover", "paid")
_SUMS: Final = (*_QUANTITIES, *_TURNOVERS, "count")
_BITS: Final = 2**63


@dataclass(frozen=True, slots=True)
class Series:
    """Bars of one symbol and period; no two of them have one minute."""

    symbol: str
    period: Period
    frame: pl.DataFrame
    """Columns as those of the store's rows, from the minute on, without state and scale: whole numbers of 64 bits."""
    decimals: tuple[int, int, int]
    """Of their mantissas: prices, quantities, turnovers."""

    @property
    def count(self) -> int:
        """How many bars."""
        return self.frame.height

    @property
    def first_ms(self) -> int:
        """When the first one opens."""
        return int(self.frame["minute"][0]) * MINUTE_MS

    @property
    def last_ms(self) -> int:
        """When the last one opens."""
        return int(self.frame["minute"][-1]) * MINUTE_MS

    def opens(self) -> list[int]:
        """When each opens."""
        return [minute * MINUTE_MS for minute in self.frame["minute"].to_list()]

    def bars(self) -> list[Bar]:
        """One by one."""
        units = zip((PRICE_DECIMALS, QUANTITY_DECIMALS, TURNOVER_DECIMALS), self.decimals, strict=True)
        price, quantity, product = (10 ** (most - own) for most, own in units)
        return [
            Bar(
                self.symbol,
                self.period,
                minute * MINUTE_MS,
                opened * price,
                high * price,
                low * price,
                close * price,
                volume * quantity,
                turnover * product,
                count,
                bought * quantity,
                paid * product,
                State.CONFIRMED,
            )
            for minute, opened, high, low, close, volume, turnover, count, bought, paid in self.frame.iter_rows()
        ]

    def in_units_of(self, decimals: tuple[int, int, int]) -> Self | None:
        """The same with mantissas of as many decimals or more, None where 64 bits do not hold them, or what they add up to."""
        factors = [10 ** (wanted - own) for wanted, own in zip(decimals, self.decimals, strict=True)]
        kinds = dict(zip((_PRICES, _QUANTITIES, _TURNOVERS), factors, strict=True))
        highest = int(self.frame["high"].max()) * factors[0]  # type: ignore[arg-type]
        totals = self.frame.select(pl.col("volume", "turnover", "count").cast(pl.Int128).sum()).row(0)
        if max(highest, totals[0] * factors[1], totals[1] * factors[2], totals[2]) >= _BITS:
            return None
        scaled = [pl.col(*names) * factor for names, factor in kinds.items() if factor > 1]
        return replace(self, frame=self.frame.with_columns(scaled) if scaled else self.frame, decimals=decimals)

    def rows(self) -> list[tuple[int, ...]]:
        """The columns, row by row."""
        return list(zip(*(column.to_list() for column in self.frame.get_columns()), strict=True))

    def runs(self) -> Iterator[Self]:
        """The parts in which each bar opens when the one before is over."""
        length = self.period.nominal_ms // MINUTE_MS
        minutes = self.frame["minute"]
        breaks = (minutes.diff() != length).arg_true().to_list()
        for begin, end in zip([0, *breaks], [*breaks, self.count], strict=True):
            yield replace(self, frame=self.frame.slice(begin, end - begin))

    def rolled_up(self, period: Period, anchor: int) -> Self:
        """The bars of a longer period all of whose time these fill without a hole; there may be none.

        As `engine.rollup` has it: a bar without trades lends no prices, unless there are only such.
        """
        key = _open_minute(period, anchor)
        col, is_traded = pl.col, pl.col("volume") > 0
        children = self.frame.with_columns(key.alias("key"))
        first, until = self.first_ms // MINUTE_MS, (self.last_ms + self.period.nominal_ms) // MINUTE_MS
        if children["key"][0] < first:
            children = children.filter(col("key") != children["key"][0])
        if children.height and period.end_ms(children["key"][-1] * MINUTE_MS) > until * MINUTE_MS:
            children = children.filter(col("key") != children["key"][-1])
        if (children["volume"] > 0).all():
            opened, high, low, close = col("open").first(), col("high").max(), col("low").min(), col("close").last()
        else:
            opened = pl.coalesce(col("open").filter(is_traded).first(), col("open").last())
            high = pl.coalesce(col("high").filter(is_traded).max(), col("high").last())
            low = pl.coalesce(col("low").filter(is_traded).min(), col("low").last())
            close = pl.coalesce(col("close").filter(is_traded).last(), col("close").last())
        sums = [col(name).sum() for name in ("volume", "turnover", "count", "bought", "paid")]
        frame = children.group_by("key", maintain_order=True).agg(
            opened.alias("open"), high.alias("high"), low.alias("low"), close.alias("close"), *sums
        )
        return replace(self, period=period, frame=frame.rename({"key": "minute"}))


def _open_minute(period: Period, anchor: int) -> pl.Expr:
    """When the bar of that period opens that each minute lies in, in minutes."""
    minute = pl.col("minute")
    if period is Period.MO1:
        months = pl.from_epoch(minute * 60, time_unit="s").dt.truncate("1mo")
        return months.dt.epoch(time_unit="s") // 60
    length = period.nominal_ms // MINUTE_MS
    offset = period.open_ms(40 * 86_400_000, anchor) // MINUTE_MS % length
    return minute - (minute - offset) % length
