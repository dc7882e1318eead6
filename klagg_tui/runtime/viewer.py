"""What one who is told updates was not told yet: the own screen, and the stream that all windows share. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from klagg_tui.engine.changes import ChangeBuffer, Changes
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.period import Period
from klagg_tui.engine.readers import Reader
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import InstrumentFacts
from klagg_tui.storage.news import HistoryNews


class Viewer:
    """Kept by the host, which tells it everything; taken out of it by one who shows it, at that one's pace."""

    def __init__(self, name: str, reader: Reader) -> None:
        """`name`: another one for each viewer."""
        self.name = name
        self.reader = reader
        self.stored = HistoryNews()
        """Stretches that the store holds otherwise than before."""
        self.told = ChangeBuffer()
        """Bars that another klagg makes."""
        self._shown: set[str] = set()
        self._learned: dict[str, InstrumentFacts] = {}
        self._tickers: dict[str, Ticker24h] = {}

    def drain(self, engine: KlineEngine, periods: tuple[Period, ...], most: int) -> Changes:
        """What changed for it in the engine; see `KlineEngine.drain`."""
        return engine.drain(self.reader, periods, most)

    def learn(self, instruments: Mapping[str, InstrumentFacts]) -> None:
        """What a listing says of symbols."""
        self._learned.update(instruments)

    def tell_tickers(self, tickers: Mapping[str, Ticker24h]) -> None:
        """The last 24 hours of symbols."""
        self._tickers.update(tickers)

    def take_symbols(self, symbols: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Which of those that are followed now are new, and which are not followed any more."""
        following = set(symbols)
        added = tuple(symbol for symbol in symbols if symbol not in self._shown)
        removed = tuple(sorted(self._shown - following))
        self._shown = following
        return added, removed

    def take_told(self) -> Changes:
        """What was told of another klagg's bars since."""
        changes = self.told.changes()
        self.told.clear()
        return changes

    def take_learned(self) -> dict[str, InstrumentFacts]:
        """What was learned of symbols since."""
        learned, self._learned = self._learned, {}
        return learned

    def take_tickers(self) -> dict[str, Ticker24h]:
        """What was told of the last 24 hours since."""
        tickers, self._tickers = self._tickers, {}
        return tickers
