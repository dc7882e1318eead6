"""A window's connection to a recorder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from klagg_tui import __version__
from klagg_tui.attach import codec
from klagg_tui.attach.codec import VERSION, Json, Message
from klagg_tui.attach.greeting import Greeting, greeting_in
from klagg_tui.attach.place import is_ours, places
from klagg_tui.errors import BadUsage, KlaggError, Unanswered, Unattached
from klagg_tui.unreached import reason_of

GREETED_S: Final = 5.0
"""By then a recorder has said who it is."""
_SILENT: Final = "It lets windows in, but did not answer: it may be stopped, or the machine too busy; try again."
_CLOSE_S: Final = 1.0
_MOST_BYTES: Final = 256_000_000
PATH: Final = "/attach"
"""Of a recorder's web server."""
_NO_TOKEN: Final = 401
_SCHEMES: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


class Link:
    """One that is open. Everything here is called on one loop."""

    def __init__(self, connection: ClientConnection, greeting: Greeting) -> None:
        """Use `greeted`."""
        self.greeting = greeting
        self._connection = connection
        self._asked: dict[int, asyncio.Future[Json]] = {}
        self._numbers = count(1)

    async def join(self) -> None:
        """Have the picture, and what changes afterwards."""
        await self.say({"join": VERSION})

    async def say(self, message: Message) -> None:
        """Say something that has no answer; nothing where the connection is gone."""
        with suppress(ConnectionClosed):
            await self._connection.send(codec.packed(message))

    async def ask(self, what: str, **asked: Json) -> Json:
        """The answer to a question.

        Raises:
            Unattached: the connection is gone.
            KlaggError: the recorder cannot answer.
        """
        number = next(self._numbers)
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            await self._connection.send(codec.packed({"ask": number, "what": what, **asked}))
            return await answer
        except ConnectionClosed as error:
            raise Unattached("The recorder is not there any more.") from error
        finally:
            self._asked.pop(number, None)

    async def receive(self, take: Callable[[Message], None]) -> None:
        """Hand on what comes, until the connection ends.

        Raises:
            BadFrame: what comes cannot be read.
        """
        try:
            async for data in self._connection:
                message = codec.unpacked(data)
                if "answer" in message:
                    self._settle(message)
                else:
                    take(message)
        except ConnectionClosed:
            pass
        finally:
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(Unattached("The recorder is not there any more."))

    async def close(self) -> None:
        """End it."""
        await self._connection.close()

    def _settle(self, message: Message) -> None:
        answer = self._asked.get(message["answer"])
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(KlaggError(str(message["error"])))
        else:
            answer.set_result(message.get("value"))


class Door(Protocol):
    """Where a recorder is found."""

    name: str
    """Of the machine, where that is another one."""

    async def open(self) -> Link:
        """A connection to it.

        Raises:
            Unattached: there is none.
        """
        ...


class LocalDoor:
    """The recorder of a database on this machine."""

    name = ""

    def __init__(self, database: Path) -> None:
        self._database = database

    async def open(self) -> Link:
        """See `Door`."""
        return await _greeted(await self.connect())

    async def connect(self) -> ClientConnection:
        """A connection on which nothing was said yet.

        Raises:
            Unattached: there is none.
            Unanswered: there is one, which did not answer in time.
        """
        for path in places(self._database):
            if is_ours(path):
                try:
                    return await unix_connect(
                        str(path),
                        "ws://localhost/",
                        compression=None,
                        max_size=_MOST_BYTES,
                        open_timeout=GREETED_S,
                        close_timeout=_CLOSE_S,
                    )
                except TimeoutError as error:
                    # Somebody listens: where a recorder was killed, it would be refused at once.
                    raise Unanswered(_SILENT) from error
                except (OSError, InvalidHandshake, ConnectionClosed):
                    continue
        raise Unattached(f"Nobody records into {self._database} who lets windows in.")


class RemoteDoor:
    """A recorder that serves bars, by the address of its page."""

    def __init__(self, url: str, token: str | None = None) -> None:
        """Check the address.

        Raises:
            BadUsage: it is none.
        """
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            scheme, host = _SCHEMES.get(parts.scheme), parts.hostname
            port = f":{parts.port}" if parts.port else ""
        except ValueError as error:
            raise BadUsage(f"{url} is no address: {error}.") from error
        if scheme is None or not host:
            raise BadUsage(f"{url} is no address of a recorder; they look like http://192.0.2.1:8787.")
        self.name = f"[{host}]{port}" if ":" in host else f"{host}{port}"
        self._url = urlunsplit((scheme, self.name, parts.path.rstrip("/") + PATH, "", ""))
        self._token = token

    async def open(self) -> Link:
        """See `Door`."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else None
        try:
            return await _greeted(
                await connect(
                    self._url,
                    additional_headers=headers,
                    max_size=_MOST_BYTES,
                    open_timeout=2 * GREETED_S,
                    close_timeout=_CLOSE_S,
                )
            )
        except InvalidStatus as error:
            raise Unattached(f"{self.name} refuses windows: {_reason(error)}") from error
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, ConnectionClosed) as error:
            raise Unattached(
                f"{self.name} cannot be reached ({reason_of(error)}); `klagg serve` lets windows in."
            ) from error


async def _greeted(connection: ClientConnection) -> Link:
    """Who is at its other end.

    Raises:
        Unattached: nobody says so, or one of another version does.
        Unanswered: nobody says anything in time.
        BadFrame: it is no recorder.
    """
    try:
        async with asyncio.timeout(GREETED_S):
            said = await connection.recv()
        return Link(connection, greeting_in(codec.unpacked(said), __version__))
    except TimeoutError as error:
        await connection.close()
        raise Unanswered(_SILENT) from error
    except ConnectionClosed as error:
        await connection.close()
        raise Unattached("Who answers there does not say that it records.") from error
    except BaseException:
        await connection.close()
        raise


def _reason(error: InvalidStatus) -> str:
    """What its web server says."""
    if error.response.status_code == _NO_TOKEN:
        return "its token is needed, by --token or KLAGG_SERVE_TOKEN."
    with suppress(KlaggError):
        said = codec.unpacked(bytes(error.response.body or b"")).get("error")
        if said:
            return str(said)
    return f"it answers {error.response.status_code}."
