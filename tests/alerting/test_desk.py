"""The thread that keeps alerts and tells of them, beside whoever watches."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from klagg_tui.alert import Alert, Ledger
from klagg_tui.alerting import desk as desks
from klagg_tui.alerting.desk import Desk
from klagg_tui.alerting.webhook import Webhook
from klagg_tui.errors import DiskError
from klagg_tui.storage.alerts import AlertStore
from klagg_tui.storage.store import Store
from tests.alerting.hooks import FIRING, hooks
from tests.alerting.test_sender import Made


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    """A database that is written to meanwhile."""
    async with await Store.open(tmp_path / "klagg.db") as bars:
        yield bars.path


async def _until(is_so: Callable[[], object]) -> None:
    while not is_so():  # noqa: ASYNC110 - it comes to be so in another thread
        await asyncio.sleep(0.005)


async def _news(desk: Desk) -> Ledger:
    found: list[Ledger | None] = []

    def is_there() -> bool:
        found.append(desk.news())
        return found[-1] is not None

    await _until(is_there)
    (*_, ledger) = found
    assert ledger is not None
    return ledger


async def _stopped(desk: Desk) -> None:
    await asyncio.to_thread(desk.stop, 60.0)
    assert not desk._thread.is_alive()


async def test_what_is_handed_over_is_kept_in_order_and_told_back_only_once_all_of_it_is_in(path: Path) -> None:
    desk = Desk(path)
    desk.put(Alert("last>1", made_ms=1))
    desk.start()
    assert (await _news(desk)).alerts == (Alert("last>1", made_ms=1),)
    assert desk.news() is None
    desk.put(Alert("chg>1", made_ms=2))
    desk.remove("last>1")
    fired = Alert("chg>1", made_ms=2, count=1, last_ms=FIRING.at_ms)
    desk.note([fired], [FIRING._replace(text="chg>1")])
    ledger = await _news(desk)
    assert ledger.alerts == (fired,)
    assert [one.text for one in ledger.firings] == ["chg>1"]
    assert ledger.rested == {("chg>1", "BTCUSDT"): FIRING.at_ms}
    desk.note([replace(fired, count=2)], [FIRING])
    assert desk.notices == ()
    await _stopped(desk)
    assert desk.news() is None, "whoever handed it over knows it"


async def test_what_fires_before_anything_was_told_keeps_nothing_from_being_told(path: Path) -> None:
    desk = Desk(path)
    desk.note([], [FIRING])
    desk.start()
    assert [one.symbol for one in (await _news(desk)).firings] == ["BTCUSDT"]
    await _stopped(desk)


async def test_what_is_handed_over_last_is_written_before_the_end(path: Path) -> None:
    desk = Desk(path)
    desk.start()
    await _news(desk)
    desk.put(Alert("last>1"))
    await _stopped(desk)
    async with await AlertStore.open(path) as store:
        assert await store.alerts() == (Alert("last>1"),)
    desk.put(Alert("last>2"))  # too late, and nothing comes of it
    Desk(path).stop()


async def test_what_another_klagg_changes_is_news_and_what_it_has_sent_again_is_sent(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "LOOK_S", 0.01)
    way = Made()
    desk = Desk(path, [way])
    desk.start()
    await _news(desk)
    async with await AlertStore.open(path) as store:
        await store.put(Alert("last>1"))
        assert (await _news(desk)).alerts == (Alert("last>1"),)
        await store.note([], [FIRING], {"made": None})
        await _until(lambda: way.told)
    await _stopped(desk)


async def test_people_are_told_of_what_fired_and_of_what_nobody_could_be_told(path: Path) -> None:
    async with hooks(200, 404) as server:
        desk = Desk(path, [Webhook(server.url)])
        desk.start()
        await _news(desk)
        desk.note([], [FIRING, FIRING._replace(symbol="ETHUSDT")])
        ledger = await _news(desk)
        while not ledger.firings[-1].trouble:
            ledger = await _news(desk)
        assert [one.trouble for one in ledger.firings] == [
            "",
            "webhook: 127.0.0.1:" + _port(server.url) + " refuses it (404)",
        ]
        assert "1 alert was not told by webhook" in desk.notices[0]
        await _stopped(desk)
    assert [one["symbol"] for one in server.came] == ["BTCUSDT", "ETHUSDT"]


def _port(url: str) -> str:
    return url.rpartition(":")[2].partition("/")[0]


async def test_a_way_that_hangs_holds_up_neither_the_watcher_nor_the_end(path: Path) -> None:
    async with hooks(None) as server:
        desk = Desk(path, [Webhook(server.url, 600.0)])
        desk.start()
        desk.note([], [FIRING])
        await server.arrived.wait()
        desk.put(Alert("last>1"))
        assert (await _news(desk)).alerts == (Alert("last>1"),)
        await _stopped(desk)
    async with await AlertStore.open(path) as store:
        assert await store.counts() == {("webhook", "waiting"): 1}


async def test_too_many_that_wait_are_told_as_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("klagg_tui.storage.alerts.MOST_WAITING", 1)
    desk = Desk(path, [Made(), _Silent()])
    desk.start()
    desk.note([], [FIRING] * 3)
    await _until(lambda: any("2 alerts were not told by silent: too many waited" in one for one in desk.notices))
    await _stopped(desk)


class _Silent(Made):
    name = "silent"

    async def send(self, *_: object) -> None:
        await asyncio.Event().wait()


async def test_what_cannot_be_written_waits_in_its_order_and_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desks, "LOOK_S", 0.01)
    is_full = threading.Event()
    is_full.set()
    put = AlertStore.put

    async def unsteady(store: AlertStore, alert: Alert) -> None:
        if is_full.is_set():
            raise DiskError("The disk is full.")
        await put(store, alert)

    monkeypatch.setattr(AlertStore, "put", unsteady)
    monkeypatch.setattr(desks, "MOST_HELD", 2)
    desk = Desk(path)
    desk.start()
    await _news(desk)
    for name in ("a", "b", "c"):
        desk.put(Alert("last>1", name=name))
    await _until(lambda: desk.notices == ("Alerts wait to be written: The disk is full. 1 change of them is lost.",))
    is_full.clear()
    assert (await _news(desk)).alerts == (Alert("last>1", name="c"),)
    assert not desk.notices
    await _stopped(desk)


async def test_the_database_may_come_later_or_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "LOOK_S", 0.01)
    late = Desk(tmp_path / "late.db")
    late.start()
    await _until(lambda: late.notices)
    async with await Store.open(tmp_path / "late.db"):
        late.put(replace(Alert("last>1"), name="late"))
        assert [alert.name for alert in (await _news(late)).alerts] == ["late"]
        await _stopped(late)
    never = Desk(tmp_path / "never.db")
    never.start()
    await _until(lambda: never.notices)
    await _stopped(never)


async def test_an_error_that_nobody_thought_of_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def odd(_store: AlertStore) -> None:
        raise RuntimeError

    monkeypatch.setattr(AlertStore, "alerts", odd)
    desk = Desk(path)
    desk.start()
    await _until(lambda: desk.notices)
    assert "neither kept nor told" in desk.notices[0]
    await _stopped(desk)


async def test_a_klagg_that_is_killed_while_it_tells_leaves_it_to_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    await (await Store.open(path)).close()
    async with hooks(None, 200) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.alerting.killed", str(path), server.url), cwd=Path(__file__).parents[2]
        )
        await server.arrived.wait()
        process.kill()
        await process.wait()
        desk = Desk(path, [Webhook(server.url)])
        desk.start()
        await _until(lambda: len(server.came) == 2)
        async with await AlertStore.open(path) as store:
            while await store.counts() != {("webhook", "done"): 1}:  # noqa: ASYNC110 - written in another thread
                await asyncio.sleep(0.005)
        await _stopped(desk)
    assert server.came[0] == server.came[1], "the same id, so that who gets it twice knows"


async def test_beside_a_klagg_that_watches_nothing_is_noted_or_told_until_that_one_has_ended(path: Path) -> None:
    way, is_attached = Made(), True
    desk = Desk(path, [way], watches=lambda: not is_attached)
    alert = Alert("last>1", made_ms=1)
    desk.put(alert)  # made in a window, it is kept all the same
    desk.start()
    assert (await _news(desk)).alerts == (alert,)
    desk.note([replace(alert, count=1)], [FIRING])
    async with await AlertStore.open(path) as recorder:
        await recorder.note([replace(alert, count=5)], [FIRING], {way.name: None})
        ledger = await _news(desk)
        assert [each.count for each in ledger.alerts] == [5]
        assert len(ledger.firings) == 1
        assert way.told == []
        is_attached = False
        await _until(lambda: way.told)  # what the other one left
        desk.note([replace(alert, count=6)], [FIRING])
        await _until(lambda: len(way.told) == 2)
        assert [each.count for each in await recorder.alerts()] == [6]
    await _stopped(desk)
