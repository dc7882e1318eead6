"""A database that follows a stream of NATS: what a recorder elsewhere tells there, row by row as it has it.

How far that came is kept in the transaction that writes the bars, so a crash on either side repeats or loses nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from klagg_tui.errors import SinkError, StorageError
from klagg_tui.sinks.nats_address import public_name, read_address
from klagg_tui.sinks.nats_connection import CONNECT_S, NatsConnection, require_library
from klagg_tui.sinks.nats_told import Told, read
from klagg_tui.storage.mirror import Mirrored
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
    recorder: str = ""
    """Whose bars they are."""
    number: int = 0
    """Its highest so far."""


class Copy:
    """Copies from one stream into one database.

    Args:
        store: the database, which holds nothing else.
        address: the stream's; with `?recorder=` whose bars, where several deliver into it.
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
        self.recorder = self._address.recorder or ""
        """Whose bars are copied; empty while that is not known."""
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
            return _Kept(self._address.name, recorder=wanted)
        kept = _Kept(**json.loads(text))
        if kept.name != self._address.name:
            raise StorageError(
                f"{self._store.path} is a copy of the stream {kept.name}: nothing was changed; name another file with --db."
            )
        return kept if wanted in ("", kept.recorder) else _Kept(kept.name, recorder=wanted)

    def _begun(self, kept: _Kept, info: StreamInfo) -> _Kept:
        made, first = str(info.created), info.state.first_seq
        if kept.stream != made or kept.sequence > info.state.last_seq:
            return replace(kept, stream=made, sequence=0, number=0)
        if kept.sequence and first > kept.sequence + 1:
            self.lacking = (
                f"The stream let go of {first - kept.sequence - 1:,} messages before they were copied: bars may be missing. "
                "`klagg push` of the recorder, with --forget first, tells everything anew."
            )
        return kept

    async def _take(self, kept: _Kept, batch: list[Msg]) -> _Kept:
        told: list[Told] = []
        before = kept
        for message in batch:
            one = read(message.data)
            recorder = kept.recorder or one.recorder
            if one.recorder != recorder and not self._address.recorder:
                raise SinkError(
                    f"{self.name}: two recorders deliver there; name one with ?recorder={recorder} or ?recorder={one.recorder}."
                )
            if one.recorder == recorder and one.number >= kept.number:
                told.append(one)
                kept = replace(kept, number=one.number)
            kept = replace(kept, recorder=recorder, sequence=message.metadata.sequence.stream)
        for mark in sorted({one.series.venue for one in told if one.series and one.series.venue}):
            await self._store.claim(mark)
        steps: list[Mirrored] = []
        for one in told:
            if one.series is not None:
                venue, symbol, period = one.series
                steps.append(Mirrored(self._store.called(venue, symbol), period, one.removed, one.bars))
            else:  # what came before it is among what it is about
                await self._write(steps, before)
                steps = await self._unlisted(one)
        await self._write(steps, kept)
        self._count(told)
        self.recorder = kept.recorder
        await self._tell({step.symbol for step in steps if step.bars})
        return kept

    async def _write(self, steps: list[Mirrored], kept: _Kept) -> None:
        await self._store.mirror(steps, KEY, json.dumps(asdict(kept)))

    async def _unlisted(self, told: Told) -> list[Mirrored]:
        """Let go of series that the recorder does not have."""
        there = {(self._store.called(one.venue, one.symbol), one.period) for one in told.all_series or ()}
        return [
            Mirrored(name, period, _EVER)
            for name, periods in (await self._store.stored_periods()).items()
            for period in periods
            if (name, period) not in there
        ]

    async def _tell(self, symbols: Collection[str]) -> None:
        if self._on_written is not None:
            await self._on_written(symbols)

    def _count(self, told: Iterable[Told]) -> None:
        for one in told:
            self.bars += len(one.bars)
            self.newest_ms = max(self.newest_ms, *(bar.end_ms for bar in one.bars if bar.period.ordinal == 0), 0)
