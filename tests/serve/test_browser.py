"""The terminal in a browser: pages of its own may drive it, others may not."""

from __future__ import annotations

import asyncio
import json
import shlex
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import psutil
import pytest
from aiohttp.test_utils import TestServer

from klagg_tui.errors import ConfigError
from klagg_tui.screens.base import LEAST_WIDTH
from klagg_tui.serve.browser import command, make_server
from tests.patience import WAIT_S
from tests.serve.chromium import DESKTOP, PHONE, SMALL_PHONE, browsing, needs_browser, tab
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


async def test_what_is_refused_is_said_as_everywhere(url: str) -> None:
    elsewhere = {"Origin": "https://elsewhere.example"}
    async with aiohttp.ClientSession() as session:
        for path, headers, status in (("nothing", {}, 404), ("download/none", {}, 404), ("", elsewhere, 403)):
            async with session.get(url + path, headers=headers) as answer:
                assert answer.status == status
                assert list(await answer.json()) == ["error"]
                assert "Access-Control-Allow-Origin" not in answer.headers
        async with session.post(url) as answer:
            assert (answer.status, list(await answer.json())) == (405, ["error"])


async def test_the_page_around_the_terminal_is_ours_and_allows_no_script_in_it(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        text = await answer.text()
        assert "width=device-width" in text
        assert "http" not in text, "it finds its parts and its socket wherever it was found itself"
        assert "script-src 'self';" in answer.headers["Content-Security-Policy"]


_LISTENER = """
import json, sys
from textual.app import App

class Listener(App):
    def note(self, *said):
        with open(sys.argv[1], "a", encoding="utf-8") as file:
            file.write(json.dumps(said) + "\\n")
    def on_resize(self, event):
        self.note("size", event.size.width, event.size.height)
    def on_key(self, event):
        self.note("key", event.key)
    def on_mouse_scroll_down(self, event):
        self.note("down", event.x, event.y)
    def on_mouse_scroll_up(self, event):
        self.note("up", event.x, event.y)
    def on_click(self, event):
        self.note("click", event.x, event.y)

Listener().run()
"""
"""Writes down what comes to a terminal."""


@pytest.fixture
async def heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[str, Callable[[str], list[list[Any]]]]]:
    """Where a listener's terminal is, and what it heard of a kind."""
    before = set(psutil.Process().children())
    program, written = tmp_path / "listener.py", tmp_path / "heard.jsonl"
    program.write_text(_LISTENER, encoding="utf-8")
    monkeypatch.setattr(
        "klagg_tui.serve.browser.command", lambda _: shlex.join([sys.executable, str(program), str(written)])
    )

    def of(kind: str) -> list[list[Any]]:
        text = written.read_text(encoding="utf-8") if written.exists() else ""
        # The last line may be half written.
        said = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [values for name, *values in said if name == kind]

    async with TestServer(await make_server([], 0)._make_app(), host="127.0.0.1") as server:
        yield str(server.make_url("/")), of
    # textual-serve waits for nobody; a process that outlives the loop would be complained of in another test.
    await _once(lambda: before.issuperset(psutil.Process().children()))


async def _once(holds: Callable[[], object]) -> None:
    for _ in range(round(WAIT_S / 0.05)):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never held")


async def _pressed(of: Callable[[str], list[list[Any]]], key: str) -> None:
    await _once(lambda: of("key")[-1:] == [[key]])


@needs_browser
@pytest.mark.xdist_group("browser")
async def test_a_phone_has_room_keys_and_a_wheel(
    heard: tuple[str, Callable[[str], list[list[Any]]]], tmp_path: Path
) -> None:
    url, of = heard
    with browsing(tmp_path / "browser") as address:
        async with tab(address) as page:
            await page.open(url, PHONE)
            await _once(lambda: of("size"))
            await page.until("document.body.classList.contains('-first-byte')")
            width, height = of("size")[-1]
            assert LEAST_WIDTH <= width <= LEAST_WIDTH + 6
            assert height >= 40
            assert await page.read("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
                390,
                844,
            ]
            low = "Math.min(...[...document.querySelectorAll('#keys button')].map((one) => Math.min(one.offsetHeight, one.offsetWidth)))"
            assert await page.read(low) >= 32
            for name, key in (
                ("Escape", "escape"),
                ("Enter", "enter"),
                ("Filter", "slash"),
                ("Up", "up"),
                ("Right", "right"),
            ):
                await page.click(f"#keys [title={name}]")
                await _pressed(of, key)
            mode = "document.querySelector('.xterm-helper-textarea').inputMode"
            assert await page.read(mode) == "none", "a touch does not bring the keyboard up"
            await page.click("#keys [title=Keyboard]")
            assert await page.read(mode) == "text"
            await page.swipe(200, 600, 300)
            await _once(lambda: len(of("down")) >= 5)
            assert of("up") == []
            await page.swipe(200, 300, 600)
            await _once(lambda: len(of("up")) >= 5)
            x, y = of("down")[0]
            assert 0 <= x < width
            assert 0 <= y < height
            assert page.complaints == []
        async with tab(address) as page:
            seen = len(of("size"))
            await page.open(url, SMALL_PHONE)
            await _once(lambda: len(of("size")) > seen)
            assert of("size")[-1][0] >= LEAST_WIDTH
        async with tab(address) as page:
            seen = len(of("size"))
            await page.open(url, DESKTOP)
            await _once(lambda: len(of("size")) > seen)
            assert of("size")[-1][0] > 120
            assert await page.read("document.querySelector('#terminal').dataset.fontSize") == "16"
            assert await page.read("getComputedStyle(document.querySelector('#keys')).display") == "none"
            assert page.complaints == []


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match=r"cannot be listened at .* --port"):
            make_server([], taken.getsockname()[1])


def test_what_a_visitor_runs_is_one_shell_word_each() -> None:
    assert command(["--db", "a b; c"]).endswith("-m klagg_tui --db 'a b; c'")
