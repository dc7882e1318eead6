"""Minutes made of trades, for times of which an exchange has no bars any more. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from klagg_tui.engine.bar import Bar, State, empty_bar, merge
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import MINUTE_MS, Period


def whole_until_ms(trades: Sequence[AggTrade], all_ms: int) -> int:
    """Up to when no trade is missing: the minute of the last one before any missing id, `all_ms` where none is missing."""
    until_ms = 0
    for number, trade in enumerate(trades):
        if trade.aggregate_id != trades[0].aggregate_id + number:
            return until_ms
        until_ms = trade.traded_ms // MINUTE_MS * MINUTE_MS
    return max(until_ms, all_ms)


def made_minutes(trades: Iterable[AggTrade], symbol: str, first_ms: int, end_ms: int) -> list[Bar]:
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
