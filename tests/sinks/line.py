"""A way to a port that can be cut without a word, or is slow."""

from __future__ import annotations

import asyncio
from typing import Self

from tests.ports import free_port


class Line:
    """Copies between the two; while it is cut nothing arrives, and what was sent meanwhile comes late, even from who is not there any more.

    So TCP has it: what is not acknowledged is sent again until a way is there.
    """

    def __init__(self, port: int, late_s: float = 0.0) -> None:
        """`late_s`: so much later whatever is answered comes."""
        self.port = free_port()
        self._late_s = late_s
        self._to = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._whole = asyncio.Event()
        self._whole.set()

    @property
    def is_cut(self) -> bool:
        return not self._whole.is_set()

    @is_cut.setter
    def is_cut(self, value: bool) -> None:
        if value:
            self._whole.clear()
        else:
            self._whole.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self._whole.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            await self._whole.wait()
            writer.close()
            return
        for source, target, late_s in ((reader, back, 0.0), (there, writer, self._late_s)):
            task = asyncio.ensure_future(self._copy(source, target, late_s))
            self._tasks.add(task)

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, late_s: float) -> None:
        try:
            while data := await source.read(65536):
                if late_s:
                    await asyncio.sleep(late_s)
                await self._whole.wait()
                target.write(data)
                await target.drain()
        finally:
            # Nor does an end.
            await self._whole.wait()
            target.close()
