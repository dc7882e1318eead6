"""What one transaction changes of history, as the delivery log holds it: few entries, each of as many symbols as share it. Pure.

Every minute nearly all symbols have a new bar of the same time, and history is many bars of one symbol: what costs nothing for one
is dear for the other, so whichever makes fewer entries is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.storage.news import stretches_of
from klagg_tui.storage.stretches import Stretch, joined

RowKey: TypeAlias = tuple[int, int, int]
"""Symbol's number, period's ordinal, minute since the epoch."""
SYMBOLS_AN_ENTRY: Final = 200
_FEW: Final = 32
"""Times of which each has an entry, however few symbols share it."""
_SHARED: Final = 8
"""Symbols that share a time on the average, from which on each time has an entry."""

_PERIODS: Final = tuple(Period)
_LENGTHS: Final = tuple(0 if period is Period.MO1 else period.nominal_ms // MINUTE_MS for period in Period)
"""In minutes; 0: months differ."""


class Kind(IntEnum):
    """Why bars are other than before; the number stands for it on disk."""

    TOLD = 0
    """Written as the live engine told them, or as who watches has seen them: for other machines alone."""
    BESIDE = 1
    """Written, and the live engine did not tell so."""
    TAKEN_BACK = 2
    """Deleted, for they should not have been there."""


class Noted(NamedTuple):
    """Bars of a period that open from one minute to before another, of some symbols."""

    symbols: tuple[int, ...]
    period: int
    first: int
    until: int
    kind: Kind


class Notes:
    """Collects what one transaction changes."""

    def __init__(self) -> None:
        self.rows: dict[Kind, list[RowKey]] = {kind: [] for kind in Kind}
        self._runs: list[tuple[int, int, Stretch]] = []

    def add(self, kind: Kind, rows: Iterable[RowKey]) -> None:
        """Take bars in."""
        self.rows[kind] += rows

    def add_run(self, symbol: int, period: int, run: Stretch) -> None:
        """Take in all bars of a stretch, written beside the live engine."""
        self._runs.append((symbol, period, run))

    def news(self, names: Mapping[int, str]) -> list[StoredStretch]:
        """What the live engine does not tell, `names` being those of the symbols."""
        rows = [*self.rows[Kind.BESIDE], *self.rows[Kind.TAKEN_BACK]]
        told = stretches_of((names[symbol], _PERIODS[period], minute * MINUTE_MS) for symbol, period, minute in rows)
        told += (
            StoredStretch(names[symbol], _PERIODS[period], first * MINUTE_MS, until * MINUTE_MS)
            for symbol, period, (first, until) in self._runs
        )
        return told

    def entries(self) -> list[Noted]:
        """All of it, every bar once: as taken back before as written, and as news before as told."""
        found: list[Noted] = []
        seen: set[RowKey] = set()
        for kind in sorted(self.rows, reverse=True):
            rows = set(self.rows[kind]) - seen
            runs = self._runs if kind is Kind.BESIDE else []
            found += _noted(rows, runs, kind)
            seen |= rows
        return found


def _noted(rows: set[RowKey], runs: list[tuple[int, int, Stretch]], kind: Kind) -> Iterator[Noted]:
    shared = None if runs else _by_time(rows)
    if shared is None:
        shared = _by_stretch(rows, runs)
    for (period, first, until), symbols in sorted(shared.items()):
        symbols.sort()
        for begin in range(0, len(symbols), SYMBOLS_AN_ENTRY):
            yield Noted(tuple(symbols[begin : begin + SYMBOLS_AN_ENTRY]), period, first, until, kind)


_Shared: TypeAlias = dict[tuple[int, int, int], list[int]]
"""Symbols by period, first minute and the one behind the last."""


def _by_time(rows: set[RowKey]) -> _Shared | None:
    """Bars of one time together; None where few symbols share theirs."""
    if len(rows) > _FEW and len({symbol for symbol, _, _ in rows}) < _SHARED:
        return None
    times: dict[tuple[int, int], list[int]] = {}
    for symbol, period, minute in rows:
        times.setdefault((period, minute), []).append(symbol)
    if len(times) > _FEW and len(rows) < _SHARED * len(times):
        return None
    return {(period, minute, _end(period, minute)): symbols for (period, minute), symbols in times.items()}


def _by_stretch(rows: set[RowKey], runs: list[tuple[int, int, Stretch]]) -> _Shared:
    """Bars of one series together that follow each other."""
    parts: dict[tuple[int, int], list[Stretch]] = {}
    for symbol, period, run in runs:
        parts.setdefault((symbol, period), []).append(run)
    series, first, until = (-1, -1), 0, 0
    for symbol, period, minute in sorted(rows):
        if (symbol, period) == series and minute == until:
            until = _end(period, minute)
            continue
        if until:
            parts.setdefault(series, []).append((first, until))
        series, first, until = (symbol, period), minute, _end(period, minute)
    if until:
        parts.setdefault(series, []).append((first, until))
    shared: _Shared = {}
    for (symbol, period), stretches in parts.items():
        for begin, end in joined(stretches):
            shared.setdefault((period, begin, end), []).append(symbol)
    return shared


def _end(period: int, minute: int) -> int:
    length = _LENGTHS[period]
    return minute + length if length else _PERIODS[period].end_ms(minute * MINUTE_MS) // MINUTE_MS
