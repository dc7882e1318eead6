"""Alerts: filters that are watched. Pure; the screen rings the bell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from klagg_tui.engine.exact import Exact
from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.view import filter as filters
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Row
from klagg_tui.view.screener.figure import FigureCall

RESTING_MS: Final = 60_000


class Fired(NamedTuple):
    """An alert whose filter came true for a symbol."""

    at_ms: int
    symbol: str
    text: str
    """The alert's filter."""
    last: Exact | None
    """Newest price at that time."""


class Alerts:
    """Fires for a symbol when its filter comes true after it was seen not to be; again only after it was untrue.

    A value that wavers about its limit fires once in `RESTING_MS`.
    """

    def __init__(self) -> None:
        self._fired_ms: dict[tuple[str, str], int] = {}
        """When, by filter and symbol."""
        self._watched: dict[str, filters.Filter] = {}
        self._scope = Scope()
        self._untrue: dict[str, set[str]] = {}
        """Symbols for which the alert is armed."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The filters watched."""
        return tuple(self._watched)

    @property
    def calls(self) -> frozenset[FigureCall]:
        """What has to be computed for them."""
        return frozenset[FigureCall]().union(*(watched.calls for watched in self._watched.values()))

    def watch(self, texts: Iterable[str], scope: Scope | None = None) -> dict[str, str]:
        """Watch exactly these from now on; returns the error of each that cannot be read."""
        scope = scope or Scope()
        if scope != self._scope:  # what they refer to may mean something else now
            self._watched, self._scope = {}, scope
        errors: dict[str, str] = {}
        wanted: dict[str, filters.Filter] = {}
        for text in texts:
            try:
                wanted[text] = self._watched.get(text) or filters.read(text, scope)
            except FilterError as error:
                errors[text] = str(error)
        self._watched = wanted
        self._untrue = {text: self._untrue.get(text, set()) for text in wanted}
        return errors

    def check(self, rows: Iterable[Row], period: Period, now_ms: int) -> list[Fired]:
        """What came true among these rows; `period` is meant where the filter names none."""
        fired = []
        for row in rows:
            for text, watched in self._watched.items():
                armed = self._untrue[text]
                if not watched.matches(row, period, now_ms):
                    armed.add(row.symbol)
                elif row.symbol in armed:
                    armed.discard(row.symbol)
                    if now_ms - self._fired_ms.get((text, row.symbol), -RESTING_MS) >= RESTING_MS:
                        self._fired_ms[text, row.symbol] = now_ms
                        fired.append(Fired(now_ms, row.symbol, text, row.last))
        return fired
