"""Whether the first rows of a file go with what is stored of their symbols for the same time; of another market they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.engine.spans import Span
from klagg_tui.errors import BadFile
from klagg_tui.importing.detect import FileKind, SourceFile
from klagg_tui.importing.read import read_bars, read_trades
from klagg_tui.importing.tally import Tally
from klagg_tui.storage.store import Store

_LOOKED_AT: Final = 500
_FEWEST: Final = 3
"""Bars: of less than these, some may merely have been wrong."""
_PRICES: Final = slice(Bar._fields.index("open"), Bar._fields.index("close") + 1)
"""What two markets do not have alike; sums may differ within one, where some of its fills are in no trade that it tells."""
_OVER: Final = frozenset({State.CLOSED, State.CONFIRMED})


async def refuse_strangers(store: Store, file: SourceFile, *, is_named: bool) -> None:
    """Look at the first rows.

    Trades are known by their ids: within the time of a stored run, its own are all there are. Bars are known by their prices,
    unless the market `is_named`: they may be there to put wrong ones right.

    Raises:
        BadFile: most of them contradict what is stored.
    """
    if file.kind is FileKind.BARS:
        symbol = (
            None if is_named else await _stranger_among_bars(store, next(read_bars(file, Tally())).bars[:_LOOKED_AT])
        )
    else:
        symbol = await _stranger_among_trades(store, next(read_trades(file, Tally())).trades)
    if symbol:
        raise BadFile(
            f"{file.path} has other {file.kind.value if file.symbol else 'trades'} of {symbol} than are stored for the same "
            "time, so it is of another market: nothing of it was taken; name another file with --db, and its market with "
            "--market."
        )


async def _stranger_among_trades(store: Store, trades: Sequence[AggTrade]) -> str | None:
    by_symbol = sorted(trades, key=attrgetter("symbol"))
    groups = [list(group) for _, group in groupby(by_symbol, key=attrgetter("symbol"))]
    for group in groups:
        if are_strangers(group[:_LOOKED_AT], await store.spans(group[0].symbol)):
            return group[0].symbol
    return None


async def _stranger_among_bars(store: Store, bars: Sequence[Bar]) -> str | None:
    if not bars:
        return None
    symbol, period = bars[0].symbol, bars[0].period
    opens = [bar.open_ms for bar in bars]
    stored = {
        bar.open_ms: bar
        async for bar in store.bars(symbol, period, min(opens), max(opens) + 1, states=_OVER)
        if bar.is_traded
    }
    pairs = [(bar, stored[bar.open_ms]) for bar in bars if bar.open_ms in stored]
    differ = sum(ours[_PRICES] != theirs[_PRICES] for theirs, ours in pairs)
    return symbol if len(pairs) >= _FEWEST and differ * 2 > len(pairs) else None


def are_strangers(trades: Iterable[AggTrade], spans: Sequence[Span]) -> bool:
    """Whether most trades that lie in the time of a run, its edges left out, have ids of others than it has."""
    counts = Counter(
        span.first_id <= trade.aggregate_id <= span.last_id
        for trade in trades
        for span in spans
        if span.from_ms + MINUTE_MS <= trade.traded_ms < span.to_ms - MINUTE_MS
    )
    return counts[False] > counts[True]
