"""Whether the rows of a file go with what is stored of their symbols for the same time; of another market they do not."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import MINUTE_MS
from klagg_tui.engine.spans import Span
from klagg_tui.errors import BadFile
from klagg_tui.importing.detect import FileKind, SourceFile
from klagg_tui.importing.read import sampled_bars, sampled_trades
from klagg_tui.importing.shelf import Shelf

_FEWEST: Final = 3
"""Bars: of less than these, some may merely have been wrong."""
_PRICES: Final = slice(Bar._fields.index("open"), Bar._fields.index("close") + 1)
"""What two markets do not have alike; sums may differ within one, where some of its fills are in no trade that it tells."""
_SERIES: Final = attrgetter("series")
_OVER: Final = frozenset({State.CLOSED, State.CONFIRMED})


async def refuse_strangers(shelf: Shelf, file: SourceFile, should_stop: Callable[[], bool], *, is_named: bool) -> None:
    """Look at some rows here and there in the file.

    Trades are known by their ids: within the time of a stored run, its own are all there are. Bars are known by their prices,
    unless the market `is_named`: they may be there to put wrong ones right.

    Raises:
        BadFile: most of them contradict what is stored.
    """
    if file.kind is FileKind.SALES:  # they have no ids to be known by
        return
    if file.kind not in (FileKind.BARS, FileKind.OWN):
        symbol = await _stranger_among_trades(shelf, file, should_stop)
    else:
        symbol = None if is_named or file.venue else await _stranger_among_bars(shelf, file, should_stop)
    if symbol:
        raise BadFile(
            f"{file.path} has other {file.kind.value if file.symbol else 'trades'} of {symbol} than are stored for the same "
            "time, so it is of another market: nothing of it was taken; --market says of which."
        )


async def _stranger_among_trades(shelf: Shelf, file: SourceFile, should_stop: Callable[[], bool]) -> str | None:
    """The symbol of which most trades are others than those stored, None where there is none."""
    spans: dict[str, Sequence[Span]] = {}
    counts: dict[str, Counter[bool]] = {}
    if file.symbol is not None and not await shelf.spans(file.symbol):
        return None
    for trades in sampled_trades(file):
        for symbol in set(map(attrgetter("symbol"), trades)):
            if symbol not in spans:
                spans[symbol], counts[symbol] = await shelf.spans(symbol), Counter()
            counts[symbol] += known_by_ids([trade for trade in trades if trade.symbol == symbol], spans[symbol])
        await asyncio.sleep(0)
        if should_stop():
            break
    return next((symbol for symbol, known in counts.items() if known[False] > known[True]), None)


async def _stranger_among_bars(shelf: Shelf, file: SourceFile, should_stop: Callable[[], bool]) -> str | None:
    counts: dict[str, Counter[bool]] = {}
    for bars in sampled_bars(file):
        for (symbol, _), series in groupby(sorted(bars, key=_SERIES), _SERIES):
            counts.setdefault(symbol, Counter()).update(await _known_by_prices(shelf, list(series)))
        await asyncio.sleep(0)
        if should_stop():
            break
    strangers = (symbol for symbol, known in counts.items() if known.total() >= _FEWEST and known[False] > known[True])
    return next(strangers, None)


async def _known_by_prices(shelf: Shelf, bars: Sequence[Bar]) -> Counter[bool]:
    """Of how many bars of one series another one is stored, and of how many the same."""
    opens = [bar.open_ms for bar in bars]
    stored = shelf.between(bars[0].symbol, bars[0].period, min(opens), max(opens) + 1, _OVER)
    prices = {bar.open_ms: bar[_PRICES] async for bar in stored if bar.is_traded}
    return Counter(prices[bar.open_ms] == bar[_PRICES] for bar in bars if bar.open_ms in prices)


def known_by_ids(trades: Iterable[AggTrade], spans: Sequence[Span]) -> Counter[bool]:
    """How many trades that lie in the time of a run, its edges left out, have ids of others than it has, and how many its own."""
    return Counter(
        span.first_id <= trade.aggregate_id <= span.last_id
        for trade in trades
        for span in spans
        if span.from_ms + MINUTE_MS <= trade.traded_ms < span.to_ms - MINUTE_MS
    )
