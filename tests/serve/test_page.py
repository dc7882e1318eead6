"""The page of `klagg serve` in a real browser, and its functions in Node.js."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import klagg_tui.serve
from klagg_tui.engine.bar import Bar
from klagg_tui.engine.exact import price_text
from klagg_tui.engine.period import Period
from klagg_tui.serve.access import AccessPolicy
from klagg_tui.serve.server import PushServer
from klagg_tui.storage.store import Store
from klagg_tui.view.indicators.averages import average
from tests.makers import MINUTE, START, SYMBOL, bar
from tests.serve.chromium import DESKTOP, PHONE, Tab, browsing, needs_browser, tab
from tests.serve.serving import OTHER, current, put, serving

pytestmark = pytest.mark.xdist_group("browser")

HERE = Path(__file__).parent
OUTSIDER = "STORED/USD"
"""Has bars, and is not followed."""
NOW = START + 150 * MINUTE


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js to run the page's functions in")
def test_the_functions_of_the_page_do_what_they_say() -> None:
    page = Path(klagg_tui.serve.__file__).parent / "page"
    said = subprocess.run(
        ["node", "--test", "--test-reporter=tap", str(HERE / "page" / "values.test.mjs")],
        env={**os.environ, "KLAGG_PAGE": str(page)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert "# fail 0" in said.stdout


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with browsing(tmp_path_factory.mktemp("browser")) as address:
        yield address


def _minutes(symbol: str, first: int) -> list[Bar]:
    """150 of them, up and down."""
    return [
        bar(START + at * MINUTE, close=f"{first + (at * 7) % 40}.5", symbol=symbol) for at in range(150)
    ]  # fmt: skip


@asynccontextmanager
async def market(folder: Path, access: AccessPolicy | None = None) -> AsyncIterator[PushServer]:
    """A server with three symbols, one of them no longer followed."""
    path = folder / "klagg.db"
    async with await Store.open(path, periods=(Period.M1, Period.M5)) as store:
        for symbol, first in ((SYMBOL, 100), (OTHER, 2000), (OUTSIDER, 7)):
            await store.add_confirmed(_minutes(symbol, first))
        async with serving(access or AccessPolicy("127.0.0.1", 0), database=path) as server:
            await put(server, current("130.25", NOW), current("2001", NOW, OTHER), symbols=(SYMBOL, OTHER))
            yield server


@needs_browser
async def test_symbols_are_listed_to_click_and_their_prices_go_on(browser: str, tmp_path: Path) -> None:
    async with market(tmp_path) as server, tab(browser) as page:
        await page.open(server.url)
        await page.until("document.querySelector('#price').textContent === '130.25'")
        names = "[...document.querySelectorAll('#list b')].map((one) => one.textContent).join()"
        assert await page.read(names) == f"{SYMBOL},{OTHER},{OUTSIDER}"
        assert await page.read("document.querySelector('#list [aria-current]').value") == SYMBOL
        await page.until(f"document.querySelector('#list [value={OTHER}] .last').textContent === '2001'")
        await put(server, current("131.5", NOW), current("2002.75", NOW, OTHER))
        await page.until(f"document.querySelector('#list [value={OTHER}] .last').textContent === '2002.75'")
        await page.until("document.querySelector('#price').textContent === '131.50'")
        await page.click(f"#list [value={OTHER}]")
        await page.until("document.querySelector('#price').textContent === '2002.75'")
        assert await page.read("location.hash") == f"#symbol={OTHER}&period=1m"
        assert await page.read("document.querySelector('#symbol').value") == OTHER
        assert await page.read("document.querySelector('#link').textContent") == "live"
        assert await page.read("document.title") == f"2002.75 {OTHER}"
        await page.click(f"#list [value='{OUTSIDER}']")
        await page.until("document.querySelector('#link').textContent.includes('is not followed now')")
        await page.until("document.querySelector('#price').textContent === '10.5'")
        assert page.complaints == []


@needs_browser
async def test_a_search_narrows_the_list_and_enter_takes_what_is_meant(browser: str, tmp_path: Path) -> None:
    async with market(tmp_path) as server, tab(browser) as page:
        await page.open(server.url)
        await page.until("document.querySelector('#price').textContent === '130.25'")
        await page.click("#symbol")
        await page.type("eth")
        shown = "[...document.querySelectorAll('#list button:not([hidden])')].map((one) => one.value).join()"
        await page.until(f"{shown} === '{OTHER}'")
        await put(server, current("3", NOW, "NEWUSDT"), symbols=(SYMBOL, OTHER, "NEWUSDT"))
        await page.until("document.querySelector('#list [value=NEWUSDT]')")  # it is asked for every few seconds
        assert await page.read(shown) == OTHER
        await page.type("nothing")
        await page.until("document.querySelector('#list p')?.textContent === 'No symbol is called so.'")
        await page.read("document.querySelector('#symbol').select()")
        await page.type("ethusdt")
        await page.press("Enter", 13)
        await page.until("document.querySelector('#price').textContent === '2001.0'")
        assert await page.read(shown) == f"{SYMBOL},{OTHER},NEWUSDT,{OUTSIDER}"
        assert page.complaints == []


_COLOURED = """(() => {
  const canvas = document.querySelector("#chart"), data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return [0, 1, 2].map((place) => {
    const hex = getComputedStyle(document.documentElement).getPropertyValue("--average-" + place).trim();
    const wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    let found = 0;
    for (let at = 0; at < data.length; at += 4) found += wanted.every((value, of) => Math.abs(value - data[at + of]) < 6);
    return found;
  });
})()"""


@needs_browser
async def test_averages_are_drawn_equal_to_the_terminals_and_can_be_switched_off(browser: str, tmp_path: Path) -> None:
    async with market(tmp_path) as server, tab(browser) as page:
        await page.open(server.url)
        await page.until("document.querySelector('#averages').textContent.includes('.')")
        closes = [*_minutes(SYMBOL, 100), current("130.25", NOW)]
        expected = []
        for count in (7, 25, 99):
            newest = average(count, closes, Period.M1)[-1]
            assert newest is not None
            expected.append(f"{count} {float(price_text(round(newest))):.2f}")
        told = "[...document.querySelectorAll('#averages button')].map((one) => one.textContent)"
        assert await page.read(told) == expected
        assert min(await page.read(_COLOURED)) > 100
        await page.click("#averages button:nth-child(2)")
        await page.until(f"{_COLOURED}[1] === 0")
        assert (await page.read(told))[1] == "25"
        assert await page.read("new URLSearchParams(location.hash.slice(1)).get('averages')") == "7,99"
        await page.call("Page.reload")
        await page.until("document.querySelector('#averages').textContent.includes('.')")
        assert [found > 100 for found in await page.read(_COLOURED)] == [True, False, True]
        assert page.complaints == []


_OUTSIDE = """[...document.querySelectorAll("body *")].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width && getComputedStyle(one).visibility === "visible" && (box.right > innerWidth + 1 || box.left < -1);
}).map((one) => one.outerHTML.slice(0, 80))"""


@needs_browser
@pytest.mark.parametrize("size", [PHONE, (320, 568), (844, 390)])
async def test_a_phone_shows_all_of_it_and_the_list_when_asked(
    browser: str, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with market(tmp_path) as server, tab(browser) as page:
        await page.open(server.url, size)
        await page.until("document.querySelector('#price').textContent === '130.25'")
        assert await page.read(_OUTSIDE) == []
        assert await page.read("document.documentElement.scrollWidth") == size[0]
        assert await page.read("document.documentElement.scrollHeight") == size[1]
        assert await page.read("document.querySelector('main').clientHeight") >= 120
        tall = "Math.min(...[...document.querySelectorAll('header :is(button, input, select)')].map((one) => one.offsetHeight))"
        assert await page.read(tall) >= 40, "a finger is wide"
        assert await page.read("getComputedStyle(document.querySelector('#list')).visibility") == "hidden"
        await page.click("#opener")
        await page.until("getComputedStyle(document.querySelector('#list')).visibility === 'visible'")
        assert await page.read(_OUTSIDE) == []
        await page.click(f"#list [value={OTHER}]")
        await page.until("document.querySelector('#price').textContent === '2001.0'")
        assert await page.read("getComputedStyle(document.querySelector('#list')).visibility") == "hidden"
        assert page.complaints == []


async def _reads(page: Tab, url: str, token: str = "") -> str:
    """What a script of the open page gets to read there."""
    headers = f"{{ headers: {{ Authorization: 'Bearer {token}' }} }}" if token else "{}"
    text: str = await page.read(
        f"fetch('{url}', {headers}).then(async (told) => told.status + ' ' + await told.text(), (error) => String(error))"
    )
    return text


@needs_browser
async def test_a_page_of_another_origin_reads_nothing_unless_it_is_permitted(browser: str, tmp_path: Path) -> None:
    async def blank(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>elsewhere</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", blank)
    async with TestServer(app, host="127.0.0.1") as elsewhere, tab(browser) as page:
        await page.open(str(elsewhere.make_url("/")), DESKTOP)
        origin = str(elsewhere.make_url("/")).rstrip("/")
        async with market(tmp_path, AccessPolicy("127.0.0.1", 0, token="secret-token")) as server:
            for token in ("", "secret-token"):  # with a token the browser sends a preflight
                assert await _reads(page, f"{server.url}api/symbols", token) == "TypeError: Failed to fetch"
            assert await _reads(page, f"{server.url}metrics?token=secret-token") == "TypeError: Failed to fetch"
            opened = (
                f"new Promise((done) => {{ const one = new WebSocket('{server.url.replace('http', 'ws')}ws?token=secret-token');"
                " one.onopen = () => done('open'); one.onclose = () => done('closed'); })"
            )
            assert await page.read(opened) == "closed"
        async with market(tmp_path, AccessPolicy("127.0.0.1", 0, "secret-token", (origin,))) as server:
            assert (await _reads(page, f"{server.url}api/symbols", "secret-token")).startswith('200 [{"symbol":')
            assert (await _reads(page, f"{server.url}api/symbols")).startswith('401 {"error":')
            assert (await _reads(page, f"{server.url}api/bars", "secret-token")).startswith('400 {"error":')
            assert (await _reads(page, f"{server.url}nothing", "secret-token")).startswith('404 {"error":')


@needs_browser
async def test_the_page_takes_its_token_from_its_address(browser: str, tmp_path: Path) -> None:
    async with market(tmp_path, AccessPolicy("127.0.0.1", 0, token="secret-token")) as server, tab(browser) as page:
        await page.open(server.url)
        await page.until("document.querySelector('#link').textContent.startsWith('A token is needed')")
        await page.open("about:blank")
        await page.open(f"{server.url}#token=secret-token&symbol=ethusdt&period=5m")
        await page.until("document.querySelector('#change').textContent.endsWith('in this 5m')")
        await page.until("document.querySelector('#link').textContent === 'live'")
