"""One row of OHLC: `[time, open, high, low, close, vwap, volume, count]`."""

from __future__ import annotations

from klagg_tui.engine.bar import Bar, Check, State
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame
from klagg_tui.evidence import Evidence
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import DAMAGE, Json
from klagg_tui.exchange.kraken.facts import DECIMALS, LACKS
from klagg_tui.exchange.kraken.wire.answers import result_of
from klagg_tui.exchange.reading import rising_bars, shown_over, sound


def read_bars(raw: bytes, symbol: str, period: Period, now_ms: int, shown_ms: int = 0) -> list[Bar]:
    """The exchange's own bars, in order, as `shown_over` has it: the last row is under way by the documentation.

    Raises:
        BadFrame, BadNumber: any of them is damaged, off the grid or out of order.
    """
    result = fields.mapping(result_of(raw))
    rows = [row for pair, rows in result.items() if pair != "last" for row in fields.sequence(rows)]
    found = rising_bars([_bar(symbol, period, fields.sequence(row)) for row in rows], symbol)
    return shown_over(found, now_ms, shown_ms)


def _bar(symbol: str, period: Period, row: list[Json]) -> Bar:
    try:
        open_ms = fields.moment(fields.whole(row[0]) * 1000)
        first, high, low, last = (price(fields.text(row[i]), DECIMALS) for i in (1, 2, 3, 4))
        volume, count = quantity(fields.text(row[6])), fields.counted(row[7])
    except DAMAGE as error:
        raise BadFrame(f"a bar of {symbol} cannot be read: {error}") from error
    # Without trades the sums are known to be 0.
    lacks = LACKS | Evidence.CANDLE_ONLY if volume else Evidence.CANDLE_ONLY
    bar = Bar(symbol, period, open_ms, first, high, low, last, volume, 0, count, 0, 0, State.CONFIRMED, lacks)
    if bool(volume) != bool(count):
        raise BadFrame(f"a bar of {symbol} has trades or a volume without the other")
    return sound(bar, Check.PRICES)
