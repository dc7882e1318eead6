"""Tabs of `klagg web` beside a recorder, in a real browser: each is a window with a view of its own, and outlives recorder and neighbour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import psutil
import pytest
from aiohttp.test_utils import TestServer

from klagg_tui.serve.browser import make_server
from klagg_tui.simulator import SimulatedExchange
from tests.attach.looking import recorder
from tests.feeds import until
from tests.market_run import simulated
from tests.patience import WAIT_S
from tests.serve.chromium import DESKTOP, PHONE, Tab, browsing, needs_browser, tab

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
    try:
        await page.until(f"{pattern}.test({_TEXT})")
    except AssertionError as error:
        raise AssertionError(f"{await page.read(_TEXT)}\n{error}") from None


async def press(page: Tab, *keys: str, modifiers: int = 0) -> None:
    await page.call("Page.bringToFront")
    await page.read("document.querySelector('.xterm-helper-textarea').focus()")
    for key in keys:
        text = {"Enter": "\r"}.get(key, key) if not modifiers else ""
        code = 13 if key == "Enter" else ord(key.upper())
        pressed = {"key": key, "text": text, "modifiers": modifiers, "windowsVirtualKeyCode": code}
        await page.call("Input.dispatchKeyEvent", type="keyDown", **pressed)
        await page.call("Input.dispatchKeyEvent", type="keyUp", **{**pressed, "text": ""})


def only(letters: str) -> str:
    """A pattern of a market of six of which this filter shows one. On a phone "6 of 6" would be "6", for want of room."""
    return f"/^(?=[^]*1 of 6)(?=[^]*⌕ {letters})[^]*{letters.upper()}USDT/"


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


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One in a home of its own."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path / "run.db"


@asynccontextmanager
async def recording(exchange: SimulatedExchange, database: Path) -> AsyncIterator[int]:
    """The process of a recorder, which is killed behind the block."""
    process = await asyncio.to_thread(recorder, exchange, database)
    try:
        await until(Path(f"{database}.sock").exists, WAIT_S)  # a tab that is faster would record itself
        yield process.pid
    finally:
        process.kill()
        process.wait()


def market() -> AbstractAsyncContextManager[list[SimulatedExchange]]:
    return simulated(["binance-um"], symbols=6, seed=5, activity=0.5, speed=1, faults="none")


@needs_browser
@pytest.mark.xdist_group("browser")
async def test_each_tab_has_a_filter_of_its_own_and_outlives_the_other(database: Path, tmp_path: Path) -> None:
    async with market() as (exchange,), recording(exchange, database) as pid, served(exchange, database) as url:
        with browsing(tmp_path / "browser") as address:
            async with opened(address, url, PHONE) as phone:
                async with opened(address, url, DESKTOP) as desk:
                    for page, letters in ((desk, "btc"), (phone, "eth")):
                        await shows(page, f"/live +attached to ({pid}|…)/")
                        await press(page, "/", *letters, "Enter")
                        await shows(page, only(letters))
                    await shows(desk, only("btc"))
                await press(phone, "3")
                await shows(phone, "/1 of 6 +│ +30m/")


@needs_browser
@pytest.mark.xdist_group("browser")
async def test_a_tab_outlives_its_recorder_and_takes_over_by_a_key_that_browsers_know(
    database: Path, tmp_path: Path
) -> None:
    async with market() as (exchange,), served(exchange, database) as url:
        with browsing(tmp_path / "browser") as address:
            async with AsyncExitStack() as stack:
                async with recording(exchange, database) as pid:
                    page = await stack.enter_async_context(opened(address, url, PHONE))
                    await shows(page, f"/live +attached to ({pid}|…)/")
                await shows(page, "/stale/")
                async with recording(exchange, database):
                    await shows(page, "/live +attached to/")
                await shows(page, "/stale/")
                # The page has the key before its browser has: otherwise it would be loaded again.
                await page.read(
                    "addEventListener('keydown', (event) => setTimeout(() => { window.isKept = event.defaultPrevented; }), true)"
                )
                await press(page, "r", modifiers=_CONTROL)
                await page.until("window.isKept")
                await shows(page, "/live(?! +attached)/")
