"""Bars into a stream of NATS JetStream, by nats-py. Needs the extra `nats`.

A stream has no transactions: the messages of a portion come one after the other, and the position behind them, in a bucket, with the
stream's length by then. What lies in the stream behind that length was sent by a portion that was broken off; it is read
before the next one is sent, and not told again. So the server's own memory of ids, two minutes long, is needed only for what
was still on its way then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from klagg_tui.errors import SinkError
from klagg_tui.sinks.nats_address import USUAL_AGE_S, USUAL_BYTES, public_name, read_address
from klagg_tui.sinks.nats_connection import NatsConnection, require_library
from klagg_tui.sinks.nats_messages import BAR_BYTES, BARS_AT_ONCE, BarPlace, Message, messages, series_message
from klagg_tui.sinks.position import Position
from klagg_tui.storage.sink_log import Portion

if TYPE_CHECKING:
    from nats.js.api import PubAck, StreamConfig, StreamInfo
    from nats.js.kv import KeyValue

PORTION_S: Final = 120.0
"""A portion takes a second; a server that takes so long is given up, and asked anew."""
_WAITING: Final = 100
"""Messages on their way at once, 20 MB: a server takes no more than some thousand, and 128 MB."""
DUPLICATES_S: Final = 120.0


class _Kept(NamedTuple):
    """What the bucket keeps of a recorder."""

    revision: int
    position: Position | None
    sequence: int
    """The stream's last message by then."""
    stream: str
    """When the stream was made that this is about."""


