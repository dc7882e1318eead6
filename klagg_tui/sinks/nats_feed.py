"""The market of a stream on the screen: history copied from it, live from then on, and no connection to an exchange."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Final, NamedTuple, NoReturn, TypeAlias

from klagg_tui.engine.period import Period
from klagg_tui.errors import SinkError, StorageError
from klagg_tui.feed import Mode, Progress
from klagg_tui.runtime.host import EngineHost
from klagg_tui.runtime.source import SourceStatus
from klagg_tui.runtime.startup import stored_instruments
from klagg_tui.sinks.nats_address import NatsAddress, public_name, read_address
from klagg_tui.sinks.nats_connection import CONNECT_S, NatsConnection
from klagg_tui.sinks.nats_copy import Copy
from klagg_tui.sinks.nats_messages import unescaped
from klagg_tui.sinks.nats_told import Told, read
from klagg_tui.sinks.under_way import UnderWay

log = logging.getLogger(__name__)

AGAIN_S: Final = 3.0
"""Until it is tried again."""
LATE_MS: Final = 10_000
"""A bar may be told as under way so long after its end: at the recorder's pace."""
_LABELS: Final = {period.value: period for period in Period}
_PARTS: Final = 3
"""Of a subject behind what all have in common."""


Work: TypeAlias = Callable[[], Awaitable[None]]


class Content(NamedTuple):
    """What is in a stream."""

    marks: tuple[str, ...]
    """Of the exchanges."""
    periods: tuple[Period, ...]


async def content_of(address: str) -> Content:
    """Look what is in a stream.

    Raises:
        SinkError: it cannot be read, or nothing is there yet.
    """
    where = read_address(address)
    connection = await NatsConnection.open(where)
    try:
        return await connection.within(CONNECT_S, _content(where, connection))
    finally:
        await connection.close()


async def _content(where: NatsAddress, connection: NatsConnection) -> Content:
    from nats.js.errors import NotFoundError

    nothing = SinkError(f"{public_name(where)}: nobody has delivered there yet.")
    try:
        info = await connection.stream.stream_info(where.name, subjects_filter=f"{where.bars}.>")
    except NotFoundError as error:
        raise nothing from error
    series = [subject.removeprefix(f"{where.bars}.").split(".") for subject in info.state.subjects or ()]
    series = [parts for parts in series if len(parts) == _PARTS and parts[2] in _LABELS]
    marks = tuple(sorted({unescaped(parts[0]) for parts in series} - {""}))
    if not marks:
        raise nothing
    return Content(marks, tuple(sorted({Period.M1, *(_LABELS[parts[2]] for parts in series)})))


class StreamFeed:
    """A `Source` that copies a stream into the run's database, and tells of its bars under way."""

    is_live = False
    knows_time = False

    def __init__(self, address: str) -> None:
        self._text = address
        self._address = read_address(address)
        self.market = public_name(self._address)
        self._ahead_ms = 0
        """How far the exchange's clock is ahead of this machine's."""
        self._newest_ms = 0
        """When the newest minute under way opened."""
        self.status = SourceStatus(Mode.CONNECTING, "connecting")

    def now_ms(self) -> int:
        """This machine's clock, set right by the minutes that are told to be under way where it is off by more than one."""
        return time.time_ns() // 1_000_000 + self._ahead_ms

    def _set_clock(self, told: Told) -> None:
        for bar in told.bars:
            # Of a symbol that is not traded the bar under way may be an old one.
            if bar.period is Period.M1 and bar.open_ms >= self._newest_ms:
                self._newest_ms = bar.open_ms
                now_ms = self.now_ms()
                self._ahead_ms += max(bar.open_ms - now_ms, 0) - max(now_ms - bar.end_ms - LATE_MS, 0)

    async def run(self, host: EngineHost) -> NoReturn:
        """Follow the stream until cancelled; whatever ends is begun anew.

        Raises:
            StorageError: the database is no copy of it.
        """
        assert host.store is not None, "it copies into one"
        copy = Copy(host.store, self._text, lambda symbols: self._copied(host, copy, symbols))
        await copy.check()
        host.told.add_symbols(known.symbol for known in await host.store.symbols())
        await asyncio.gather(self._keep(host, copy.run), self._keep(host, lambda: self._listen(host, copy)))
        raise AssertionError("neither ends")

    async def _keep(self, host: EngineHost, work: Work) -> NoReturn:
        while True:
            try:
                await work()
            except (SinkError, StorageError) as error:
                log.warning("%s", error)
                self.status.connection = "no connection"
                self.status.mode = Mode.OFFLINE
                host.notices["stream"] = f"Nothing new comes: {error} It is tried again."
            await asyncio.sleep(AGAIN_S)

    async def _listen(self, host: EngineHost, copy: Copy) -> None:
        """Tell of bars under way, of all recorders whose bars are copied: once one is over for one of them it is over."""
        assert host.store is not None, "it copies into one"
        under_way = UnderWay()
        connection = await NatsConnection.open(self._address)
        try:
            async for message in connection.heard(f"{self._address.forming}.>"):
                told = read(message.data)
                if told.series is None or self._address.recorder not in (None, told.recorder):
                    continue
                self._set_clock(told)
                over_ms, now_s = copy.newest.get(told.series, -1), time.monotonic()
                taken = [bar for bar in told.bars if under_way.takes(told.recorder, told.series, bar, now_s)]
                name = host.store.called(told.series.venue, told.series.symbol)
                host.tell_bars([bar._replace(symbol=name) for bar in taken if bar.open_ms > over_ms])
        finally:
            await connection.close()

    async def _copied(self, host: EngineHost, copy: Copy, symbols: Collection[str]) -> None:
        """Bars of these symbols were written."""
        assert host.store is not None, "it copies into one"
        host.notices.pop("stream", None)
        if copy.lacking:
            host.notices["stream lacks"] = copy.lacking
        self.status.mode, self.status.connection = Mode.LIVE, "connected"
        self.status.progress = Progress("bars copied", copy.bars, copy.bars + copy.waiting) if copy.waiting else None
        if new := [symbol for symbol in symbols if symbol not in host.told.symbols]:
            host.told.add_symbols(new)
            known = await stored_instruments(host.store)
            host.learn({symbol: known[symbol] for symbol in new if symbol in known})
