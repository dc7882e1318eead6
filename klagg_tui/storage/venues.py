"""Whose bars a file holds, and what its symbols are called in memory.

Every symbol on the disk belongs to a row of `venues`. Its name is a *mark*: the key of a venue for the exchange itself,
`key@address` for an imitation of it. What stands before the `@` is the venue's *label*. Two addresses of one
venue never meet in one file.

In memory a symbol goes by the exchange's own name where file and run have one venue, and by `label:name` where they have several.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from klagg_tui.errors import OtherMarket, StorageError
from klagg_tui.names import Name, parted
from klagg_tui.storage.connection import Connection

_FIRST: Final = 1
"""The number of the venue whose symbols were stored before there were others."""
_ROWS: Final = """
SELECT v.id, v.name, EXISTS (SELECT 1 FROM symbols AS s WHERE s.venue = v.id AND (
    EXISTS (SELECT 1 FROM history AS h WHERE h.symbol = s.id) OR EXISTS (SELECT 1 FROM forming AS f WHERE f.symbol = s.id)))
FROM venues AS v ORDER BY v.id
"""
_MARKS: Final = "SELECT id, name FROM venues ORDER BY id"
_NAMED: Final = """
SELECT s.id, s.venue, v.name, s.name FROM symbols AS s JOIN venues AS v ON v.id = s.venue WHERE s.name IN (?, ?)
"""
_PUT: Final = "INSERT INTO venues VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name"


class MarkedVenue(NamedTuple):
    """One row of `venues`."""

    number: int
    mark: str | None
    """None where nobody has said yet whose bars these are."""
    has_bars: bool


class Place(NamedTuple):
    """Where a symbol is on the disk."""

    venue: int
    """Number of its row in `venues`."""
    symbol: str
    """As the exchange calls it."""


def mark_of(key: str, address: str = "") -> str:
    """How bars of a venue are marked; `address`: of an imitation of it, empty for the exchange itself."""
    return f"{key}@{address}" if address else key


def label_of(mark: str) -> str:
    """The venue's key in a mark."""
    return mark.partition("@")[0]


class Naming:
    """What the symbols of one opened file are called.

    Args:
        labels: of the venues, those of the file first.
        numbers: of rows in `venues`, by label.
        claims: marks that stored rows get with the first bars or symbols, by number.
        new: marks of rows that are made with their first symbol, by number.
    """

    def __init__(
        self,
        labels: Sequence[str] = (),
        numbers: Mapping[str, int] | None = None,
        claims: Mapping[int, str] | None = None,
        new: Mapping[int, str] | None = None,
    ) -> None:
        self.labels = tuple(labels)
        self.claims = dict(claims or {})
        self.new = dict(new or {})
        self._numbers = dict(numbers or {})
        self._claimed = {number: label_of(mark) for number, mark in self.claims.items()}

    @property
    def is_qualified(self) -> bool:
        """Whether names say their venue."""
        return len(self.labels) > 1

    def label(self, number: int, mark: str | None) -> str | None:
        """Of the venue of that number, which is marked so on the disk; None where nobody said whose bars these are."""
        return self._claimed.get(number) or (label_of(mark) if mark else None)

    def name(self, number: int, mark: str | None, symbol: str) -> str:
        """What a stored symbol is called; of a venue that came into the file meanwhile always with its label."""
        label = self.label(number, mark)
        is_bare = not self.is_qualified and (not self.labels or label in self.labels)
        return symbol if label is None or is_bare else str(Name(label, symbol))

    def place(self, name: str, path: Path) -> Place:
        """Where a symbol is to be stored that goes by a name in memory.

        Raises:
            StorageError: the name says none of the venues for which the file at `path` was opened.
        """
        if not self.is_qualified:
            return Place(self._numbers.get(self.labels[0], _FIRST) if self.labels else _FIRST, name)
        label, symbol = parted(name)
        if label not in self._numbers:
            raise StorageError(f"{name} is of none of the exchanges of {path}: nothing was changed.")
        return Place(self._numbers[label], symbol)

    async def find(self, connection: Connection, name: str) -> tuple[int, str] | None:
        """The number of a stored symbol and what it is called; None where there is none.

        With and without its venue: a bare name is the symbol's that alone has it.
        """
        label, symbol = parted(name)
        rows = [
            (int(id_), self.label(number, mark), stored, self.name(number, mark, stored))
            for id_, number, mark, stored in await connection.rows(_NAMED, (name, symbol))
        ]
        called = [row for row in rows if row[3] == name]
        of_label = [row for row in rows if row[1] == label and row[2] == symbol]
        same = called or of_label or [row for row in rows if row[2] == name]
        return (same[0][0], same[0][3]) if len(same) == 1 else None

    async def number_of(self, connection: Connection, name: str) -> int | None:
        """The number alone."""
        found = await self.find(connection, name)
        return found and found[0]

    async def mark(self, connection: Connection) -> None:
        """Inside a transaction that writes bars: say whose those of the claimed rows are."""
        for claim in self.claims.items():
            await connection.rows(_PUT, claim)

    async def add(self, connection: Connection, numbers: Iterable[int]) -> None:
        """Inside a transaction that adds symbols: make the rows of their venues, or say whose the claimed ones are."""
        marks = self.claims | self.new
        for number in sorted(set(numbers) & marks.keys()):
            await connection.rows(_PUT, (number, marks[number]))


