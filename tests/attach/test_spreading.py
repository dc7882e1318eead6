"""What ten windows are told is encoded once, slice by slice, over real sockets."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import unix_connect
from websockets.asyncio.server import ServerConnection, unix_serve

from klagg_tui.attach import codec, slices
from klagg_tui.attach.codec import Message, unpacked
from klagg_tui.attach.recorder import Beat
from klagg_tui.attach.spreading import OpenWindow, Spreading
from klagg_tui.attach.standing import Told
from klagg_tui.engine.changes import Changes
from klagg_tui.feed import FeedUpdate, Mode, Status
from tests.feeds import until
from tests.makers import START, bar

WINDOWS = 10


async def test_what_ten_windows_are_told_is_encoded_once_and_never_much_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded = Counter[str]()
    pack = codec.packed

    def counted(message: Mapping[str, Any]) -> bytes:
        encoded.update(message.keys() & {"picture", "update"})
        return pack(message)

    monkeypatch.setattr(codec, "packed", counted)
    spreading = Spreading()

    async def come(connection: ServerConnection) -> None:
        number = len(spreading.windows)
        spreading.windows[number] = OpenWindow(number, connection)
        await connection.wait_closed()

    many = 2 * slices.MOST + 1
    told = Told(
        FeedUpdate(Changes(tuple(bar(symbol=f"C{at}USDT") for at in range(many))), last_trade_ms={"C0USDT": START})
    )
    async with unix_serve(come, str(tmp_path / "s"), compression=None), AsyncExitStack() as stack:
        windows = [
            await stack.enter_async_context(unix_connect(str(tmp_path / "s"), "ws://localhost/", compression=None))
            for _ in range(WINDOWS)
        ]
        await until(lambda: len(spreading.windows) == WINDOWS)
        status = Status("", Mode.LIVE, START)
        for kind, beat in (("picture", Beat(status, picture=told)), ("update", Beat(status, update=told))):
            await spreading.tell(beat)
            heard = await asyncio.gather(*(_moment(window.recv) for window in windows))
            assert all(messages == heard[0] for messages in heard)
            assert encoded[kind] == len(heard[0]) == 4
            bars = [len(message[kind].get("current", ())) for message in heard[0]]
            assert bars == [slices.MOST, slices.MOST, 1, 0]
            assert ["more" in message for message in heard[0]] == [True, True, True, False]


async def _moment(receive: Any) -> list[Message]:
    """Messages up to the one that ends a moment."""
    messages = [unpacked(await receive())]
    while messages[-1].get("more"):
        messages.append(unpacked(await receive()))
    return messages
