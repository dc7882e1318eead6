"""One row of OHLC: `[time, open, high, low, close, vwap, volume, count]`; and bars made of trades, for times that have none."""

from __future__ import annotations

from collections.abc import Iterable

from klagg_tui.engine.bar import Bar, Check, State, empty_bar, merge
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.exact import PRICE_DECIMALS, Exact
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.engine.period import MINUTE_MS, Period
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


def turnover_between(vwap: str, volume: str) -> tuple[Exact, Exact]:
    """What the turnover of a bar is at the least, and what it is less than; both 0 where nothing was traded.

    The volume-weighted price is turnover / volume cut off to the pair's tick, which is its last decimal: 143 of 143 recorded
    minutes. So it proves no turnover, and can show that one is wrong.
    """
    tick = 10 ** (PRICE_DECIMALS - len(vwap.partition(".")[2]))
    least, traded = price(vwap, DECIMALS), quantity(volume)
    return least * traded, (least + tick) * traded


def made_bars(trades: Iterable[AggTrade], symbol: str, first_ms: int, end_ms: int) -> list[Bar]:
    """Minutes that open from `first_ms` to before `end_ms`, made of all their trades and of some before.

    Minutes without trades are flat at the price before; before the first trade there are none.
    """
    close: Exact = 0
    by_open: dict[int, Bar] = {}
    for trade in trades:
        part = _of_trade(trade, symbol)
        if part.open_ms < first_ms:
            close = part.close
        elif part.open_ms < end_ms:
            known = by_open.get(part.open_ms)
            by_open[part.open_ms] = merge(known, part) if known else part
    whole: list[Bar] = []
    for open_ms in range(first_ms, end_ms, MINUTE_MS):
        bar = by_open.get(open_ms)
        if bar is None and close:
            bar = empty_bar(symbol, Period.M1, open_ms, close, State.CONFIRMED)
        if bar is not None:
            whole.append(bar)
            close = bar.close
    return whole


def _of_trade(trade: AggTrade, symbol: str) -> Bar:
    """A bar of one trade."""
    paid, traded = trade.amounts()
    bought = 0 if trade.is_buyer_maker else traded
    return Bar(
        symbol,
        Period.M1,
        Period.M1.open_ms(trade.traded_ms),
        *(paid, paid, paid, paid),
        traded,
        paid * traded,
        1,
        bought,
        paid * bought,
        State.CONFIRMED,
    )
