"""A connection to NATS that is given up at the first trouble, whoever waits on it with it. Needs the extra `nats`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from klagg_tui.errors import SinkError
from klagg_tui.extras import missing
from klagg_tui.sinks.nats_address import NatsAddress, public_name
from klagg_tui.unreached import reason_of

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.aio.subscription import Subscription
    from nats.js import JetStreamContext

log = logging.getLogger(__name__)
T = TypeVar("T")

CONNECT_S: Final = 10.0
_PING_S: Final = 5
"""Between two questions whether the server is there; two that are not answered are enough."""
_END_S: Final = 2.0
"""So long is waited for what was broken off."""
_MOST_PENDING: Final = 256
_FETCHED_AT_ONCE: Final = 64
"""Messages of some 200 KB at the most."""
_FETCH_S: Final = 5.0
_FORGOTTEN_S: Final = 60.0
"""After so long the server forgets who does not fetch any more."""


class NatsConnection:
    """One connection. Whoever is told of a trouble opens another one."""

    def __init__(self, address: NatsAddress, client: Client, lost: asyncio.Event) -> None:
        """Use `open`."""
        self.client = client
        self._address = address
        self._name = public_name(address)
        self._lost = lost
        self.stream: JetStreamContext = client.jetstream(publish_async_max_pending=_MOST_PENDING)
        """What is kept there."""

    @classmethod
    async def open(cls, address: NatsAddress) -> Self:
        """Connect to one of the servers.

        Raises:
            SinkError: none of them can be used, or nats-py is not installed.
        """
        require_library()
        from nats.aio.client import Client

        lost = asyncio.Event()

        async def note_error(error: Exception) -> None:
            log.debug("nats: %r", error)

        async def note_lost() -> None:
            lost.set()

        client = Client()
        connecting = client.connect(
            list(address.servers),
            name="klagg",
            user=address.user,
            password=address.password,
            token=address.token,
            allow_reconnect=False,  # what was not acknowledged has to be found out first
            max_reconnect_attempts=1,  # of each server, until one answers
            reconnect_time_wait=0,
            connect_timeout=int(CONNECT_S),
            ping_interval=_PING_S,
            error_cb=note_error,
            disconnected_cb=note_lost,
            closed_cb=note_lost,
        )
        found = cls(address, client, lost)
        try:
            await _translated(found._name, connecting, CONNECT_S)
        except BaseException:
            await found.close()
            raise
        return found

    async def within(self, patience_s: float, work: Coroutine[Any, Any, T]) -> T:
        """Wait so long, or until the connection is lost; what goes wrong comes out as ours, and the connection is closed then."""
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            return await _translated(self._name, work, patience_s, lost)
        except BaseException:
            await self.close()
            raise
        finally:
            lost.cancel()

    async def messages(self, subject: str, after: int, *, is_endless: bool = False) -> AsyncIterator[list[Msg]]:
        """What the stream keeps behind a sequence number, some at a time in order; where it `is_endless`, also what comes later.

        Raises:
            SinkError: it cannot be read, or not any more.
        """
        from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

        wanted = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=after + 1,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=_FORGOTTEN_S,
        )
        # Each in a task of its own: the library takes no notice of being cancelled here and there.
        asking = self.stream.pull_subscribe(subject, stream=self._address.name, config=wanted)
        reader = await self.within(CONNECT_S, asking)
        pending = await self.within(CONNECT_S, _pending(reader))
        while pending or is_endless:
            if batch := await self.within(CONNECT_S + _FETCH_S, _fetched(reader)):
                yield batch
                pending = batch[-1].metadata.num_pending
            else:  # nothing came, or nobody is there any more to send it
                pending = await self.within(CONNECT_S, _pending(reader))
        await self.within(CONNECT_S, reader.unsubscribe())

    async def heard(self, subject: str) -> AsyncIterator[Msg]:
        """What is told of a subject from now on; who is slow misses some.

        Raises:
            SinkError: the connection was lost.
        """
        told = await self.within(CONNECT_S, self.client.subscribe(subject))
        while True:
            if message := await self.within(CONNECT_S + _FETCH_S, _next(told)):
                yield message

    async def close(self) -> None:
        """Let go of it, at once."""
        self._lost.set()
        closing = asyncio.ensure_future(self.client.close())
        await asyncio.wait((closing,), timeout=_END_S)
        closing.cancel()
        closing.add_done_callback(_forget)


async def _next(told: Subscription) -> Msg | None:
    from nats.errors import TimeoutError as NothingCame

    try:
        return await told.next_msg(_FETCH_S)
    except NothingCame:
        return None


async def _pending(reader: JetStreamContext.PullSubscription) -> int:
    return (await reader.consumer_info()).num_pending or 0


async def _fetched(reader: JetStreamContext.PullSubscription) -> list[Msg]:
    from nats.errors import TimeoutError as NothingCame

    try:
        return await reader.fetch(_FETCHED_AT_ONCE, timeout=_FETCH_S)
    except NothingCame:
        return []


def require_library() -> None:
    """See that nats-py is there.

    Raises:
        SinkError: it is not installed.
    """
    try:
        import nats  # noqa: F401 - whether it is there
    except ImportError as error:
        raise SinkError(missing("NATS", "nats-py", "nats")) from error


async def _translated(name: str, work: Coroutine[Any, Any, T], patience_s: float, *ends: asyncio.Future[Any]) -> T:
    from nats.errors import Error

    working = asyncio.ensure_future(work)
    try:
        await asyncio.wait((working, *ends), timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise SinkError(
                f"{name}: the connection was lost." if any(end.done() for end in ends) else f"{name} does not answer."
            )
        return working.result()
    except (TimeoutError, OSError, ValueError, Error) as error:
        raise SinkError(f"{name}: {reason(error)}.") from error
    finally:
        if not working.done():
            working.cancel()
            await asyncio.wait((working,), timeout=_END_S)
            working.add_done_callback(_forget)


def _forget(ended: asyncio.Future[Any]) -> None:
    """What was broken off may end in whatever way."""
    if not ended.cancelled():
        ended.exception()


def reason(error: Exception) -> str:
    """What the server or the library says, in a few words."""
    from nats.errors import NoRespondersError, NoServersError
    from nats.js.errors import APIError, NoStreamResponseError

    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, NoServersError | ConnectionError):
        return "no server answers there"
    if isinstance(error, NoRespondersError | NoStreamResponseError):
        return "the server keeps no streams, it must be started with JetStream (nats-server -js)"
    if isinstance(error, APIError) and error.description:
        return error.description.rstrip(".")
    if isinstance(error, OSError):
        return reason_of(error)
    return str(error).removeprefix("nats: ").rstrip(".") or type(error).__name__
