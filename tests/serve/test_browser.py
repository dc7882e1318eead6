"""The terminal in a browser: pages of its own may drive it, others may not."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from klagg_tui.errors import ConfigError
from klagg_tui.serve.browser import command, make_server
from tests.serve.serving import MALFORMED, raw_status

pytest.importorskip("textual_serve")


@pytest.fixture
async def url() -> AsyncIterator[str]:
    server = TestServer(await make_server(["demo"], 0)._make_app(), host="127.0.0.1")
    async with server:
        yield str(server.make_url("/"))


async def test_its_page_loads_nothing_from_elsewhere(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["", "ws"])
@pytest.mark.parametrize("header", [{"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}])
async def test_pages_of_others_may_not_drive_it(url: str, path: str, header: dict[str, str]) -> None:
    async with aiohttp.ClientSession() as session, session.get(url + path, headers=header) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("path", ["", "ws", "static/js/textual.js", "nothing/there"])
@pytest.mark.parametrize("headers", MALFORMED)
async def test_a_malformed_host_or_origin_is_refused_before_anything_else(
    url: str, path: str, headers: tuple[str, ...]
) -> None:
    port = urlsplit(url).port
    assert port is not None
    assert await raw_status(port, path, headers) == 400


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match=r"cannot be listened at .* --port"):
            make_server([], taken.getsockname()[1])


def test_what_a_visitor_runs_is_one_shell_word_each() -> None:
    assert command(["--db", "a b; c"]).endswith("-m klagg_tui --db 'a b; c'")
