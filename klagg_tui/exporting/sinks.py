"""Frames of one schema, one after the other into a stream of bytes: as Parquet, as an Arrow file, as an Arrow stream.

Polars writes them. A file it writes in one go, from frames that it asks for: that happens in a thread of its own, which gets the
next frame when it has taken the one before, so that two are in memory and no more.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, BinaryIO, Final, Protocol, cast

from polars.io.plugins import register_io_source

from klagg_tui.columnar import pl
from klagg_tui.errors import ExportError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

GROUP_ROWS: Final = 65_536
"""Rows that are packed together, and read together by who reads a part."""
_OLD: Final = pl.CompatLevel.oldest()
"""Texts as every Arrow library knows them."""
_END: Final = b"\xff\xff\xff\xff\0\0\0\0"
"""Of an Arrow stream, behind its last message."""


class Sink(Protocol):
    """Frames into one stream of bytes."""

    def write(self, frame: pl.DataFrame) -> None:
        """Some rows."""
        ...

    def close(self) -> None:
        """No more of them."""
        ...

    def discard(self) -> None:
        """Let go of the stream, whatever is missing."""
        ...


def parquet_sink(file: BinaryIO, schema: pl.Schema) -> Sink:
    """Parquet, each frame a row group."""

    def write(frames: pl.LazyFrame, target: IO[bytes]) -> None:
        frames.sink_parquet(target, compression="zstd", compression_level=1, row_group_size=GROUP_ROWS)

    return _FileSink(file, schema, write)


def arrow_sink(file: BinaryIO, schema: pl.Schema) -> Sink:
    """Arrow IPC in its file form, which readers map into memory: it is not packed."""

    def write(frames: pl.LazyFrame, target: IO[bytes]) -> None:
        frames.sink_ipc(target, compression="uncompressed", compat_level=_OLD, record_batch_size=GROUP_ROWS)

    return _FileSink(file, schema, write)


def packed_arrow_sink(file: BinaryIO, schema: pl.Schema) -> Sink:
    """The same, packed with LZ4: what pandas calls feather."""

    def write(frames: pl.LazyFrame, target: IO[bytes]) -> None:
        frames.sink_ipc(target, compression="lz4", compat_level=_OLD, record_batch_size=GROUP_ROWS)

    return _FileSink(file, schema, write)


def renamed(sink: Callable[[BinaryIO, pl.Schema], Sink], names: Sequence[str]) -> Callable[[BinaryIO, pl.Schema], Sink]:
    """The same sink for frames whose columns are called otherwise in the file."""
    return lambda file, schema: _Renaming(sink(file, pl.Schema(zip(names, schema.dtypes(), strict=True))), names)


class _Renaming:
    """A `Sink` that gives columns other names."""

    def __init__(self, sink: Sink, names: Sequence[str]) -> None:
        self._sink = sink
        self._names = names

    def write(self, frame: pl.DataFrame) -> None:
        """See `Sink`."""
        self._sink.write(frame.rename(dict(zip(frame.columns, self._names, strict=True))))

    def close(self) -> None:
        """See `Sink`."""
        self._sink.close()

    def discard(self) -> None:
        """See `Sink`."""
        self._sink.discard()


class StreamSink:
    """Arrow IPC in its stream form, which a pipe's reader can begin with before its end."""

    def __init__(self, file: BinaryIO, schema: pl.Schema) -> None:
        """Write the stream's beginning."""
        self._file = file
        begun = _stream_of(pl.DataFrame(schema=schema))
        self._file.write(begun[: _schema_length(begun)])

    def write(self, frame: pl.DataFrame) -> None:
        """See `Sink`: each frame is a whole stream, of which only what stands between its schema and its end is kept."""
        stream = memoryview(_stream_of(frame))
        self._file.write(stream[_schema_length(stream) : -len(_END)])

    def close(self) -> None:
        """See `Sink`."""
        self._file.write(_END)

    def discard(self) -> None:
        """Nothing is kept here."""


def sink_of(name: str) -> Callable[[BinaryIO, pl.Schema], Sink]:
    """Who writes `parquet`, `arrow` or Arrow's `stream`."""
    return _SINKS[name]


def _stream_of(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.write_ipc_stream(target, compat_level=_OLD)
    return target.getvalue()


def _schema_length(stream: bytes | memoryview) -> int:
    """Of a stream's first message: four bytes that are all ones, four that say how long it is, and so many more."""
    return 8 + int.from_bytes(stream[4:8], "little")


class _Discarded(Exception):
    """What was written so far is thrown away."""


class _FileSink:
    """A file that Polars writes from frames as they come."""

    def __init__(self, file: BinaryIO, schema: pl.Schema, write: Callable[[pl.LazyFrame, IO[bytes]], None]) -> None:
        self._target = _Target(file)
        self._schema = schema
        self._write = write
        self._turn = threading.Condition()
        self._next: list[pl.DataFrame | None] = []
        """The frame that is to be taken next, None: there is no more."""
        self._is_discarded = self._is_over = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="klagg-sink", daemon=True)
        self._thread.start()

    def write(self, frame: pl.DataFrame) -> None:
        """See `Sink`."""
        self._give(frame)

    def close(self) -> None:
        """See `Sink`."""
        self._give(None)
        self._thread.join()
        self._require_sound()

    def discard(self) -> None:
        """See `Sink`."""
        with self._turn:
            self._is_discarded = True
            self._turn.notify_all()
        self._thread.join()

    def _give(self, frame: pl.DataFrame | None) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._is_over or not self._next)
            self._next.append(frame)
            self._turn.notify_all()
        self._require_sound()

    def _require_sound(self) -> None:
        """Raise what the thread met: what the stream said itself, which Polars would tell in its own words."""
        if error := self._target.error or self._error:
            raise error

    def _work(self) -> None:
        try:
            source = register_io_source(lambda *_: self._frames(), schema=self._schema)
            self._write(source, cast(IO[bytes], self._target))
        except pl.exceptions.PolarsError as error:
            self._error = ExportError(f"The columns cannot be written ({error}): nothing was left behind.")
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._error = error
        finally:
            with self._turn:
                self._is_over = True
                self._turn.notify_all()

    def _frames(self) -> Iterator[pl.DataFrame]:
        is_empty = True
        while (frame := self._taken()) is not None:
            is_empty = False
            yield frame
        if is_empty:
            yield pl.DataFrame(schema=self._schema)

    def _taken(self) -> pl.DataFrame | None:
        with self._turn:
            self._turn.wait_for(lambda: self._is_discarded or self._next)
            if self._is_discarded:
                raise _Discarded
            self._turn.notify_all()
            return self._next.pop()


class _Target(io.RawIOBase):
    """A stream that remembers what went wrong with it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: Exception | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        try:
            self._file.write(data)
        except Exception as error:
            self.error = error
            raise
        return memoryview(data).nbytes


_SINKS: Final[dict[str, Callable[[BinaryIO, pl.Schema], Sink]]] = {
    "parquet": parquet_sink,
    "arrow": arrow_sink,
    "stream": StreamSink,
}
