"""What is told of contracts beside their trades, into files and pipes: a row a symbol and minute, in the formats that bars have.

Values are exact decimals, and as texts in JSON. What is unknown is an empty cell, null or NULL.
"""

from __future__ import annotations

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, cast

import orjson

from klagg_tui.engine import exact
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.errors import ExportError
from klagg_tui.exporting.files import PartialFile, cannot_write, fault_of_folder
from klagg_tui.exporting.format import Format
from klagg_tui.exporting.output import Target
from klagg_tui.exporting.selection import matching
from klagg_tui.names import Name, parted
from klagg_tui.storage.opening import harm_of
from klagg_tui.storage.store import Store

if TYPE_CHECKING:
    import polars as pl


class Amount(NamedTuple):
    """How a kind of exact number leaves."""

    text: Callable[[int], str]
    decimals: int


_PRICE: Final = Amount(exact.price_text, exact.PRICE_DECIMALS)
_QUANTITY: Final = Amount(exact.quantity_text, exact.QUANTITY_DECIMALS)
_TURNOVER: Final = Amount(exact.turnover_text, exact.TURNOVER_DECIMALS)
"""Also of rates."""


class Column(NamedTuple):
    """A column of files, of answers over HTTP and of the library."""

    name: str
    field: str
    """Of `DerivativeMinute`."""
    amount: Amount | None = None
    """None: a whole number."""
    is_moment: bool = False


COLUMNS: Final = (
    Column("open_time", "open_ms", is_moment=True),
    Column("mark_price", "mark_price", _PRICE),
    Column("index_price", "index_price", _PRICE),
    Column("funding_rate", "funding_rate", _TURNOVER),
    Column("next_funding_time", "next_funding_ms", is_moment=True),
    Column("funding_interval_ms", "funding_every_ms"),
    Column("open_interest", "open_interest", _QUANTITY),
    Column("long_liquidated_volume", "long_volume", _QUANTITY),
    Column("long_liquidated_quote_volume", "long_turnover", _TURNOVER),
    Column("long_liquidations", "long_count"),
    Column("short_liquidated_volume", "short_volume", _QUANTITY),
    Column("short_liquidated_quote_volume", "short_turnover", _TURNOVER),
    Column("short_liquidations", "short_count"),
)


class Written(NamedTuple):
    """What came of an export."""

    rows: int
    path: Path | None = None
    is_stopped: bool = False
    is_cut: bool = False
    """Whoever read the pipe had enough."""


def plain(minute: DerivativeMinute) -> dict[str, str | int | None]:
    """The minute by names of columns: amounts as decimal texts, times in milliseconds."""
    return {column.name: _plain(column, getattr(minute, column.field)) for column in COLUMNS}


def _plain(column: Column, value: int | None) -> str | int | None:
    return value if value is None or column.amount is None else column.amount.text(value)


async def export_derivatives(
    store: Store,
    symbols: Sequence[str],
    target: Target,
    form: Format,
    *,
    from_ms: int | None = None,
    to_ms: int | None = None,
    with_venue: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
) -> Written:
    """Write what was told from `from_ms` to before `to_ms`, symbol by symbol, oldest first, into one file or pipe.

    Raises:
        ExportError: the file cannot be written, is a database or a folder, or a symbol is not there; nothing is left behind.
    """
    names = matching(symbols, [known.symbol for known in await store.symbols()], store.venues)
    path = target if isinstance(target, Path) else None
    file = None if path is None else _file(path)
    writer: _Writer | None = None
    try:
        has_venue = with_venue or store.is_qualified
        stream = file.file if file else cast(BinaryIO, target)
        writer = _writer(form, stream, has_venue=has_venue, is_pipe=file is None)
        rows = 0
        for name in names:
            told = parted(name) if store.is_qualified else Name(next(iter(store.venues), ""), name)
            async for page in store.derivatives(name, from_ms, to_ms):
                if should_stop():
                    _discard(writer, file)
                    return Written(rows, is_stopped=True)
                writer.write(told, page)
                rows += len(page)
        writer.close()
        if file:
            file.close()
            file.take_place()
    except BrokenPipeError:
        return Written(0, is_cut=True)
    except BaseException as error:
        _discard(writer, file)
        if isinstance(error, OSError):
            raise cannot_write(path or Path("The pipe"), error) from error
        raise
    return Written(rows, path)


