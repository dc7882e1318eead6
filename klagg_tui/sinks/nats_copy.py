"""A database that follows a stream of NATS: what a recorder elsewhere tells there, row by row as it has it.

Of several recorders in one stream the surer of each bar is kept, message by message in the order of the stream. How far that came, of the stream
and of each recorder, is kept in the transaction that writes the bars, so a crash on either side repeats or loses nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from klagg_tui.errors import SinkError, StorageError
from klagg_tui.sinks.nats_address import public_name, read_address
from klagg_tui.sinks.nats_connection import CONNECT_S, NatsConnection, require_library
from klagg_tui.sinks.nats_told import Told, read
from klagg_tui.sinks.surer import replaces
from klagg_tui.storage.mirror import Mirrored
from klagg_tui.storage.sink_log import SeriesPlace
from klagg_tui.storage.store import Store

if TYPE_CHECKING:
    from nats.aio.msg import Msg
    from nats.js.api import StreamInfo

log = logging.getLogger(__name__)

OnWritten: TypeAlias = Callable[[Collection[str]], Awaitable[None]]

KEY: Final = "copied"
"""Of the text in the database that says what it is a copy of, and how far."""
_EVER: Final = ((0, 253_402_300_800_000),)


@dataclass(frozen=True)
class _Kept:
    """What the database keeps."""

    name: str
    """Of the stream."""
    stream: str = ""
    """When the stream was made."""
    sequence: int = 0
    """Up to this message."""
    chosen: str = ""
    """Whose bars are taken; empty: those of all."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """The highest so far of each recorder, in the order in which they were met: by their places here the bars are marked."""

    def takes(self, told: Told) -> bool:
        """Whether a message is to be heeded; one that is behind an earlier one was overtaken on its way."""
        return self.chosen in ("", told.recorder) and told.number >= self.numbers.get(told.recorder, 0)

    def behind(self, told: Told, sequence: int) -> _Kept:
        """Behind that message."""
        if not self.takes(told):
            return replace(self, sequence=sequence)
        return replace(self, sequence=sequence, numbers={**self.numbers, told.recorder: told.number})

    def choosing(self, recorder: str) -> _Kept:
        """The same with another choice of recorders: what was left out until now is read from the stream's beginning."""
        if recorder == self.chosen:
            return self
        return replace(self, chosen=recorder, sequence=0 if self.chosen else self.sequence)

    def place_of(self, recorder: str) -> int:
        """Its number here, also where it is met only now."""
        known = list(self.numbers)
        return known.index(recorder) if recorder in self.numbers else len(known)


