"""A window on another machine: through the web server of the recorder, behind its token, with history over the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from klagg_tui.attach.link import PATH, RemoteDoor
from klagg_tui.attach.window import Window
from klagg_tui.config import Serve
from klagg_tui.engine.columns import COLUMN_FIELDS
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadUsage, ExportError, Unattached
from klagg_tui.exporting.formats.csv import FORMAT as CSV
from klagg_tui.exporting.selection import Selection
from klagg_tui.feed import Feed, FeedUpdate
from klagg_tui.runtime.worker import Runtime
from klagg_tui.serve.server import PushServer, served
from tests.attach.looking import Alike, Seen
from tests.attach.test_window import quiet_market, shows
from tests.feeds import until
from tests.market_run import plan
from tests.patience import WAIT_S
from tests.proxies import slow_line
from tests.serve.serving import serving

TOKEN = "a token of ours"


@asynccontextmanager
async def recorded(database: Path) -> AsyncIterator[tuple[Runtime, PushServer]]:
    async with quiet_market() as exchange:
        runtime, server = served(plan(exchange, database), Serve("127.0.0.1", 0, TOKEN, ()))
        await asyncio.to_thread(server.start)
        try:
            await asyncio.to_thread(runtime.start)
            try:
                await until(Path(f"{database}.sock").exists, WAIT_S)
                yield runtime, server
            finally:
                await runtime.stop()
        finally:
            await asyncio.to_thread(server.stop)


@asynccontextmanager
async def window_at(url: str, token: str = TOKEN) -> AsyncIterator[Window]:
    window = Window(RemoteDoor(url, token), patience_s=0.0)
    await asyncio.to_thread(window.start)
    try:
        yield window
    finally:
        await window.stop()


async def test_it_shows_the_rows_of_the_recorder_and_answers_what_that_answers(tmp_path: Path) -> None:
    async with recorded(tmp_path / "run.db") as (runtime, server), window_at(server.url) as window:
        own, seen = await shows(runtime), Seen(window)
        await until(Alike(own, seen), WAIT_S)
        traded = runtime.status().counters.trades
        await until(lambda: runtime.status().counters.trades > traded + 5, WAIT_S)
        await until(Alike(own, seen), WAIT_S)
        assert window.status().attached == f"attached to 127.0.0.1:{server.port}"
        first, *others = own.market.rows

        async def is_same() -> bool:
            answers = []
            for feed in (runtime, window):
                bars = await feed.history(first, Period.M1, None, 40)
                columns = await feed.columns([first, *others], Period.M1, 0, COLUMN_FIELDS)
                answers.append((bars, columns, await feed.derivatives(first, [0])))
            return answers[0] == answers[1] and bool(answers[0][0]) and len(answers[0][1]) == len(own.market.rows)

        async with asyncio.timeout(WAIT_S):
            while not await is_same():  # noqa: ASYNC110 - the minute under way ends meanwhile
                await asyncio.sleep(0.05)
        window.follow(first)
        await until(lambda: window.tape(first), WAIT_S)
        with pytest.raises(ExportError, match="run `klagg export` there"):
            await window.estimate(Selection(), CSV)
        assert "Nothing can be recorded from here" in window.take_over()


async def test_a_line_that_is_slow_and_cut_costs_it_time_and_nothing_else(tmp_path: Path) -> None:
    async with recorded(tmp_path / "run.db") as (runtime, server), slow_line(server.port, 30_000) as line:
        own = await shows(runtime)
        async with window_at(f"http://127.0.0.1:{line.port}") as window:
            seen = Seen(window)
            await until(Alike(own, seen), WAIT_S)
            line.cut()
            await until(lambda: window.status().is_behind, WAIT_S)
            alike = Alike(own, seen)
            await until(lambda: alike() and seen.anew == 1 and not window.status().is_behind, WAIT_S)


async def test_it_knows_what_was_told_of_contracts_before_it_came(tmp_path: Path) -> None:
    async with recorded(tmp_path / "run.db") as (runtime, server):
        known: set[tuple[str, int]] = set()
        taken: set[tuple[str, int]] = set()

        def take(feed: Feed, into: set[tuple[str, int]]) -> int:
            update = feed.take_changes() or FeedUpdate()
            into.update(minute.key for minute in update.derivatives if minute.open_interest is not None)
            return len({open_ms for _, open_ms in into})

        await until(lambda: take(runtime, known) > 2, WAIT_S)
        async with window_at(server.url) as window:
            await until(lambda: take(window, taken) and known <= taken, WAIT_S)


async def test_its_end_makes_the_window_stale_and_what_it_is_asked_then_is_an_error_of_ours(tmp_path: Path) -> None:
    async with recorded(tmp_path / "run.db") as (_, server):
        window = Window(RemoteDoor(server.url, TOKEN), patience_s=0.0)
        await asyncio.to_thread(window.start)
    try:
        await until(lambda: window.status().is_behind, WAIT_S)
        assert window.status().notices[0].startswith(f"The recorder (127.0.0.1:{server.port}) is gone.")
        with pytest.raises(Unattached):
            await window.columns(["BTCUSDT"], Period.M1, 0)
    finally:
        await window.stop()


async def test_without_the_token_it_is_refused_with_what_to_do(tmp_path: Path) -> None:
    async with serving() as server:
        pass  # nobody listens there any more
    with pytest.raises(Unattached, match=r"cannot be reached.*`klagg serve` lets windows in"):
        async with window_at(server.url):
            pass
    async with recorded(tmp_path / "run.db") as (_, server):
        with pytest.raises(Unattached, match="refuses windows: its token is needed, by --token"):
            async with window_at(server.url, "another one"):
                pass


async def test_pages_of_others_and_what_is_no_window_are_refused(tmp_path: Path) -> None:
    async with recorded(tmp_path / "run.db") as (_, server), aiohttp.ClientSession(server.url) as session:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with session.get(PATH, headers=headers) as answer:
            assert answer.status == 426
            assert "klagg attach" in (await answer.json())["error"]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(PATH, headers={**headers, "Origin": "https://elsewhere.example"})
        assert refused.value.status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(PATH)
        assert refused.value.status == 401


async def test_where_nothing_is_kept_there_is_nothing_to_attach_to() -> None:
    async with serving() as server:
        with pytest.raises(Unattached, match="Nothing is kept here"):
            async with window_at(server.url):
                pass


@pytest.mark.parametrize("url", ["", "ftp://example.org", "http://", "http://[", "http://example.org:port"])
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(BadUsage, match="no address"):
        RemoteDoor(url)


def test_a_login_in_the_address_is_not_told() -> None:
    assert RemoteDoor("https://me:secret@example.org:99/bars/").name == "example.org:99"
    assert RemoteDoor("[::1]:8787").name == "[::1]:8787"