def _file(path: Path) -> PartialFile:
    if path.is_dir():
        raise ExportError(f"{path} is a folder; what is told beside trades goes into one file.")
    if fault := fault_of_folder(path):
        raise ExportError(fault)
    if harm := harm_of(path):
        raise ExportError(harm)
    return PartialFile(path)


def _discard(writer: _Writer | None, file: PartialFile | None) -> None:
    if writer:
        writer.discard()
    if file:
        file.discard()


class _Writer(ABC):
    """Minutes into one stream of bytes."""

    def __init__(self, file: BinaryIO, *, has_venue: bool) -> None:
        self._file = file
        self._has_venue = has_venue

    @abstractmethod
    def write(self, name: Name, minutes: Sequence[DerivativeMinute]) -> None:
        """Some minutes of a symbol."""

    def close(self) -> None:
        """No more of them."""
        self._file.flush()

    def discard(self) -> None:  # noqa: B027 - text needs no end
        """Let go of the stream, which is to be thrown away."""

    def _head(self, name: Name) -> dict[str, str]:
        return {"venue": name.venue, "symbol": name.symbol} if self._has_venue else {"symbol": name.symbol}


class _Csv(_Writer):
    """With the names of the columns in the first line."""

    def __init__(self, file: BinaryIO, *, has_venue: bool) -> None:
        super().__init__(file, has_venue=has_venue)
        self._write([[*self._head(Name("", "")), *(column.name for column in COLUMNS)]])

    def write(self, name: Name, minutes: Sequence[DerivativeMinute]) -> None:
        """See `_Writer`."""
        head = tuple(self._head(name).values())
        self._write([[*head, *plain(minute).values()] for minute in minutes])

    def _write(self, rows: Sequence[Sequence[object]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._file.write(text.getvalue().encode())


class _Jsonl(_Writer):
    """An object a line."""

    def write(self, name: Name, minutes: Sequence[DerivativeMinute]) -> None:
        """See `_Writer`."""
        head = self._head(name)
        self._file.write(b"".join([orjson.dumps({**head, **plain(minute)}) + b"\n" for minute in minutes]))


class _Columns(_Writer):
    """A row group a page."""

    def __init__(self, file: BinaryIO, form: str, *, has_venue: bool) -> None:
        super().__init__(file, has_venue=has_venue)
        # Late: Polars takes a quarter of a second, and who writes text needs none of it.
        from klagg_tui.exporting import frames, sinks

        self._frames = frames
        self._sink = sinks.sink_of(form)(file, self._frame(Name("", ""), ()).schema)

    def write(self, name: Name, minutes: Sequence[DerivativeMinute]) -> None:
        """See `_Writer`; raises ExportError where a value has more than 38 digits."""
        self._sink.write(self._frame(name, minutes))

    def close(self) -> None:
        """See `_Writer`."""
        self._sink.close()

    def discard(self) -> None:
        """See `_Writer`."""
        self._sink.discard()

    def _frame(self, name: Name, minutes: Sequence[DerivativeMinute]) -> pl.DataFrame:
        heads = [self._frames.label(key, text, len(minutes)) for key, text in self._head(name).items()]
        return self._frames.joined([*heads, *(self._column(column, minutes) for column in COLUMNS)])

    def _column(self, column: Column, minutes: Sequence[DerivativeMinute]) -> pl.Series:
        values = [getattr(minute, column.field) for minute in minutes]
        if column.amount:
            return self._frames.amounts(column.name, values, column.amount.decimals)
        return (self._frames.times if column.is_moment else self._frames.counts)(column.name, values)


def _writer(form: Format, file: BinaryIO, *, has_venue: bool, is_pipe: bool) -> _Writer:
    if form.is_text:
        return _TEXTS[form.name](file, has_venue=has_venue)
    return _Columns(file, "stream" if is_pipe and form.open_stream else form.name, has_venue=has_venue)


_TEXTS: Final[dict[str, Callable[..., _Writer]]] = {"csv": _Csv, "jsonl": _Jsonl}
"""By the names of the formats."""
