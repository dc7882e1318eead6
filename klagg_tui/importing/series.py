"""Bars of one symbol and period by columns, as the store takes them: confirmed, with every field, in order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from klagg_tui.columnar import pl
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import PRICE_DECIMALS, QUANTITY_DECIMALS, TURNOVER_DECIMALS
from klagg_tui.engine.period import DAY_MS, MINUTE_MS, Period

COLUMNS: Final = ("open", "high", "low", "close", "volume", "turnover", "count", "bought", "paid")
"""Those of the store's rows, behind the minute."""
_PRICES: Final = ("open", "high", "low", "close")
_QUANTITIES: Final = ("volume", "bought")
_TURNOVERS: Final = ("turnover", "paid")
_BITS: Final = 2**63


@dataclass(frozen=True, slots=True)
class Series:
    """Bars of one symbol and period; no two of them have one minute."""

    symbol: str
    period: Period
    frame: pl.DataFrame
    """The minute and `COLUMNS`: whole numbers of 64 bits."""
    decimals: tuple[int, int, int]
    """Of their mantissas: prices, quantities, turnovers."""
    largest: tuple[int, ...]
    """No mantissa is larger, and no sum of them: prices, quantities, turnovers."""
    is_traded: bool
    """Each bar has trades."""

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

    def is_behind(self, other: Self) -> bool:
        """Whether these can be joined to another stretch: of the same bars and units, and all later."""
        kind = self.symbol, self.period, self.decimals
        is_alike = kind == (other.symbol, other.period, other.decimals)
        return is_alike and self.first_ms >= other.last_ms + other.period.nominal_ms

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Stretches, each of them behind the one before, as one."""
        prices, quantities, turnovers = zip(*(part.largest for part in parts), strict=True)
        return replace(
            parts[0],
            frame=pl.concat([part.frame for part in parts]),
            largest=(max(prices), sum(quantities), sum(turnovers)),
            is_traded=all(part.is_traded for part in parts),
        )

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
        largest = tuple(most * factor for most, factor in zip(self.largest, factors, strict=True))
        if max(largest) >= _BITS:
            return None
        kinds = zip((_PRICES, _QUANTITIES, _TURNOVERS), factors, strict=True)
        scaled = [pl.col(*names) * factor for names, factor in kinds if factor > 1]
        frame = self.frame.with_columns(scaled) if scaled else self.frame
        return replace(self, frame=frame, decimals=decimals, largest=largest)

    def values(self) -> list[int]:
        """Row by row, all in one list."""
        width = self.frame.width
        values = [0] * (self.count * width)
        for at, column in enumerate(self.frame.get_columns()):
            values[at::width] = column.to_list()
        return values

    def runs(self) -> Iterator[Self]:
        """The parts in which each bar opens when the one before is over."""
        length = self.period.nominal_ms
        if self.last_ms - self.first_ms == (self.count - 1) * length:
            yield self
            return
        breaks = (self.frame["minute"].diff() != length // MINUTE_MS).arg_true().to_list()
        for begin, end in zip([0, *breaks], [*breaks, self.count], strict=True):
            yield replace(self, frame=self.frame.slice(begin, end - begin))

    def rolled_up(self, period: Period, anchor: int) -> Self:
        """The bars of a longer period all of whose time these fill, where they have no hole; there may be none.

        As `engine.rollup` has it: a bar without trades lends no prices, unless there are only such.
        """
        length = self.period.nominal_ms
        end_ms = self.last_ms + length
        from_ms = period.open_ms(self.first_ms, anchor)
        from_ms = from_ms if from_ms == self.first_ms else period.end_ms(from_ms)
        last_ms = period.open_ms(self.last_ms, anchor)
        until_ms = end_ms if period.end_ms(last_ms) == end_ms else last_ms
        children = self.frame.slice((from_ms - self.first_ms) // length, max(0, until_ms - from_ms) // length)
        if not children.height:
            return replace(self, period=period, frame=children)
        return replace(self, period=period, frame=self._grouped(children, _opens_in(period, anchor)))

    def _grouped(self, children: pl.DataFrame, opens: pl.Expr) -> pl.DataFrame:
        """One row for all that are in a longer bar."""
        col, is_traded = pl.col, pl.col("volume") > 0
        prices = [col("open").first(), col("high").max(), col("low").min(), col("close").last()]
        if not self.is_traded:
            of_traded = [
                col("open").filter(is_traded).first(),
                col("high").filter(is_traded).max(),
                col("low").filter(is_traded).min(),
                col("close").filter(is_traded).last(),
            ]
            prices = [pl.coalesce(one, col(name).last()) for name, one in zip(_PRICES, of_traded, strict=True)]
        sums = [col(name).sum() for name in COLUMNS[len(_PRICES) :]]
        return children.group_by(opens.alias("minute"), maintain_order=True).agg(*prices, *sums)


def _opens_in(period: Period, anchor: int) -> pl.Expr:
    """When the bar of that period opens that each minute lies in, in minutes."""
    minute = pl.col("minute")
    if period is Period.MO1:
        return pl.from_epoch(minute * 60, time_unit="s").dt.truncate("1mo").dt.epoch(time_unit="s") // 60
    length = period.nominal_ms // MINUTE_MS
    offset = period.open_ms(_SOME_DAY_MS, anchor) // MINUTE_MS % length
    return minute - (minute - offset) % length


_SOME_DAY_MS: Final = 40 * DAY_MS
