"""Minutes of a made-up symbol, written down by a few small numbers."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from typing import NamedTuple

from klagg_tui.engine.bar import Bar, State, blanked
from klagg_tui.engine.columns import COLUMN_FIELDS, BarColumns
from klagg_tui.engine.exact import PRICE_DECIMALS
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence

MINUTE = 60_000
FIRST = 28_717_920
"""The minute of 2024-08-08 00:00 UTC."""
CANDLE_LACKS = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER


class Shape(NamedTuple):
    """One minute in small numbers: ticks from a price of 1,000 of them, and lots."""

    close: int = 0
    up: int = 0
    down: int = 0
    lots: int = 1
    bought: int = 0
    trades: int = 1
    evidence: int = 0
    is_partial: bool = False


def minute_bar(
    minute: int, shape: Shape, *, symbol: str = "ETHUSDT", decimals: int = 2, period: Period = Period.M1
) -> Bar:
    """The bar of a shape, each field as it has to be."""
    tick = 10 ** (PRICE_DECIMALS - decimals)
    close = (1_000 + shape.close) * tick
    lots = shape.lots * 10**5
    bought = min(shape.bought, shape.lots) * 10**5
    high, low = close + shape.up * tick, max(tick, close - shape.down * tick)
    if not shape.lots:
        high = low = close
    bar = Bar(
        symbol,
        period,
        minute * MINUTE,
        close,
        high,
        low,
        close,
        lots,
        lots * close,
        shape.trades if shape.lots else 0,
        bought,
        bought * close,
        State.PARTIAL if shape.is_partial else State.CLOSED,
        shape.evidence,
    )
    return blanked(bar)


def current(*bars: Bar | None) -> list[Bar | None]:
    """The symbol's current bars by `Period.ordinal`."""
    found: list[Bar | None] = [None] * len(Period)
    for bar in bars:
        if bar is not None:
            found[bar.period.ordinal] = bar
    return found


def stored(bars: Sequence[Bar], fields: Collection[str] = COLUMN_FIELDS) -> BarColumns:
    """The bars as they are read from the store; of `fields` those that are asked for."""

    def column(name: str, unit: int, bit: int = 0) -> array[float]:
        if name not in fields:
            return array("d")
        return array("d", [float("nan") if bar.evidence & bit else getattr(bar, name) / unit for bar in bars])

    return BarColumns(
        array("q", [bar.open_ms for bar in bars]),
        array("B", [bar.state for bar in bars]),
        array("B", [bar.evidence for bar in bars]),
        column("close", 10**12),
        column("high", 10**12),
        column("low", 10**12),
        column("volume", 10**8),
        column("turnover", 10**20, Evidence.NO_TURNOVER),
        column("trade_count", 1, Evidence.NO_COUNT),
        column("taker_buy_volume", 10**8, Evidence.NO_TAKER_VOLUME),
        column("taker_buy_turnover", 10**20, Evidence.NO_TAKER_TURNOVER),
    )
