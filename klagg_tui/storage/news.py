"""Which stretches of history hold something else than before, coalesced, until somebody asks. Pure.

What the live engine told as ended is no news where it was written as it was told; all else that is written or deleted is:
fetched history, repairs, imports, minutes shown to be quiet, larger bars made again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from klagg_tui.engine.bar import BarKey, SeriesKey
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.period import Period
from klagg_tui.storage.stretches import joined

MOST_PARTS: Final = 32
"""Stretches of a series that are kept apart; of more, all between the first and the last counts as one."""


class HistoryNews:
    """Collects stretches."""

    def __init__(self) -> None:
        self._parts: dict[SeriesKey, list[tuple[int, int]]] = {}

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(self, stretches: Iterable[StoredStretch]) -> None:
        """Take stretches in."""
        for symbol, period, from_ms, to_ms in stretches:
            parts = self._parts.setdefault((symbol, period), [])
            parts.append((from_ms, to_ms))
            if len(parts) > MOST_PARTS:
                parts[:] = joined(parts)
                if len(parts) > MOST_PARTS:
                    parts[:] = [(parts[0][0], parts[-1][1])]

    def take(self) -> tuple[StoredStretch, ...]:
        """All that came since the last time, by symbol, period and time."""
        taken, self._parts = self._parts, {}
        return tuple(
            StoredStretch(symbol, period, from_ms, to_ms)
            for symbol, period in sorted(taken)
            for from_ms, to_ms in joined(taken[symbol, period])
        )


def stretches_of(keys: Iterable[BarKey]) -> list[StoredStretch]:
    """The stretches that bars fill, those that follow each other as one."""
    found: list[StoredStretch] = []
    series: tuple[str, Period] | None = None
    from_ms = to_ms = 0
    for symbol, period, open_ms in sorted(keys):
        if (symbol, period) == series and open_ms <= to_ms:
            to_ms = period.end_ms(open_ms)
            continue
        if series is not None:
            found.append(StoredStretch(*series, from_ms, to_ms))
        series, from_ms, to_ms = (symbol, period), open_ms, period.end_ms(open_ms)
    if series is not None:
        found.append(StoredStretch(*series, from_ms, to_ms))
    return found
