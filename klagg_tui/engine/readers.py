"""Everyone who wants to know what changed, each at its own pace: the store, the screen, the push server."""

from __future__ import annotations

from klagg_tui.engine.bar import Bar, BarKey
from klagg_tui.engine.spans import Span


class DirtyTracker:
    """A set of small integers with marking in constant time and draining in order of first mark.

    One per reader, so that a slow reader finds everything since its own last look.
    """

    __slots__ = ("_flags", "_marked")

    def __init__(self, size: int = 0) -> None:
        self._flags = bytearray(size)
        self._marked: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._marked)

    def __len__(self) -> int:
        return len(self._marked)

    @property
    def size(self) -> int:
        """How many indexes can be marked."""
        return len(self._flags)

    def grow(self, size: int) -> None:
        """Make room for indexes below `size`; never shrinks."""
        self._flags.extend(bytes(max(0, size - len(self._flags))))

    def mark(self, index: int) -> None:
        """Note that `index` changed. Marking twice is marking once."""
        if not self._flags[index]:
            self._flags[index] = 1
            self._marked.append(index)

    def drain(self, most: int | None = None) -> list[int]:
        """The marked indexes, oldest mark first, all or at most so many; afterwards they are not marked."""
        marked = self._marked[:most]
        del self._marked[:most]
        for index in marked:
            self._flags[index] = 0
        return marked


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
