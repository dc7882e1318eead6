"""How bars under way go to windows: the forming minutes, and what the larger bars over them had before.

A trade changes its minute and each larger bar over that, but what these had before the minute changes only with it. So windows are told that
when it changes, minutes whenever they do, and merge the two as the engine does: a seventh of what all the bars would be, to gather, to encode,
to send and to read. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from klagg_tui.attach import codec
from klagg_tui.attach.codec import Message
from klagg_tui.engine.bar import Bar, SeriesKey, merge
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.period import Period
from klagg_tui.engine.readers import Reader
from klagg_tui.feed import FeedUpdate
from klagg_tui.runtime.viewer import Viewer


class Told(NamedTuple):
    """What windows are told at once."""

    update: FeedUpdate
    """Whose bars under way are minutes, but for those that another klagg makes."""
    before: tuple[Bar, ...] = ()
    """What larger bars had before the forming minute, where that is not as it was told before; it holds for `update` already."""

    def __bool__(self) -> bool:
        return any(self.update) or bool(self.before)


class MinuteViewer(Viewer):
    """What windows were not told yet."""

    def __init__(self, name: str, reader: Reader) -> None:
        super().__init__(name, reader)
        self._before: dict[str, Sequence[Bar]] = {}
        """As it was told last."""
        self._news: dict[SeriesKey, Bar] = {}

    def drain(self, engine: KlineEngine, periods: tuple[Period, ...], most: int) -> Changes:
        """See `Viewer.drain`: minutes."""
        changes, before = engine.drain_minutes(self.reader, periods, most)
        for minute, bars in zip(changes.current, before, strict=True):
            known = self._before.get(minute.symbol, ())
            if bars != known:
                self._news.update((bar.series, bar) for bar in bars if bar not in known)
                self._before[minute.symbol] = bars
        return changes

    def take_symbols(self, symbols: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """See `Viewer.take_symbols`."""
        added, removed = super().take_symbols(symbols)
        for symbol in removed:
            self._before.pop(symbol, None)
        return added, removed

    def take_before(self) -> tuple[Bar, ...]:
        """What larger bars had before, where that is news."""
        news, self._news = tuple(self._news.values()), {}
        return news


class Standing:
    """What a window knows of larger bars under way."""

    def __init__(self) -> None:
        self._before: dict[str, dict[Period, Bar]] = {}

    def whole(self, told: Told) -> FeedUpdate:
        """The update with the larger bars under way; updates come in the order in which they were told."""
        update = told.update
        for symbol in update.symbols_removed:
            self._before.pop(symbol, None)
        for bar in told.before:
            self._before.setdefault(bar.symbol, {})[bar.period] = bar
        current: list[Bar] = []
        for bar in update.changes.current:
            current.append(bar)
            if bar.period is Period.M1:
                current += [merge(before, bar) for before in self._before.get(bar.symbol, {}).values()]
        return update._replace(changes=update.changes._replace(current=tuple(current)))


def laid_over(before: dict[SeriesKey, Bar], told: Told) -> dict[SeriesKey, Bar]:
    """What larger bars had before, as several that were told one after the other leave it."""
    gone = set(told.update.symbols_removed)
    kept = {series: bar for series, bar in before.items() if series[0] not in gone} if gone else before
    return kept | {bar.series: bar for bar in told.before}


def told_out(told: Told) -> Message:
    """As it is sent."""
    before = codec.bars_out(told.before)
    return {"before": before, **codec.update_out(told.update)} if before else codec.update_out(told.update)


def told_in(said: Message) -> Told:
    """As it came.

    Raises:
        BadFrame: it is nothing of the kind.
    """
    return Told(codec.update_in(said), codec.bars_in(said.get("before", ())))