class NatsTarget:
    """One connection to one stream; see `Target`. What is broken off leaves a part there, which `open` finds."""

    pause_s = 0.0
    needs_from_ms = None
    remark = ""

    def __init__(self, address: str, portion_s: float = PORTION_S) -> None:
        """`address`: see `nats_address`.

        Raises:
            SinkError: it cannot be read, or nats-py is not installed.
        """
        self._address = read_address(address)
        require_library()
        self.name = public_name(self._address)
        self._portion_s = portion_s
        self._connection: NatsConnection | None = None
        self._bucket: KeyValue | None = None
        self._recorder = ""
        self._kept: _Kept | None = None
        self._known: dict[BarPlace, bytes] = {}
        """Bars that were told behind the position."""

    async def open(self, recorder: str) -> Position | None:
        """See `Target`."""
        await self.close()
        self._connection = await NatsConnection.open(self._address)
        self._recorder = recorder
        return await self._connection.within(self._portion_s, self._open(self._connection))

    async def put(self, portion: Portion, position: Position, before: str | None) -> bool:
        """See `Target`."""
        if self._connection is None or self._bucket is None:
            raise SinkError(f"{self.name}: there is no connection.")
        work = self._put(self._connection, self._bucket, portion, position, before)
        return await self._connection.within(self._portion_s, work)

    async def close(self) -> None:
        """See `Target`."""
        connection, self._connection, self._bucket = self._connection, None, None
        if connection is not None:
            await connection.close()

    async def _open(self, connection: NatsConnection) -> Position | None:
        info = await self._ready_stream(connection)
        self._bucket = await _ready_bucket(connection, self._address.bucket, self._address.replicas or 1)
        self._known = {}
        self._kept = await self._found(self._bucket)
        made, last = str(info.created), info.state.last_seq
        if self._kept is None or self._kept.stream != made or self._kept.sequence > last:
            # Nothing, or it is about another stream, or about messages that this one has lost.
            await self._keep(self._bucket, None, last, made)
        elif self._kept.sequence < last:
            await self._read_tail(connection, self._kept.sequence)
        assert self._kept is not None, "it was found, or is kept now"
        return self._kept.position

    async def _put(
        self, connection: NatsConnection, bucket: KeyValue, portion: Portion, position: Position, before: str | None
    ) -> bool:
        kept = await self._found(bucket)
        assert self._kept is not None, "it is open"
        if kept is None or kept.revision != self._kept.revision or (kept.position and kept.position.token) != before:
            return False
        stream, address = connection.stream, self._address
        at_once = max(1, min(BARS_AT_ONCE, connection.client.max_payload // BAR_BYTES - 1))
        acknowledged = _Acknowledged(self._kept.sequence)
        if portion.series is not None:
            content = series_message(portion.series, self._recorder, position.number)
            told = [Message(f"series.{self._recorder}", content, 0)]
            await self._send(stream, told, position.number, acknowledged)
        told_bars = messages(portion.parts, self._recorder, position.number, self._known, at_once)
        await self._send(stream, told_bars, position.number, acknowledged)
        sequence = await acknowledged.all()
        if not await self._keep(bucket, position, sequence, self._kept.stream):
            return False
        self._known = {}
        for message in messages(portion.forming or (), self._recorder, position.number, {}, at_once):
            await connection.client.publish(f"{address.forming}.{message.subject}", message.content)
        return True

    async def _send(self, stream: Any, told: Iterable[Message], number: int, acknowledged: _Acknowledged) -> None:  # noqa: ANN401
        for message in told:
            await acknowledged.room()
            headers = {"Nats-Msg-Id": message.id(self._recorder, number)}
            subject = f"{self._address.bars}.{message.subject}"
            acknowledged.waiting.append(
                await stream.publish_async(subject, message.content, stream=self._address.name, headers=headers)
            )

    async def _ready_stream(self, connection: NatsConnection) -> StreamInfo:
        """Have the stream, with the bounds that the address names."""
        from nats.js.api import StorageType, StreamConfig
        from nats.js.errors import NotFoundError

        address, stream = self._address, connection.stream
        age, size, replicas = address.max_age_s, address.max_bytes, address.replicas
        try:
            info = await stream.stream_info(address.name)
        except NotFoundError:
            wanted = StreamConfig(
                name=address.name,
                description="Bars of klagg, see docs/sinks.md of it",
                subjects=[f"{address.bars}.>"],
                storage=StorageType.FILE,
                max_age=age or USUAL_AGE_S,
                max_bytes=size or USUAL_BYTES,
                num_replicas=replicas or 1,
                duplicate_window=min(DUPLICATES_S, age or USUAL_AGE_S),
            )
            await stream.add_stream(wanted)
            return await stream.stream_info(address.name)
        config = info.config
        if config.subjects != [f"{address.bars}.>"]:
            raise SinkError(f"{self.name}: there is a stream of that name that is not klagg's; name another one.")
        wished = {"max_age": age, "max_bytes": size, "num_replicas": replicas}
        changed = {
            name: value for name, value in wished.items() if value is not None and getattr(config, name) != value
        }
        if changed:
            await stream.update_stream(_changed(config, changed))
        return info

    async def _read_tail(self, connection: NatsConnection, after: int) -> None:
        """What this recorder told behind its position, as it stands there now."""
        async for batch in connection.messages(f"{self._address.bars}.>", after):
            for content in (orjson.loads(sent.data) for sent in batch):
                if content["recorder"] == self._recorder and content["type"] == "bars":
                    self._take_known(content)

    def _take_known(self, content: dict[str, Any]) -> None:
        series = content["venue"], content["symbol"], content["period"]
        for first, until in content.get("removed", ()):
            for place in [one for one in self._known if one[:3] == series and first <= one[3] < until]:
                del self._known[place]
        for bar in content["bars"]:
            self._known[(*series, bar["open_time"])] = orjson.dumps(bar)

    async def _found(self, bucket: KeyValue) -> _Kept | None:
        from nats.js.errors import KeyNotFoundError

        try:
            entry = await bucket.get(self._recorder)
        except KeyNotFoundError:
            return None
        kept = orjson.loads(entry.value or b"{}")
        place = kept["place"]
        position = None
        if kept["token"]:
            position = Position(kept["token"], kept["number"], None if place is None else tuple(place))
        return _Kept(entry.revision or 0, position, kept["sequence"], kept["stream"])

    async def _keep(self, bucket: KeyValue, position: Position | None, sequence: int, stream: str) -> bool:
        """Write it in the place of what was found; returns False where something else is there by now."""
        from nats.js.errors import KeyWrongLastSequenceError

        token, number, place = position or Position("", 0, None)
        kept = {"token": token, "number": number, "place": place, "sequence": sequence, "stream": stream}
        value, before = orjson.dumps(kept), self._kept
        try:
            if before is None:
                revision = await bucket.create(self._recorder, value)
            else:
                revision = await bucket.update(self._recorder, value, last=before.revision)
        except KeyWrongLastSequenceError:
            return False
        self._kept = _Kept(revision, position, sequence, stream)
        return True


class _Acknowledged:
    """Messages on their way, and the highest number that the stream gave one of them."""

    def __init__(self, sequence: int) -> None:
        self.waiting: deque[asyncio.Future[PubAck]] = deque()
        self._sequence = sequence

    async def room(self) -> None:
        """Wait until one more may be sent."""
        while len(self.waiting) >= _WAITING:
            await self._one()

    async def all(self) -> int:
        """Wait until all have arrived."""
        while self.waiting:
            await self._one()
        return self._sequence

    async def _one(self) -> None:
        self._sequence = max(self._sequence, (await self.waiting.popleft()).seq)


async def _ready_bucket(connection: NatsConnection, name: str, replicas: int) -> KeyValue:
    from nats.js.errors import BucketNotFoundError

    try:
        return await connection.stream.key_value(name)
    except BucketNotFoundError:
        return await connection.stream.create_key_value(bucket=name, history=1, replicas=replicas)


def _changed(config: StreamConfig, changed: dict[str, Any]) -> StreamConfig:
    found = replace(config, **changed)
    return replace(found, duplicate_window=min(found.duplicate_window, found.max_age or found.duplicate_window))
