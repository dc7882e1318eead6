"""Quiet minutes where two spans met: nothing was traded there, so they are flat at the close before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar, State, empty_bar
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.spans import Span, covers
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.lookup import bars_in, next_opens
from klagg_tui.storage.merging import Seam
from klagg_tui.storage.rows import GATHERED, bars
from klagg_tui.storage.symbols import Symbols

_BEFORE: Final = f"""
SELECT {GATHERED} FROM history AS h WHERE h.symbol = :symbol AND h.period = 0
AND h.minute = (SELECT max(minute) FROM history WHERE symbol = :symbol AND period = 0 AND minute < :minute)
"""


async def quiet_bars(
    link: Connection, symbols: Symbols, seams: Sequence[Seam], spans: Mapping[str, Sequence[Span]]
) -> list[Bar]:
    """The flat bars that are missing between the spans that met, and up to the first bar behind."""
    places = [(seam.symbol, seam.from_ms) for seam in seams]
    followers = await next_opens(link, symbols, Period.M1, places) if seams else []
    made: list[Bar] = []
    for seam, next_ms in zip(seams, followers, strict=True):
        known = spans[seam.symbol]
        end_ms = min(max(seam.to_ms, next_ms or 0) + MINUTE_MS, known[-1].to_ms)
        wanted = [at_ms for at_ms in range(seam.from_ms, end_ms, MINUTE_MS) if covers(known, at_ms)]
        if not wanted:
            continue
        there = await _there(link, symbols, seam.symbol, wanted)
        made += _fill(seam.symbol, wanted, there)
    return made


async def _there(link: Connection, symbols: Symbols, symbol: str, wanted: Sequence[int]) -> dict[int, Bar]:
    """The stored minutes among those wanted, and the one before them."""
    number = symbols.ids[symbol]
    stored = await bars_in(link, symbols, Period.M1, [(number, wanted[0], wanted[-1] + MINUTE_MS)])
    if len(stored) < len(wanted):
        before = await link.gathered(_BEFORE, {"symbol": number, "minute": wanted[0] // MINUTE_MS})
        stored = bars(before, symbols.names) + stored
    return {bar.open_ms: bar for bar in stored}


def _fill(symbol: str, wanted: Sequence[int], there: Mapping[int, Bar]) -> Iterator[Bar]:
    last = next(iter(there.values()), None)
    for at_ms in wanted:
        bar = there.get(at_ms)
        if bar is None and last is not None and last.open_ms < at_ms:
            bar = empty_bar(symbol, Period.M1, at_ms, last.close, State.CLOSED)
            yield bar
        last = bar or last
