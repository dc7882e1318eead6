"""Rows of kline archives; the wire's decoder reads them once their texts are numbers.

The archives of mark, index and premium prices have the same names, header and columns, and count ticks without volume
(README of binance-public-data); those of spot also come in seconds. Neither are bars that klagg keeps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from klagg_tui.engine.bar import Bar, Check, State
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadRow
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.binance.archive.columns import KlineColumn
from klagg_tui.exchange.binance.archive.dialects import INDEX, has_index
from klagg_tui.exchange.binance.archive.rows import RowKind, milliseconds, row_kind, whole_number
from klagg_tui.exchange.binance.facts import DECIMALS
from klagg_tui.exchange.binance.wire.bars import read_bar
from klagg_tui.exchange.fields import Json


def read_kline(
    symbol: str, period: Period, row: Sequence[str], state: State = State.CONFIRMED, decimals: int = DECIMALS
) -> Bar:
    """The bar of a row; an empty cell is a value that is unknown, as exports of klagg have it.

    `decimals`: the most of a price.

    Raises:
        BadRow, BadFrame: it has not twelve columns, they contradict each other, or no trades can have made it.
        ValueError: one of them is no number (`BadNumber` among them).
    """
    if len(row) != len(KlineColumn):
        raise BadRow(f"{len(row)} columns instead of {len(KlineColumn)}")
    unknown = [bit for place, bit in _LACKS.items() if not row[place]]
    known = [text or "0" for text in row] if unknown else row
    numbers: list[Json] = [
        milliseconds(whole_number(known[0], "time")),
        *row[1:7],
        known[7],
        whole_number(known[8], "count"),
        *known[9:],
    ]
    bar = read_bar(symbol, period, numbers, state, Check.PARTS, decimals=decimals)
    if unknown:
        bar = bar._replace(evidence=sum(unknown))
    if fault := _fault_of_close(bar, row[_CLOSE]) or _fault_of_trades(bar):
        raise BadRow(fault)
    return bar


def kline_times(line: str) -> tuple[int, int] | None:
    """When the bar of a row opens and closes, 0 where that is no time; None: the row does not say."""
    fields = line.split(",")
    try:
        open_ms, close = milliseconds(whole_number(fields[0], "time")), whole_number(fields[_CLOSE], "time")
    except (IndexError, BadRow):
        return None
    try:
        return open_ms, milliseconds(close)
    except BadRow:
        return open_ms, 0


def fault_of_klines(lines: Sequence[str]) -> str | None:
    """Why klagg keeps none of the klines of these rows, to follow the file's name; None where it may."""
    rows = [line for line in lines if row_kind(line) is RowKind.KLINE]
    if rows and all(map(has_index, rows)):
        return f"is not as the exchange writes it: {INDEX}."
    sums = [found for line in lines if (found := _has_volume_and_trades(line))]
    if any(is_counted for _, is_counted in sums) and not any(has_volume for has_volume, _ in sums):
        return "holds bars of a mark, index or premium price: they have trades without volume, and klagg keeps bars of trades."
    lengths = Counter(close_ms + 1 - open_ms for open_ms, close_ms in filter(None, map(kline_times, lines)))
    if lengths and lengths.most_common(1)[0][0] == _SECOND_MS:
        return "holds bars of one second (1s), and klagg keeps none shorter than 1m; import the 1m archive instead."
    return None


_LACKS: Final = {
    7: Evidence.NO_TURNOVER.value,
    8: Evidence.NO_COUNT.value,
    9: Evidence.NO_TAKER_VOLUME.value,
    10: Evidence.NO_TAKER_TURNOVER.value,
}
"""Columns whose cells are empty where an export of klagg does not know the value."""
_CLOSE: Final = tuple(KlineColumn).index(KlineColumn.CLOSE_TIME)
_VOLUME: Final = tuple(KlineColumn).index(KlineColumn.VOLUME)
_COUNT: Final = tuple(KlineColumn).index(KlineColumn.COUNT)
_SECOND_MS: Final = 1000


def _fault_of_close(bar: Bar, close_time: str) -> str | None:
    try:
        close_ms = milliseconds(whole_number(close_time, "close time"))
    except BadRow:
        close_ms = -1
    if close_ms == bar.end_ms - 1:
        return None
    return f"the close time {close_time[:40]} is not that of a {bar.period} bar which opens at {bar.open_ms}"


def _fault_of_trades(bar: Bar) -> str | None:
    """The sums of a bar come from the same trades: one alone is no bar's."""
    if bar.volume:
        return None if bar.trade_count or bar.evidence & Evidence.NO_COUNT else "volume without trades"
    if bar.trade_count or bar.turnover:
        return "trades without volume"
    return "prices moved without a trade" if bar.high != bar.low else None


def _has_volume_and_trades(line: str) -> tuple[bool, bool] | None:
    """Whether a row has volume, and whether it has trades; None: it does not say."""
    fields = line.split(",")
    try:
        return bool(fields[_VOLUME].strip("0.")), whole_number(fields[_COUNT], "count") > 0
    except (IndexError, BadRow):
        return None
