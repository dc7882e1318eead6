"""One row of OHLC: `[time, open, high, low, close, vwap, volume, count]`."""

from __future__ import annotations

from collections.abc import Sequence

from klagg_tui.engine.bar import Bar, Check, State
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame
from klagg_tui.evidence import Evidence
from klagg_tui.exchange import fields
from klagg_tui.exchange.fields import Json
from klagg_tui.exchange.kraken.facts import DECIMALS, LACKS
from klagg_tui.exchange.kraken.wire.answers import rows_of
from klagg_tui.exchange.reading import bars_of, shown_over, sound


def read_bars(raw: bytes, symbol: str, period: Period, now_ms: int, shown_ms: int = 0) -> list[Bar]:
    """The exchange's own bars, in order, as `shown_over` has it: the last row is under way by the documentation.

    Raises:
        BadFrame, BadNumber: any of them is damaged, off the grid or out of order.
    """

    def read(row: list[Json]) -> Bar:
        open_ms, prices = fields.moment(fields.whole(row[0]) * 1000), [fields.text(row[i]) for i in (1, 2, 3, 4)]
        return read_bar(symbol, period, open_ms, prices, fields.text(row[6]), fields.counted(row[7]))

    return shown_over(bars_of(rows_of(raw)[0], read, symbol), now_ms, shown_ms)


def read_bar(symbol: str, period: Period, open_ms: int, prices: Sequence[str], traded: str, count: int) -> Bar:
    """The bar, confirmed, that a row of a reply or of an archive says; what it lacks is in its evidence.

    `prices`: open, high, low and close.

    Raises:
        BadFrame, BadNumber: it contradicts itself, is off the grid, or one of the texts is no number.
    """
    first, high, low, last = (price(text, DECIMALS) for text in prices)
    volume = quantity(traded)
    # Without trades the sums are known to be 0.
    lacks = (LACKS | Evidence.CANDLE_ONLY if volume else Evidence.CANDLE_ONLY).value
    bar = Bar(symbol, period, open_ms, first, high, low, last, volume, 0, count, 0, 0, State.CONFIRMED, lacks)
    if bool(volume) != bool(count):
        raise BadFrame(f"a bar of {symbol} has trades or a volume without the other")
    return sound(bar, Check.PRICES)