async def venues_of(connection: Connection) -> list[MarkedVenue]:
    """The rows of a file, by number."""
    return [MarkedVenue(number, mark, bool(has_bars)) for number, mark, has_bars in await connection.rows(_ROWS)]


async def marks_of(connection: Connection) -> list[tuple[int, str | None]]:
    """The same without a look at bars: numbers and marks."""
    return [(number, mark) for number, mark in await connection.rows(_MARKS)]


async def naming_to_read(connection: Connection) -> Naming:
    """How symbols are called by who only reads what is there."""
    return naming_of(connection.path, await venues_of(connection), ())


def naming_of(path: Path, stored: Sequence[MarkedVenue], marks: Sequence[str]) -> Naming:
    """How symbols are called in the file at `path`, for a run that brings bars so marked.

    A venue without any bar is none of the file's; its row is its own still, for its symbols are there.

    Raises:
        OtherMarket: a mark is of another address of a venue than the file, or another of the marks.
    """
    used = [row for row in stored if row.has_bars]
    held = {label_of(row.mark): (row.mark, row.number) for row in used if row.mark}
    if not (marks or held):
        held = {label_of(row.mark): (row.mark, row.number) for row in stored if row.mark}
    claims: dict[int, str] = {}
    new: dict[int, str] = {}
    for mark in dict.fromkeys(marks):
        label = label_of(mark)
        if label in held:
            if held[label][0] != mark:
                raise OtherMarket(
                    f"{path} holds the bars of {held[label][0]}, not of {mark}: nothing was changed; "
                    "name another file with --db."
                )
            continue
        row = _row_for(mark, [row for row in stored if row.number not in claims])
        number = row.number if row else max((row.number for row in stored), default=0) + len(new) + 1
        held[label] = mark, number
        if row is None:
            new[number] = mark
        elif row.mark != mark:
            claims[number] = mark
    return Naming(tuple(held), {label: number for label, (_, number) in held.items()}, claims, new)


def _row_for(mark: str, free: Sequence[MarkedVenue]) -> MarkedVenue | None:
    """The row that a new venue's symbols go to: its own of before, or one that is nobody's; None where there is none."""
    unused = [row for row in free if not row.has_bars]
    own = [row for row in unused if row.mark == mark]
    own += [row for row in unused if row.mark and label_of(row.mark) == label_of(mark)]
    nobodys = [row for row in free if row.mark is None]
    return next(iter((*own, *nobodys)), None)
