"""A recorder on a simulated market and windows on it, over a real socket: what they show, ask and survive."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from websockets.asyncio.client import unix_connect

from klagg_tui.attach import codec, link, spreading, window
from klagg_tui.attach.codec import VERSION
from klagg_tui.attach.link import LocalDoor
from klagg_tui.attach.place import listen
from klagg_tui.attach.serving import with_windows
from klagg_tui.attach.shared import SharedRuntime
from klagg_tui.attach.standing import Told
from klagg_tui.attach.window import Window
from klagg_tui.engine.period import Period
from klagg_tui.errors import DatabaseBusy, KlaggError, OtherVersion, Unanswered, Unattached
from klagg_tui.feed import Feed, FeedUpdate
from klagg_tui.runtime.worker import Runtime
from klagg_tui.simulator import SimulatedExchange
from klagg_tui.storage.store import Store
from tests.attach.looking import Alike, Seen, recorder, recording, window_on
from tests.feeds import until
from tests.market_run import plan, simulated
from tests.patience import WAIT_S


@asynccontextmanager
async def quiet_market(activity: float = 0.1) -> AsyncIterator[SimulatedExchange]:
    """One where minutes go by in seconds, and now and then somebody trades."""
    async with simulated(["binance-um"], symbols=6, seed=5, activity=activity, speed=20, faults="none") as (exchange,):
        yield exchange


async def shows(feed: Feed) -> Seen:
    """What it shows once that is something."""
    seen = Seen(feed)
    await until(Alike(seen), WAIT_S)
    return seen


async def test_windows_show_the_rows_of_the_recorder_whenever_they_come(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with quiet_market() as exchange, recording(exchange, database) as runtime:
        own = await shows(runtime)
        async with window_on(database) as first:
            one = Seen(first)
            await until(Alike(own, one), WAIT_S)
            traded = runtime.status().counters.trades
            await until(lambda: runtime.status().counters.trades > traded + 10, WAIT_S)
            await until(Alike(own, one), WAIT_S)
            async with window_on(database) as second:
                other = Seen(second)
                await until(Alike(own, one, other), WAIT_S)
                assert first.periods == second.periods == runtime.periods
                assert first.status().attached == f"attached to {os.getpid()}"
                assert first.status().market == runtime.status().market
                assert not first.status().is_behind
        await until(Alike(own), WAIT_S)


async def test_an_option_that_the_recorder_advises_is_told_as_the_recorders(tmp_path: Path) -> None:
    database, advice = tmp_path / "run.db", "It does not serve this place (451): try --proxy."
    async with (
        quiet_market() as exchange,
        recording(exchange, database) as runtime,
        window_on(database) as window,
    ):
        host = runtime._ready.result()
        host.notices["advice"] = advice
        await until(lambda: any(notice.startswith(advice) for notice in window.status().notices), WAIT_S)
        assert advice in runtime.status().notices
        assert f"{advice} Options are the recorder's here: it has to be started with them." in window.status().notices


async def test_symbols_of_several_exchanges_are_shown_and_followed_by_their_names(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with simulated(
        ["binance-um", "kraken"], symbols=3, seed=5, activity=0.2, speed=20, faults="none"
    ) as exchanges:
        runtime = Runtime(with_windows(plan(exchanges, database)))
        await asyncio.to_thread(runtime.start)
        try:
            own = await shows(runtime)
            async with window_on(database) as window:
                seen = Seen(window)
                alike = Alike(own, seen)
                await until(lambda: alike() and len(own.market.counts) == 2, WAIT_S)
                assert [venue.key for venue in window.status().venues] == ["binance-um", "kraken"]
                rows = seen.market.rows
                # One that is traded often: some are not for minutes.
                symbol = max(
                    (name for name in rows if name.startswith("kraken:")),
                    key=lambda name: rows[name].last_trade_ms or 0,
                )
                window.follow(symbol)
                await until(lambda: window.tape(symbol), WAIT_S)
                columns = await window.columns([symbol], Period.M1, 0, ("close",))
                assert list(columns) in ([symbol], [])
        finally:
            await runtime.stop()


async def test_a_window_answers_what_the_recorder_answers(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with (
        quiet_market() as exchange,
        recording(exchange, database) as runtime,
        window_on(database) as window,
    ):
        own, seen = await shows(runtime), await shows(window)
        await until(Alike(own, seen), WAIT_S)
        symbol = next(iter(own.market.rows))

        async def is_same(period: Period) -> bool:
            ours = await runtime.history(symbol, period, None, 50)
            theirs = await window.history(symbol, period, None, 50)
            columns = [await feed.columns([symbol], period, 0, ("close",)) for feed in (runtime, window)]
            return bool(ours) and ours == theirs and columns[0] == columns[1] and symbol in columns[0]

        async with asyncio.timeout(WAIT_S):
            while not await is_same(Period.M1):  # noqa: ASYNC110 - the minute under way ends meanwhile
                await asyncio.sleep(0.05)
        oldest = (await window.history(symbol, Period.M1, None, 1_000))[0].open_ms
        assert (await window.fetch_older(symbol, Period.M1, oldest)).edge is not None
        assert (await window.history(symbol, Period.M1, None, 2_000))[0].open_ms < oldest
        assert isinstance(await window.derivatives(symbol, [0]), tuple)


async def test_a_window_knows_what_was_told_of_contracts_before_it_came(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with quiet_market() as exchange, recording(exchange, database) as runtime:
        told: set[tuple[str, int]] = set()
        taken: set[tuple[str, int]] = set()

        def take(feed: Feed, into: set[tuple[str, int]]) -> None:
            update = feed.take_changes() or FeedUpdate()
            into.update(minute.key for minute in update.derivatives if minute.open_interest is not None)

        def has_ended() -> bool:
            take(runtime, told)
            return len({open_ms for _, open_ms in told}) > 2

        await until(has_ended, WAIT_S)
        known = set(told)
        async with window_on(database) as window:

            def is_told() -> bool:
                take(window, taken)
                return known <= taken

            await until(is_told, WAIT_S)


async def test_a_window_follows_a_symbol_of_its_own(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with (
        quiet_market(activity=1.0) as exchange,
        recording(exchange, database) as runtime,
        window_on(database) as window,
    ):
        first, second, *_ = (await shows(runtime)).market.rows
        runtime.follow(first)
        window.follow(second)
        await until(lambda: len(window.tape(second)) > 5 and runtime.tape(first), WAIT_S)
        newest = window.tape(second)[-1].aggregate_id
        await until(lambda: window.tape(second)[-1].aggregate_id > newest, WAIT_S)
        ids = [trade.aggregate_id for trade in window.tape(second)]
        assert ids == sorted(set(ids))
        assert {trade.symbol for trade in window.tape(second)} == {second}
        assert {trade.symbol for trade in runtime.tape(first)} == {first}
        assert window.tape(first) == ()


async def test_what_a_window_shows_is_a_wish_for_history(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with quiet_market() as exchange, recording(exchange, database) as runtime:
        host = runtime._ready.result()
        async with window_on(database) as window:
            window.look_at(["A", "B"], Period.H1, "C")
            await until(lambda: list(host.look.seen()) == ["C", "A", "B"], WAIT_S)
        await until(lambda: list(host.look.seen()) == [], WAIT_S)
        assert host.tapes == [host.tape]


async def test_without_windows_nothing_is_read_for_them(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with quiet_market() as exchange, recording(exchange, database) as runtime:
        host = runtime._ready.result()
        assert len(host._viewers) == 1
        async with window_on(database):
            assert len(host._viewers) == 2
        await until(lambda: len(host._viewers) == 1, WAIT_S)


async def test_a_recorder_that_is_killed_makes_windows_stale_and_the_next_one_is_attached_to(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with quiet_market() as exchange:
        killed = await asyncio.to_thread(recorder, exchange, database)
        try:
            await until((tmp_path / "run.db.sock").exists, WAIT_S)
            async with window_on(database) as window:
                seen = await shows(window)
                symbol = next(iter(seen.market.rows))
                async with asyncio.timeout(WAIT_S):
                    while not (stored := await window.history(symbol, Period.M1, None, 5)):  # noqa: ASYNC110 - another process writes
                        await asyncio.sleep(0.05)
                assert window.pid == killed.pid
                killed.kill()
                await until(lambda: window.status().is_behind, WAIT_S)
                status = window.status()
                assert status.connection == "stale"
                assert status.notices[0].startswith(f"The recorder (process {killed.pid}) is gone.")
                # What is stored is there all the same.
                assert (await window.history(symbol, Period.M1, None, 5))[-1].open_ms >= stored[-1].open_ms
                async with recording(exchange, database) as runtime:
                    own = Seen(runtime)
                    await until(Alike(own, seen), WAIT_S)
                    assert window.pid == os.getpid()
                    assert seen.anew == 1
                    assert not window.status().is_behind
        finally:
            killed.kill()
            killed.wait()


async def test_a_window_that_does_not_read_is_cut_off_and_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(spreading, "MOST_WAITING_BYTES", 20_000)
    monkeypatch.setattr(spreading, "STUCK_S", 1.0)
    caplog.set_level(logging.INFO, "klagg_tui")
    database = tmp_path / "run.db"
    async with quiet_market(activity=20.0) as exchange, recording(exchange, database) as runtime:
        own = await shows(runtime)
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.attach.looking", str(database)), stdout=asyncio.subprocess.PIPE
        )
        try:
            assert child.stdout is not None
            assert await child.stdout.readline() == b"1\n"
            child.send_signal(signal.SIGSTOP)
            async with window_on(database) as window:
                beside = Seen(window)
                await until(lambda: "is cut off" in caplog.text, WAIT_S)
                host = runtime._ready.result()
                assert len(host._viewers) == 2
                taken = len(own.market.rows)
                alike = Alike(beside)
                await until(lambda: alike() and len(beside.rows) == taken, WAIT_S)
                child.send_signal(signal.SIGCONT)
                assert await child.stdout.readline() == b"2\n"
        finally:
            child.kill()
            await child.wait()


async def test_a_recorder_that_stands_still_is_told_within_seconds_and_goes_on(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with quiet_market() as exchange:
        process = await asyncio.to_thread(recorder, exchange, database)
        try:
            await until((tmp_path / "run.db.sock").exists, WAIT_S)
            second = SharedRuntime(plan(exchange, database))
            await asyncio.to_thread(second.start)
            try:
                symbol = next(iter((await shows(second)).market.rows))

                async def is_whole(stood_ms: int, went_on_ms: int) -> bool:
                    """Whether every minute is there from before it stood still until it went on."""
                    opens = [bar.open_ms for bar in await second.history(symbol, Period.M1, None, 500)]
                    covered = bool(opens) and opens[0] < stood_ms <= went_on_ms < opens[-1]
                    return covered and all(later - earlier == 60_000 for earlier, later in pairwise(opens))

                process.send_signal(signal.SIGSTOP)
                stood_ms = second.status().exchange_now_ms
                await until(lambda: second.status().is_behind, WAIT_S)
                assert second.status().notices[0].startswith(f"The recorder (process {process.pid}) says nothing more")
                assert "end it first" in second.take_over()
                went_on_ms = second.status().exchange_now_ms
                process.send_signal(signal.SIGCONT)
                await until(lambda: not second.status().is_behind, WAIT_S)
                assert not any("says nothing more" in notice for notice in second.status().notices)
                assert second.is_attached
                async with asyncio.timeout(WAIT_S):
                    while not await is_whole(stood_ms, went_on_ms):  # noqa: ASYNC110 - another process writes
                        await asyncio.sleep(0.1)
            finally:
                await second.stop()
        finally:
            process.kill()
            process.wait()


async def test_a_window_that_reads_slowly_is_in_step_again_once_it_has_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "MOST_WAITING_BYTES", 5_000)
    database = tmp_path / "run.db"
    async with quiet_market() as exchange, recording(exchange, database) as runtime, window_on(database) as slow:
        own, seen = await shows(runtime), Seen(slow)
        await until(Alike(own, seen), WAIT_S)
        gathered: list[int] = []
        gather = spreading.OpenWindow.gather

        def noted(window: spreading.OpenWindow, told: Told | None) -> None:
            gathered.append(window.number)
            gather(window, told)

        monkeypatch.setattr(spreading.OpenWindow, "gather", noted)
        assert slow._link is not None
        assert slow._loop is not None
        transport = slow._link._connection.transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow._loop.call_soon_threadsafe(transport.pause_reading)
        await until(lambda: len(gathered) > 3, WAIT_S)
        slow._loop.call_soon_threadsafe(transport.resume_reading)
        await until(Alike(own, seen), WAIT_S)
        assert slow._times == 1


async def test_the_socket_goes_with_its_recorder(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with quiet_market() as exchange:
        async with recording(exchange, database):
            await until((tmp_path / "run.db.sock").exists, WAIT_S)
            assert stat.S_IMODE((tmp_path / "run.db.sock").stat().st_mode) == 0o600
        assert not (tmp_path / "run.db.sock").exists()


async def test_a_second_klagg_looks_on_and_takes_over_when_the_first_has_ended(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with quiet_market() as exchange:
        async with recording(exchange, database) as runtime:
            own = await shows(runtime)
            second = SharedRuntime(plan(exchange, database))
            second.begin()
            await asyncio.to_thread(second.start)
            assert second.is_attached
            assert second.pid == os.getpid()
            seen = Seen(second)
            await until(Alike(own, seen), WAIT_S)
            assert "is well" in second.take_over()
            symbol = next(iter(own.market.rows))
            second.follow(symbol)
        try:
            await until(lambda: second.status().is_behind, WAIT_S)
            assert "Ctrl+R" in second.status().notices[0]
            assert second.take_over().startswith("Recording here")
            await until(lambda: not second.is_attached, WAIT_S)
            alike = Alike(seen)
            await until(lambda: alike() and not second.status().is_behind and second.tape(symbol), WAIT_S)
            assert not second.status().attached
            assert seen.anew == 1
            async with window_on(database) as third:
                other = Seen(third)
                await until(Alike(seen, other), WAIT_S)
            with pytest.raises(DatabaseBusy):
                await Store.open(database)
        finally:
            await second.stop()
        async with await Store.open(database):
            pass


async def test_who_takes_over_too_late_is_told_and_looks_on(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with quiet_market() as exchange:
        async with recording(exchange, database):
            second = SharedRuntime(plan(exchange, database))
            await asyncio.to_thread(second.start)
        try:
            await until(lambda: second.status().is_behind, WAIT_S)
            async with await Store.open(database):  # as `klagg import` does
                second.take_over()
                await until(lambda: "Nothing was taken over" in second.status().notices[0], WAIT_S)
                assert second.is_attached
            async with recording(exchange, database):
                await until(lambda: not second.status().is_behind, WAIT_S)
                assert not any("taken over" in notice for notice in second.status().notices)
        finally:
            await second.stop()


async def test_a_database_held_by_who_lets_no_window_in_is_refused_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "PATIENCE_S", 0.1)
    database = tmp_path / "run.db"
    async with quiet_market() as exchange, await Store.open(database):
        said: list[str] = []
        second = SharedRuntime(plan(exchange, database), said.append)
        with pytest.raises(DatabaseBusy, match=r"Another klagg is writing .* It lets no windows in: an import"):
            await asyncio.to_thread(second.start)
        assert [line.split(";")[0] for line in said] == [f"Another klagg holds {database}"]


async def test_a_recorder_that_answers_late_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "PATIENCE_S", 0.1)
    monkeypatch.setattr(window, "SLOW_S", WAIT_S)
    monkeypatch.setattr(window, "LONGEST_PAUSE_S", window.FIRST_PAUSE_S)
    monkeypatch.setattr(link, "GREETED_S", 0.2)
    database, tried = tmp_path / "run.db", asyncio.Event()
    opened = LocalDoor.open
    loop = asyncio.get_running_loop()

    async def noted(door: LocalDoor) -> link.Link:
        try:
            return await opened(door)
        except Unanswered:
            loop.call_soon_threadsafe(tried.set)
            raise

    monkeypatch.setattr(LocalDoor, "open", noted)
    listening = listen(database)  # as a recorder that is stopped, or gets no turn
    late = Window(LocalDoor(database), database)
    late.begin()
    async with asyncio.timeout(WAIT_S):
        await tried.wait()
    async with quiet_market() as exchange, recording(exchange, database) as runtime:
        await shows(runtime)
        monkeypatch.setattr(link, "GREETED_S", 5.0)
        await asyncio.to_thread(late.start)
        await late.stop()
    listening.socket.close()


async def test_a_recorder_that_does_not_answer_at_all_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PATIENCE_S", "SLOW_S"):
        monkeypatch.setattr(window, name, 0.1)
    monkeypatch.setattr(link, "GREETED_S", 0.2)
    database = tmp_path / "run.db"
    async with quiet_market() as exchange, await Store.open(database):
        listening = listen(database)
        second = SharedRuntime(plan(exchange, database))
        with pytest.raises(DatabaseBusy, match=r"Another klagg is writing .* lets windows in, but did not answer"):
            await asyncio.to_thread(second.start)
        listening.socket.close()


async def test_a_klagg_records_where_who_held_the_database_has_ended_while_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "PATIENCE_S", 0.1)
    database = tmp_path / "run.db"
    async with quiet_market() as exchange:
        holder, loop = await Store.open(database), asyncio.get_running_loop()

        def end(_: str) -> None:
            asyncio.run_coroutine_threadsafe(holder.close(), loop).result(WAIT_S)

        second = SharedRuntime(plan(exchange, database), end)
        await asyncio.to_thread(second.start)
        try:
            assert not second.is_attached
            assert (await shows(second)).rows
        finally:
            await second.stop()


async def test_a_recorder_of_another_version_is_told_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = tmp_path / "run.db"
    async with quiet_market() as exchange, recording(exchange, database), window_on(database):
        monkeypatch.setattr("klagg_tui.attach.greeting.VERSION", VERSION + 1)
        other = Window(LocalDoor(database), database)
        with pytest.raises(OtherVersion, match="do not understand each other"):
            await asyncio.to_thread(other.start)


async def test_a_window_says_nonsense_and_others_go_on(tmp_path: Path) -> None:
    database = tmp_path / "run.db"
    async with quiet_market() as exchange, recording(exchange, database), window_on(database) as well:
        for nonsense in (b"{", b"[]", b'{"follow": 5}', b'{"look": 1}', b'{"look": ["A"], "period": "9q"}'):
            async with unix_connect(str(tmp_path / "run.db.sock"), "ws://localhost/", compression=None) as connection:
                await connection.recv()
                await connection.send(nonsense)
                assert [data async for data in connection] == []
        async with unix_connect(str(tmp_path / "run.db.sock"), "ws://localhost/", compression=None) as connection:
            await connection.recv()
            for question in (
                {"what": "the weather"},
                {"what": "history"},
                {"what": "closes", "period": "9q", "symbols": None},
            ):
                await connection.send(codec.packed({"ask": 1, **question}))
                assert "error" in codec.unpacked(await connection.recv())
        assert (await shows(well)).rows


async def test_nobody_to_attach_to_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "PATIENCE_S", 0.1)
    lonely = Window(LocalDoor(tmp_path / "none.db"), tmp_path / "none.db")
    with pytest.raises(Unattached, match="Nobody records into"):
        await asyncio.to_thread(lonely.start)
    with pytest.raises(KlaggError):
        await lonely.history("A", Period.M1, None, 5)
    assert isinstance(lonely.error, Unattached)
