"""Larger bars made again from stored smaller ones, wherever those changed.

Each period is made from the longest kept period that fills it (30m from 5m, 1h from 30m), so a changed minute costs a
handful of rows a period. The exchange's own larger bars stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from klagg_tui.engine.bar import Bar, BarKey, State
from klagg_tui.engine.confirming import confirmed_by, is_whole
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import Period, child_of
from klagg_tui.engine.rollup import is_filled, roll_up
from klagg_tui.storage.connection import Connection
from klagg_tui.storage.merging import OpensAt
from klagg_tui.storage.queries import bars_at, bars_in
from klagg_tui.storage.rows import DERIVED, RANKED, Packer
from klagg_tui.storage.symbols import StoredSymbol, Symbols

_AT_ONCE: Final = 2000
"""Larger bars made between two statements, so that memory stays small however long the stretch is."""

Touched = Mapping[int, Iterable[int]]
"""Open times by symbol number."""


async def recompute(
    connection: Connection,
    symbols: Symbols,
    packer: Packer,
    touched: Touched,
    periods: Sequence[Period],
    *,
    opens_at: OpensAt,
    of: Period = Period.M1,
    is_amended: bool = False,
) -> list[BarKey]:
    """Make all larger bars again over bars of the period `of` that changed; returns which those are.

    Args:
        touched: open times of the changed bars.
        periods: those kept, short to long.
        opens_at: of the exchanges' own bars.
        is_amended: the exchange replaced bars of its own, so that larger bars confirmed before may change too.
    """
    made_again: list[BarKey] = []
    by_period: dict[Period, dict[int, set[int]]] = {of: {number: set(opens) for number, opens in touched.items()}}
    for period, child in made_over(of, periods):
        parents = _parents(by_period[child], period, symbols)
        by_period[period] = parents
        flat = [(number, open_ms) for number, opens in parents.items() for open_ms in sorted(opens)]
        for start in range(0, len(flat), _AT_ONCE):
            made = await _made(connection, symbols, flat[start : start + _AT_ONCE], period, child)
            made = await knowing_most(connection, symbols, made, opens_at)
            rows = [packer.row(symbols.ids[bar.symbol], bar) for bar in made]
            await connection.insert(RANKED if is_amended else DERIVED, rows)
            made_again += [bar.key for bar in made]
    return made_again


def made_over(of: Period, periods: Sequence[Period]) -> list[tuple[Period, Period]]:
    """Which periods' bars are made from those of one, each with the period that it is made from, short to long."""
    found: list[tuple[Period, Period]] = []
    reached = {of}
    for period in periods:
        child = child_of(period, (*periods, of))
        if of < period and child in reached:
            found.append((period, child))
            reached.add(period)
    return found


async def knowing_most(connection: Connection, symbols: Symbols, bars: Sequence[Bar], opens_at: OpensAt) -> list[Bar]:
    """The same bars; one that lacks fields has them from the stored one where that agrees with it and has every trade.

    Of two partial ones the one with more volume stays: it lacks less, also where nobody knows how many trades that is.
    """
    lacking = [bar.key for bar in bars if bar.evidence or bar.state is State.PARTIAL]
    stored = await bars_at(connection, symbols, lacking) if lacking else {}
    return [_with_fields_of(stored[bar.key], bar, opens_at(bar)) if bar.key in stored else bar for bar in bars]


def _with_fields_of(stored: Bar, bar: Bar, opens_at: Exact | None) -> Bar:
    if bar.state is stored.state is State.PARTIAL:
        return stored if stored.volume > bar.volume else bar
    if bar.state < State.CLOSED or (bar.state is State.CLOSED and not is_whole(stored)):
        return bar
    joined, is_equal = confirmed_by(stored, bar, is_whole=is_whole(stored), opens_at=opens_at)
    return joined._replace(state=bar.state) if is_equal else bar


def _parents(children: Mapping[int, set[int]], period: Period, symbols: Symbols) -> dict[int, set[int]]:
    return {
        number: {period.open_ms(open_ms, symbols.known[number].anchor) for open_ms in opens}
        for number, opens in children.items()
    }


async def _made(
    connection: Connection, symbols: Symbols, parents: Sequence[tuple[int, int]], period: Period, child: Period
) -> list[Bar]:
    ranges = [(number, open_ms, period.end_ms(open_ms)) for number, open_ms in parents]
    families: dict[tuple[int, int], list[Bar]] = {}
    for bar in await bars_in(connection, symbols, child, ranges):
        number = symbols.ids[bar.symbol]
        families.setdefault((number, period.open_ms(bar.open_ms, symbols.known[number].anchor)), []).append(bar)
    return [
        _parent(children, period, open_ms, symbols.known[number]) for (number, open_ms), children in families.items()
    ]


def _parent(children: Sequence[Bar], period: Period, open_ms: int, known: StoredSymbol) -> Bar:
    """One bar from smaller ones; partial where some are not there."""
    whole = roll_up(children, period, open_ms)
    has_all = is_filled(children, period, open_ms, known.first_open_ms, known.anchor)
    return whole if has_all else whole._replace(state=State.PARTIAL)
