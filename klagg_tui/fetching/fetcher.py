"""Archives fetched and imported in one go: the listing says what there is, the database what is lacking.

Files come beside each other and are read one after the other, in order of time, each noted when it is whole in the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections import deque
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

from klagg_tui.errors import BadFile, DiskError, ExchangeError, Refused, UnknownSymbol
from klagg_tui.exchange.binance.archive import published
from klagg_tui.fetching.background import Background
from klagg_tui.fetching.download import Download
from klagg_tui.fetching.held import Holdings
from klagg_tui.fetching.outcome import Fetched, OnProgress, Progress, ShouldStop
from klagg_tui.fetching.parts import in_words, months_between
from klagg_tui.fetching.plan import Plan, Wanted, days_left, plan, whole_months
from klagg_tui.fetching.remote import Archive
from klagg_tui.fetching.request import Request
from klagg_tui.hints import ended, hint
from klagg_tui.importing import outcome as reading
from klagg_tui.importing.importer import import_files
from klagg_tui.importing.markets import require_own
from klagg_tui.storage.store import Store

T = TypeVar("T")

_LOOK_S: Final = 0.1
"""Between two looks at whether to stop, and two words about progress."""
_GOES_ON: Final = "What is whole is kept; the same command goes on from there."


async def fetch(
    store: Store,
    request: Request,
    *,
    on_progress: OnProgress = lambda _: None,
    should_stop: ShouldStop = lambda: False,
) -> Fetched:
    """Fetch what the database lacks, and import it; asked to stop, keep what is whole and return.

    What goes wrong with one file is in the outcome, as is what ended it early.

    Raises:
        UnknownSymbol: the archive has nothing of a symbol.
        ExchangeError: its listing cannot be had.
        BadUsage: the database holds bars of an imitation of the market.
        StorageError: the database cannot be written to.
    """
    for series in request.series:
        if request.addresses.is_own:
            require_own(series.market, await store.markets())
    with Background() as background:
        archive = Archive(request.addresses, proxy=request.proxy, pause_s=request.pause_s, at_once=request.at_once)
        await background.begin(archive.__aenter__())
        try:
            return await _Fetch(store, request, background, archive, on_progress, should_stop).run()
        finally:
            await background.begin(archive.__aexit__())


class _Stopped(Exception):
    """Asked to stop."""


class _Fetch:
    """One under way."""

    def __init__(
        self,
        store: Store,
        request: Request,
        background: Background,
        archive: Archive,
        on_progress: OnProgress,
        should_stop: ShouldStop,
    ) -> None:
        self._store = store
        self._request = request
        self._background = background
        self._archive = archive
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._holdings = Holdings(store)
        self._download = Download(archive, request.folder, self._note_bytes)
        self._outcome = Fetched()
        self._files: list[Wanted] = []
        self._come: dict[str, int] = {}
        """Bytes of each file that are there; told from the other thread, which adds no key."""
        self._read_bytes = 0
        self._rows = 0

    async def run(self) -> Fetched:
        try:
            for series in self._request.series:
                await self._choose(await self._planned(series))
            self._come = dict.fromkeys((wanted.entry.key for wanted in self._files), 0)
            await self._fetch_all()
        except _Stopped:
            self._outcome.is_stopped = True
        self._tidy()
        return self._outcome

    async def _planned(self, series: published.Series) -> Plan:
        """What the archive has of a series; raises UnknownSymbol where that is nothing, and never was anything."""
        self._say(str(series))
        first, after = self._request.first, self._request.after
        months = months_between(first, after)
        whole = whole_months(months, first, after)
        monthly = await self._wait(self._archive.listed(series, whole, monthly=True))
        days = days_left(months, monthly, first, after)
        daily = await self._wait(self._archive.listed(series, days, monthly=False))
        if not monthly and not daily and not await self._wait(self._archive.has(series)):
            raise await self._unknown(series)
        return plan(series, whole, days, monthly, daily)

    async def _unknown(self, series: published.Series) -> UnknownSymbol:
        known = await self._wait(self._archive.symbols(series))
        if series.symbol in known:
            return UnknownSymbol(f"The archive of {series.market.name} has no files of {series}.")
        near = hint(series.symbol, known)
        return UnknownSymbol(ended(f"The archive of {series.market.name} has no symbol {series.symbol}{near}"))

    async def _choose(self, found: Plan) -> None:
        """Of the files those that bring anything; of missing days those that the database has not either."""
        for wanted in found.files:
            if await self._is_held(wanted):
                self._outcome.held += 1
            else:
                self._files.append(wanted)
        missing = [day for day in found.missing if not await self._holdings.is_whole(found.series, day)]
        if missing:
            self._outcome.notes.append(f"{found.series}: the archive has nothing of {in_words(missing)}.")

    async def _is_held(self, wanted: Wanted) -> bool:
        """Whether there is nothing to gain from a file."""
        note = await self._holdings.note_of(wanted)
        if note is None:
            return await self._holdings.is_whole(wanted.series, wanted.part)
        if note.etag != wanted.entry.etag and await self._digest(wanted) != note.digest:
            self._outcome.notes.append(f"{wanted.name} was published anew since it was fetched: it is fetched again.")
            return False
        return await self._holdings.is_kept(wanted, note)

    async def _digest(self, wanted: Wanted) -> str | None:
        try:
            return await self._wait(self._archive.digest(wanted.entry.key))
        except Refused:
            return None

    async def _fetch_all(self) -> None:
        """Some files come ahead of the one that is read; no more, for each takes its place on the disk."""
        ahead: deque[tuple[Wanted, asyncio.Future[tuple[Path, str]]]] = deque()
        rest = iter(self._files)
        try:
            while True:
                while len(ahead) < 2 * self._request.at_once and (wanted := next(rest, None)):
                    ahead.append((wanted, self._background.begin(self._download.file(wanted))))
                if not ahead:
                    return
                wanted, coming = ahead.popleft()
                if not await self._take(wanted, coming):
                    return
        finally:
            for _, coming in ahead:
                coming.cancel()
            await asyncio.gather(*(coming for _, coming in ahead), return_exceptions=True)

    async def _take(self, wanted: Wanted, coming: asyncio.Future[tuple[Path, str]]) -> bool:
        """Import a file once it is there; returns whether there is sense in going on."""
        try:
            path, digest = await self._until(coming, wanted.name)
        except (BadFile, Refused) as error:
            is_alone = isinstance(error, BadFile) or error.code == 404
            self._outcome.failures.append(str(error) if is_alone else f"{error} {_GOES_ON}")
            return is_alone
        except ExchangeError as error:
            self._outcome.failures.append(f"{error} {_GOES_ON}")
            return False
        except DiskError as error:
            self._outcome.failures.append(str(error))
            return False
        await self._import(wanted, path, digest)
        return True

    async def _import(self, wanted: Wanted, path: Path, digest: str) -> None:
        def show(progress: reading.Progress) -> None:
            share = progress.done / max(progress.total, 1)
            self._say(wanted.name, int(share * wanted.entry.size), progress.rows)

        read = await import_files(self._store, [path], on_progress=show, should_stop=self._should_stop)
        outcome = self._outcome
        outcome.trades += read.trades
        outcome.bars += read.bars
        outcome.new += read.new
        outcome.bad += read.tally.bad
        outcome.notes += [*read.notes, *read.tally.first_bad]
        outcome.failures += read.failures
        self._rows += read.tally.rows
        self._read_bytes += wanted.entry.size
        if read.is_stopped:
            raise _Stopped
        if not read.failures:
            await self._holdings.note(wanted, digest)
            outcome.files += 1
            outcome.size += wanted.entry.size
        self._let_go(path)

    def _let_go(self, path: Path) -> None:
        """A file that was read; one that could not be read is fetched anew the next time."""
        if not self._request.keeps:
            path.unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Once all is there, nothing is left of what came and went."""
        is_done = not (self._outcome.is_stopped or self._outcome.failures)
        if is_done and not self._request.keeps:
            shutil.rmtree(self._request.folder, ignore_errors=True)

    async def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return await self._until(self._background.begin(work))

    async def _until(self, coming: asyncio.Future[T], name: str | None = None) -> T:
        """The result; raises _Stopped where it is not waited for any longer."""
        while not coming.done():
            await asyncio.wait({coming}, timeout=_LOOK_S)
            if name:
                self._say(name)
            if self._should_stop():
                coming.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await coming
                raise _Stopped
        return coming.result()

    def _note_bytes(self, key: str, count: int) -> None:
        self._come[key] = count

    def _say(self, name: str, read: int = 0, rows: int = 0) -> None:
        done = sum(self._come.values()) + self._read_bytes + read
        total = 2 * sum(wanted.entry.size for wanted in self._files)
        self._on_progress(Progress(name, min(done, total), total, self._rows + rows))
