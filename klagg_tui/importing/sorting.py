"""Rows in order, however many there are: sorted in memory piece by piece, kept on disk, and merged as they are wanted.

A temporary file without a name holds what does not fit; it is gone when it is closed, and after a crash.
"""

from __future__ import annotations

import heapq
import marshal
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from tempfile import TemporaryFile, gettempdir
from types import TracebackType
from typing import IO, Any, Final, NamedTuple, Self, TypeAlias

from klagg_tui.errors import BadFile

Row: TypeAlias = tuple[Any, ...]
"""What is sorted: texts, whole numbers, truth values."""

MOST_IN_MEMORY: Final = 200_000
"""Rows: about 100 MB."""
_AT_ONCE: Final = 500
"""Rows that are read back at a time: a day of ten million is fifty pieces, and of each one such handful is in memory."""


class _Place(NamedTuple):
    offset: int
    length: int


class Sorter:
    """Takes rows in any order and gives them back sorted by some of their fields, equal ones in the order they came.

    To be used in a `with` block.
    """

    def __init__(self, *fields: int, most: int | None = None) -> None:
        self._key: Callable[[Row], Any] = itemgetter(*fields)
        self._most = most or MOST_IN_MEMORY
        self._count = 0
        self._rows: list[Row] = []
        self._pieces: list[list[_Place]] = []
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self._count

    def add(self, rows: Sequence[Row]) -> None:
        """Take some rows.

        Raises:
            BadFile: there is no room for them on the disk.
        """
        self._rows += rows
        self._count += len(rows)
        if len(self._rows) >= self._most:
            self._put_down()

    def batches(self, size: int) -> Iterator[list[Row]]:
        """All rows in order, `size` at a time; nothing may be added any more."""
        self._rows.sort(key=self._key)
        rows = heapq.merge(*map(self._read_back, self._pieces), self._rows, key=self._key)
        while batch := list(islice(rows, size)):
            yield batch

    def close(self) -> None:
        """Give the room on the disk back."""
        if self._file:
            self._file.close()

    def _put_down(self) -> None:
        rows = sorted(self._rows, key=self._key)
        try:
            self._file = self._file or TemporaryFile()  # noqa: SIM115 - `close` does
            self._pieces.append([self._written(rows[at : at + _AT_ONCE]) for at in range(0, len(rows), _AT_ONCE)])
        except OSError as error:
            raise BadFile(
                f"Rows in disorder need room in {gettempdir()} to be sorted ({error.strerror or error}); "
                "TMPDIR names another place."
            ) from error
        self._rows.clear()

    def _written(self, rows: list[Row]) -> _Place:
        assert self._file is not None
        data = marshal.dumps([tuple(row) for row in rows])
        place = _Place(self._file.seek(0, 2), len(data))
        self._file.write(data)
        return place

    def _read_back(self, piece: list[_Place]) -> Iterator[Row]:
        assert self._file is not None
        for place in piece:
            self._file.seek(place.offset)
            # Written by this process into a file that nobody else can open.
            yield from marshal.loads(self._file.read(place.length))  # noqa: S302