class Copy:
    """Copies from one stream into one database.

    Args:
        store: the database, which holds nothing else.
        address: the stream's; with `?recorder=` whose bars, where several deliver into it and not all are wanted.
    """

    def __init__(self, store: Store, address: str, on_written: OnWritten | None = None) -> None:
        """Read the address. `on_written` is told of the symbols whose bars were written, and of none where the stream was reached.

        Raises:
            SinkError: it cannot be read, or nats-py is not installed.
        """
        self._address = read_address(address)
        require_library()
        self.name = public_name(self._address)
        self.bars = 0
        """Written, so far."""
        self.newest_ms = 0
        """When the newest minute ended."""
        self.is_behind = True
        """Whether more waits."""
        self.waiting = 0
        """About how many messages wait."""
        self.newest: dict[SeriesPlace, int] = {}
        """When the newest bar of a series opened that was told as over."""
        self.lacking = ""
        """What cannot be had any more, as a sentence."""
        self._store = store
        self._on_written = on_written

    async def check(self) -> None:
        """See that the database is one to copy into.

        Raises:
            StorageError: it holds something else, or cannot be read.
        """
        await self._kept()

    async def run(self) -> None:
        """Copy until cancelled.

        Raises:
            SinkError: the stream cannot be read, now.
            StorageError: the database cannot be written, or holds something else.
        """
        kept = await self._kept()
        connection = await NatsConnection.open(self._address)
        try:
            info = await connection.within(CONNECT_S, self._stream(connection))
            kept = self._begun(kept, info)
            self.is_behind = info.state.last_seq > kept.sequence
            await self._tell(())
            async for batch in connection.messages(f"{self._address.bars}.>", kept.sequence, is_endless=True):
                self.waiting = batch[-1].metadata.num_pending
                kept = await self._take(kept, batch)
                self.is_behind = self.waiting > 0
        finally:
            await connection.close()

    async def _stream(self, connection: NatsConnection) -> StreamInfo:
        from nats.js.errors import NotFoundError

        try:
            return await connection.stream.stream_info(self._address.name)
        except NotFoundError as error:
            raise SinkError(f"{self.name}: nobody has delivered there yet.") from error

    async def _kept(self) -> _Kept:
        """How far it is; the database is empty or a copy of this stream.

        Raises:
            StorageError: it is something else.
        """
        text = await self._store.meta(KEY)
        wanted = self._address.recorder or ""
        if text is None:
            if await self._store.has_bars():
                raise StorageError(
                    f"{self._store.path} holds bars that are no copy: nothing was changed; name another file with --db."
                )
            return _Kept(self._address.name, chosen=wanted)
        kept = _read_kept(text)
        if kept.name != self._address.name:
            raise StorageError(
                f"{self._store.path} is a copy of the stream {kept.name}: nothing was changed; name another file with --db."
            )
        return kept.choosing(wanted)

    def _begun(self, kept: _Kept, info: StreamInfo) -> _Kept:
        made, first = str(info.created), info.state.first_seq
        if kept.stream != made or kept.sequence > info.state.last_seq:
            return replace(kept, stream=made, sequence=0, numbers=dict.fromkeys(kept.numbers, 0))
        if kept.sequence and first > kept.sequence + 1:
            self.lacking = (
                f"The stream let go of {first - kept.sequence - 1:,} messages before they were copied: bars may be missing. "
                "`klagg push` of the recorder, with --forget first, tells everything anew."
            )
        return kept

    async def _take(self, kept: _Kept, batch: list[Msg]) -> _Kept:
        told = [(read(message.data), message.metadata.sequence.stream) for message in batch]
        for mark in sorted({one.series.venue for one, _ in told if one.series and one.series.venue}):
            await self._store.claim(mark)
        steps: list[Mirrored] = []
        symbols: set[str] = set()
        for one, sequence in told:
            if kept.takes(one):
                number = kept.place_of(one.recorder)
                if one.series is None:  # what came before it is among what it is about
                    await self._write(steps, kept)
                    steps = await self._unlisted(one, number)
                else:
                    venue, symbol, period = one.series
                    name = self._store.called(venue, symbol)
                    steps.append(Mirrored(name, period, one.removed, one.bars, number))
                    symbols |= {name} if one.bars else set()
                self._count(one)
            kept = kept.behind(one, sequence)
        await self._write(steps, kept)
        await self._tell(symbols)
        return kept

    async def _write(self, steps: list[Mirrored], kept: _Kept) -> None:
        rule = replaces if len(kept.numbers) > 1 else None
        await self._store.mirror(steps, KEY, json.dumps(asdict(kept)), rule)

    async def _unlisted(self, told: Told, number: int) -> list[Mirrored]:
        """Let go of series that the recorder of that number does not have."""
        there = {(self._store.called(one.venue, one.symbol), one.period) for one in told.all_series or ()}
        return [
            Mirrored(name, period, _EVER, recorder=number)
            for name, periods in (await self._store.stored_periods()).items()
            for period in periods
            if (name, period) not in there
        ]

    async def _tell(self, symbols: Collection[str]) -> None:
        if self._on_written is not None:
            await self._on_written(symbols)

    def _count(self, told: Told) -> None:
        self.bars += len(told.bars)
        self.newest_ms = max(self.newest_ms, *(bar.end_ms for bar in told.bars if bar.period.ordinal == 0), 0)
        if told.series is not None:
            newest = self.newest.get(told.series, -1)
            if any(first <= newest < until for first, until in told.removed):  # as of a clock that was wrong
                newest = -1
            self.newest[told.series] = max(newest, *(bar.open_ms for bar in told.bars), -1)


def _read_kept(text: str) -> _Kept:
    told = json.loads(text)
    if "recorder" not in told:
        return _Kept(**told)
    # Until December 2026 a copy was always of one recorder; whether the stream had others was not kept.
    recorder, number = told.pop("recorder"), told.pop("number")
    return _Kept(**told, chosen=recorder, numbers={recorder: number} if recorder else {})
