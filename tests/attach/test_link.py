"""A window's line to a recorder: who answers there, what it says of itself, and what becomes of questions when it goes."""

from __future__ import annotations

import asyncio
import http
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from klagg_tui import __version__
from klagg_tui.attach import codec, link
from klagg_tui.attach.codec import Message
from klagg_tui.attach.greeting import Greeting, greeting_out
from klagg_tui.attach.link import Link, RemoteDoor
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame, KlaggError, OtherVersion, Unattached

GREETING = Greeting(__version__, 7, ("binance-um",), (Period.M1,))
Behaves = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def answering(behaves: Behaves, refusal: Response | None = None) -> AsyncIterator[RemoteDoor]:
    """The door of a server that behaves so on each connection."""

    def look(_: ServerConnection, __: Request) -> Response | None:
        return refusal

    async with serve(behaves, "127.0.0.1", 0, process_request=look) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield RemoteDoor(f"127.0.0.1:{port}")


async def silent(connection: ServerConnection) -> None:
    await connection.wait_closed()


def greets(*answers: Message) -> Behaves:
    """As a recorder does; to each question it says one of the answers, with its number, and after the last it goes."""

    async def behave(connection: ServerConnection) -> None:
        await connection.send(codec.packed(greeting_out(GREETING)))
        with suppress(ConnectionClosed):
            for answer in answers:
                asked = codec.unpacked(await connection.recv(decode=False))
                await connection.send(codec.packed({"answer": asked["ask"], **answer}))
            await connection.recv()

    return behave


@asynccontextmanager
async def linked(behaves: Behaves, take: Callable[[Message], None] = lambda _: None) -> AsyncIterator[Link]:
    """A connection on which is read."""
    async with answering(behaves) as door:
        opened = await door.open()
        reading = asyncio.create_task(opened.receive(take))
        try:
            yield opened
        finally:
            await opened.close()
            await reading


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, b"", "its token is needed, by --token or KLAGG_SERVE_TOKEN."),
        (403, b'{"error": "no windows here"}', "no windows here"),
        (503, b"<html>busy</html>", "it answers 503."),
        (404, b'{"found": false}', "it answers 404."),
    ],
)
async def test_a_refusal_is_told_with_the_servers_own_reason(status: int, body: bytes, told: str) -> None:
    headers = Headers({"Content-Length": str(len(body)), "Connection": "close"})
    refusal = Response(status, http.HTTPStatus(status).phrase, headers, body)
    async with answering(silent, refusal) as door:
        with pytest.raises(Unattached) as refused:
            await door.open()
    assert str(refused.value) == f"{door.name} refuses windows: {told}"


async def test_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "GREETED_S", 0.2)
    async with answering(silent) as door:
        with pytest.raises(Unattached, match="did not answer"):
            await door.open()


async def test_who_hangs_up_at_once_is_no_recorder() -> None:
    async def hangs_up(connection: ServerConnection) -> None:
        await connection.close()

    async with answering(hangs_up) as door:
        with pytest.raises(Unattached, match="does not say that it records"):
            await door.open()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"hello": 1}, OtherVersion),
        ({**greeting_out(GREETING), "klagg": 10**6, "program": "99.0"}, OtherVersion),
        ({**greeting_out(GREETING), "periods": ["1 parsec"]}, BadFrame),
        ({**greeting_out(GREETING), "pid": "seven"}, BadFrame),
        ({**greeting_out(GREETING), "markets": None}, BadFrame),
    ],
    ids=["something else", "another version", "periods", "process", "markets"],
)
async def test_what_is_no_greeting_ends_the_line(said: Message, error: type[KlaggError]) -> None:
    left = asyncio.Event()

    async def behave(connection: ServerConnection) -> None:
        await connection.send(json.dumps(said).encode())
        await connection.wait_closed()
        left.set()

    async with answering(behave) as door:
        with pytest.raises(error):
            await door.open()
        await left.wait()


async def test_a_question_is_answered_or_its_refusal_is_raised_as_it_was_said() -> None:
    async with linked(greets({"value": [1, 2]}, {"error": "There is no such symbol."})) as opened:
        assert opened.greeting == GREETING
        assert await opened.ask("history", symbol="BTCUSDT") == [1, 2]
        with pytest.raises(KlaggError, match=r"^There is no such symbol\.$"):
            await opened.ask("history", symbol="NOSUCH")


async def test_an_answer_that_nobody_waits_for_is_nothing_and_what_is_no_answer_is_handed_on() -> None:
    async def behave(connection: ServerConnection) -> None:
        await connection.send(codec.packed(greeting_out(GREETING)))
        asked = codec.unpacked(await connection.recv(decode=False))
        for message in ({"answer": 999, "value": 1}, {"news": 5}, *2 * ({"answer": asked["ask"], "value": 2},)):
            await connection.send(codec.packed(message))
        await connection.wait_closed()

    taken: list[Message] = []
    async with linked(behave, taken.append) as opened:
        assert await opened.ask("flush") == 2
    assert taken == [{"news": 5}]


async def test_whoever_asks_while_the_recorder_goes_is_told_and_later_nothing_can_be_said() -> None:
    async def goes(connection: ServerConnection) -> None:
        await connection.send(codec.packed(greeting_out(GREETING)))
        await connection.recv()

    async with linked(goes) as opened:
        with pytest.raises(Unattached, match="not there any more"):
            await opened.ask("flush")
        await opened._connection.wait_closed()
        with pytest.raises(Unattached, match="not there any more"):
            await opened.ask("flush")
        await opened.join()  # nobody hears it
