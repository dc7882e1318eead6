"""Updates that come over a connection, laid over each other until the screen takes them: each thing once, however long that is. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from klagg_tui.engine.bar import Bar
from klagg_tui.engine.changes import Changes, Overlay
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import FeedUpdate, InstrumentFacts
from klagg_tui.storage.news import HistoryNews

_MOST_MINUTES: Final = 20_000
"""Of contracts; of more the oldest are dropped, for they are stored."""


class Gathering:
    """Takes updates in, and gives all of them as one."""

    def __init__(self) -> None:
        self._bars: Overlay[Bar] = Overlay()
        self._added: dict[str, None] = {}
        self._removed: dict[str, None] = {}
        self._traded: dict[str, int] = {}
        self._instruments: dict[str, InstrumentFacts] = {}
        self._stored = HistoryNews()
        self._tickers: dict[str, Ticker24h] = {}
        self._minutes: dict[tuple[str, int], DerivativeMinute] = {}
        self._anew_until_ms = 0

    def __len__(self) -> int:
        """How many bars there are."""
        return len(self._bars)

    def add(self, update: FeedUpdate) -> None:
        """Lay a newer one over what is there; one that begins anew takes its place."""
        if update.anew_until_ms:
            self.__init__()  # type: ignore[misc]  # what was told before holds no more
            self._anew_until_ms = update.anew_until_ms
        if update.symbols_removed:
            self._remove(update.symbols_removed)
        self._bars.add(update.changes.current, update.changes.ended)
        self._added.update(dict.fromkeys(update.symbols_added))
        self._traded.update(update.last_trade_ms)
        self._instruments.update(update.instruments)
        self._stored.add(update.stored)
        self._tickers.update(update.tickers)
        for minute in update.derivatives:
            self._minutes.pop(minute.key, None)
            self._minutes[minute.key] = minute
        while len(self._minutes) > _MOST_MINUTES:
            del self._minutes[next(iter(self._minutes))]

    def recall(self, minutes: Iterable[DerivativeMinute]) -> None:
        """Minutes that are stored; what is there of them is newer."""
        for minute in minutes:
            self._minutes.setdefault(minute.key, minute)

    @property
    def minutes(self) -> int:
        """How many minutes of contracts there are."""
        return len(self._minutes)

    def take(self) -> FeedUpdate:
        """All that came since the last time."""
        update = FeedUpdate(
            Changes(tuple(self._bars.current.values()), tuple(self._bars.ended.values())),
            tuple(self._added),
            tuple(self._removed),
            self._traded,
            self._instruments,
            self._stored.take(),
            self._tickers,
            tuple(self._minutes.values()),
            self._anew_until_ms,
        )
        self.__init__()  # type: ignore[misc]  # as new
        return update

    def _remove(self, symbols: Collection[str]) -> None:
        """What was told of them holds no more: nobody may take them for followed by it."""
        gone = set(symbols)
        self._bars.keep(lambda bar: bar.symbol not in gone)
        told: tuple[dict[str, Any], ...] = (self._added, self._traded, self._instruments, self._tickers)
        for symbol in gone:
            for each in told:
                each.pop(symbol, None)
        self._minutes = {key: minute for key, minute in self._minutes.items() if minute.symbol not in gone}
        self._removed.update(dict.fromkeys(symbols))
