"""Tabs of `klagg web` beside a recorder, in a real browser: each is a window with a view of its own, and outlives recorder and neighbour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import psutil
import pytest
from aiohttp.test_utils import TestServer

from klagg_tui.serve.browser import make_server
from klagg_tui.simulator import SimulatedExchange
from tests.attach.looking import recorder
from tests.market_run import simulated
from tests.serve.chromium import DESKTOP, PHONE, WAIT_S, Tab, browsing, needs_browser, tab

pytest.importorskip("textual_serve")

_HOOK: Final = """Object.defineProperty(Object.prototype, "terminal", { configurable: true, set(value) {
  Object.defineProperty(this, "terminal", { value, writable: true, configurable: true }); window.shown = value; } });"""
"""The terminal keeps itself to itself: it is what is put into something of that name."""
_TEXT: Final = """Array.from({ length: window.shown.rows }, (_, row) =>
  window.shown.buffer.active.getLine(row).translateToString(true)).join("\\n")"""
_CONTROL: Final = 2
"""Of the DevTools protocol's modifiers."""


@asynccontextmanager
async def opened(address: str, url: str, size: tuple[int, int]) -> AsyncIterator[Tab]:
    """A tab that shows what a klagg draws, once it draws rows."""
    async with tab(address) as page:
        await page.call("Page.addScriptToEvaluateOnNewDocument", source=_HOOK)
        await page.open(url, size)
        await shows(page, "/USDT/")
        yield page


async def shows(page: Tab, pattern: str) -> None:
    """Wait until the terminal has it; one that is not looked at draws nothing."""
    await page.call("Page.bringToFront")
    await page.until(f"{pattern}.test({_TEXT})")


async def changes(page: Tab) -> None:
    """Wait until the terminal has something else."""
    await page.call("Page.bringToFront")
    await page.read(f"window.before = {_TEXT}")
    await page.until(f"{_TEXT} !== window.before")


async def press(page: Tab, *keys: str, modifiers: int = 0) -> None:
    await page.call("Page.bringToFront")
    await page.read("document.querySelector('.xterm-helper-textarea').focus()")
    for key in keys:
        text = {"Enter": "\r"}.get(key, key) if not modifiers else ""
        code = 13 if key == "Enter" else ord(key.upper())
        pressed = {"key": key, "text": text, "modifiers": modifiers, "windowsVirtualKeyCode": code}
        await page.call("Input.dispatchKeyEvent", type="keyDown", **pressed)
        await page.call("Input.dispatchKeyEvent", type="keyUp", **{**pressed, "text": ""})


@asynccontextmanager
async def served(exchange: SimulatedExchange, database: Path) -> AsyncIterator[str]:
    """`klagg web` on it: the address of its page."""
    before = set(psutil.Process().children())
    options = ["--rest-url", exchange.rest_url, "--ws-url", exchange.ws_url, "--db", str(database)]
    async with TestServer(await make_server(options, 0)._make_app(), host="127.0.0.1") as server:
        yield str(server.make_url("/"))
    for _ in range(round(WAIT_S / 0.05)):  # textual-serve waits for nobody
        if before.issuperset(psutil.Process().children()):
            break
        await asyncio.sleep(0.05)


@needs_browser
@pytest.mark.xdist_group("browser")
async def test_tabs_are_windows_of_a_recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    database = tmp_path / "run.db"
    async with simulated(["binance-um"], symbols=6, seed=5, activity=0.5, speed=1, faults="none") as (exchange,):
        first = second = await asyncio.to_thread(recorder, exchange, database)
        try:
            async with served(exchange, database) as url:
                with browsing(tmp_path / "browser") as address:
                    async with opened(address, url, PHONE) as phone:
                        async with opened(address, url, DESKTOP) as desk:
                            for page in (phone, desk):
                                await shows(page, f"/live +attached to ({first.pid}|…)/")
                                await changes(page)
                            await press(desk, "/", "b", "t", "c", "Enter")
                            await shows(desk, "/1 of 6/")
                            await shows(phone, "/6 of 6/")
                        await changes(phone)
                        first.kill()
                        first.wait()
                        await shows(phone, "/stale/")
                        second = await asyncio.to_thread(recorder, exchange, database)
                        await shows(phone, f"/live +attached to ({second.pid}|…)/")
                        await changes(phone)
                        second.kill()
                        second.wait()
                        await shows(phone, "/stale/")
                        # The page has the key before its browser has: otherwise it would be loaded again.
                        await phone.read(
                            "addEventListener('keydown', (event) => setTimeout(() => { window.isKept = event.defaultPrevented; }), true)"
                        )
                        await press(phone, "r", modifiers=_CONTROL)
                        await phone.until("window.isKept")
                        await shows(phone, "/Recording here/")
                        await shows(phone, "/live(?! +attached)/")
        finally:
            for process in (first, second):
                process.kill()
                process.wait()
