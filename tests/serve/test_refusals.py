"""What is no request, or asks for what there is not: one form of answer, none of it the library's, and a line of the log."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from klagg_tui.serve.server import PushServer
from tests.patience import WAIT_S
from tests.serve.serving import reading, serving

_HOST = b"Host: 127.0.0.1\r\nConnection: close\r\n\r\n"


async def answered(server: PushServer, sent: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body of the answer to exactly these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(sent)
    async with asyncio.timeout(WAIT_S):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
    writer.close()
    return int(first.split()[1]), headers, json.loads(body)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + _HOST, 400),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n" + _HOST, 400),
        (b"\x16\x03\x01\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n: none\r\n" + _HOST, 400),
        (b"GET /nothing HTTP/1.1\r\n" + _HOST, 404),
        (b"POST /api/bars HTTP/1.1\r\nContent-Length: 0\r\n" + _HOST, 405),
        (b"GET / HTTP/1.1\r\nExpect: tea\r\n" + _HOST, 417),
    ],
    ids=["long line", "long header", "another protocol", "no header", "no path", "no method", "no expectation"],
)
async def test_every_refusal_is_a_sentence_of_ours(sent: bytes, status: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "klagg_tui")
    async with serving() as server:
        code, headers, body = await answered(server, sent)
    assert code == status
    assert headers["content-type"].startswith("application/json")
    assert headers["server"] == "klagg"
    assert headers.get("allow") == ("GET, HEAD, OPTIONS" if status == 405 else None)
    (sentence,) = body.values()
    assert body == {"error": sentence}
    assert sentence.endswith(".")
    assert "aaa" not in sentence
    assert not [record for record in caplog.records if record.exc_info]


async def test_no_answer_tells_a_version() -> None:
    async with serving() as server:
        for path in (b"api/health", b"api/bars", b"ws"):
            _, headers, _ = await answered(server, b"GET /" + path + b" HTTP/1.1\r\n" + _HOST)
            assert headers["server"] == "klagg"
        async with reading(server) as reader:
            assert reader.opened._response.headers["Server"] == "klagg"


async def test_an_error_of_our_own_is_told_without_its_words(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> bytes:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("klagg_tui.serve.answers.Answers.health", fails)
    async with serving() as server:
        code, _, body = await answered(server, b"GET /api/health HTTP/1.1\r\n" + _HOST)
    assert (code, body) == (500, {"error": "klagg could not answer; its log says why."})
    (record,) = caplog.records
    assert record.exc_info
