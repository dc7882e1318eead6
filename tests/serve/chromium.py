"""A real browser, told what to do over its DevTools protocol: https://chromedevtools.github.io/devtools-protocol/"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.patience import WAIT_S

_LOOK_S: Final = 0.05
DESKTOP: Final = (1280, 800)
PHONE: Final = (390, 844)
SMALL_PHONE: Final = (320, 568)
PATH: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_browser = pytest.mark.skipif(PATH is None, reason="there is no Chromium to open a page in")

_QUIET: Final = (
    "--headless=new", "--remote-debugging-port=0", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-proxy-server", "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
)  # fmt: skip


@contextmanager
def browsing(profile: Path) -> Iterator[str]:
    """A browser with a profile of its own; the address of its protocol."""
    assert PATH is not None
    # Its sandbox is not to be had for root; what is opened here is our own.
    options = (*_QUIET, *(("--no-sandbox",) if os.geteuid() == 0 else ()), f"--user-data-dir={profile}")
    told = profile / "stderr"
    profile.mkdir(parents=True, exist_ok=True)
    with told.open("wb") as stderr:
        running = subprocess.Popen([PATH, *options, "about:blank"], stdout=subprocess.DEVNULL, stderr=stderr)
    try:
        yield _address(running, told)
    finally:
        running.terminate()
        running.wait(WAIT_S)


def _address(running: subprocess.Popen[bytes], told: Path) -> str:
    for _ in range(round(WAIT_S / _LOOK_S)):
        if found := re.search(r"DevTools listening on (ws://\S+)", told.read_text(errors="replace")):
            return found[1]
        try:
            running.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(f"the browser did not start: {told.read_text(errors='replace')[-500:]}")


class Tab:
    """One page of the browser."""

    def __init__(self, protocol: ClientConnection, session: str) -> None:
        self.complaints: list[str] = []
        """What its console says of errors, policies that were hurt among them."""
        self._protocol = protocol
        self._session = session
        self._ids = count(1)
        self._replies: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._ids)
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[number] = reply
        sent = {"id": number, "sessionId": self._session, "method": method, "params": parameters}
        await self._protocol.send(json.dumps(sent))
        async with asyncio.timeout(WAIT_S):
            return await reply

    async def read(self, expression: str) -> Any:
        """What an expression comes to, promises waited for."""
        said = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in said:
            raise AssertionError(said["exceptionDetails"])
        return said["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until it holds; what cannot be said yet, for want of an element, does not."""
        holds = f"(() => {{ try {{ return Boolean({expression}); }} catch {{ return false; }} }})()"
        for _ in range(round(WAIT_S / _LOOK_S)):
            if await self.read(holds):
                return
            await asyncio.sleep(_LOOK_S)
        text = await self.read("document.body.innerText")
        raise AssertionError(f"it never held: {expression}\n{self.complaints}\n{text}")

    async def open(self, url: str, size: tuple[int, int] = DESKTOP, *, is_dark: bool = False) -> None:
        width, height = size
        is_phone = width < 600
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            # As phones of that size have it: the terminal rounds the width of a letter by it.
            deviceScaleFactor=3 if is_phone else 1,
            mobile=is_phone,
        )
        await self.call("Emulation.setTouchEmulationEnabled", enabled=is_phone)
        dark = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[dark])
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")

    async def click(self, selector: str) -> None:
        """With the mouse, or a finger, in the middle of what the selector finds."""
        x, y = await self.read(
            f"(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def swipe(self, x: int, from_y: int, to_y: int) -> None:
        """With one finger, up or down, in ten steps."""
        points = [from_y + (to_y - from_y) * step // 10 for step in range(11)]
        for step, y in enumerate(points):
            kind = "touchMove" if step else "touchStart"
            await self.call("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y}])
        await self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    async def type(self, text: str) -> None:
        await self.call("Input.insertText", text=text)

    async def press(self, key: str, code: int) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    async def listen(self) -> None:
        """Sort what comes: replies to whom they are for, complaints."""
        async for text in self._protocol:
            said = json.loads(text)
            if reply := self._replies.pop(said.get("id"), None):
                if not reply.done():
                    reply.set_result(said.get("result", said))
            elif said.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(str(said["params"]["exceptionDetails"]))
            elif said.get("method") == "Log.entryAdded" and said["params"]["entry"]["level"] == "error":
                self.complaints.append(said["params"]["entry"]["text"])


@asynccontextmanager
async def tab(address: str) -> AsyncIterator[Tab]:
    """A page with a storage of its own in the browser at that address."""
    async with connect(address, max_size=None, proxy=None, open_timeout=WAIT_S) as protocol:

        async def ask(number: int, method: str, **parameters: Any) -> dict[str, Any]:
            await protocol.send(json.dumps({"id": -number, "method": method, "params": parameters}))
            while True:
                said: dict[str, Any] = json.loads(await protocol.recv())
                if said.get("id") == -number:
                    return dict(said["result"])

        context = await ask(1, "Target.createBrowserContext", disposeOnDetach=True)
        target = await ask(2, "Target.createTarget", url="about:blank", browserContextId=context["browserContextId"])
        session = await ask(3, "Target.attachToTarget", targetId=target["targetId"], flatten=True)
        opened = Tab(protocol, session["sessionId"])
        listening = asyncio.create_task(opened.listen())
        try:
            for domain in ("Page", "Runtime", "Log"):
                await opened.call(f"{domain}.enable")
            yield opened
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
