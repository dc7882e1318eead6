"""Which minutes a probe can judge: those of which every trade was heard, and of which the exchange gave a bar. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import AggTrade
from klagg_tui.exchange.venue import Ids
from klagg_tui.probing.checks import holes
from klagg_tui.probing.listening import Heard


@dataclass
class TheirBars:
    """What the exchange sent of some minutes, by symbol and open time."""

    bars: dict[tuple[str, int], Bar] = field(default_factory=dict)
    unclear: set[tuple[str, int]] = field(default_factory=set)
    """Minutes of which nothing is known: it refused to answer, or said that the bar was forming."""

    def take(self, symbol: str, minutes: Iterable[int], sent: Sequence[Bar] | None) -> None:
        """An answer for these minutes; None: it was refused."""
        if sent is None:
            self.unclear.update((symbol, open_ms) for open_ms in minutes)
        for bar in sent or ():
            if bar.state is State.FORMING:
                self.unclear.add((symbol, bar.open_ms))
            else:
                self.bars[symbol, bar.open_ms] = bar


def steady(heard: Heard) -> dict[str, list[AggTrade]]:
    """The trades of the symbols whose connection was never lost."""
    return {symbol: trades for symbol, trades in heard.trades.items() if symbol not in heard.lost}


def whole(
    heard: Heard, fetched: Mapping[str, Sequence[AggTrade]], ids: Ids, since_ms: int
) -> dict[str, list[AggTrade]]:
    """The trades of the symbols of which every one is there, heard or fetched, from a moment on."""
    found: dict[str, list[AggTrade]] = {}
    for symbol, served_ms in heard.served.items():
        if served_ms > since_ms or symbol in heard.lost:
            continue
        by_id = {trade.aggregate_id: trade for trade in (*heard.trades.get(symbol, ()), *fetched.get(symbol, ()))}
        if ids is Ids.NONE or not holes(by_id):
            found[symbol] = [by_id[trade_id] for trade_id in sorted(by_id)]
    return found
