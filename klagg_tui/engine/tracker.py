"""What changed since one reader asked last."""

from __future__ import annotations


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
