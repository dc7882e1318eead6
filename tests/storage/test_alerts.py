"""Alerts, what fired, and what waits to be told, in the database."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from klagg_tui.alert import Alert, Firing, Repeat
from klagg_tui.errors import StorageError
from klagg_tui.storage import alerts as stored
from klagg_tui.storage.alerts import AlertStore, Outcome
from klagg_tui.storage.opening import open_writer
from klagg_tui.storage.schema import MIGRATIONS
from klagg_tui.storage.store import Store
from tests.makers import START

ALERT = Alert("last>1", "5m", Repeat.UNTIL, 1_000, START + 9, "Up", START, 2, START + 1)
FIRING = Firing(START, "BTCUSDT", "binance-um", "last>1", "Up", "1.5", "last 1.5", 3)


@pytest.fixture
async def kept(store: Store) -> AsyncIterator[AlertStore]:
    """Beside one that writes bars."""
    async with await AlertStore.open(store.path) as opened:
        yield opened


async def test_an_alert_is_kept_changed_and_removed_while_bars_are_written(kept: AlertStore) -> None:
    await kept.put(ALERT)
    await kept.put(Alert("chg>1", made_ms=START + 1))
    assert await kept.alerts() == (ALERT, Alert("chg>1", made_ms=START + 1))
    changed = replace(ALERT, name="Down", repeat=Repeat.ONCE, until_ms=None)
    await kept.put(changed)
    assert (await kept.alerts())[0] == changed
    assert await kept.remove("last>1")
    assert not await kept.remove("last>1")
    assert await kept.alerts() == (Alert("chg>1", made_ms=START + 1),)


async def test_what_fired_is_kept_with_how_its_alert_stands(kept: AlertStore) -> None:
    await kept.put(ALERT)
    ended = replace(ALERT, count=3, last_ms=START, has_ended=True)
    gone = Alert("chg>1")
    for number in range(3):
        await kept.note([ended, gone], [FIRING._replace(number=number, at_ms=START + number)])
    ledger = await kept.ledger(2)
    assert ledger.alerts == (ended,), "one that was removed stays removed"
    assert ledger.firings == (FIRING._replace(number=1, at_ms=START + 1), FIRING._replace(number=2, at_ms=START + 2))
    assert ledger.rested == {("last>1", "BTCUSDT"): START + 2}


async def test_what_waits_is_given_one_after_the_other_until_it_is_settled(kept: AlertStore) -> None:
    await kept.note([], [FIRING, FIRING._replace(symbol="ETHUSDT")], {"webhook": None, "command": 1}, 77)
    first = await kept.next_delivery("webhook")
    assert first is not None
    assert (first.firing, first.tries, first.queued_ms) == (FIRING, 0, 77)
    await kept.settle(first.firing_id, "webhook", Outcome.WAITING, "no answer")
    again = await kept.next_delivery("webhook")
    assert again == first._replace(tries=1)
    await kept.settle(first.firing_id, "webhook", Outcome.GIVEN_UP, "refused")
    second = await kept.next_delivery("webhook")
    assert second is not None
    assert second.firing.symbol == "ETHUSDT"
    await kept.settle(second.firing_id, "webhook", Outcome.DONE)
    assert await kept.next_delivery("webhook") is None
    assert [one.trouble for one in await kept.firings(5)] == ["webhook: refused", ""]
    assert await kept.counts() == {("command", "waiting"): 1, ("webhook", "done"): 1, ("webhook", "given up"): 1}
    assert await kept.retry(78) == 1
    assert await kept.next_delivery("webhook") == first._replace(queued_ms=78)


async def test_neither_what_fired_nor_what_waits_grows_without_end(
    kept: AlertStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MOST_WAITING", 2)
    monkeypatch.setattr(stored, "MOST_FIRINGS", 4)
    assert await kept.note([], [FIRING] * 2, {"webhook": None}) == {}
    assert await kept.note([], [FIRING] * 3, {"webhook": None}) == {"webhook": 3}
    assert await kept.counts() == {("webhook", "waiting"): 2, ("webhook", "given up"): 2}
    assert [one.trouble for one in await kept.firings(9)] == ["webhook: too many wait"] * 2 + ["", ""]


async def test_what_several_write_at_once_is_all_written(kept: AlertStore) -> None:
    await asyncio.gather(
        *(kept.put(Alert(f"last>{number}")) for number in range(5)),
        *(kept.note([], [FIRING], {way: None}) for way in ("webhook", "command")),
        kept.settle(1, "webhook", Outcome.DONE),
        kept.ledger(9),
    )
    assert len(await kept.alerts()) == 5
    assert len(await kept.firings(9)) == 2


async def test_a_copy_holds_the_alerts_too(store: Store, kept: AlertStore, tmp_path: Path) -> None:
    await kept.put(ALERT)
    await store.backup(tmp_path / "copy.db")
    async with await AlertStore.open(tmp_path / "copy.db") as copy:
        assert await copy.alerts() == (ALERT,)


async def test_where_there_is_no_database_of_this_version_there_are_no_alerts(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="There is no"):
        await AlertStore.open(tmp_path / "none.db")
    await (await open_writer(tmp_path / "old.db", MIGRATIONS[:2])).close()
    with pytest.raises(StorageError, match="older klagg"):
        await AlertStore.open(tmp_path / "old.db")


async def test_one_who_comes_while_the_file_is_being_made_can_write_for_good(tmp_path: Path) -> None:
    path = tmp_path / "klagg.db"
    await (await Store.open(path)).close()
    with closing(sqlite3.connect(path)) as making:  # tables are there, the log is not yet
        making.execute("PRAGMA journal_mode = DELETE")
    async with await AlertStore.open(path) as early, await Store.open(path):
        await early.put(ALERT)
        assert await early.alerts() == (ALERT,)
