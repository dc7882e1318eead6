"""The archive where it is published: what it lists of a symbol, which symbols it has, a file's checksum."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import NamedTuple, Self

from klagg_tui.errors import BadFrame, Refused, Unreachable
from klagg_tui.exchange.binance.archive import published
from klagg_tui.exchange.transport.files import FileClient
from klagg_tui.fetching.parts import Part


class Addresses(NamedTuple):
    """Where it is."""

    files: str = published.FILES_URL
    bucket: str = published.BUCKET_URL
    """With the listing."""

    @classmethod
    def of(cls, url: str | None) -> Addresses:
        """Those of the exchange, or of a mirror or an imitation at an address."""
        return cls() if url is None else cls(url.rstrip("/"), url.rstrip("/") + published.BUCKET_PATH)

    @property
    def is_own(self) -> bool:
        """Whether it is the exchange's own."""
        return self.files == published.FILES_URL


class Archive:
    """Asks it; to be used in an `async with` block."""

    def __init__(self, addresses: Addresses, *, proxy: str | None, pause_s: float, at_once: int) -> None:
        self.files = FileClient(addresses.files, proxy=proxy, pause_s=pause_s)
        self.turns = asyncio.Semaphore(at_once)
        """Held by each request for a file."""
        self._bucket = FileClient(addresses.bucket, proxy=proxy, pause_s=pause_s)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.files)
        await self._stack.enter_async_context(self._bucket)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def listed(
        self, series: published.Series, parts: Sequence[Part], *, monthly: bool
    ) -> dict[str, published.Entry]:
        """The files of these months, or days, that are published, by `2024-01` or `2024-01-31`.

        Raises:
            ExchangeError: the listing cannot be had.
        """
        if not parts:
            return {}
        keys = {series.key(part.text): part.text for part in parts}
        prefix, last = series.prefix(monthly=monthly), max(keys)
        found: dict[str, published.Entry] = {}
        # The name without its end comes before it, and behind that of the part before.
        marker: str | None = min(keys).removesuffix(".zip")
        while marker is not None:
            page = await self._page(prefix, marker, min(published.MOST_KEYS, 2 * len(parts)))
            found.update((keys[entry.key], entry) for entry in page.entries if entry.key in keys)
            marker = page.next_marker if page.next_marker and page.next_marker < last else None
        return found

    async def has(self, series: published.Series) -> bool:
        """Whether anything at all of it is published."""
        for monthly in (True, False):
            if (await self._page(series.prefix(monthly=monthly), "", 1)).entries:
                return True
        return False

    async def symbols(self, series: published.Series) -> list[str]:
        """All symbols with files of that kind."""
        return sorted({*await self._symbols(series, monthly=True), *await self._symbols(series, monthly=False)})

    async def digest(self, key: str) -> str:
        """The SHA-256 that a file has by its checksum file.

        Raises:
            Refused: there is none.
            ExchangeError: it cannot be had.
        """
        async with self.turns:
            try:
                return published.read_checksum(await self.files.body(key + published.CHECKSUM), key.rpartition("/")[2])
            except BadFrame as error:
                raise Refused(f"{key + published.CHECKSUM} says no checksum of that file.") from error

    async def _symbols(self, series: published.Series, *, monthly: bool) -> list[str]:
        folder, marker = published.symbols_folder(series.market, series.period, monthly=monthly), ""
        found: list[str] = []
        while True:
            page = await self._page(folder, marker, published.MOST_KEYS, delimiter="/")
            found += page.folders
            if page.next_marker is None or page.next_marker <= marker:
                return found
            marker = page.next_marker

    async def _page(self, prefix: str, marker: str, most: int, **others: str) -> published.Page:
        body = await self._bucket.body("", prefix=prefix, marker=marker, **{"max-keys": str(most)}, **others)
        try:
            return published.read_listing(body)
        except BadFrame as error:
            raise Unreachable("The listing of the archive cannot be read: it is no answer of the bucket's.") from error
