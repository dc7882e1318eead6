"""Everyone who wants to know what changed, each at its own pace: the store, the screen, the push server."""

from __future__ import annotations

from klagg_tui.engine.bar import Bar, BarKey
from klagg_tui.engine.spans import Span
from klagg_tui.engine.tracker import DirtyTracker


class Reader:
    """What one reader has not seen yet. Bars replace their older selves, so a slow reader costs no more than the bars."""

    __slots__ = ("ended", "spans", "tracker")

    def __init__(self, size: int) -> None:
        self.tracker = DirtyTracker(size)
        """Indexes of symbols whose current bars changed."""
        self.ended: dict[BarKey, Bar] = {}
        self.spans: list[Span] = []
        """Runs that ended because trades are missing behind them."""


class Readers:
    """Fans changes out. A trade only raises its symbol's flag; readers' trackers are marked when somebody asks."""

    __slots__ = ("_all", "_flags", "_size")

    def __init__(self) -> None:
        self._all: list[Reader] = []
        self._flags = DirtyTracker()
        self._size = 0

    def add(self) -> Reader:
        """A new reader, for whom everything is new."""
        reader = Reader(self._size)
        for index in range(self._size):
            reader.tracker.mark(index)
        self._all.append(reader)
        return reader

    def remove(self, reader: Reader) -> None:
        """Stop keeping changes for it."""
        self._all.remove(reader)

    def grow(self, size: int) -> None:
        """Make room for symbols with an index below `size`."""
        self._size = size
        self._flags.grow(size)
        for reader in self._all:
            reader.tracker.grow(size)

    def touched(self, index: int) -> None:
        """The current bars of a symbol changed."""
        self._flags.mark(index)

    def ended(self, bar: Bar) -> None:
        """A bar is over, or changed after it was."""
        key = bar.key
        for reader in self._all:
            reader.ended[key] = bar

    def spanned(self, span: Span) -> None:
        """A run of ids came to its end."""
        for reader in self._all:
            reader.spans.append(span)

    def spread(self) -> list[int]:
        """Mark every reader's tracker; returns the indexes whose flag is down again."""
        indexes = self._flags.drain()
        for reader in self._all:
            for index in indexes:
                reader.tracker.mark(index)
        return indexes
