"""Files over HTTP, against a server that answers as each test has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from klagg_tui.errors import GeoBlocked, Refused, Unreachable
from klagg_tui.exchange.transport import files
from klagg_tui.exchange.transport.files import FileClient

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def _client(answer: Answer) -> AsyncIterator[FileClient]:
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with FileClient(f"http://127.0.0.1:{runner.addresses[0][1]}", pause_s=0.001) as client:
            yield client
    finally:
        await runner.cleanup()


def _status(status: int, **headers: str) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers=headers)

    return answer


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (404, Refused, r"has no a/b.zip \(404\)"),
        (403, Refused, r"refused a/b.zip \(403\)"),
        (451, GeoBlocked, r"does not serve this place \(451\)"),
        (503, Unreachable, r"is in trouble \(503\)"),
    ],
)
async def test_what_does_not_pass_is_a_plain_sentence(status: int, kind: type[Exception], told: str) -> None:
    async with _client(_status(status)) as client:
        with pytest.raises(kind, match=told):
            await client.body("a/b.zip")


async def test_nobody_is_followed_elsewhere() -> None:
    async with _client(_status(302, Location="http://login.example/")) as client:
        with pytest.raises(Refused, match=r"sends elsewhere \(302\), where klagg does not follow"):
            await client.body("a")


async def test_trouble_is_asked_again_some_times_and_no_more() -> None:
    asked = 0

    async def answer(_: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return web.Response(status=500 if asked < 4 else 200, body=b"here")

    async with _client(answer) as client:
        assert await client.body("a") == b"here"
        asked = -10
        with pytest.raises(Unreachable):
            await client.body("a")
    assert asked == -6


async def test_a_body_without_end_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_MOST_BODY_BYTES", 1000)

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * 1001)

    async with _client(answer) as client:
        with pytest.raises(Unreachable, match="more than 8 MB"):
            await client.body("a")


async def test_an_answer_that_goes_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_SILENT_S", 0.05)

    async def answer(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse()
        reply.content_length = 10
        await reply.prepare(request)
        await reply.write(b"five!")
        await left.wait()
        return reply

    got, left = b"", asyncio.Event()
    async with _client(answer) as client:
        with pytest.raises(Unreachable, match="nothing came for"):
            async with client.open("a") as opened:
                async for piece in opened.pieces:
                    got += piece
        left.set()
    assert got == b"five!"


async def test_where_something_came_the_tries_begin_anew() -> None:
    come = failed = 0

    async def ask() -> int:
        nonlocal come, failed
        failed += 1
        if failed == 20:
            return come
        come += failed % 3 == 0
        raise Unreachable("gone again")

    async with FileClient("http://127.0.0.1:9", pause_s=0.0001) as client:
        assert await client.patiently(ask, lambda: come) == 6
