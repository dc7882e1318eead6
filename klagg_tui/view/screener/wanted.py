"""Which stored bars are read next for the figures in use: what is on view first, then what the rows are chosen and ordered by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from klagg_tui.engine.period import Period
from klagg_tui.view.screener.figure import FigureCall
from klagg_tui.view.screener.recipes import look_of
from klagg_tui.view.screener.screener import Need, Screener
from klagg_tui.view.screener.tape import SOURCES

AT_ONCE: Final = 16
"""Symbols whose history is read together: all of it is in memory meanwhile."""


class Wanted:
    """Collects what figures want of one screener, and gives it out some symbols at a time."""

    def __init__(self, screener: Screener) -> None:
        self.screener = screener
        self._needs: dict[Need, None] = {}
        self._asked = -1

    def gather(self) -> bool:
        """Take in what is wanted by now; whether there is anything to be read."""
        screener = self.screener
        if screener.asked != self._asked and screener.now_ms:
            self._asked = screener.asked
            anew = [need for need in self._needs if need.is_anew]
            self._needs = dict.fromkeys((*anew, *screener.needs()))
        return bool(self._needs)

    def next(self, visible: Sequence[str], urgent: Collection[FigureCall]) -> list[Need]:
        """Needs of the same bars and fields of some symbols, which are taken out; none where nothing is left.

        Those of the visible symbols come first, from the top; then those of which the urgent figures are made.
        """
        if not self._needs:
            return []
        places = {symbol: place for place, symbol in enumerate(visible)}
        fields, periods = _looked_at(urgent)

        def rank(need: Need) -> int:
            if need.symbol in places:
                return places[need.symbol]
            is_urgent = not fields.isdisjoint(need.fields) if need.period is Period.M1 else need.period in periods
            return len(places) + (not is_urgent)

        first = min(self._needs, key=rank)
        alike = [need for need in self._needs if need._replace(symbol="") == first._replace(symbol="")]
        alike.sort(key=rank)
        for need in alike[:AT_ONCE]:
            del self._needs[need]
        return alike[:AT_ONCE]

    def put_back(self, needs: Iterable[Need]) -> None:
        """They could not be read."""
        self._needs |= dict.fromkeys(needs)


def _looked_at(calls: Collection[FigureCall]) -> tuple[frozenset[str], frozenset[Period]]:
    """Columns of minutes, and periods, that the figures are made of."""
    looks = [look_of(call) for call in calls]
    minutes: Mapping[str, int] = {field: 0 for look in looks for field in look.minutes}
    fields = frozenset(name for field in minutes for name in SOURCES[field])
    return fields, frozenset(look.bars.period for look in looks if look.bars is not None)
